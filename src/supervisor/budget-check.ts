import { adapterOf } from '../engines/registry.ts';
import { fits } from '../planner/fits.ts';
import type { PlannerExpert, Pool, World } from '../planner/world.ts';
import { type Problem, ProfileError, problemAt } from '../profiles/problems.ts';
import type { ProcessExpert, Profile } from '../profiles/profile.ts';
import type { GpuAnswer } from '../binaries/nvidia-smi.ts';
import type { Paths } from '../shared/paths.ts';
import { type Appraisal, appraise, NOTHING_KNOWN } from './appraisal.ts';
import { readMachineMemory } from './machine-memory.ts';
import { poolsOf } from './pools.ts';

export interface BudgetCheckOptions {
  readonly paths: Paths;
  readonly environment: NodeJS.ProcessEnv;
  /** `here`: this machine bounds what the profile grants, and its engines say which devices they use; `there`: the profile is believed. */
  readonly machine: 'here' | 'there';
  /** What `nvidia-smi` says, where the profile counts a GPU. */
  readonly gpus?: GpuAnswer | undefined;
}

/** The house of a profile with nothing loaded. */
export interface EmptyHouse {
  readonly world: World;
  readonly appraisals: ReadonlyMap<string, Appraisal>;
}

/** What the profile's experts would take of its pools, by file or shape record; nothing is started. */
export async function emptyHouse(profile: Profile, options: BudgetCheckOptions): Promise<EmptyHouse> {
  const pools = poolsHere(profile, options);
  const gpus = pools.flatMap(({ id, capacity }) => (id === 'ram' ? [] : [{ id, capacity }]));
  const { paths, environment } = options;
  const asked = { paths, environment, profileDirectory: profile.directory, gpus, learned: undefined };
  const experts = profile.experts.filter((expert): expert is ProcessExpert => expert.kind === 'process');
  const appraisals = await Promise.all(
    experts.map(async (expert) => {
      const adapter = adapterOf(expert.engine);
      if (adapter.kind !== 'process') throw new Error(`${expert.engine} starts no process`);
      // What is wrong with its files is for its own start to say.
      const appraisal = await appraise(expert, adapter, { ...asked, askEngine: options.machine === 'here' }).catch(
        () => NOTHING_KNOWN,
      );
      return [expert.id, appraisal] as const;
    }),
  );
  const known = new Map(appraisals);
  const { maxLoadedExperts, spillToCpu } = profile.budget;
  return {
    world: {
      nowMs: 0,
      pools,
      experts: experts.map((expert) => stopped(expert, known.get(expert.id)?.placements ?? [])),
      maxLoaded: maxLoadedExperts,
      spillToCpu,
      starvationMs: 0,
    },
    appraisals: known,
  };
}

/**
 * Answers the experts of which nobody knows yet what they take, so that whether they fit is not known either.
 * @throws ProfileError (exit code 78) with the arithmetic of every expert that can never fit.
 */
export async function refuseMisfits(profile: Profile, options: BudgetCheckOptions): Promise<string[]> {
  if (Object.keys(profile.budget.pools).length === 0) return [];
  const { world } = await emptyHouse(profile, options);
  const problems = world.experts.flatMap(({ id }): Problem[] => {
    const why = fits(world, id);
    const place = profile.places[id] ?? { file: profile.file, directory: profile.directory };
    return why === undefined ? [] : [problemAt(place, ['experts', id], why)];
  });
  if (problems.length > 0) throw new ProfileError(problems);
  return world.experts.filter(({ placements }) => placements.length === 0).map(({ id }) => id);
}

function poolsHere({ budget }: Profile, { machine, gpus }: BudgetCheckOptions): Pool[] {
  const pools = poolsOf(budget.pools, {
    machine: readMachineMemory(),
    ourRam: 0,
    gpus: gpus?.reading,
    gpuProblem: gpus?.problem?.message,
    gpuTrouble: troubleIn(gpus),
    othersOnDevices: {},
    quarantined: () => 0,
    paused: false,
  });
  if (machine === 'here') return pools;
  return pools.flatMap((pool) => {
    const granted = budget.pools[pool.id]?.capacity;
    if (typeof granted === 'number') return [{ id: pool.id, capacity: granted, reserve: pool.reserve, ...EMPTY }];
    // `auto` is taken as this machine has it; of a GPU that is not here nobody knows what it will be.
    return pool.capacity === 0 ? [] : [{ ...pool, ...EMPTY }];
  });
}

/** A driver that hangs now says nothing of whether the profile is right. */
function troubleIn(gpus: GpuAnswer | undefined): string | undefined {
  const problem = gpus?.problem;
  return problem && problem.kind !== 'absent' && problem.kind !== 'lost' ? problem.message : undefined;
}

const EMPTY = { foreign: 0, quarantined: 0, paused: false };

function stopped({ id, pin, priority }: ProcessExpert, placements: PlannerExpert['placements']): PlannerExpert {
  return {
    id,
    state: 'stopped',
    placements,
    held: undefined,
    inFlight: 0,
    waiting: [],
    pinned: pin,
    priority,
    minResidencyUntilMs: 0,
    lastUsedMs: 0,
    keptUntilMs: 0,
    demand: 0,
    loadMs: 1_000,
    unloadable: true,
  };
}
