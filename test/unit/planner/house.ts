import { expect } from 'vitest';

import { type Action, schedule } from '../../../src/planner/schedule.ts';
import { charged, holdings, usable } from '../../../src/planner/room.ts';
import { type Holding, isLoaded, type PlannerExpert, type Pool, type World } from '../../../src/planner/world.ts';

export interface HouseRequest {
  readonly atMs: number;
  readonly expert: number;
  readonly serviceMs: number;
  readonly background: boolean;
}

export interface HousePlan {
  readonly pools: readonly Pool[];
  readonly experts: readonly PlannerExpert[];
  readonly maxLoaded: number | undefined;
  readonly residencyMs: number;
  readonly requests: readonly HouseRequest[];
}

export interface Served {
  readonly request: HouseRequest;
  readonly waitedMs: number;
  readonly outcome: 'served' | 'refused';
}

export const STEP_MS = 100;
export const STARVATION_MS = 5_000;
export const UNLOAD_MS = 200;
const PARALLEL = 2;

interface Place {
  expert: PlannerExpert;
  readonly queue: HouseRequest[];
  readonly running: { readonly untilMs: number; readonly background: boolean }[];
  /** When the load or unload under way ends, and what the expert is then. */
  change: { readonly atMs: number; readonly to: 'ready' | 'stopped' | 'sleeping' } | undefined;
  leaveTo: 'stopped' | 'sleeping';
}

/** A house in memory, stepped in tenths of a second, that does what `schedule` says and checks each action and each moment. */
export function live(plan: HousePlan, limitMs: number): { readonly served: Served[]; readonly log: string[] } {
  const places = plan.experts.map((expert): Place => ({
    expert,
    queue: [],
    running: [],
    change: undefined,
    leaveTo: 'stopped',
  }));
  const served: Served[] = [];
  const log: string[] = [];
  const arrivals = plan.requests.toSorted((a, b) => a.atMs - b.atMs);
  let next = 0;
  for (let nowMs = 0; nowMs <= limitMs && served.length < arrivals.length; nowMs += STEP_MS) {
    for (const place of places) advance(place, nowMs, plan.residencyMs);
    for (let request = arrivals[next]; request && request.atMs <= nowMs; request = arrivals[(next += 1)]) {
      places[request.expert % places.length]?.queue.push(request);
    }
    for (const place of places) served.push(...serve(place, nowMs));
    const world = picture(plan, places, nowMs);
    const actions = schedule(world);
    if (actions.length === 0) continue;
    expect(schedule(world)).toEqual(actions);
    for (const action of actions) {
      const place = places.find(({ expert }) => expert.id === action.expert);
      if (!place) throw new Error(`no ${action.expert}`);
      log.push(`${nowMs} ${action.do} ${action.expert}: ${action.reason}`);
      served.push(...perform(action, place, { world, nowMs, places }));
    }
    checkBudget(picture(plan, places, nowMs));
  }
  return { served, log };
}

function advance(place: Place, nowMs: number, residencyMs: number): void {
  const { running, change } = place;
  for (const request of running.filter(({ untilMs }) => untilMs <= nowMs)) {
    running.splice(running.indexOf(request), 1);
    place.expert = { ...place.expert, lastUsedMs: nowMs };
  }
  if (place.expert.state === 'draining' && running.length === 0) {
    place.expert = { ...place.expert, state: 'stopping' };
    place.change = { atMs: nowMs + UNLOAD_MS, to: place.leaveTo };
  }
  if (!change || change.atMs > nowMs) return;
  place.change = undefined;
  const asleep: Holding = {
    placement: place.expert.held?.placement ?? '',
    footprint: place.expert.sleep?.footprint ?? {},
  };
  const held = { ready: place.expert.held, stopped: undefined, sleeping: asleep }[change.to];
  place.expert = {
    ...place.expert,
    state: change.to,
    held,
    leavesBehind: undefined,
    minResidencyUntilMs: nowMs + residencyMs,
  };
}

function serve(place: Place, nowMs: number): Served[] {
  const served: Served[] = [];
  while (place.expert.state === 'ready' && place.running.length < PARALLEL) {
    const request = place.queue.shift();
    if (!request) break;
    place.running.push({ untilMs: nowMs + request.serviceMs, background: request.background });
    served.push({ request, waitedMs: nowMs - request.atMs, outcome: 'served' });
  }
  return served;
}

function perform(
  action: Action,
  place: Place,
  { world, nowMs, places }: { world: World; nowMs: number; places: readonly Place[] },
): Served[] {
  const { expert } = place;
  switch (action.do) {
    case 'start':
    case 'wake': {
      if (expert.state !== (action.do === 'wake' ? 'sleeping' : 'stopped'))
        throw new Error(`${action.do} while ${expert.state}`);
      const loaded = places.filter((other) => isLoaded(other.expert)).length;
      if (loaded >= (world.maxLoaded ?? Infinity)) throw new Error(`${loaded} are loaded, of ${world.maxLoaded}`);
      const { name, footprint, mapped } = action.placement;
      place.expert = { ...expert, state: 'starting', held: { placement: name, footprint, mapped } };
      place.change = {
        atMs: nowMs + (action.do === 'wake' ? (expert.sleep?.wakeMs ?? 0) : expert.loadMs),
        to: 'ready',
      };
      return [];
    }
    case 'stop':
    case 'sleep': {
      if (expert.pinned || !expert.unloadable) throw new Error(`${action.do} of pinned ${expert.id}`);
      if (expert.minResidencyUntilMs > nowMs) throw new Error(`${expert.id} goes before its time`);
      const since = places
        .find((other) => other.expert.id === action.room)
        ?.queue.find(({ background }) => !background);
      const waitedMs = since ? nowMs - since.atMs : -1;
      if (waitedMs < 0) throw new Error(`${expert.id} goes for nobody, or for a background request`);
      const busy =
        place.running.some(({ background }) => !background) || place.queue.some(({ background }) => !background);
      if (busy && waitedMs < world.starvationMs) throw new Error(`${expert.id} is busy`);
      place.expert = {
        ...expert,
        state: 'draining',
        leavesBehind: action.do === 'sleep' ? expert.sleep?.footprint : undefined,
      };
      place.change = undefined;
      place.leaveTo = action.do === 'sleep' ? 'sleeping' : 'stopped';
      return [];
    }
    case 'refuse':
      return place.queue.splice(0).map((request) => ({ request, waitedMs: nowMs - request.atMs, outcome: 'refused' }));
  }
}

function picture(plan: HousePlan, places: readonly Place[], nowMs: number): World {
  const experts = places.map(({ expert, queue, running }) => ({
    ...expert,
    inFlight: running.length,
    inFlightBackground: running.filter(({ background }) => background).length,
    waiting: queue.map(({ atMs, background }) => ({ sinceMs: atMs, background })),
  }));
  return {
    nowMs,
    pools: plan.pools,
    experts,
    maxLoaded: plan.maxLoaded,
    spillToCpu: 'allow',
    starvationMs: STARVATION_MS,
  };
}

function checkBudget(world: World): void {
  for (const pool of world.pools) {
    const held = charged(holdings(world), pool.id);
    if (held > usable(pool)) throw new Error(`${pool.id} holds ${held} of ${usable(pool)}`);
  }
}
