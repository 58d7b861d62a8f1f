/** Documents in memory, read at once: what the routes see of the real ones. A word finds what has it. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import type { DocumentView, KnowledgeBase, SearchQuery, Source } from '../../../../src/knowledge/contract.ts';
import type { Collection, DocumentFilter } from '../../../../src/store/contract.ts';
import { AppError } from '../../../../src/shared/errors.ts';

type Entry = { -readonly [Key in keyof DocumentView]: DocumentView[Key] } & { user: string; text: string };

export class FakeBase implements KnowledgeBase {
  readonly entries: Entry[] = [];
  readonly groups: (Collection & { user: string })[] = [];
  readonly searched: SearchQuery[] = [];
  /** What new documents are at first. */
  state: DocumentView['state'] = 'ready';
  #count = 0;

  status() {
    return {
      state: 'ready' as const,
      reason: null,
      store: { kind: 'fake', version: null },
      queued: 0,
      embedding: null,
    };
  }

  async add(user: string, source: Source, { collections = ['default'], attributes = {} } = {}) {
    const { text, title, uri } = await read(source);
    const sha256 = createHash('sha256').update(text).digest('hex');
    const ids = await Promise.all(
      collections.map(async (name: string) => (await this.collection(user, name))?.id ?? this.#make(user, name).id),
    );
    const known = this.entries.find((entry) => entry.user === user && entry.sha256 === sha256);
    if (known) {
      known.collections = [...new Set([...known.collections, ...ids])];
      return { document: known, existed: true };
    }
    this.#count += 1;
    const entry: Entry = {
      user,
      text,
      id: `doc_${this.#count}`,
      title,
      uri,
      mime: source.kind === 'file' ? (source.mime ?? 'text/plain') : 'text/plain',
      sha256,
      bytes: Buffer.byteLength(text),
      language: null,
      origin: source.kind,
      state: this.state,
      error: this.state === 'failed' ? 'it is made of glass' : null,
      collections: ids,
      chunks: 1,
      characters: text.length,
      created: this.#count * 1_000,
      updated: this.#count * 1_000,
      fetched: null,
      attribution: null,
      attributes,
      embedded: null,
      progress: null,
    };
    this.entries.push(entry);
    return { document: entry, existed: false };
  }

  async get(user: string, id: string) {
    return this.#find(user, id);
  }

  async list(user: string, { collection, states, text, after, limit }: DocumentFilter = {}) {
    const found = this.entries
      .filter((entry) => entry.user === user)
      .filter((entry) => collection === undefined || entry.collections.includes(collection))
      .filter((entry) => !states || states.includes(entry.state))
      .filter((entry) => text === undefined || entry.title.toLowerCase().includes(text.toLowerCase()))
      .toReversed();
    const from = after === undefined ? 0 : found.findIndex(({ id }) => id === after) + 1;
    return found.slice(from, limit === undefined ? undefined : from + limit);
  }

  async text(user: string, id: string) {
    const entry = this.#find(user, id);
    return entry && ReadableStream.from([entry.text]);
  }

  async rename(user: string, id: string, title: string) {
    const entry = this.#find(user, id);
    if (entry) entry.title = title;
    return entry;
  }

  async remove(user: string, id: string) {
    const at = this.entries.findIndex((entry) => entry.user === user && entry.id === id);
    if (at >= 0) this.entries.splice(at, 1);
    return at >= 0;
  }

  async clear(user: string, collection?: string) {
    const leaving = await this.list(user, { collection });
    for (const { id } of leaving) await this.remove(user, id);
    return leaving.length;
  }

  async approve(user: string, id: string) {
    const entry = this.#find(user, id);
    if (entry) entry.state = 'ready';
    return entry;
  }

  async attach(user: string, id: string, collection: string, attributes?: DocumentView['attributes']) {
    const entry = this.#find(user, id);
    if (!entry || !(await this.collection(user, collection))) return undefined;
    entry.collections = [...new Set([...entry.collections, collection])];
    if (attributes) entry.attributes = attributes;
    return entry;
  }

  async detach(user: string, id: string, collection: string) {
    const entry = this.#find(user, id);
    if (entry) entry.collections = entry.collections.filter((other) => other !== collection);
    return entry;
  }

  async collections(user: string) {
    return this.groups
      .filter((group) => group.user === user)
      .map(({ user: _user, ...group }) => ({
        ...group,
        documents: this.entries.filter(({ collections }) => collections.includes(group.id)).length,
      }));
  }

  async collection(user: string, idOrName: string) {
    return this.groups.find((group) => group.user === user && (group.id === idOrName || group.name === idOrName));
  }

  async createCollection(user: string, name: string, metadata = {}) {
    if (await this.collection(user, name)) throw new AppError('conflict', 'there is one');
    return this.#make(user, name, metadata);
  }

  async newCollection(user: string, name: string, metadata = {}) {
    const taken = this.groups.some((group) => group.user === user && group.name === name);
    return taken ? undefined : this.#make(user, name, metadata);
  }

  async changeCollection(user: string, id: string, change: Partial<Pick<Collection, 'name' | 'metadata'>>) {
    const group = await this.collection(user, id);
    return group && Object.assign(group, change);
  }

  async removeCollection(user: string, id: string) {
    const at = this.groups.findIndex((group) => group.user === user && group.id === id);
    if (at >= 0) this.groups.splice(at, 1);
    for (const entry of this.entries) entry.collections = entry.collections.filter((other) => other !== id);
    return at >= 0;
  }

  async search(user: string, query: SearchQuery) {
    this.searched.push(query);
    const words = query.text.toLowerCase().split(/\W+/);
    const hits = this.entries
      .filter((entry) => entry.user === user && entry.state === 'ready')
      .filter(({ id }) => !query.documents || query.documents.includes(id))
      .filter((entry) => !query.collections || entry.collections.some((id) => query.collections?.includes(id)))
      .map((document) => {
        const found = words.filter((word) => document.text.toLowerCase().includes(word)).length;
        const chunk = { ord: 0, text: document.text, start: 0, end: document.characters, page: null, headings: [] };
        return { document, chunk, score: found / words.length, similarity: null, lexical: found };
      })
      .filter(({ score }) => score > 0)
      .sort((one, other) => other.score - one.score)
      .slice(0, query.topK ?? 6);
    return { hits, used: { words: true, vectors: false, rerank: false }, degraded: null, ms: 1 };
  }

  async learn(user: string, topic: string) {
    const { document } = await this.add(user, { kind: 'text', text: `All about ${topic}` });
    return { documents: [document], problems: ['another source did not answer'] };
  }

  async *export(user: string) {
    yield JSON.stringify({ backup: 1 });
    for (const entry of this.entries) if (entry.user === user) yield JSON.stringify(entry);
  }

  renew() {
    return Promise.resolve();
  }

  close() {
    return Promise.resolve();
  }

  #find(user: string, id: string): Entry | undefined {
    return this.entries.find((entry) => entry.user === user && entry.id === id);
  }

  #make(user: string, name: string, metadata = {}) {
    const group = { user, id: `vs_${this.groups.length + 1}`, name, created: 1_000, metadata };
    this.groups.push(group);
    return group;
  }
}

async function read(source: Source): Promise<{ text: string; title: string; uri: string | null }> {
  if (source.kind === 'text') return { text: source.text, title: source.title ?? 'A text', uri: null };
  if (source.kind === 'url') return { text: `page of ${source.url}`, title: source.url, uri: source.url };
  const text = await readFile(source.path, 'utf8');
  return { text, title: source.title ?? source.name, uri: source.name };
}
