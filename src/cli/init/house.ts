import { isUsable } from '../../models/examine.ts';
import type { ExaminedModel, UnusableModel } from '../../models/examine.ts';
import type { PredictedPlacement } from '../../models/placements.ts';
import { formatBytes } from '../../shared/units.ts';
import { nameExperts } from './expert-names.ts';
import { chargeOf, fitExpert, fitTogether, largestSets } from './fit.ts';
import type { Fit, FitSettings, Member } from './fit.ts';
import type { MeasuredMachine } from './machine.ts';

export interface HouseExpert {
  readonly id: string;
  readonly aliases: readonly string[];
  readonly model: ExaminedModel;
  readonly settings: FitSettings;
  readonly placement: PredictedPlacement;
  /** Ids of those that are in memory beside it, each by itself. */
  readonly beside: readonly string[];
}

/** Found, and not used. */
export interface LeftOut {
  readonly path: string;
  readonly store: string;
  readonly reason: string;
}

/** What a profile for this machine will say. */
export interface House {
  readonly machine: MeasuredMachine;
  readonly experts: readonly HouseExpert[];
  readonly leftOut: readonly LeftOut[];
  /** Sets that are in memory together, the largest first; one set with all of them where all fit. */
  readonly together: readonly (readonly string[])[];
  /** Answers where a request names no model; undefined where nobody generates. */
  readonly defaultExpert: string | undefined;
}

export function planHouse(models: readonly (ExaminedModel | UnusableModel)[], machine: MeasuredMachine): House {
  const leftOut: LeftOut[] = [];
  const fitting: { model: ExaminedModel; fit: Fit }[] = [];
  const leave = ({ found }: ExaminedModel | UnusableModel, reason: string) =>
    leftOut.push({ path: found.path, store: found.store, reason });
  for (const model of models) {
    if (!isUsable(model)) leave(model, model.reason);
    // oxlint-disable-next-line no-control-regex -- what a profile refuses in a path
    else if (/[\x00-\x1f\x7f]/.test(model.found.path)) leave(model, 'its path has control characters');
    else {
      const fit = fitExpert(model, machine);
      if ('why' in fit) leave(model, `it does not fit here: ${fit.why}`);
      else fitting.push({ model, fit });
    }
  }
  const names = nameExperts(fitting.map(({ model }) => model.found));
  const members = fitting.map(({ model, fit }, index): Member => ({
    id: names[index]?.id ?? '',
    charges: fit.placements.map((placement) => chargeOf(model, placement)),
  }));
  const all = members.length > 0 && fitTogether(members, machine.pools);
  const experts = fitting.map(({ model, fit }, index): HouseExpert => {
    const { id = '', aliases = [] } = names[index] ?? {};
    const own = members[index];
    const beside = members.filter((other) => own && other !== own && (all || fitTogether([own, other], machine.pools)));
    const { settings, placements } = fit;
    return { id, aliases, model, settings, placement: placements[0], beside: beside.map((other) => other.id) };
  });
  return {
    machine,
    experts,
    leftOut,
    together: all ? [members.map(({ id }) => id)] : largestSets(members, machine.pools),
    defaultExpert: chooseDefault(experts),
  };
}

/** On a CPU a larger one answers too slowly for whoever did not ask for it. */
const LARGEST_ON_CPU = 6 * 2 ** 30;

/** The largest that chats and lies whole on a GPU; else the largest that is not slow; else the smallest. */
function chooseDefault(experts: readonly HouseExpert[]): string | undefined {
  const generating = experts.filter(({ model }) => model.task === 'generate');
  const chatting = generating.filter(({ model }) => model.chatTemplate);
  const bySize = (chatting.length > 0 ? chatting : generating).toSorted(
    (one, other) => other.model.shape.fileBytes - one.model.shape.fileBytes,
  );
  const isWhole = ({ placement, settings }: HouseExpert) =>
    placement.launch.gpus.length > 0 && settings.gpuLayers === undefined && settings.cpuMoe === undefined;
  const chosen =
    bySize.find(isWhole) ?? bySize.find(({ model }) => model.shape.fileBytes <= LARGEST_ON_CPU) ?? bySize.at(-1);
  return chosen?.id;
}

/** `gpu0 5.6 GiB, ram 412.0 MB, 4.1 GiB of the file mapped`. */
export function needsOf({ placement }: HouseExpert): string {
  const pools = Object.entries(placement.footprint).filter(([, bytes]) => bytes > 0);
  const parts = pools
    .toSorted(([one], [other]) => Number(one === 'ram') - Number(other === 'ram'))
    .map(([pool, bytes]) => `${pool} ${formatBytes(bytes)}`);
  const { main } = placement.mapped;
  return [...parts, ...(main > 0 ? [`${formatBytes(main)} of the file mapped`] : [])].join(', ');
}
