import type { Command } from 'commander';

import type { DocumentJson, LearnedJson } from '../../server/knowledge/views.ts';
import { messageOf } from '../../shared/errors.ts';
import { confirm } from '../confirm.ts';
import { plainLine } from '../plain.ts';
import { whileReading, whileWorking } from './add.ts';
import {
  collect,
  documentPath,
  type Documents,
  openDocuments,
  print,
  queryOf,
  ragCommand,
  type RagOptions,
} from './connection.ts';
import { addedLine, counted } from './show.ts';

export function deleteCommand(): Command {
  return ragCommand('delete', 'Deletes documents with all that was made of them. Ends with 1 where one is not there.')
    .argument('<id...>', 'ids, as `rag list` shows them')
    .action((ids: string[], options: RagOptions) =>
      forEach(ids, options, {
        work: (documents, id) => documents.json(documentPath(id), { method: 'DELETE' }),
        say: (id) => `deleted: ${id}`,
      }),
    );
}

export function approveCommand(): Command {
  return ragCommand('approve', 'Lets documents from the web be used that wait for it (knowledge.web.quarantine).')
    .argument('<id...>', 'ids, as `rag list --state quarantined` shows them')
    .addHelpText('after', '\nRead one first: orchestrator rag show ID --text')
    .action((ids: string[], options: RagOptions) =>
      forEach(ids, options, {
        work: (documents, id) => documents.json<DocumentJson>(documentPath(id, '/approve'), { method: 'POST' }),
        say: (id) => `approved: ${id}`,
      }),
    );
}

interface ClearOptions extends RagOptions {
  readonly collection?: string;
  readonly yes?: boolean;
}

export function clearCommand(): Command {
  return ragCommand('clear', 'Deletes every document, or those of one collection. Asks first.')
    .option('-c, --collection <name>', 'of this collection alone')
    .option('-y, --yes', 'do not ask')
    .action(async ({ collection, yes, ...options }: ClearOptions) => {
      const documents = await openDocuments(options);
      const what = collection === undefined ? 'every document' : `every document of ${plainLine(collection)}`;
      const whose = options.user === undefined ? '' : ` of ${options.user}`;
      if (!yes && !(await confirm(`Delete ${what}${whose}?`)))
        return void process.stderr.write('nothing was deleted.\n');
      const query = collection === undefined ? '?all=true' : queryOf({ collection });
      const { deleted } = await whileWorking(`deleting ${what}`, () =>
        documents.json<{ deleted: number }>(`/documents${query}`, { method: 'DELETE' }),
      );
      print(options, { deleted }, () => [`deleted: ${counted(deleted, 'document')}`]);
    });
}

interface LearnOptions extends RagOptions {
  readonly collection?: readonly string[];
}

export function learnCommand(): Command {
  return ragCommand('learn', 'Asks the sources of the profile (knowledge.web) about a topic, and adds what they have.')
    .argument('<topic...>', 'a topic, as an encyclopaedia would call it')
    .option('-c, --collection <name>', 'the collection it belongs to (repeatable; default: default)', collect)
    .addHelpText('after', '\nExample:\n  orchestrator rag learn "Oviedo Cathedral" --collection asturias')
    .action(async (words: string[], options: LearnOptions) => {
      const documents = await openDocuments(options);
      const body = { topic: words.join(' '), collections: options.collection };
      const learned = await whileReading(`about ${body.topic}`, () => documents.json<LearnedJson>('/learn', { body }));
      print(options, learned, () => learned.documents.map(addedLine));
      if (!options.json) for (const problem of learned.problems) process.stderr.write(`${plainLine(problem)}\n`);
      if (learned.documents.length > 0) return;
      if (!options.json) process.stderr.write('the sources have nothing about it.\n');
      process.exitCode = 1;
    });
}

async function forEach(
  ids: readonly string[],
  options: RagOptions,
  {
    work,
    say,
  }: {
    work: (documents: Documents, id: string) => Promise<unknown>;
    say: (id: string) => string;
  },
): Promise<void> {
  const documents = await openDocuments(options);
  const outcomes: { id: string; failure: string | null }[] = [];
  for (const id of ids) {
    try {
      await work(documents, id);
      outcomes.push({ id, failure: null });
    } catch (error) {
      outcomes.push({ id, failure: messageOf(error) });
    }
  }
  print(options, { documents: outcomes }, () =>
    outcomes.map(({ id, failure }) => (failure === null ? say(id) : `failed: ${plainLine(id)}: ${failure}`)),
  );
  if (outcomes.some(({ failure }) => failure !== null)) process.exitCode = 1;
}
