import type { Action } from '../../src/planner/schedule.ts';
import type { Pool, PlannerExpert, Waiting, World } from '../../src/planner/world.ts';
import type { House, HouseExpert } from './houses.ts';
import type { TraceRequest } from './traces.ts';

/** Decides, from the planner's picture, who is loaded and who goes. */
export interface Policy {
  /** Told of every request, before it is decided about. */
  arrived?(expert: string, nowMs: number): void;
  demand?(expert: string, nowMs: number): number;
  decide(world: World): readonly Action[];
}

export interface Outcome {
  readonly loads: number;
  readonly evictions: number;
  readonly bytesLoaded: number;
  /** From arrival to the moment when the engine begins, one for each request, in milliseconds. */
  readonly waitsMs: readonly number[];
}

interface Queued extends Waiting {
  readonly serviceMs: number;
}

interface Resident {
  readonly house: HouseExpert;
  state: PlannerExpert['state'];
  inFlight: number;
  lastUsedMs: number;
  readonly queue: Queued[];
}

/** How often those who wait are looked at again, as the fleet does it. */
const TICK_MS = 200;
export const STARVATION_MS = 15_000;

/**
 * Replays the trace: engines as slots and load times, memory as one pool. Throws where a policy overbooks, or ends who does not run.
 * Requests of a loaded expert are served at once; those of a draining one wait for it to come back.
 */
export function simulate(house: House, trace: readonly TraceRequest[], policy: Policy): Outcome {
  const residents = new Map(house.experts.map((expert) => [expert.id, resident(expert)]));
  const pools: Pool[] = [{ id: 'gpu0', capacity: house.budget, reserve: 0, foreign: 0, quarantined: 0, paused: false }];
  const events = new Agenda();
  const waitsMs: number[] = [];
  let loads = 0;
  let evictions = 0;
  let bytesLoaded = 0;
  let held = 0;
  let nextTickMs = -1;

  const take = (id: string) => {
    const found = residents.get(id);
    if (!found) throw new Error(`no expert ${id}`);
    return found;
  };
  const serve = (expert: Resident, nowMs: number) => {
    while (expert.state === 'ready' && expert.inFlight < expert.house.parallel) {
      const request = expert.queue.shift();
      if (!request) return;
      waitsMs.push(nowMs - request.sinceMs);
      expert.inFlight += 1;
      expert.lastUsedMs = nowMs;
      events.add(nowMs + request.serviceMs, (endMs) => {
        expert.inFlight -= 1;
        expert.lastUsedMs = endMs;
        serve(expert, endMs);
        if (expert.state === 'draining' && expert.inFlight === 0) unload(expert, endMs);
      });
    }
  };
  const unload = (expert: Resident, nowMs: number) => {
    expert.state = 'stopping';
    events.add(nowMs + house.unloadMs, () => {
      expert.state = 'stopped';
      held -= expert.house.bytes;
    });
  };
  const perform = (action: Action, nowMs: number) => {
    const expert = take(action.expert);
    if (action.do === 'start' && expert.state === 'stopped') {
      expert.state = 'starting';
      held += expert.house.bytes;
      if (held > house.budget) throw new Error(`overbooked at ${nowMs} ms by ${action.expert}`);
      loads += 1;
      bytesLoaded += expert.house.bytes;
      events.add(nowMs + expert.house.loadMs, (readyMs) => {
        expert.state = 'ready';
        serve(expert, readyMs);
      });
    } else if (action.do === 'stop' && expert.state === 'ready') {
      evictions += 1;
      expert.state = 'draining';
      if (expert.inFlight === 0) unload(expert, nowMs);
    } else throw new Error(`${action.do} of ${action.expert}, which is ${expert.state}`);
  };
  const someoneWaits = () => {
    for (const expert of residents.values()) if (expert.state === 'stopped' && expert.queue.length > 0) return true;
    return false;
  };

  for (const { atMs, expert: id, serviceMs } of trace) {
    events.add(atMs, () => {
      const expert = take(id);
      policy.arrived?.(id, atMs);
      expert.queue.push({ sinceMs: atMs, background: false, serviceMs });
      serve(expert, atMs);
    });
  }
  for (let event = events.take(); event; event = events.take()) {
    const { atMs } = event;
    event.run(atMs);
    if (!someoneWaits()) continue;
    for (const action of policy.decide(picture(pools, residents, policy, atMs))) perform(action, atMs);
    if (nextTickMs <= atMs && someoneWaits()) {
      nextTickMs = atMs + TICK_MS;
      events.add(nextTickMs, () => undefined);
    }
  }
  if (waitsMs.length !== trace.length) throw new Error(`${trace.length - waitsMs.length} requests were never served`);
  return { loads, evictions, bytesLoaded, waitsMs };
}

function resident(house: HouseExpert): Resident {
  return { house, state: 'stopped', inFlight: 0, lastUsedMs: 0, queue: [] };
}

function picture(pools: readonly Pool[], residents: Map<string, Resident>, policy: Policy, nowMs: number): World {
  const experts = [...residents.values()].map(({ house, state, inFlight, lastUsedMs, queue }): PlannerExpert => {
    const placement = { name: 'gpu0', footprint: { gpu0: house.bytes } };
    return {
      id: house.id,
      state,
      placements: [placement],
      held: state === 'stopped' ? undefined : { placement: 'gpu0', footprint: placement.footprint },
      inFlight,
      waiting: queue,
      pinned: false,
      priority: 5,
      minResidencyUntilMs: -Infinity,
      lastUsedMs,
      keptUntilMs: -Infinity,
      demand: policy.demand?.(house.id, nowMs) ?? 0,
      loadMs: house.loadMs,
      unloadable: true,
    };
  });
  return { nowMs, pools, experts, maxLoaded: undefined, spillToCpu: 'refuse', starvationMs: STARVATION_MS };
}

interface Event {
  readonly atMs: number;
  readonly order: number;
  run(nowMs: number): void;
}

/** A binary heap by time, then by order of entry. */
class Agenda {
  readonly #heap: Event[] = [];
  #entered = 0;

  add(atMs: number, run: (nowMs: number) => void): void {
    const heap = this.#heap;
    const event = { atMs, order: (this.#entered += 1), run };
    let index = heap.push(event) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (!above || isBefore(above, event)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = event;
  }

  take(): Event | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      const [left, right] = [heap[child], heap[child + 1]];
      if (left && right && isBefore(right, left)) child += 1;
      const below = heap[child];
      if (!below || isBefore(last, below)) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
