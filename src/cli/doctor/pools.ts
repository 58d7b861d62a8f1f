import type { GpuAnswer } from '../../binaries/nvidia-smi.ts';
import type { Pool } from '../../planner/world.ts';
import type { Profile } from '../../profiles/profile.ts';
import { formatBytes } from '../../shared/units.ts';
import { type MachineMemory } from '../../supervisor/machine-memory.ts';
import { WITHOUT_GPU } from '../../supervisor/missing-parts.ts';
import { poolsOf } from '../../supervisor/pools.ts';
import { type Check, fail, ok, warn } from './check.ts';

export interface PoolChecks {
  readonly machine: MachineMemory;
  /** Where the profile counts a GPU. */
  readonly gpus: GpuAnswer | undefined;
  /** An orchestrator runs on this machine: some of what is in use is its experts'. */
  readonly running: boolean;
}

/** The pools of the profile, one by one, against what the machine has of them. */
export function checkPools({ budget }: Profile, { machine, gpus, running }: PoolChecks): Check[] {
  const used = (gpus?.reading?.devices ?? []).map(({ index, usedBytes }) => [`gpu${index}`, usedBytes ?? 0] as const);
  const pools = poolsOf(budget.pools, {
    machine,
    ourRam: 0,
    gpus: gpus?.reading,
    gpuProblem: gpus?.problem?.message,
    othersOnDevices: Object.fromEntries(used),
    quarantined: () => 0,
    paused: false,
  });
  const noDriver = gpus?.problem?.kind === 'absent';
  return pools.map((pool) =>
    checkPool(pool, budget.pools[pool.id]?.capacity, { running, noDriver: noDriver && pool.id !== 'ram' }),
  );
}

function checkPool(
  { id, capacity, reserve, foreign, note }: Pool,
  granted: number | 'auto' | undefined,
  { running, noDriver }: { readonly running: boolean; readonly noDriver: boolean },
): Check {
  const about = `pool ${id}`;
  if (capacity === 0) {
    const cause = note === undefined ? '' : `: ${note.replace(/\.$/, '')}`;
    return fail(
      about,
      `There is nothing of ${id} for experts${cause}.`,
      noDriver ? WITHOUT_GPU : `Correct budget.${id} in the profile, or mend what keeps it away.`,
    );
  }
  const left = Math.max(0, capacity - reserve);
  const set = reserve > 0 ? ` less ${formatBytes(reserve)} in reserve` : '';
  const grant = `${formatBytes(capacity)}${set}: ${formatBytes(left)} for experts.`;
  if (left === 0)
    return fail(about, `${grant} The reserve takes all of it.`, `Lower budget.${id}.reserve in the profile.`);
  if (note !== undefined) {
    const isTooMuch = typeof granted === 'number' && granted > capacity;
    const mend = noDriver ? WITHOUT_GPU : `Mend what \`gpu\` says above, or take budget.${id} out of the profile.`;
    const remedy = isTooMuch ? `Write budget.${id}.capacity: auto, or what there is.` : mend;
    return warn(about, `${grant} ${asSentence(note)}`, remedy);
  }
  // What runs here already is counted by who runs it.
  if (running || foreign <= reserve) return ok(about, grant);
  return warn(
    about,
    `${grant} Other programs hold ${formatBytes(foreign)} of it now, so ${formatBytes(Math.max(0, capacity - foreign))} are left.`,
    `Close what is not needed; where it is there as a rule, set budget.${id}.reserve to it.`,
  );
}

const asSentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.$/, '')}.`;
