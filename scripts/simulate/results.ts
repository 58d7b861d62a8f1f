import { quantile } from '../bench/statistics.ts';
import { compulsoryBytes, phaseBound } from './bound.ts';
import { type House, HOUSES } from './houses.ts';
import { type Contestant, CONTESTANTS } from './policies.ts';
import { simulate } from './simulation.ts';
import { type TraceKind, TRACES } from './traces.ts';

/** What one contestant made of one trace. */
export interface Run {
  readonly loads: number;
  readonly evictions: number;
  readonly bytes: number;
  readonly meanMs: number;
  readonly p95Ms: number;
  readonly longestMs: number;
}

/** One house, one kind of trace, one seed. */
export interface Trial {
  readonly house: House;
  readonly kind: TraceKind;
  readonly seed: number;
  readonly runs: ReadonlyMap<Contestant, Run>;
  /** What must be loaded by anyone, and by anyone who lets nobody wait longer than `BOUND_WAIT_MS`. */
  readonly compulsory: number;
  readonly bound: number;
}

export const BOUND_WAIT_MS = 60_000;

export function runTrials(seeds: readonly number[], say: (done: number, of: number) => void): Trial[] {
  const trials: Trial[] = [];
  const of = HOUSES.length * TRACES.length * seeds.length;
  for (const house of HOUSES) {
    for (const kind of TRACES) {
      for (const seed of seeds) {
        trials.push(trial(house, kind, seed));
        say(trials.length, of);
      }
    }
  }
  return trials;
}

function trial(house: House, kind: TraceKind, seed: number): Trial {
  const trace = kind.make(house, seed);
  const runs = CONTESTANTS.map((contestant): [Contestant, Run] => {
    const { waitsMs, bytesLoaded, loads, evictions } = simulate(house, trace, contestant.make(house, trace));
    const run = {
      loads,
      evictions,
      bytes: bytesLoaded,
      meanMs: waitsMs.reduce((sum, ms) => sum + ms, 0) / waitsMs.length,
      p95Ms: quantile(waitsMs, 0.95),
      longestMs: waitsMs.reduce((longest, ms) => Math.max(longest, ms), 0),
    };
    return [contestant, run];
  });
  const bound = phaseBound(house, trace, BOUND_WAIT_MS);
  return { house, kind, seed, runs: new Map(runs), compulsory: compulsoryBytes(house, trace), bound };
}

/** Trials of the same house and kind, one for each seed, as one: sums and means. */
export function bySetting(trials: readonly Trial[]): Trial[][] {
  const settings = new Map<string, Trial[]>();
  for (const trial of trials) {
    const key = `${trial.house.name}/${trial.kind.name}`;
    settings.set(key, [...(settings.get(key) ?? []), trial]);
  }
  return [...settings.values()];
}

export function runOf(trial: Trial, contestant: Contestant): Run {
  const run = trial.runs.get(contestant);
  if (!run) throw new Error(`${contestant.name} did not take part`);
  return run;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function geometricMean(values: readonly number[]): number {
  return Math.exp(mean(values.map((value) => Math.log(value))));
}
