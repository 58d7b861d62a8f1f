/**
 * Faults, group A: an engine that is well for a while before each crash. The window is ten minutes, so the clock is handed in;
 * the engine is a real process that is really killed.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';

import { adapterOf } from '../../../src/engines/registry.ts';
import { loadProfile } from '../../../src/profiles/load.ts';
import { resolvePaths } from '../../../src/shared/paths.ts';
import { Redactor } from '../../../src/shared/redact.ts';
import type { BackoffPolicy } from '../../../src/supervisor/backoff.ts';
import { ExpertLog } from '../../../src/supervisor/expert-log.ts';
import { ExpertProcess } from '../../../src/supervisor/expert-process.ts';
import { Guardian } from '../../../src/supervisor/guardian.ts';
import { createPrepare } from '../../../src/supervisor/launcher.ts';
import { Ledger } from '../../../src/supervisor/ledger.ts';
import { LocalHost } from '../../../src/supervisor/local-host.ts';
import type { Logger } from '../../../src/telemetry/logger.ts';
import { DIRECTORY, fakeExpert } from '../../support/fake-expert.ts';
import { kill, untilNoneMarked } from '../../support/processes.ts';
import { profileOf } from '../../support/profile.ts';
import { until } from '../../support/wait.ts';

const policy: BackoffPolicy = {
  baseMs: 100,
  capMs: 60_000,
  resetAfterMs: 600_000,
  giveUpAfter: 50,
  coolDownMs: 600_000,
};
const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

let directory: string;
let guardian: Guardian;
let engine: ExpertProcess;
let skippedMs: number;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'orchestrator-flapping-'));
  skippedMs = 0;
  const file = join(directory, 'profile.yaml');
  writeFileSync(file, stringify(profileOf({ a: fakeExpert() })).replaceAll(DIRECTORY, directory));
  const [expert] = (await loadProfile(file, { environment: {} })).experts;
  const adapter = adapterOf('command');
  if (expert?.kind !== 'process' || adapter.kind !== 'process') throw new Error('an expert with a process is needed');
  const run = `flapping-${process.pid}-${performance.now()}`;
  guardian = new Guardian(run, silent);
  const ledger = new Ledger(directory, run, silent);
  engine = new ExpertProcess(expert, adapter, {
    host: new LocalHost({ stateDir: directory, run, guardian, ledger, logger: silent, environment: process.env }),
    prepare: createPrepare({
      paths: resolvePaths({ HOME: directory }, directory),
      profileDirectory: directory,
      profileName: 'faults',
      environment: {},
    }),
    log: new ExpertLog({ stateDir: directory, expert: 'a', maxBytes: 1e6, files: 1, redactor: new Redactor() }),
    logger: silent,
    clock: { now: () => performance.now() + skippedMs, wallTime: () => new Date() },
    backoff: policy,
    random: () => 0.5,
    hideSecret: () => () => {},
    newSecret: () => 'a-key-of-the-test',
    onMove: () => {},
  });
});

afterEach(async () => {
  await engine.stop('the test is over', 0);
  guardian.close();
  await untilNoneMarked(directory);
  rmSync(directory, { recursive: true, force: true });
});

/** One life of the engine, `healthyMs` long by the clock; answers the rest that follows, milliseconds. */
async function liveAndCrash(healthyMs: number): Promise<number> {
  await until('it may be started', () => engine.state === 'stopped' || engine.state === 'backoff');
  engine.start('the test');
  await until('it is ready', () => engine.state === 'ready');
  skippedMs += healthyMs;
  kill(engine.pid ?? 0);
  await until('the crash is seen', () => engine.state === 'backoff');
  return engine.retryInMs() ?? Number.NaN;
}

describe('A4 flapping', () => {
  it('A4 nine tenths of the window in health keep the long delay; eleven tenths go back to the base', async () => {
    const delays: number[] = [];
    for (let i = 0; i < 5; i++) delays.push(await liveAndCrash(0));
    for (let i = 1; i < delays.length; i++) {
      expect(delays[i], `delay ${i}`).toBeGreaterThan(1.5 * (delays[i - 1] ?? Infinity));
    }
    const kept = await liveAndCrash(0.9 * policy.resetAfterMs);
    expect(kept).toBeGreaterThanOrEqual(0.9 * (delays.at(-1) ?? Infinity));
    const reset = await liveAndCrash(1.1 * policy.resetAfterMs);
    expect(reset).toBeLessThanOrEqual(policy.baseMs * 1.2);
    expect(await liveAndCrash(0), 'and grows again from there').toBeGreaterThan(1.5 * reset * 0.8);
  });
});
