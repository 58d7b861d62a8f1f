import { queryGpus } from '../binaries/nvidia-smi.ts';
import { plan } from '../planner/decide.ts';
import type { World } from '../planner/world.ts';
import { loadProfile } from '../profiles/load.ts';
import type { Profile } from '../profiles/profile.ts';
import { planView, remotePlanView } from '../server/budget-views.ts';
import { Directory } from '../server/directory.ts';
import type { PlanView } from '../server/views.ts';
import { CliError } from '../shared/errors.ts';
import { resolvePaths } from '../shared/paths.ts';
import { emptyHouse } from '../supervisor/budget-check.ts';
import type { Holder } from '../supervisor/house.ts';
import { whyUnknown } from './unknown-memory.ts';

/**
 * What would happen in a house that runs this profile with nothing loaded but `loaded`: by model files, or by shape records where they are
 * not here. Starts nothing, and asks no engine: the machine may be another than this.
 * @throws CliError where the profile has no such expert, or those that are to be loaded do not fit together; 78 where it is invalid.
 */
export async function planOffline(
  name: string,
  options: {
    readonly profile: string;
    readonly loaded: readonly string[];
    /** Told why nothing can be said of its memory. */
    readonly note?: (text: string) => void;
  },
  environment: NodeJS.ProcessEnv = process.env,
): Promise<PlanView> {
  const profile = await loadProfile(options.profile, { environment });
  const directory = new Directory(profile.experts, profile.defaultExpert);
  const idOf = (known: string) => {
    const target = directory.find(known);
    if (target) return target.expert.id;
    const ids = profile.experts.map(({ id }) => id).join(', ');
    throw new CliError(`the profile ${profile.name} has no expert "${known}"; it has ${ids}.`);
  };
  const id = idOf(name);
  if (profile.experts.find((expert) => expert.id === id)?.kind === 'remote') return remotePlanView(id, undefined);
  const paths = resolvePaths(environment);
  const { world, appraisals } = await emptyHouse(profile, {
    paths,
    environment,
    machine: 'there',
    gpus: namesGpu(profile) ? await queryGpus({ environment }) : undefined,
  });
  const house = options.loaded.map(idOf).reduce(load, world);
  if (world.pools.length > 0 && appraisals.get(id)?.placements.length === 0)
    options.note?.(`What ${id} takes is not known: ${whyUnknown(id, profile, { paths, environment })}`);
  const decision = plan(house, id, { waitedMs: 0, background: false });
  return planView({ plan: decision, world: house, appraisal: appraisals.get(id) }, holdersOf(house));
}

/** Whether any GPU's capacity is to be asked of this machine. */
function namesGpu({ budget }: Profile): boolean {
  return Object.entries(budget.pools).some(([id, { capacity }]) => id !== 'ram' && capacity === 'auto');
}

/** The house with one more loaded, as a request for it would have done. */
function load(world: World, id: string): World {
  const decision = plan(world, id, { waitedMs: 0, background: false });
  if (decision.action === 'serve') return world;
  if (decision.action !== 'start')
    throw new CliError(`${id} does not fit beside those named before it: ${decision.reason}.`);
  const { name, footprint, mapped } = decision.placement;
  const held = { placement: name, footprint, mapped };
  return {
    ...world,
    experts: world.experts.map((expert) => (expert.id === id ? { ...expert, state: 'ready', held } : expert)),
  };
}

function holdersOf({ experts }: World): Holder[] {
  return experts.flatMap(({ id, held }): Holder[] => {
    if (!held) return [];
    const { placement, footprint, mapped } = held;
    return [{ expert: id, state: 'ready', placement, held: footprint, predicted: footprint, measured: {}, mapped }];
  });
}
