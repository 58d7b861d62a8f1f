/** Which settings an expert fits with, and who fits beside whom: predicted as the planner will. Pure. */
import { adapterOf } from '../../engines/registry.ts';
import type { ExaminedModel } from '../../models/examine.ts';
import { placeGguf } from '../../models/placements.ts';
import type { GpuPool, PlaceableGguf, PredictedPlacement } from '../../models/placements.ts';
import { lacks, usable } from '../../planner/room.ts';
import type { Charge } from '../../planner/room.ts';
import type { Pool } from '../../planner/world.ts';
import { formatBytes } from '../../shared/units.ts';

/** Keys of an expert that decide where it fits; those of the defaults are left out. */
export interface FitSettings {
  readonly context: number;
  readonly parallel: number;
  readonly gpuLayers?: number;
  readonly cpuMoe?: boolean | number;
}

export interface Fit {
  readonly settings: FitSettings;
  /** Where it fits, were the house empty: the one that the planner prefers first. */
  readonly placements: readonly [PredictedPlacement, ...PredictedPlacement[]];
}

export interface Misfit {
  /** The arithmetic, for a person. */
  readonly why: string;
}

interface Place {
  readonly pools: readonly Pool[];
  readonly gpus: readonly GpuPool[];
}

const CONTEXTS = [8_192, 4_096, 2_048];
/** Vectors are made of passages, not of books; a longer context makes each batch as long. */
const EMBEDDING_CONTEXT = 2_048;
/** Fewer layers than that on a GPU are not worth their trouble. */
const LEAST_LAYERS = 2;

/** The first settings that fit: whole on a GPU, with experts of a mixture in RAM, in part, on the CPU alone. */
export function fitExpert(model: ExaminedModel, machine: Place): Fit | Misfit {
  const gpus = model.engine === 'bitnet' ? [] : machine.gpus;
  const place = { ...machine, gpus };
  const ladder = ladderOf(model);
  const [first] = ladder;
  const modest = ladder.find(({ parallel }) => parallel === 1) ?? first;
  const onGpu =
    gpus.length === 0
      ? undefined
      : (firstFit(model, ladder.slice(0, 3), place) ??
        withExpertsInRam(model, modest, place) ??
        inPart(model, modest, place));
  const onCpu = (settings: FitSettings) => (gpus.length > 0 ? { ...settings, gpuLayers: 0 } : settings);
  const found = onGpu ?? firstFit(model, ladder.map(onCpu), place);
  return found ?? { why: arithmetic(model, onCpu(ladder.at(-1) ?? first), place) };
}

/** As a charge on the pools; the file is charged once, however many experts map it. */
export function chargeOf(model: ExaminedModel, { footprint, mapped }: PredictedPlacement): Charge {
  return {
    footprint,
    mapped: mapped.main > 0 ? [{ file: model.found.path, pool: 'ram', bytes: mapped.main }] : [],
  };
}

function ladderOf({ task, engine, shape }: ExaminedModel): [FitSettings, ...FitSettings[]] {
  const trained = shape.contextTrained ?? CONTEXTS[0] ?? 0;
  const parallel = engine === 'bitnet' ? 1 : 2;
  const wanted = task === 'generate' ? CONTEXTS : [EMBEDDING_CONTEXT, 512];
  const fitting = wanted.filter((context) => context <= trained);
  const [most = Math.max(128, trained), ...less] = fitting;
  const steps = [most, ...less].map((context) => ({ context, parallel: 1 }));
  return parallel === 1 ? [{ context: most, parallel }, ...steps.slice(1)] : [{ context: most, parallel }, ...steps];
}

function firstFit(model: ExaminedModel, ladder: readonly FitSettings[], place: Place): Fit | undefined {
  for (const settings of ladder) {
    const placements = placementsThatFit(model, settings, place);
    const [first, ...others] = placements;
    if (first) return { settings, placements: [first, ...others] };
  }
  return undefined;
}

/** As few layers' experts in RAM as it takes. */
function withExpertsInRam(model: ExaminedModel, settings: FitSettings, place: Place): Fit | undefined {
  if (!model.shape.mixture) return undefined;
  const layers = model.shape.layers.length;
  const steps = Array.from({ length: layers }, (_, index) => ({
    ...settings,
    cpuMoe: index + 1 === layers ? true : index + 1,
  }));
  return firstFit(model, steps, place);
}

/** As many layers on a GPU as it takes. */
function inPart(model: ExaminedModel, settings: FitSettings, place: Place): Fit | undefined {
  const count = Math.max(0, model.shape.layers.length - LEAST_LAYERS + 1);
  const steps = Array.from({ length: count }, (_, index) => ({
    ...settings,
    gpuLayers: model.shape.layers.length - index,
  }));
  return firstFit(model, steps, place);
}

function placementsThatFit(model: ExaminedModel, settings: FitSettings, { pools, gpus }: Place): PredictedPlacement[] {
  return placementsOf(model, settings, gpus).filter(
    (placement) => !placement.spill && lacks(pools, [], chargeOf(model, placement)).length === 0,
  );
}

function placementsOf(model: ExaminedModel, settings: FitSettings, gpus: readonly GpuPool[]): PredictedPlacement[] {
  const expert = adapterOf(model.engine).settings.parse({
    engine: model.engine,
    model: { path: model.found.path },
    task: model.task === 'rerank' && model.engine === 'bitnet' ? 'embed' : model.task,
    ...settings,
  });
  const named = { ...expert, id: model.found.name } as unknown as PlaceableGguf;
  return placeGguf(named, { shape: model.shape, mmproj: model.mmproj }, gpus);
}

function arithmetic(model: ExaminedModel, settings: FitSettings, { pools, gpus }: Place): string {
  const misses = placementsOf(model, settings, gpus).flatMap((placement) =>
    lacks(pools, [], chargeOf(model, placement)).map(
      ({ pool, needs }) => `${formatBytes(needs)} of ${pool.id}, which offers ${formatBytes(usable(pool))}`,
    ),
  );
  return `even with a context of ${settings.context} tokens it needs ${misses[0] ?? 'more than there is'}`;
}

/** An expert with what it may be charged with. */
export interface Member {
  readonly id: string;
  readonly charges: readonly Charge[];
}

/** Many experts on several GPUs have more arrangements than are worth trying. */
const MOST_TRIES = 2_000;

/** Whether all of them are in memory together, by some choice of their placements. */
export function fitTogether(members: readonly Member[], pools: readonly Pool[]): boolean {
  let tries = 0;
  const add = (index: number, held: readonly Charge[]): boolean => {
    const member = members[index];
    if (!member) return true;
    return member.charges.some((charge) => {
      tries += 1;
      return tries <= MOST_TRIES && lacks(pools, held, charge).length === 0 && add(index + 1, [...held, charge]);
    });
  };
  return add(0, []);
}

/** Sets that are in memory together and to which nobody can be added, found from each member on; the largest first. */
export function largestSets(members: readonly Member[], pools: readonly Pool[]): string[][] {
  const sets = new Map<string, string[]>();
  for (const seed of members) {
    const set = [seed];
    for (const member of members) {
      if (member !== seed && fitTogether([...set, member], pools)) set.push(member);
    }
    const ids = members.filter((member) => set.includes(member)).map(({ id }) => id);
    sets.set(ids.join('\n'), ids);
  }
  return [...sets.values()].toSorted((one, other) => other.length - one.length);
}
