import type { MessageReader } from '../../src/memory/open-memory.ts';
import type { Table } from '../knowledge/table.ts';
import { HALVES, readDialogues } from './dialogues.ts';
import { openBenchMemory } from './house.ts';
import { madeUpCorrections, replayCorrections, type Staleness } from './stale.ts';

export interface StaleResult {
  readonly table: Table;
  readonly failures: readonly string[];
  /** Which ones; of `blind` nobody looks at them. */
  readonly mistakes: readonly string[];
}

const MADE_UP = 120;

/** Corrections said to a memory: the old value is never told again. */
export async function staleTable(reader: MessageReader): Promise<StaleResult> {
  const sets = [
    ...HALVES.map((half) => [half, readDialogues(half)] as const),
    ['made up', madeUpCorrections(MADE_UP)] as const,
  ];
  const measured: (readonly [name: string, found: Staleness])[] = [];
  for (const [name, dialogues] of sets) {
    const memory = await openBenchMemory({ reader });
    try {
      measured.push([name, await replayCorrections(memory.base, dialogues)]);
    } finally {
      await memory.close();
    }
  }
  const row = (title: string, must: string, cell: (found: Staleness) => string) => [
    title,
    must,
    ...measured.map(([, found]) => cell(found)),
  ];
  const table = [
    ['', 'must', ...measured.map(([name]) => name)],
    row('corrections of what had been kept', '', ({ corrections }) => String(corrections)),
    row('the old value is told', '0', ({ stale }) => String(stale)),
    row('the new value is told', '', ({ fresh }) => String(fresh)),
    row('told to forget what had been kept', '', ({ forgotten }) => String(forgotten)),
    row('and it is kept all the same', '0', ({ unforgotten }) => String(unforgotten)),
  ];
  const failures = measured
    .filter(([, { stale, unforgotten }]) => stale + unforgotten > 0)
    .map(([name, { stale, unforgotten }]) => `${name}: ${stale} stale, ${unforgotten} not forgotten`);
  const shown = measured.filter(([name]) => name !== 'blind');
  return { table, failures, mistakes: shown.flatMap(([, { which }]) => which) };
}
