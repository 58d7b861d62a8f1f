import { stripVTControlCharacters } from 'node:util';

import { describe, expect, it } from 'vitest';

import { statusLines } from '../../../src/cli/expert-table.ts';
import { budgetView, expertView, poolView, statsView } from './fake-house.ts';

const NOW = Date.parse('2026-01-01T00:01:00.000Z');
const PLAIN = { now: NOW, colours: false };

const EXPERTS = [
  expertView({
    state: 'ready',
    inFlight: 2,
    queued: 1,
    memoryBytes: 390_000_000,
    unloadsAt: '2026-01-01T00:03:00.000Z',
  }),
  expertView({ id: 'coder', state: 'starting', progress: 'reading the model:\n 40 %' }),
  expertView({
    id: 'broken',
    state: 'backoff',
    retryAt: '2026-01-01T00:01:08.000Z',
    lastFailure: {
      class: 'out-of-memory',
      sentence: 'The machine ran out of memory.',
      at: '2026-01-01T00:00:50.000Z',
      exitCode: null,
      signal: 'SIGKILL',
      tail: [],
    },
  }),
  expertView({ id: 'far', engine: 'remote', kind: 'remote', state: 'ready' }),
];

const SNAPSHOT = { stats: statsView(), experts: EXPERTS, budget: budgetView() };

describe('the table of experts', () => {
  it('is one that a person can read', () => {
    const stats = statsView({ experts: { general: 'ready', coder: 'starting', broken: 'backoff', far: 'stopped' } });
    expect(statusLines({ stats, experts: EXPERTS, budget: budgetView() }, PLAIN).join('\n')).toMatchInlineSnapshot(`
      "profile demo · http://127.0.0.1:8082 · up 1 min 15 s · 3 of at most 2 loaded · 0 requests running, 0 waiting

      EXPERT   ENGINE        STATE     SINCE      IN FLIGHT/QUEUED  MEMORY    UNLOADS IN  LAST FAILURE
      general  llama-server  ready     1 min 0 s  2/1               390.0 MB  2 min 0 s
      coder    llama-server  starting  1 min 0 s  0/0               –         –           reading the model: 40 %
      broken   llama-server  backoff   1 min 0 s  0/0               –         –           The machine ran out of memory. (10 s ago; tried again in 8.0 s)
      far      remote        ready     –          0/0               –         –"
    `);
  });

  it('shows memory by pool, pins and what is handed back where the profile counts pools', () => {
    const experts = [expertView({ state: 'ready', pinned: true, memoryBytes: 4e8, footprint: { ram: 2.9e9 } })];
    const pools = [
      poolView({ id: 'ram', held: 2.9e9 }),
      poolView({ paused: true, note: 'handed back', usable: 0 }),
      poolView({ id: 'gpu1', note: 'other programs hold 3.0 GiB' }),
    ];
    const budget = budgetView({ pools, pausedUntil: 'for ever' });
    expect(statusLines({ stats: statsView(), experts, budget }, PLAIN).join('\n')).toMatchInlineSnapshot(`
      "profile demo · http://127.0.0.1:8082 · up 1 min 15 s · 0 of at most 2 loaded · 0 requests running, 0 waiting
      ram 2.7 GiB of 14.0 GiB held · gpu0 handed back · gpu1 0 B of 14.0 GiB held
      PAUSED: gpu0 handed back to the person at the desk; \`orchestrator resume\` takes it again
      gpu1: other programs hold 3.0 GiB

      EXPERT   ENGINE        STATE          SINCE      IN FLIGHT/QUEUED  MEMORY       UNLOADS IN  LAST FAILURE
      general  llama-server  ready, pinned  1 min 0 s  0/0               ram 2.7 GiB  –"
    `);
  });

  it('colours states and keeps the columns where they are', () => {
    const plain = statusLines(SNAPSHOT, PLAIN);
    const coloured = statusLines(SNAPSHOT, { ...PLAIN, colours: true });
    expect(coloured.join('')).toContain('\u001B[32mready');
    expect(coloured.map((line) => stripVTControlCharacters(line))).toEqual(plain);
  });

  it('cuts lines to the width of the terminal and still ends every colour', () => {
    const lines = statusLines(SNAPSHOT, { ...PLAIN, colours: true, width: 30 });
    expect(lines.every((line) => stripVTControlCharacters(line).length <= 30)).toBe(true);
    for (const line of lines) {
      expect(line.split('\u001B[').length % 2, line).toBe(1);
    }
  });

  it('says when the house is stopping', () => {
    expect(statusLines({ ...SNAPSHOT, stats: statsView({ status: 'stopping' }) }, PLAIN)[0]).toMatch(/^STOPPING/);
  });
});
