import { CONTESTANTS, type Contestant, OURS } from './policies.ts';
import { bySetting, geometricMean, mean, type Run, runOf, type Trial } from './results.ts';

const GIB = 2 ** 30;
/** Waits below this are alike to a person: a ratio of two such is 1. */
const NOTICED_MS = 100;

export type Table = readonly (readonly string[])[];

/** One row for each contestant, over all trials. */
export function summary(trials: readonly Trial[]): Table {
  const rows = CONTESTANTS.map((contestant) => {
    const runs = trials.map((trial) => runOf(trial, contestant));
    const beaten = contestant === OURS ? '' : String(beatsOurs(trials, contestant).length);
    return [
      contestant.name + (contestant.online ? '' : ' (knows the future)'),
      String(runs.reduce((sum, { evictions }) => sum + evictions, 0)),
      ratioOfBytes(trials, contestant).toFixed(3),
      seconds(mean(runs.map(({ meanMs }) => meanMs))),
      seconds(mean(runs.map(({ p95Ms }) => p95Ms))),
      ratioOfP95(trials, contestant).toFixed(3),
      seconds(Math.max(...runs.map(({ longestMs }) => longestMs))),
      beaten,
    ];
  });
  const header = [
    'policy',
    'swaps',
    'bytes / ours',
    'mean wait',
    'p95 wait',
    'p95 / ours',
    'longest',
    'beats ours on both',
  ];
  const bound = (pick: (trial: Trial) => number) =>
    geometricMean(trials.map((trial) => pick(trial) / runOf(trial, OURS).bytes)).toFixed(3);
  return [
    header,
    ...rows,
    ['bound: nobody waits over 60 s', '', bound((trial) => trial.bound), '', '', '', '', ''],
    ['bound: each loaded once', '', bound((trial) => trial.compulsory), '', '', '', '', ''],
  ];
}

/** One row for each house and kind of trace, the mean over its seeds: swaps · GiB loaded · mean wait · p95 wait. */
export function details(trials: readonly Trial[]): Table {
  const header = ['house', 'trace', ...CONTESTANTS.map(({ name }) => name), 'bound GiB'];
  const rows = bySetting(trials).map((group) => [
    group[0]?.house.name ?? '',
    group[0]?.kind.name ?? '',
    ...CONTESTANTS.map((contestant) => cell(group.map((trial) => runOf(trial, contestant)))),
    gib(mean(group.map(({ bound }) => bound))),
  ]);
  return [header, ...rows];
}

/** What is claimed, and whether it holds here. */
export function verdict(trials: readonly Trial[]): { readonly holds: boolean; readonly lines: readonly string[] } {
  const rivals = CONTESTANTS.filter((contestant) => contestant.online && contestant !== OURS);
  const settings = bySetting(trials);
  const lines: string[] = [];
  let holds = true;
  for (const rival of rivals) {
    const bytes = 1 / ratioOfBytes(trials, rival);
    const p95 = 1 / ratioOfP95(trials, rival);
    const lost = settings.filter((group) => isBeaten(average(group, OURS), average(group, rival)));
    const single = beatsOurs(trials, rival);
    const good = bytes < 1 && p95 <= 1 && lost.length === 0;
    holds &&= good;
    lines.push(
      `${good ? 'holds' : 'FAILS'} against ${rival.name}: ${percent(bytes)} of its bytes, ${percent(p95)} of its p95; better than ours on both in ${lost.length} of ${settings.length} traces (${single.length} of ${trials.length} single seeds)`,
    );
    for (const trial of single)
      lines.push(`  it is better on both in ${trial.house.name}, ${trial.kind.name}, seed ${trial.seed}`);
  }
  return { holds, lines };
}

function beatsOurs(trials: readonly Trial[], rival: Contestant): Trial[] {
  return trials.filter((trial) => isBeaten(runOf(trial, OURS), runOf(trial, rival)));
}

type Score = Pick<Run, 'bytes' | 'p95Ms'>;

function isBeaten(ours: Score, theirs: Score): boolean {
  return theirs.bytes < ours.bytes && theirs.p95Ms < ours.p95Ms;
}

function average(group: readonly Trial[], contestant: Contestant): Score {
  const runs = group.map((trial) => runOf(trial, contestant));
  return { bytes: mean(runs.map(({ bytes }) => bytes)), p95Ms: mean(runs.map(({ p95Ms }) => p95Ms)) };
}

function ratioOfBytes(trials: readonly Trial[], contestant: Contestant): number {
  return geometricMean(trials.map((trial) => runOf(trial, contestant).bytes / runOf(trial, OURS).bytes));
}

function ratioOfP95(trials: readonly Trial[], contestant: Contestant): number {
  const noticed = (run: Run) => Math.max(NOTICED_MS, run.p95Ms);
  return geometricMean(trials.map((trial) => noticed(runOf(trial, contestant)) / noticed(runOf(trial, OURS))));
}

function cell(runs: readonly Run[]): string {
  const swaps = mean(runs.map(({ evictions }) => evictions)).toFixed(0);
  const times = [mean(runs.map(({ meanMs }) => meanMs)), mean(runs.map(({ p95Ms }) => p95Ms))].map(seconds);
  return [swaps, gib(mean(runs.map(({ bytes }) => bytes))), ...times].join(' · ');
}

function gib(bytes: number): string {
  return (bytes / GIB).toFixed(0);
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
