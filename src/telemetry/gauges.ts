import { Gauge, type Registry } from 'prom-client';

import type { ExpertState } from './events.ts';

const STATES: readonly ExpertState[] = [
  'stopped',
  'starting',
  'ready',
  'sleeping',
  'draining',
  'stopping',
  'backoff',
  'failed',
];

/** A memory that the budget counts. Bytes. */
export interface PoolFigures {
  readonly id: string;
  readonly capacity: number;
  readonly usable: number;
  readonly held: number;
  readonly free: number;
  readonly foreign: number;
  readonly quarantined: number;
}

/** What the gauges show of the house, asked for when somebody asks for them. */
export interface Observed {
  states(): Iterable<readonly [string, ExpertState]>;
  queued(): Iterable<readonly [string, number]>;
  inFlight(): Iterable<readonly [string, number]>;
  logDrops(): Iterable<readonly [string, number]>;
  pools(): Iterable<PoolFigures>;
  /** Expert, pool, bytes. */
  held(): Iterable<readonly [string, string, number]>;
}

const POOL_FIGURES = [
  ['capacity', 'What the memory has'],
  ['usable', 'What experts may hold of it together'],
  ['held', 'What experts hold of it: reservations or measurements, whichever is larger, each mapped file once'],
  ['free', 'What is left of the usable; below 0 it is overdrawn'],
  ['foreign', 'What other programs hold of it'],
  ['quarantined', 'What did not come back after an engine had ended'],
] as const;

/** Gauges by expert and by pool. */
export function addGauges(registry: Registry, read: Observed): void {
  const add = <Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    samples: () => Iterable<readonly [Record<Label, string>, number]>,
  ) => {
    const gauge = new Gauge({
      name,
      help,
      labelNames,
      registers: [],
      collect() {
        // Who was taken out of the profile is not shown with its last value for ever.
        this.reset();
        for (const [labels, value] of samples()) this.set(labels, value);
      },
    });
    registry.registerMetric(gauge);
  };
  const perExpert = (name: string, help: string, values: () => Iterable<readonly [string, number]>) =>
    add(name, help, ['expert'], () => [...values()].map(([expert, value]) => [{ expert }, value]));

  perExpert('orchestrator_queue_length', 'Requests that wait for the expert', () => read.queued());
  perExpert('orchestrator_requests_in_flight', 'Requests that the engine works on', () => read.inFlight());
  perExpert('orchestrator_log_lines_dropped', 'Lines of engine output that were read but not kept', () =>
    read.logDrops(),
  );
  add('orchestrator_expert_state', '1 for the state the expert is in', ['expert', 'state'], () =>
    [...read.states()].flatMap(([expert, state]) =>
      STATES.map((one) => [{ expert, state: one }, one === state ? 1 : 0] as const),
    ),
  );
  for (const [figure, help] of POOL_FIGURES)
    add(`orchestrator_pool_${figure}_bytes`, help, ['pool'], () =>
      [...read.pools()].map((pool) => [{ pool: pool.id }, pool[figure]]),
    );
  add(
    'orchestrator_expert_held_bytes',
    'What the expert holds of each counted memory, mapped model files included',
    ['expert', 'pool'],
    () => [...read.held()].map(([expert, pool, bytes]) => [{ expert, pool }, bytes]),
  );
}
