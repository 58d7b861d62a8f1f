import { text as textOf } from 'node:stream/consumers';

import { type Command, Option } from 'commander';

import type { CollectionJson, DocumentJson, DocumentListJson, SearchJson } from '../../server/knowledge/views.ts';
import { CliError } from '../../shared/errors.ts';
import { plainText } from '../plain.ts';
import {
  collect,
  documentPath,
  type Documents,
  numberOption,
  openDocuments,
  print,
  queryOf,
  ragCommand,
  type RagOptions,
} from './connection.ts';
import { collectionTable, documentLines, documentTable, hitLines, searchNotes } from './show.ts';

const PAGE = 200;

interface ListOptions extends RagOptions {
  readonly collection?: string;
  readonly state?: string;
  readonly search?: string;
  readonly limit: number;
}

export function listCommand(): Command {
  return ragCommand('list', 'Lists documents, the newest first.')
    .option('-c, --collection <name>', 'of this collection alone')
    .addOption(
      new Option('--state <state>', 'in this state alone').choices(['queued', 'quarantined', 'ready', 'failed']),
    )
    .option('-s, --search <text>', 'with this in the title or the name')
    .option('-n, --limit <number>', 'at most so many', numberOption, 1_000)
    .action(async (options: ListOptions) => {
      const documents = await openDocuments(options);
      const list = await listAll(documents, options);
      const collections = await collectionsOf(documents);
      print(options, { documents: list }, () => documentTable(list, collections));
      if (list.length === 0 && !options.json)
        process.stderr.write('there are no such documents. Add some: orchestrator rag add-file PATH\n');
    });
}

export function collectionsCommand(): Command {
  return ragCommand('collections', 'Lists collections, and how many documents each has.').action(
    async (options: RagOptions) => {
      const collections = await collectionsOf(await openDocuments(options));
      print(options, { collections }, () => collectionTable(collections));
    },
  );
}

interface ShowOptions extends RagOptions {
  readonly text?: boolean;
}

export function showCommand(): Command {
  return ragCommand('show', 'Shows what is known of a document, or its text.')
    .argument('<id>', 'its id, as `rag list` shows it')
    .option('--text', 'the whole text, as it was read')
    .action(async (id: string, options: ShowOptions) => {
      const documents = await openDocuments(options);
      if (options.text) {
        const response = await documents.open(documentPath(id, '/text'));
        response.setEncoding('utf8');
        for await (const piece of response as AsyncIterable<string>) process.stdout.write(plainText(piece));
        return void process.stdout.write('\n');
      }
      const document = await documents.json<DocumentJson>(documentPath(id));
      const collections = await collectionsOf(documents);
      print(options, document, () => documentLines(document, collections));
    });
}

interface QueryOptions extends RagOptions {
  readonly collection?: readonly string[];
  readonly topK?: number;
  readonly after?: string;
  readonly before?: string;
}

export function queryCommand(): Command {
  return ragCommand('query', 'Finds passages by words and by meaning, and shows where they stand.')
    .argument('<text...>', 'what to look for; - where it is piped in')
    .option('-c, --collection <name>', 'in this collection alone (repeatable)', collect)
    .option('-k, --top-k <number>', 'at most so many passages', numberOption)
    .option('--after <date>', 'in documents added since')
    .option('--before <date>', 'in documents added before')
    .addHelpText(
      'after',
      '\nExamples:\n  orchestrator rag query "how much notice must I give?"\n  orchestrator rag query --collection work --top-k 3 "plazo de entrega" --json',
    )
    .action(async (words: string[], options: QueryOptions) => {
      const documents = await openDocuments(options);
      const isPiped = words.length === 1 && words[0] === '-';
      const query = isPiped ? await textOf(process.stdin) : words.join(' ');
      if (query.trim() === '') throw new CliError('there is nothing to look for.', 2);
      const found = await search(documents, query, options);
      print(options, found, () => hitLines(found));
      if (!options.json) for (const note of searchNotes(found)) process.stderr.write(`${note}\n`);
    });
}

export function search(
  documents: Documents,
  query: string,
  { collection, topK, after, before }: Omit<QueryOptions, keyof RagOptions>,
): Promise<SearchJson> {
  return documents.json<SearchJson>('/search', { body: { query, collections: collection, topK, after, before } });
}

export async function collectionsOf(documents: Documents): Promise<readonly CollectionJson[]> {
  return (await documents.json<{ collections: CollectionJson[] }>('/collections')).collections;
}

async function listAll(
  documents: Documents,
  { collection, state, search: q, limit }: ListOptions,
): Promise<DocumentJson[]> {
  const list: DocumentJson[] = [];
  for (let after: string | undefined; list.length < limit;) {
    const query = queryOf({ collection, state, q, after, limit: Math.min(PAGE, limit - list.length) });
    const page = await documents.json<DocumentListJson>(`/documents${query}`);
    list.push(...page.documents);
    if (page.next === null) break;
    after = page.next;
  }
  return list;
}
