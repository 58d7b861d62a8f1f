import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { RuntimeFile } from '../../server/views.ts';
import { RUN_VARIABLE } from '../../supervisor/guardian.ts';
import { allPids, bootId, hasEnvironment, readStat } from '../../supervisor/proc.ts';
import { readRuntimeFile } from '../runtime-file.ts';
import { bindError } from './bind.ts';
import { fail, ok, warn, type Check } from './check.ts';
import { checkRunningIdentity } from './identity.ts';
import { checkRunningKnowledge } from './knowledge.ts';
import { checkRunningMemory } from './memory.ts';
import { holderOfPort } from './port-holder.ts';

/** What runs on this machine: the orchestrator of the state directory, its port, and engines that nobody watches. */
export async function checkRunning(stateDir: string, port: number): Promise<Check[]> {
  const runtime = readRuntimeFile(stateDir);
  return [
    runtime
      ? ok('orchestrator', `Runs at ${runtime.url} with profile ${runtime.profile} (process ${runtime.pid}).`)
      : ok('orchestrator', 'None runs on this state directory.'),
    ...(runtime ? await checkRunningIdentity(runtime) : []),
    ...(runtime ? await checkRunningKnowledge(runtime) : []),
    ...(runtime ? await checkRunningMemory(runtime) : []),
    await checkPort(port, runtime),
    checkStaleEngines(stateDir, runtime !== undefined),
  ];
}

async function checkPort(port: number, runtime: RuntimeFile | undefined): Promise<Check> {
  const about = `port ${port}`;
  if (runtime && new URL(runtime.url).port === String(port)) return ok(about, 'Ours.');
  const error = await bindError(port);
  if (error === undefined) return ok(about, 'Free.');
  if (error.code !== 'EADDRINUSE')
    return fail(about, `Cannot be used (${error.code ?? error.message}).`, 'Choose another with --port.');
  const holder = holderOfPort(port);
  const who =
    holder === undefined ? 'another program (of another user, it seems)' : `${holder.name} (process ${holder.pid})`;
  return fail(about, `Taken by ${who}.`, `Stop it, or start with another port, e.g. --port ${port + 1}`);
}

interface LedgerRun {
  run: string;
  bootId: string;
  children: { expert: string; pid: number; startTicks: number }[];
}

/** By the marks that a run leaves: its entry in the environment, or pid and start time as written down. */
function checkStaleEngines(stateDir: string, running: boolean): Check {
  const about = 'left engines';
  const runs = readRuns(stateDir);
  // The last run in the ledger is the one that runs; what it started is watched.
  const earlier = running ? runs.slice(0, -1) : runs;
  const boot = bootId();
  const left = new Set<number>();
  for (const { run, bootId: of, children } of earlier) {
    for (const pid of allPids()) if (hasEnvironment(pid, `${RUN_VARIABLE}=${run}`)) left.add(pid);
    for (const child of of === boot ? children : []) {
      const stat = readStat(child.pid);
      if (stat?.startTicks === child.startTicks && stat.state !== 'Z') left.add(child.pid);
    }
  }
  if (left.size === 0) return ok(about, 'No engine of an earlier run is left.');
  return warn(
    about,
    `Processes of an earlier run are left: ${[...left].join(', ')}.`,
    'The next `orchestrator up` on this state directory ends them.',
  );
}

function readRuns(stateDir: string): LedgerRun[] {
  try {
    return (JSON.parse(readFileSync(join(stateDir, 'children.json'), 'utf8')) as { runs: LedgerRun[] }).runs;
  } catch {
    return [];
  }
}
