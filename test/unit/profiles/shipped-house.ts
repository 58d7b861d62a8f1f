import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { adapterOf } from '../../../src/engines/registry.ts';
import { charged, holdings, usable } from '../../../src/planner/room.ts';
import { schedule } from '../../../src/planner/schedule.ts';
import type { PlannerExpert, Pool, World } from '../../../src/planner/world.ts';
import { loadProfile } from '../../../src/profiles/load.ts';
import type { Profile } from '../../../src/profiles/profile.ts';
import { packageRoot } from '../../../src/shared/package-root.ts';
import { resolvePaths } from '../../../src/shared/paths.ts';
import type { Appraisal } from '../../../src/supervisor/appraisal.ts';
import { appraise } from '../../../src/supervisor/appraisal.ts';
import { poolsOf } from '../../../src/supervisor/pools.ts';

/** A machine without any model file: what a profile says of it rests on the shape records. */
const NOWHERE = { HOME: '/nonexistent' };
const NOW = 10 * 60_000;

/** Names of the profiles that come with the program. */
export function shippedProfiles(): string[] {
  return readdirSync(join(packageRoot(), 'profiles'))
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length));
}

export interface ShippedHouse {
  readonly profile: Profile;
  /** Of the experts with a process, by id. */
  readonly appraisals: ReadonlyMap<string, Appraisal>;
  /** Nobody is loaded, nobody waits. */
  readonly world: World;
}

/** A profile on its machine. `ram`: bytes that the kernel counts there, which may be less than the profile grants. */
export async function shippedHouse(name: string, ram: number): Promise<ShippedHouse> {
  const profile = await loadProfile(name, { environment: NOWHERE });
  const { budget, directory } = profile;
  const machine = { total: ram, used: 0 };
  const nothing = { ourRam: 0, gpus: undefined, gpuProblem: undefined, othersOnDevices: {}, paused: false };
  const pools = poolsOf(budget.pools, { machine, ...nothing, quarantined: () => 0 });
  const gpus = pools.filter(({ id }) => id !== 'ram');
  const paths = resolvePaths(NOWHERE);
  const appraisals = new Map<string, Appraisal>();
  const experts: PlannerExpert[] = [];
  for (const expert of profile.experts) {
    const adapter = adapterOf(expert.engine);
    if (expert.kind !== 'process' || adapter.kind !== 'process') continue;
    const options = { paths, environment: NOWHERE, profileDirectory: directory, gpus, learned: undefined };
    const appraisal = await appraise(expert, adapter, { ...options, askEngine: false });
    appraisals.set(expert.id, appraisal);
    experts.push({
      id: expert.id,
      state: 'stopped',
      placements: appraisal.placements,
      held: undefined,
      inFlight: 0,
      waiting: [],
      pinned: expert.pin,
      priority: expert.priority,
      minResidencyUntilMs: 0,
      lastUsedMs: 0,
      keptUntilMs: 0,
      demand: 0,
      loadMs: 5_000,
      unloadable: true,
      preload: expert.preload,
    });
  }
  const { spillToCpu, maxLoadedExperts: maxLoaded } = budget;
  const world: World = { nowMs: NOW, pools, experts, maxLoaded, spillToCpu, starvationMs: 30_000 };
  return { profile, appraisals, world };
}

/** Everyone of these asks for the first time: who is started at once, and who would have to wait or to make room. */
export function ask(world: World, ids: readonly string[]): { readonly started: string[]; readonly world: World } {
  const waiting = withExperts(world, (expert) =>
    ids.includes(expert.id) ? { ...expert, waiting: [{ sinceMs: NOW - 1, background: false }] } : expert,
  );
  const starts = schedule({ ...waiting, experts: waiting.experts.map((expert) => ({ ...expert, preload: false })) });
  const started = starts.flatMap((action) => (action.do === 'start' ? [action] : []));
  const after = withExperts(world, (expert) => {
    const placement = started.find((action) => action.expert === expert.id)?.placement;
    if (!placement) return expert;
    const { name, footprint, mapped = [] } = placement;
    return { ...expert, state: 'ready', held: { placement: name, footprint, mapped } };
  });
  return { started: started.map(({ expert }) => expert).toSorted(), world: after };
}

/** Bytes of a pool that nobody of ours holds, its reserve among them. */
export function leftOf(world: World, id: string): number {
  const pool = poolOf(world, id);
  return pool.capacity - charged(holdings(world), id);
}

export function poolOf(world: World, id: string): Pool {
  const pool = world.pools.find((one) => one.id === id);
  if (!pool) throw new Error(`no pool ${id}`);
  return pool;
}

/** Share of what experts may have of a pool that they do have. */
export function filled(world: World, id: string): number {
  return charged(holdings(world), id) / usable(poolOf(world, id));
}

/** Every set of these, the empty one too. */
export function subsets(ids: readonly string[]): string[][] {
  return ids.reduce<string[][]>((sets, id) => [...sets, ...sets.map((set) => [...set, id])], [[]]);
}

function withExperts(world: World, change: (expert: PlannerExpert) => PlannerExpert): World {
  return { ...world, experts: world.experts.map(change) };
}
