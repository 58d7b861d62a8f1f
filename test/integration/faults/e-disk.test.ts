/** Faults, group E: the disk is full. */
import { closeSync, openSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { fakeExpert } from '../../support/fake-expert.ts';
import { canMount, startOrchestrator } from '../../support/orchestrator.ts';
import { openFilesOf, untilNoneMarked } from '../../support/processes.ts';
import { profileOf } from '../../support/profile.ts';
import { itWhere } from '../../support/skip.ts';
import { collect } from '../../support/sse.ts';
import { until } from '../../support/wait.ts';

const profile = profileOf(
  {
    a: fakeExpert({ rate: 50 }, { settings: { footprint: { ram: '100MiB' } } }),
    b: fakeExpert({}, { settings: { footprint: { ram: '100MiB' } } }),
  },
  { budget: { ram: { capacity: '150MiB' }, minResidency: '1ms' } },
);

/** Writes until there is no room for another byte. */
function fill(path: string): void {
  const file = openSync(path, 'w');
  try {
    for (let size = 1 << 16; size >= 1;) {
      try {
        writeSync(file, Buffer.alloc(size));
      } catch {
        size = Math.floor(size / 2);
      }
    }
  } finally {
    closeSync(file);
  }
}

describe('E1 the disk is full', () => {
  itWhere(canMount(), 'needs a mount namespace')(
    'E1 answers, swaps and starts go on; files that are written whole stay whole; it recovers without a restart',
    async () => {
      const orchestrator = await startOrchestrator({ profile, stateDisk: '1m' });
      const { stateDir } = orchestrator;
      const read = (name: string) => JSON.parse(readFileSync(join(stateDir, name), 'utf8')) as Record<string, unknown>;
      const children = () =>
        (read('children.json')['runs'] as { children: { expert: string }[] }[]).at(-1)?.children ?? [];
      const logged = () => statSync(join(stateDir, 'logs', 'orchestrator.jsonl')).size;
      try {
        expect((await orchestrator.chat('x', { model: 'a' })).status).toBe(200);
        expect((await orchestrator.chat('x', { model: 'b' })).status).toBe(200);
        fill(join(stateDir, 'filler'));
        const before = { log: logged(), files: openFilesOf(orchestrator.pid) };

        const stream = collect(await orchestrator.chat('[[tokens=60]]', { model: 'a', stream: true }));
        expect(await stream, 'a start, a swap and a stream').toMatchObject({ done: true });
        for (let swap = 0; swap < 6; swap += 1)
          expect((await orchestrator.chat('x', { model: swap % 2 === 0 ? 'b' : 'a' })).status).toBe(200);
        expect((await orchestrator.request('/readyz')).status).toBe(200);
        expect(orchestrator.output, 'it says so').toMatch(/the list of children cannot be written.*ENOSPC/);
        for (const name of readdirSync(stateDir).filter((entry) => entry.endsWith('.json')))
          expect(() => read(name), name).not.toThrow();
        expect(read('runtime.json')).toMatchObject({ url: orchestrator.url });
        expect(
          readdirSync(stateDir).filter((name) => /\.json\.\d/.test(name)),
          'no halves lie about',
        ).toEqual([]);
        expect(openFilesOf(orchestrator.pid) - before.files, 'descriptors').toBeLessThan(6);

        rmSync(join(stateDir, 'filler'));
        await orchestrator.load('b');
        expect(children().map(({ expert }) => expert)).toEqual(['b']);
        await until('the log goes on', async () => {
          await orchestrator.chat('x', { model: 'a' });
          await orchestrator.chat('x', { model: 'b' });
          return logged() > before.log;
        });
        expect(Object.keys(read('footprints.json')['entries'] as object)).toHaveLength(2);
      } finally {
        await orchestrator.killHard();
        // With the disk full or not: the guardian knows every child.
        await untilNoneMarked(orchestrator.directory);
        rmSync(orchestrator.directory, { recursive: true, force: true });
      }
    },
  );

  it('E1 a log that cannot be written (/dev/full) never holds up an engine', async () => {
    await using first = await startOrchestrator({ profile });
    await first.stop();
    for (const name of ['a.log', 'orchestrator.jsonl']) {
      rmSync(join(first.stateDir, 'logs', name), { force: true });
      symlinkSync('/dev/full', join(first.stateDir, 'logs', name));
    }
    await using orchestrator = await startOrchestrator({ profile, directory: first.directory });
    expect((await orchestrator.chat('x', { model: 'a' })).status).toBe(200);
    const logs = await orchestrator.request('/api/experts/a/logs?n=50');
    expect(await logs.text(), 'what was said last is still at hand').toContain('fake engine is ready');
    const metrics = await until(
      'what was lost is counted',
      async () => {
        const text = await (await orchestrator.request('/metrics')).text();
        return /^orchestrator_log_lines_dropped\{expert="a"\} [1-9]/m.test(text) || undefined;
      },
      15_000,
    );
    expect(metrics).toBe(true);
  });
});
