import { type Command, Option } from 'commander';

import type { FeedbackJson, FeedbackListJson } from '../../server/memory/views.ts';
import { listAll, openPerson, personCommand, personDataCommand, type PersonOptions } from '../people.ts';
import { plainLine } from '../plain.ts';
import { numberOption, print, queryOf } from '../rag/connection.ts';
import { tableLines } from '../table.ts';
import { writeExport } from '../write-export.ts';

const LONGEST = 60;

export const openFeedback = (options: PersonOptions) => openPerson(options, '/api/feedback');

interface ListOptions extends PersonOptions {
  readonly all?: boolean;
  readonly rating?: string;
  readonly limit: number;
}

export function listCommand(): Command {
  return personDataCommand('list', 'Lists feedback, the newest first.')
    .option('--all', 'everybody’s (needs an administrator’s key)')
    .addOption(new Option('--rating <rating>', 'of this rating alone').choices(['up', 'down']))
    .option('-n, --limit <number>', 'at most so many', numberOption, 1_000)
    .action(async (options: ListOptions) => {
      const person = await openFeedback(options);
      const feedback = await listAll(options.limit, async (after, limit) => {
        const query = queryOf({ all: options.all ? '1' : undefined, rating: options.rating, after, limit });
        const list = await person.json<FeedbackListJson>(`/api/feedback${query}`);
        return { page: list.feedback, next: list.next };
      });
      print(options, { feedback }, () => table(feedback));
      if (feedback.length === 0 && !options.json)
        process.stderr.write('there is none. Give some: orchestrator feedback add REQUEST_ID up|down\n');
    });
}

interface ExportOptions extends PersonOptions {
  readonly all?: boolean;
  readonly output?: string;
}

export function exportCommand(): Command {
  return personCommand(
    'export',
    'Writes training examples in OpenAI’s chat format: each question, with what should be answered (or was, where it was rated up).',
  )
    .option('--all', 'everybody’s (needs an administrator’s key)')
    .option('-o, --output <file>', 'write to a new file of this name (default: the output)')
    .action(async (options: ExportOptions) => {
      const person = await openFeedback(options);
      const path = `/api/feedback/export${options.all ? '?all=1' : ''}`;
      await writeExport(await person.open(path), options.output);
    });
}

function table(feedback: readonly FeedbackJson[]): string[] {
  if (feedback.length === 0) return [];
  const rows = feedback.map(({ id, at, user, rating, expert, messages, ideal, comment }) => [
    id,
    at.slice(0, 10),
    plainLine(user),
    rating,
    plainLine(expert),
    cut(messages.findLast(({ role }) => role === 'user')?.content ?? ''),
    [...(ideal === null ? [] : [`→ ${cut(ideal)}`]), ...(comment === null ? [] : [`(${cut(comment)})`])].join(' '),
  ]);
  return tableLines([['ID', 'DATE', 'USER', 'RATING', 'EXPERT', 'QUESTION', 'IDEAL'], ...rows]);
}

function cut(text: string): string {
  const line = plainLine(text);
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line;
}
