/** What is known of documents, as lines for a person. Everything that came from a document is plain text. */
import type { CollectionJson, DocumentJson, HitJson, SearchJson } from '../../server/knowledge/views.ts';
import { formatBytes } from '../../shared/units.ts';
import { plainLine, plainText } from '../plain.ts';
import { tableLines } from '../table.ts';

const LONGEST_TITLE = 60;

export function documentTable(documents: readonly DocumentJson[], collections: readonly CollectionJson[]): string[] {
  if (documents.length === 0) return [];
  const names = namesOf(collections);
  const rows = documents.map((document) => [
    document.id,
    document.state,
    cut(titleOf(document)),
    document.collections.map((id) => names.get(id) ?? id).join(', ') || '-',
    String(document.chunks),
    formatBytes(document.bytes),
    document.created.slice(0, 16).replace('T', ' '),
  ]);
  return tableLines([['ID', 'STATE', 'TITLE', 'COLLECTIONS', 'PASSAGES', 'SIZE', 'ADDED (UTC)'], ...rows], [4, 5]);
}

export function documentLines(document: DocumentJson, collections: readonly CollectionJson[]): string[] {
  const names = namesOf(collections);
  const facts: (readonly [string, string | null])[] = [
    ['id', document.id],
    ['title', document.title],
    ['state', stateOf(document)],
    ['why', document.error],
    ['from', document.uri],
    ['type', document.mime],
    ['language', document.language],
    ['collections', document.collections.map((id) => names.get(id) ?? id).join(', ') || 'none: it is not searched'],
    [
      'size',
      `${formatBytes(document.bytes)}, ${document.characters} characters, ${counted(document.chunks, 'passage')}`,
    ],
    ['embedded', document.embedded === null ? null : `${document.embedded} of ${document.chunks} passages`],
    ['added', document.created],
    ['fetched', document.fetched],
    ['attribution', document.attribution],
    ['attributes', Object.keys(document.attributes).length === 0 ? null : JSON.stringify(document.attributes)],
    ['sha256', document.sha256],
  ];
  return tableLines(facts.flatMap(([name, value]) => (value === null ? [] : [[name, plainLine(value)]])));
}

/** Passages, the best first, each with where it stands. */
export function hitLines({ hits }: SearchJson): string[] {
  return hits.flatMap((hit, index) => [
    ...(index === 0 ? [] : ['']),
    `[${index + 1}] ${hit.score.toFixed(2)}  ${placeOf(hit)}`,
    ...plainText(hit.text)
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => `    ${line.trimEnd()}`),
  ]);
}

/** What a search could not do as it should; nothing where all was well. */
export function searchNotes({ hits, degraded }: SearchJson): string[] {
  return [
    ...(degraded === null ? [] : [`note: ${plainLine(degraded)}`]),
    ...(hits.length === 0 ? ['nothing was found.'] : []),
  ];
}

/** What became of one that was added, in a line. */
export function addedLine(document: DocumentJson & { readonly existed?: boolean }): string {
  const title = titleOf(document);
  const note = document.error === null ? '' : ` (${plainLine(document.error)})`;
  if (document.state === 'failed') return `failed: ${title} ${document.id}${note}`;
  if (document.state === 'quarantined')
    return `${title} ${document.id} waits for approval: orchestrator rag approve ${document.id}`;
  if (document.state === 'queued') return `queued: ${title} ${document.id}`;
  const what = document.existed ? 'already there' : 'added';
  return `${what}: ${title} ${document.id}, ${counted(document.chunks, 'passage')}${note}`;
}

export function collectionTable(collections: readonly CollectionJson[]): string[] {
  if (collections.length === 0) return [];
  const rows = collections.map(({ id, name, documents }) => [plainLine(name), String(documents), id]);
  return tableLines([['COLLECTION', 'DOCUMENTS', 'ID'], ...rows], [1]);
}

function placeOf({ document, page, headings, start, end }: HitJson): string {
  // The first heading often is the title.
  const above = headings[0] === document.title ? headings.slice(1) : headings;
  const places = [
    titleOf(document),
    ...(page === null ? [] : [`page ${page}`]),
    ...(above.length === 0 ? [] : [plainLine(above.join(' › '))]),
  ];
  const age = document.fetched === null ? '' : `, fetched ${document.fetched.slice(0, 10)}`;
  const whose = document.attribution === null ? '' : `, ${plainLine(document.attribution)}`;
  return `${places.join(', ')} (${document.id}, ${start}–${end}${age}${whose})`;
}

function stateOf({ state, progress }: DocumentJson): string {
  if (state === 'queued' && progress !== null) return `being read, ${Math.floor(progress * 100)} %`;
  return state === 'quarantined' ? 'quarantined: it is used only after `rag approve`' : state;
}

/** A text need not have a title. */
const titleOf = ({ title, uri }: Pick<DocumentJson, 'title' | 'uri'>) =>
  plainLine(title || (uri ?? '')) || '(untitled)';

/** `1 passage`, `2 passages`. */
export const counted = (count: number, what: string, many = `${what}s`) => `${count} ${count === 1 ? what : many}`;

const namesOf = (collections: readonly CollectionJson[]) =>
  new Map(collections.map(({ id, name }) => [id, plainLine(name)]));
const cut = (text: string) => (text.length > LONGEST_TITLE ? `${text.slice(0, LONGEST_TITLE - 1)}…` : text);
