import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { afterEach, describe, expect, it } from 'vitest';

import { Guardian } from '../../../src/supervisor/guardian.ts';
import { readStat } from '../../../src/supervisor/proc.ts';
import { alive, kill } from '../../support/processes.ts';
import { silentLogger } from './house.ts';

const PROGRAM = resolve(import.meta.dirname, 'guarded-process.ts');

describe('the guardian', () => {
  const left: number[] = [];
  afterEach(() => {
    for (const pid of left.splice(0)) kill(pid);
  });

  const sleeper = (): ChildProcess => {
    const child = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
    left.push(child.pid ?? 0);
    return child;
  };

  it('ends every engine within two seconds of a kill -9 of its owner, and nobody else', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'guardian-'));
    const file = join(directory, 'stopped');
    const innocent = sleeper();
    const owner = spawn(process.execPath, [PROGRAM, 'f00d'.repeat(8), String(innocent.pid), file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(owner.stdout, 'data')) as [Buffer];
    const pids = JSON.parse(line.toString()) as Record<
      'guardian' | 'leader' | 'worker' | 'unmarked' | 'forgotten',
      number
    >;
    left.push(...Object.values(pids));
    expect(Object.values(pids).every(alive)).toBe(true);
    expect(readStat(pids.worker)?.session, 'it has left the group').toBe(pids.worker);

    owner.kill('SIGKILL');
    const doomed = [pids.leader, pids.worker, pids.unmarked];
    await expect.poll(() => doomed.filter(alive), { timeout: 2_000, interval: 10 }).toEqual([]);
    await expect.poll(() => alive(pids.guardian), { timeout: 5_000, interval: 10 }).toBe(false);
    expect(alive(innocent.pid ?? 0), 'the same number with another start time').toBe(true);
    expect(alive(pids.forgotten), 'told that it is gone').toBe(true);
    expect(readFileSync(file, 'utf8'), 'the stop command is run, word for word').toBe(`it's "$HOME"; a`);
    rmSync(directory, { recursive: true });
  });

  it('ends alone when it is told that nothing is left', async () => {
    const guardian = new Guardian('beef'.repeat(8), silentLogger);
    const engine = sleeper();
    guardian.watchGroup(engine.pid ?? 0, readStat(engine.pid ?? 0)?.startTicks ?? 0);
    const { pid = 0 } = guardian;
    expect(alive(pid)).toBe(true);
    guardian.close();
    await expect.poll(() => alive(pid), { timeout: 2_000, interval: 5 }).toBe(false);
    expect(alive(engine.pid ?? 0)).toBe(true);
  });
});
