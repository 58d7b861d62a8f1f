import { findProgram } from '../../binaries/builds.ts';
import { queryGpus } from '../../binaries/nvidia-smi.ts';
import type { GpuAnswer } from '../../binaries/nvidia-smi.ts';
import { probeProgram } from '../../binaries/probe.ts';
import type { GpuPool } from '../../models/placements.ts';
import type { Pool } from '../../planner/world.ts';
import type { PoolBudget } from '../../profiles/profile.ts';
import { AppError } from '../../shared/errors.ts';
import type { Paths } from '../../shared/paths.ts';
import { readMachineMemory } from '../../supervisor/machine-memory.ts';
import { poolOf } from '../../supervisor/measure.ts';
import { poolsOf } from '../../supervisor/pools.ts';

/** What a profile for this machine can count on. */
export interface MeasuredMachine {
  readonly budget: Readonly<Record<string, PoolBudget>>;
  /** The same in bytes, as if nothing else ran: what others hold today is no reason never to load a model. */
  readonly pools: readonly Pool[];
  /** Those that llama-server can use: none where its build has no back end for them. */
  readonly gpus: readonly GpuPool[];
  readonly gpuNames: Readonly<Record<string, string>>;
  readonly gpuAnswer: GpuAnswer;
  /** What a person should know. */
  readonly notes: readonly string[];
}

const MiB = 2 ** 20;
const GiB = 2 ** 30;
/** A driver that nothing has used yet takes its time. */
const GPU_QUESTION_MS = 5_000;

/** RAM (of the container, where that is less), GPUs, and whether the engine that is installed can use them. */
export async function measureMachine({
  paths,
  environment,
}: {
  readonly paths: Paths;
  readonly environment: NodeJS.ProcessEnv;
}): Promise<MeasuredMachine> {
  const machine = readMachineMemory();
  const gpuAnswer = await queryGpus({ environment, timeoutMs: GPU_QUESTION_MS });
  const devices = (gpuAnswer.reading?.devices ?? []).flatMap(({ index, name, totalBytes, usedBytes }) =>
    totalBytes === undefined ? [] : [{ id: poolOf(index), name, totalBytes, usedBytes: usedBytes ?? 0 }],
  );
  const budget: Record<string, PoolBudget> = { ram: { capacity: 'auto', reserve: ramReserve(machine.total) } };
  for (const { id, totalBytes, usedBytes } of devices)
    budget[id] = { capacity: 'auto', reserve: gpuReserve(totalBytes, usedBytes) };
  const pools = poolsOf(budget, {
    machine,
    ourRam: 0,
    gpus: gpuAnswer.reading,
    gpuProblem: gpuAnswer.problem?.message,
    othersOnDevices: {},
    quarantined: () => 0,
    paused: false,
  }).map((pool) => ({ ...pool, foreign: 0 }));
  const engine = await engineHere(paths, environment);
  const usesGpus = devices.length > 0 && engine.usesGpus;
  return {
    budget,
    pools,
    gpus: usesGpus ? devices.map(({ id, totalBytes }) => ({ id, capacity: totalBytes })) : [],
    gpuNames: Object.fromEntries(devices.map(({ id, name }) => [id, name])),
    gpuAnswer,
    notes: [
      ...(engine.installed ? [] : ['llama-server is not installed yet: orchestrator engine install llama-server']),
      ...(devices.length > 0 && engine.installed && !engine.usesGpus
        ? [
            'the installed llama-server has no GPU back end, so everything is reckoned for the CPU: ' +
              'orchestrator engine install llama-server --backend cuda, then profile init again',
          ]
        : []),
      ...(gpuAnswer.problem && gpuAnswer.problem.kind !== 'absent' ? [gpuAnswer.problem.message] : []),
    ],
  };
}

/** For the system and whoever works at the machine: an eighth, within bounds. */
function ramReserve(total: number): number {
  return roundTo(Math.min(Math.max(total / 8, GiB), 8 * GiB, total / 4), 256 * MiB);
}

/** What a desktop holds now and some room to grow; a model that another program has loaded is not taken for a desktop. */
function gpuReserve(total: number, used: number): number {
  return roundTo(Math.min(Math.max(512 * MiB, used + 256 * MiB), total / 8), 128 * MiB);
}

const roundTo = (bytes: number, step: number) => Math.max(step, Math.round(bytes / step) * step);

async function engineHere(
  paths: Paths,
  environment: NodeJS.ProcessEnv,
): Promise<{ readonly installed: boolean; readonly usesGpus: boolean }> {
  try {
    const program = await findProgram('llama-server', { paths, environment });
    const { devices } = await probeProgram(program, { paths, questions: undefined });
    return { installed: true, usesGpus: devices.length > 0 };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    // One that will be installed takes the back end that fits the machine.
    return { installed: false, usesGpus: true };
  }
}
