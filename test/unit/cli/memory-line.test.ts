import { describe, expect, it } from 'vitest';

import { checkMemory, checkRunningMemory } from '../../../src/cli/doctor/memory.ts';
import { statusLines } from '../../../src/cli/expert-table.ts';
import { memoryLine } from '../../../src/cli/memory-line.ts';
import type { MemoryStatus } from '../../../src/memory/contract.ts';
import { Sandbox } from '../profiles/sandbox.ts';
import { budgetView, FakeHouse, statsView } from './fake-house.ts';

const READY: MemoryStatus = { state: 'ready', reason: null, queued: 0, embedding: null };
describe('how memory is', () => {
  it('is a line, where there is any', () => {
    expect(memoryLine({ ...READY, state: 'off' })).toBeUndefined();
    expect(memoryLine(READY)).toBe('memory ready · found by words alone');
    expect(memoryLine({ ...READY, queued: 2, embedding: { model: 'minilm', waiting: 7 } })).toBe(
      'memory ready · 2 turns wait for a second look · embedded by minilm, 7 memories to go',
    );
  });

  it('is in the status', () => {
    const lines = (memory: MemoryStatus) =>
      statusLines({ stats: statsView({ memory }), experts: [], budget: budgetView() }, { now: 0, colours: false });
    expect(lines({ ...READY, state: 'degraded', reason: 'no disk' })).toContain(
      'memory degraded: no disk · found by words alone',
    );
    expect(lines({ ...READY, state: 'off' }).join('\n')).not.toMatch(/^memory/m);
  });
});

describe('doctor', () => {
  const checked = async (yaml: string) => {
    const sandbox = new Sandbox();
    const far = 'name: p\nexperts:\n  far: { engine: remote, url: "http://127.0.0.1:9" }\n';
    return checkMemory(await sandbox.load(sandbox.write('p.yaml', `${far}${yaml}\n`)));
  };

  it('says what the profile keeps of people, and what would leave the machine', async () => {
    expect(await checked('')).toMatchObject([
      { about: 'user memory', sentence: expect.stringContaining('Off') as string },
    ]);
    expect(await checked('memory: { enabled: true }\nfeedback: { enabled: true }')).toMatchObject([
      { about: 'user memory', status: 'ok' },
      { about: 'feedback', status: 'ok' },
    ]);
    expect(await checked('memory: { enabled: true, remoteExperts: allow }')).toMatchObject([
      { status: 'ok' },
      { status: 'warn', fix: expect.stringContaining('remoteExperts: deny') as string },
    ]);
  });

  it.each([
    [READY, ['ok']],
    [{ ...READY, state: 'degraded' as const }, ['warn']],
    [{ ...READY, state: 'off' as const }, []],
  ])('asks the one that runs: %j', async (memory, expected) => {
    await using house = await new FakeHouse().on('GET /stats', statsView({ memory })).open();
    const checks = await checkRunningMemory({ url: house.url, token: 't' });
    expect(checks.map(({ status }) => status)).toEqual(expected);
  });
});
