import type { ExpertState } from '../telemetry/events.ts';

export type LifecycleEvent =
  /** Somebody needs the expert. */
  | 'start'
  /** Nothing was spawned: the program, the model or the GPU is missing. */
  | 'refuse'
  /** Health, identity and one generated token. */
  | 'healthy'
  /** Give the GPU's memory back without ending; only where nothing runs. */
  | 'sleep'
  /** The memory is taken again, and a token was generated. */
  | 'wake'
  /** Finish what runs, take nothing new. */
  | 'drain'
  /** End the process. */
  | 'stop'
  /** The process is gone, as asked. */
  | 'exit'
  /** The process is gone, or had to be killed, for a reason that may pass. */
  | 'crash'
  /** The process is gone for a reason that no retry changes, or crashed too often. */
  | 'break'
  /** The back-off is over. */
  | 'rest';

/** A move that has happened. */
export interface Move {
  readonly expert: string;
  readonly from: ExpertState;
  readonly to: ExpertState;
  readonly event: LifecycleEvent;
  readonly reason: string | undefined;
}

/**
 * Every legal move. A missing cell is a caller's bug, never a silent no-op.
 *
 * | state    | a request finds                                   |
 * |----------|---------------------------------------------------|
 * | stopped  | nothing: the planner decides on a start           |
 * | starting | a load to join                                    |
 * | ready    | an engine                                         |
 * | sleeping | an engine to be woken when there is room           |
 * | draining | a stop under way: it waits for the next start     |
 * | stopping | the same                                          |
 * | backoff  | 503 with Retry-After, at once                     |
 * | failed   | 503 with the cause, at once                       |
 */
const MOVES: Readonly<Record<ExpertState, Readonly<Partial<Record<LifecycleEvent, ExpertState>>>>> = {
  stopped: { start: 'starting' },
  starting: { healthy: 'ready', refuse: 'stopped', stop: 'stopping', crash: 'backoff', break: 'failed' },
  ready: { sleep: 'sleeping', drain: 'draining', stop: 'stopping', crash: 'backoff', break: 'failed' },
  sleeping: { wake: 'ready', stop: 'stopping', crash: 'backoff', break: 'failed' },
  draining: { stop: 'stopping', crash: 'backoff', break: 'failed' },
  stopping: { exit: 'stopped', crash: 'backoff', break: 'failed' },
  backoff: { rest: 'stopped', stop: 'stopped', start: 'starting' },
  failed: { start: 'starting', stop: 'stopped', rest: 'stopped' },
};

export const STATES = Object.keys(MOVES) as ExpertState[];

/** The state after the event; throws where the table has no such move. */
export function next(state: ExpertState, event: LifecycleEvent): ExpertState {
  const target = MOVES[state][event];
  if (!target) throw new Error(`lifecycle: no move ${event} from ${state}`);
  return target;
}
