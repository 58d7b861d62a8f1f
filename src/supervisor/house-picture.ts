import type { PlannerExpert, Pool } from '../planner/world.ts';
import { withinWhatThereIs } from './all-there-is.ts';
import type { ExpertProcess } from './expert-process.ts';
import type { Memory } from './memory.ts';

/** What the fleet knows of an expert besides its process. */
export type FleetFacts = Pick<
  PlannerExpert,
  'id' | 'state' | 'waiting' | 'pinned' | 'minResidencyUntilMs' | 'keptUntilMs' | 'demand' | 'preload'
>;

/** Expected of a start that has never been seen: the engine itself, and weights at the pace of a good disk. */
const ENGINE_MS = 1_000;
const BYTES_PER_MS = 500 * 2 ** 10;
/** Expected of a wake that has never been seen: of a vLLM with a small model, which takes half a minute from disk. */
const WAKE_MS = 1_000;

/** The planner's picture of one expert. */
export function pictureOf(
  process: ExpertProcess,
  memory: Memory,
  pools: readonly Pool[],
  facts: FleetFacts,
): PlannerExpert {
  const appraisal = memory.appraisal(process);
  const placements = (appraisal?.placements ?? []).map((estimate) => withinWhatThereIs(estimate, pools));
  const asleep = process.canSleep ? appraisal?.asleep : undefined;
  return {
    ...facts,
    placements: memory.counts ? placements : [],
    held: memory.held(process),
    ...(process.turn === 'asleep' && asleep ? { leavesBehind: asleep } : {}),
    inFlight: process.inFlight,
    inFlightBackground: process.inFlightBackground,
    priority: process.expert.priority,
    lastUsedMs: process.lastUsedMs,
    loadMs: process.loadMs ?? expectedLoadMs(placements[0]),
    ...(asleep && memory.counts ? { sleep: { footprint: asleep, wakeMs: process.wakeMs ?? WAKE_MS } } : {}),
    unloadable: true,
  };
}

function expectedLoadMs(placement: PlannerExpert['placements'][number] | undefined): number {
  if (!placement) return 5 * ENGINE_MS;
  const private_ = Object.values(placement.footprint).reduce((sum, bytes) => sum + bytes, 0);
  const mapped = (placement.mapped ?? []).reduce((sum, { bytes }) => sum + bytes, 0);
  return ENGINE_MS + (private_ + mapped) / BYTES_PER_MS;
}
