import { plan } from './decide.ts';
import { overdrawn, type Relief } from './relief.ts';
import type { Victim } from './victims.ts';
import type { Holding, Placement, PlannerExpert, World } from './world.ts';

/** What the supervisor is to do now, in this order. */
export type Action =
  /** Also wakes who sleeps. It holds `placement` from now on. */
  | {
      readonly do: 'start' | 'wake';
      readonly expert: string;
      readonly placement: Placement;
      readonly reason: string;
      readonly warning?: string;
    }
  /** Takes no new request, finishes what runs, then stops or sleeps. `room`: for which expert. */
  | {
      readonly do: 'stop' | 'sleep';
      readonly expert: string;
      readonly room?: string;
      readonly cause: 'room' | Relief['cause'];
      readonly reason: string;
    }
  /** Every waiting request of the expert. */
  | { readonly do: 'refuse'; readonly expert: string; readonly never: boolean; readonly reason: string };

/**
 * All that can be done now for those who wait, from the picture alone: the same picture gives the same actions, and once they are done
 * (states and holdings changed) none. To be asked after every event and, while anybody waits, every few hundred milliseconds.
 *
 * Requests for loaded experts are none of its business: they are served at once, never behind a load. The waiting requests of an
 * expert are one case, as old as the oldest; the oldest case of every user comes first, then the second of those who have several,
 * background ones last. Who is next and whose room is on its way keeps that room: younger ones start in what is left.
 */
export function schedule(world: World): Action[] {
  const actions: Action[] = [];
  let house = world;
  const add = (action: Action) => {
    actions.push(action);
    house = after(house, action);
  };

  for (const { id, how, cause, reason } of overdrawn(world)) add({ do: how, expert: id, cause, reason });
  for (const { expert, waitedMs, background } of waitingCases(world)) {
    const decision = plan(house, expert, { waitedMs, background });
    switch (decision.action) {
      case 'start':
      case 'wake':
        add({
          do: decision.action,
          expert,
          placement: decision.placement,
          reason: decision.reason,
          ...('warning' in decision && decision.warning ? { warning: decision.warning } : {}),
        });
        break;
      case 'evict':
        for (const victim of decision.victims) add(eviction(victim, expert, decision.reason));
        house = keepRoom(house, expert, decision.thenPlacement);
        break;
      case 'wait':
        if (decision.thenPlacement) house = keepRoom(house, expert, decision.thenPlacement);
        break;
      case 'refuse':
        add({ do: 'refuse', expert, never: decision.never, reason: decision.reason });
        break;
      case 'serve':
        break;
    }
  }
  for (const action of preloads(house)) add(action);
  return actions;
}

interface Case {
  readonly expert: string;
  readonly waitedMs: number;
  readonly background: boolean;
  /** Whose requests they are; empty where that of one of them is nobody's. */
  readonly users: readonly string[];
}

function waitingCases({ experts, nowMs }: World): Case[] {
  const cases = experts
    .filter(({ state, waiting }) => waiting.length > 0 && (state === 'stopped' || state === 'sleeping'))
    .map(({ id, waiting }) => {
      const urgent = waiting.filter(({ background }) => !background);
      const background = urgent.length === 0;
      const since = (background ? waiting : urgent).reduce(
        (oldest, { sinceMs }) => Math.min(oldest, sinceMs),
        Infinity,
      );
      const users = (background ? waiting : urgent).map(({ user }) => user);
      const isNobodys = users.includes(undefined);
      return {
        expert: id,
        waitedMs: Math.max(0, nowMs - since),
        background,
        users: isNobodys ? [] : [...new Set(users.filter((user) => user !== undefined))],
      };
    })
    .sort(
      (a, b) =>
        Number(a.background) - Number(b.background) || b.waitedMs - a.waitedMs || (a.expert < b.expert ? -1 : 1),
    );
  return inTurns(cases);
}

/** Nobody's case waits for more than one of each other user who wants several experts. */
function inTurns(cases: readonly Case[]): Case[] {
  const before = new Map<string, number>();
  const turns = cases.map((one) => {
    const turn = one.users.length === 0 ? 0 : Math.min(...one.users.map((user) => before.get(user) ?? 0));
    for (const user of one.users) before.set(user, (before.get(user) ?? 0) + 1);
    return { one, turn };
  });
  return turns
    .toSorted((a, b) => Number(a.one.background) - Number(b.one.background) || a.turn - b.turn)
    .map(({ one }) => one);
}

/** Again, without a request: only into room that is free, and only when nobody waits for room. */
function preloads(house: World): Action[] {
  const stillWaiting = house.experts.some(
    ({ state, waiting }) => waiting.length > 0 && (state === 'stopped' || state === 'sleeping'),
  );
  if (stillWaiting || house.experts.some(({ state }) => state === 'draining')) return [];
  const actions: Action[] = [];
  let later = house;
  for (const { id, state, preload } of house.experts) {
    if (!preload || state !== 'stopped') continue;
    const decision = plan(later, id, { waitedMs: 0, background: true });
    if (decision.action !== 'start') continue;
    const action = {
      do: 'start',
      expert: id,
      placement: decision.placement,
      reason: `preload: ${decision.reason}`,
    } as const;
    actions.push(action);
    later = after(later, action);
  }
  return actions;
}

function eviction({ id, how }: Victim, room: string, reason: string): Action {
  return { do: how, expert: id, room, cause: 'room', reason: `room for ${room}: ${reason}` };
}

/** The picture once the action has begun. */
function after(world: World, action: Action): World {
  switch (action.do) {
    case 'start':
    case 'wake':
      return changed(world, action.expert, { state: 'starting', held: reservation(action.placement) });
    case 'stop':
      return changed(world, action.expert, { state: 'draining' });
    case 'sleep': {
      const leavesBehind = world.experts.find(({ id }) => id === action.expert)?.sleep?.footprint;
      return changed(world, action.expert, { state: 'draining', leavesBehind });
    }
    case 'refuse':
      return changed(world, action.expert, { waiting: [] });
  }
}

/** Those who come later see the room as taken. */
function keepRoom(world: World, expert: string, placement: Placement): World {
  return changed(world, expert, { state: 'starting', held: reservation(placement) });
}

function reservation({ name, footprint, mapped }: Placement): Holding {
  return { placement: name, footprint, mapped };
}

function changed(world: World, id: string, change: Partial<PlannerExpert>): World {
  return { ...world, experts: world.experts.map((expert) => (expert.id === id ? { ...expert, ...change } : expert)) };
}
