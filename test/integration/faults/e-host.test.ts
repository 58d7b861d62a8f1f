/** Faults, group E: the machine around us. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { fakeExpert } from '../../support/fake-expert.ts';
import { startOrchestrator } from '../../support/orchestrator.ts';
import { rssOf } from '../../support/processes.ts';
import { watchInvariants } from '../../support/invariants.ts';
import { profileOf } from '../../support/profile.ts';
import { openRaw } from '../../support/raw-socket.ts';
import { times } from '../../support/skip.ts';
import { until } from '../../support/wait.ts';

const MIB = 2 ** 20;

describe('E2 a log storm', () => {
  it('E2 20 MB/s of output: the engine never waits, the disk stays bounded, memory stays flat, a paused viewer hurts nobody', async () => {
    const seconds = times(8, 60);
    await using orchestrator = await startOrchestrator({
      smallNursery: true,
      profile: profileOf({ a: fakeExpert({ 'spew-mb-per-s': 20, 'spew-seconds': seconds }), b: fakeExpert() }),
    });
    await orchestrator.load('b');
    await orchestrator.chat('x', { model: 'b' });
    await orchestrator.load('a');
    const host = new URL(orchestrator.url).host;
    using viewer = await openRaw(orchestrator.url);
    viewer.socket.pause();
    viewer.send(
      `GET /api/experts/a/logs?follow=1 HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${orchestrator.token}\r\n\r\n`,
    );
    await new Promise((done) => setTimeout(done, 2_000));
    const settled = rssOf(orchestrator.pid);
    const watch = watchInvariants(orchestrator, ['a', 'b']);
    let peak = settled;
    const spewed = await until(
      'the storm is over',
      () => {
        peak = Math.max(peak, rssOf(orchestrator.pid));
        return orchestrator.ledger('a').find(({ event }) => event === 'spewed');
      },
      (seconds + 20) * 1_000,
      100,
    );
    expect(spewed.worstGapMs, 'the engine was never held up').toBeLessThan(1_000);
    expect(spewed.megabytes, 'it was a storm').toBeGreaterThan(seconds * 10);
    expect((peak - settled) / MIB, 'memory is flat').toBeLessThan(48);
    expect(sizeOf(orchestrator.stateDir) / MIB, 'the disk is bounded').toBeLessThan(64);
    await watch.check();
    const metrics = await (await orchestrator.request('/metrics')).text();
    const dropped = /^orchestrator_log_lines_dropped\{expert="a"\} (\d+)/m.exec(metrics)?.[1];
    expect(Number(dropped), 'what was dropped is counted').toBeGreaterThan(1_000);
    expect((await orchestrator.chat('x', { model: 'a' })).status).toBe(200);
  }, 180_000);

  function sizeOf(directory: string): number {
    return readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .map((name) => statSync(join(directory, name), { throwIfNoEntry: false }))
      .reduce((sum, entry) => sum + (entry?.isFile() ? entry.size : 0), 0);
  }
});
