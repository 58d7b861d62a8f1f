import { type Command, Option } from 'commander';

import type { MemoryJson, MemoryListJson, MemorySearchJson } from '../../server/memory/views.ts';
import { CliError } from '../../shared/errors.ts';
import { listAll, openPerson, type Person, personDataCommand, type PersonOptions } from '../people.ts';
import { plainLine } from '../plain.ts';
import { numberOption, print, queryOf } from '../rag/connection.ts';
import { hitLines, memoryLines, memoryTable } from './show.ts';

export const KINDS = ['fact', 'preference', 'event', 'instruction', 'summary'];
export const memoryPath = (id: string, below = '') => `/api/memory/${encodeURIComponent(id)}${below}`;
export const openMemory = (options: PersonOptions) => openPerson(options, '/api/memory');

interface ListOptions extends PersonOptions {
  readonly history?: boolean;
  readonly state?: string;
  readonly kind?: string;
  readonly search?: string;
  readonly limit: number;
}

export function listCommand(): Command {
  return personDataCommand(
    'list',
    'Lists what is remembered, the newest first: since when, and from which words. What is quarantined is told to nobody yet.',
  )
    .option('--history', 'also what no longer holds: corrected, withdrawn, changed')
    .addOption(new Option('--state <state>', 'in this state alone').choices(['active', 'quarantined']))
    .addOption(new Option('--kind <kind>', 'of this kind alone').choices(KINDS))
    .option('-s, --search <text>', 'with this in its text')
    .option('-n, --limit <number>', 'at most so many', numberOption, 1_000)
    .addHelpText(
      'after',
      '\nExamples:\n  orchestrator memory list --user ana\n  orchestrator memory list --history --search bilbao --json',
    )
    .action(async (options: ListOptions) => {
      const person = await openMemory(options);
      const memories = await listMemories(person, {
        which: options.history ? 'all' : undefined,
        state: options.state,
        kind: options.kind,
        q: options.search,
        limit: options.limit,
      });
      print(options, { memories }, () => memoryTable(memories));
      if (memories.length === 0 && !options.json)
        process.stderr.write('nothing of the kind is remembered. Add something: orchestrator memory add TEXT\n');
    });
}

interface SearchOptions extends PersonOptions {
  readonly topK?: number;
}

export function searchCommand(): Command {
  return personDataCommand('search', 'Shows which memories a question would bring into its answer, and why.')
    .argument('<text...>', 'a question')
    .option('-k, --top-k <number>', 'at most so many', numberOption)
    .addHelpText('after', '\nExample:\n  orchestrator memory search "where could I eat tonight?" --user ana')
    .action(async (words: string[], options: SearchOptions) => {
      const query = words.join(' ');
      if (query.trim() === '') throw new CliError('there is nothing to look for.', 2);
      const person = await openMemory(options);
      const found = await person.json<MemorySearchJson>('/api/memory/search', { body: { query, topK: options.topK } });
      print(options, found, () => hitLines(found.hits));
      if (options.json) return;
      if (found.degraded !== null) process.stderr.write(`note: ${plainLine(found.degraded)}\n`);
      if (found.hits.length === 0) process.stderr.write('nothing was found.\n');
    });
}

export function showCommand(): Command {
  return personDataCommand('show', 'Shows all that is known of a memory: its words, its times, what it has replaced.')
    .argument('<id>', 'its id, as `memory list` shows it')
    .action(async (id: string, options: PersonOptions) => {
      const person = await openMemory(options);
      const memory = await person.json<MemoryJson>(memoryPath(id));
      const closed = await listMemories(person, { which: 'closed', limit: 1_000 });
      const before = closed.filter(({ supersededBy }) => supersededBy === memory.id);
      print(options, { ...memory, replaces: before.map((one) => one.id) }, () => memoryLines(memory, before));
    });
}

function listMemories(
  person: Person,
  { limit, ...filter }: { readonly limit: number } & Readonly<Record<string, string | number | undefined>>,
): Promise<MemoryJson[]> {
  return listAll(limit, async (after, count) => {
    const list = await person.json<MemoryListJson>(`/api/memory${queryOf({ ...filter, after, limit: count })}`);
    return { page: list.memories, next: list.next };
  });
}
