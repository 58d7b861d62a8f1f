import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { RUN_VARIABLE } from '../../../src/supervisor/guardian.ts';
import { Ledger, type LedgerChild } from '../../../src/supervisor/ledger.ts';
import { bootId, readStat } from '../../../src/supervisor/proc.ts';
import { alive, kill } from '../../support/processes.ts';
import { recordingLogger } from './house.ts';

const OWN_RUN = 'aaaa'.repeat(8);
const EARLIER = 'cafe'.repeat(8);
const NOBODY = 4_194_305;

describe('the ledger of children', () => {
  let directory = '';
  const started: number[] = [];
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'ledger-'));
  });
  afterEach(() => {
    for (const pid of started.splice(0)) kill(pid);
    rmSync(directory, { recursive: true });
  });

  const path = () => join(directory, 'children.json');
  const sleeper = (env: NodeJS.ProcessEnv = {}): { pid: number; ticks: number } => {
    const child = spawn('sleep', ['600'], {
      detached: true,
      stdio: 'ignore',
      env: { PATH: process.env['PATH'], ...env },
    });
    const pid = child.pid ?? 0;
    started.push(pid);
    return { pid, ticks: readStat(pid)?.startTicks ?? 0 };
  };
  const leave = (children: LedgerChild[], boot = bootId()) =>
    writeFileSync(path(), JSON.stringify({ runs: [{ run: EARLIER, bootId: boot, children }] }));
  const reap = async () => {
    const logger = recordingLogger();
    const reaped = await new Ledger(directory, OWN_RUN, logger).reap();
    return { reaped, messages: logger.messages };
  };
  const written = () =>
    JSON.parse(readFileSync(path(), 'utf8')) as { runs: { run: string; children: LedgerChild[] }[] };

  it('is written at every change, for the owner alone', () => {
    const ledger = new Ledger(directory, OWN_RUN, recordingLogger());
    ledger.add({ expert: 'a', pid: 7, startTicks: 8, cgroup: undefined, stop: ['stop', 'it'] });
    ledger.add({ expert: 'b', pid: 9, startTicks: 10 });
    ledger.remove(9);
    expect(written().runs).toEqual([
      { run: OWN_RUN, bootId: bootId(), children: [{ expert: 'a', pid: 7, startTicks: 8, stop: ['stop', 'it'] }] },
    ]);
    expect(statSync(path()).mode & 0o777).toBe(0o600);
  });

  it('ends what carries the mark of an earlier run, and what has pid and start time of one', async () => {
    const marked = sleeper({ [RUN_VARIABLE]: EARLIER });
    const known = sleeper();
    leave([{ expert: 'a', pid: known.pid, startTicks: known.ticks }]);
    expect((await reap()).reaped).toBe(2);
    expect([marked.pid, known.pid].filter(alive)).toEqual([]);
    expect(
      written().runs.map(({ run }) => run),
      'and forgets it',
    ).toEqual([OWN_RUN]);
  });

  it('A6 leaves a stranger alone that has the pid of a child, and says so', async () => {
    const stranger = sleeper();
    leave([{ expert: 'a', pid: stranger.pid, startTicks: stranger.ticks - 1 }]);
    const { reaped, messages } = await reap();
    expect(reaped).toBe(0);
    expect(alive(stranger.pid)).toBe(true);
    expect(messages).toEqual(['a pid of an earlier run belongs to another process now; left alone']);
  });

  it('trusts no pid from before the machine was started', async () => {
    const stranger = sleeper();
    leave([{ expert: 'a', pid: stranger.pid, startTicks: stranger.ticks, stop: ['/bin/false'] }], 'another-boot');
    expect(await reap()).toEqual({ reaped: 0, messages: [] });
    expect(alive(stranger.pid)).toBe(true);
  });

  it('does not count a zombie', async () => {
    const parent = spawn('/bin/sh', ['-c', 'sleep 0 & echo $!; exec sleep 600'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    started.push(parent.pid ?? 0);
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    await expect.poll(() => readStat(pid)?.state, { interval: 2 }).toBe('Z');
    leave([{ expert: 'a', pid, startTicks: readStat(pid)?.startTicks ?? 0 }]);
    expect(await reap()).toEqual({ reaped: 0, messages: [] });
  });

  it('runs the stop command of a child whose process is gone: its container may not be', async () => {
    const file = join(directory, 'stopped');
    leave([{ expert: 'a', pid: NOBODY, startTicks: 1, stop: ['/bin/sh', '-c', 'env >"$0"', file] }]);
    expect((await reap()).reaped).toBe(0);
    expect(existsSync(file)).toBe(true);
    const names = readFileSync(file, 'utf8')
      .split('\n')
      .map((entry) => entry.split('=')[0] ?? '');
    expect(names.filter((name) => !['PATH', 'HOME', 'LANG', 'PWD', 'OLDPWD', '_', 'SHLVL', ''].includes(name))).toEqual(
      [],
    );
  });

  it('that cannot be read is begun anew', async () => {
    writeFileSync(path(), '{"runs": [{"run": "../../etc"');
    const { reaped, messages } = await reap();
    expect(reaped).toBe(0);
    expect(messages).toEqual(['the list of children of earlier runs is unreadable; starting a new one']);
    expect(written().runs).toHaveLength(1);
  });

  it('that cannot be written stops nobody', () => {
    const logger = recordingLogger();
    const ledger = new Ledger(join(directory, 'missing'), OWN_RUN, logger);
    ledger.add({ expert: 'a', pid: 7, startTicks: 8 });
    expect(logger.messages).toEqual(Array.from({ length: 2 }, () => 'the list of children cannot be written'));
  });
});
