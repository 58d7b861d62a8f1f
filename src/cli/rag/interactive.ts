import type { Command } from 'commander';

import { converse } from '../converse.ts';
import { listExperts } from '../experts.ts';
import { collectionsOf, search } from './look.ts';
import { collect, type Documents, openDocuments, type RagOptions, talkCommand } from './connection.ts';
import { collectionTable, hitLines, searchNotes } from './show.ts';

interface Options extends RagOptions {
  readonly model: string;
  readonly collection?: readonly string[];
}

export function interactiveCommand(): Command {
  return talkCommand(
    'interactive',
    'Questions about your documents, one after another: an expert answers and names its sources; where the profile has none, the passages are shown.',
  )
    .option('-m, --model <expert>', 'who answers; auto: the orchestrator chooses', 'auto')
    .option('-c, --collection <name>', 'from this collection alone (repeatable)', collect)
    .action(async (options: Options) => {
      const documents = await openDocuments(options);
      const { model, user, collection } = options;
      const passages = (question: string) => showPassages(documents, question, options);
      const answers = await hasExpert(documents);
      await converse(
        documents.client,
        { model, user, messages: [], knowledge: collection === undefined ? true : { collections: collection } },
        {
          greeting: answers
            ? 'Ask about your documents. /search TEXT shows passages alone, /help the rest, Ctrl-D leaves.'
            : 'No expert of this profile answers questions: passages are shown. /help lists the commands, Ctrl-D leaves.',
          answer: answers ? undefined : passages,
          commands: {
            '/search': { help: 'TEXT: the passages alone', run: passages },
            '/collections': { help: 'which there are', run: () => showCollections(documents) },
          },
        },
      );
    });
}

async function showPassages(documents: Documents, question: string, { collection }: Options): Promise<void> {
  const found = await search(documents, question, { collection });
  for (const line of hitLines(found)) process.stdout.write(`${line}\n`);
  for (const note of searchNotes(found)) process.stderr.write(`${note}\n`);
}

async function showCollections(documents: Documents): Promise<void> {
  for (const line of collectionTable(await collectionsOf(documents))) process.stdout.write(`${line}\n`);
}

/** Whoever may not see the experts may ask them all the same. */
async function hasExpert({ client }: Documents): Promise<boolean> {
  try {
    return (await listExperts(client)).some(({ task }) => task === 'generate');
  } catch {
    return true;
  }
}
