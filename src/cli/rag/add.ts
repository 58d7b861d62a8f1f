import { text as textOf } from 'node:stream/consumers';

import type { Command } from 'commander';

import type { AddedJson } from '../../server/knowledge/views.ts';
import { CliError, messageOf } from '../../shared/errors.ts';
import { plainLine } from '../plain.ts';
import { StatusLine } from '../terminal.ts';
import { collect, type Documents, openDocuments, print, ragCommand, type RagOptions } from './connection.ts';
import { addedLine } from './show.ts';

interface Options extends RagOptions {
  readonly collection?: readonly string[];
  readonly title?: string;
}

/** The server answers when it has been read, or after this. */
const WAIT = '10m';

export function addCommand(): Command {
  return ragCommand('add', 'Adds a text.')
    .argument('<text...>', 'the text; - or nothing where it is piped in')
    .option('-t, --title <title>', 'what it is called')
    .option('-c, --collection <name>', 'the collection it belongs to (repeatable; default: default)', collect)
    .addHelpText(
      'after',
      '\nExamples:\n  orchestrator rag add "The key to the shed hangs behind the door." --title Shed\n  pbpaste | orchestrator rag add - --collection notes',
    )
    .action(async (words: string[], options: Options) => {
      const isPiped = words.length === 1 && words[0] === '-';
      const documents = await openDocuments(options);
      const text = isPiped ? await textOf(process.stdin) : words.join(' ');
      if (text.trim() === '')
        throw new CliError('there is no text: give one as an argument, or pipe one in with -.', 2);
      const added = await whileReading('the text', () => add(documents, { text, title: options.title }, options));
      print(options, added, () => [addedLine(added)]);
      if (added.state === 'failed') process.exitCode = 1;
    });
}

export function addUrlCommand(): Command {
  return ragCommand(
    'add-url',
    'Adds pages from the web, where the profile allows their hosts (knowledge.web). Ends with 1 where one failed.',
  )
    .argument('<url...>', 'pages')
    .option('-c, --collection <name>', 'the collection they belong to (repeatable; default: default)', collect)
    .addHelpText('after', '\nExample:\n  orchestrator rag add-url https://es.wikipedia.org/wiki/Oviedo')
    .action(async (urls: string[], options: Options) => {
      const documents = await openDocuments(options);
      const outcomes: { url: string; document: AddedJson | null; failure: string | null }[] = [];
      for (const url of urls) {
        try {
          const document = await whileReading(url, () => add(documents, { url }, options));
          const failure = document.state === 'failed' ? (document.error ?? 'it could not be read') : null;
          outcomes.push({ url, document, failure });
        } catch (error) {
          outcomes.push({ url, document: null, failure: messageOf(error) });
        }
      }
      print(options, { pages: outcomes }, () =>
        outcomes.map(({ url, document, failure }) =>
          failure === null && document ? addedLine(document) : `failed: ${plainLine(url)}: ${plainLine(failure ?? '')}`,
        ),
      );
      if (outcomes.some(({ failure }) => failure !== null)) process.exitCode = 1;
    });
}

function add(documents: Documents, said: object, { collection }: Options): Promise<AddedJson> {
  return documents.json<AddedJson>(`/documents?wait=${WAIT}`, { body: { ...said, collections: collection } });
}

/** Says on a terminal what is waited for. */
export function whileReading<T>(what: string, work: () => Promise<T>): Promise<T> {
  return whileWorking(`reading ${what}`, work);
}

export async function whileWorking<T>(what: string, work: () => Promise<T>): Promise<T> {
  const line = new StatusLine();
  line.show(`${plainLine(what)} …`);
  try {
    return await work();
  } finally {
    line.clear();
  }
}
