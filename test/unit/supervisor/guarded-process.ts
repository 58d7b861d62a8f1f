/**
 * A program that has a guardian and an engine, for tests that kill it: `RUN INNOCENT-PID FILE`. The innocent is registered with
 * another start time; FILE is what the stop command writes. Says the pids of all as one line of JSON.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { Guardian, RUN_VARIABLE } from '../../../src/supervisor/guardian.ts';
import { readStat } from '../../../src/supervisor/proc.ts';

const [run = '', innocent = '', file = ''] = process.argv.slice(2);
const nothing = (): void => undefined;
const guardian = new Guardian(run, { debug: nothing, info: nothing, warn: nothing, error: nothing });

const start = async (script: string, env: Record<string, string>) => {
  const child = spawn('/bin/sh', ['-c', script], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
    env: { PATH: process.env['PATH'], ...env },
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const pid = child.pid ?? 0;
  guardian.watchGroup(pid, readStat(pid)?.startTicks ?? 0);
  return { pid, worker: Number(line.toString()) };
};

const marked = await start('setsid sleep 600 & echo $!; exec sleep 600', { [RUN_VARIABLE]: run });
const unmarked = await start('echo 0; exec sleep 600', {});
const forgotten = await start('echo 0; exec sleep 600', {});
guardian.watchGroup(Number(innocent), 1);
guardian.watchStop(marked.pid, ['/bin/sh', '-c', 'printf %s "$1" >"$0"', file, `it's "$HOME"; a`]);
guardian.forget(forgotten.pid);
console.log(
  JSON.stringify({
    guardian: guardian.pid,
    leader: marked.pid,
    worker: marked.worker,
    unmarked: unmarked.pid,
    forgotten: forgotten.pid,
  }),
);
setInterval(nothing, 1_000_000);
