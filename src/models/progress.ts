/** What a pull is doing. `waiting`: another process is pulling the same file. */
type PullStage = 'waiting' | 'connecting' | 'downloading' | 'extracting' | 'converting' | 'verifying';

export interface Progress {
  readonly stage: PullStage;
  readonly bytesDone: number;
  /** Undefined while nobody has said how much it will be. */
  readonly bytesTotal: number | undefined;
}

export type OnProgress = (progress: Progress) => void;

/**
 * One progress made of several that go on side by side: a reporter for each, all of which tell `report` of the sum. Totals that are
 * known beforehand are given; the sum has one when all have.
 */
export function sumProgress(totals: readonly (number | undefined)[], report: OnProgress): OnProgress[] {
  if (totals.length === 1) return [report];
  const done = totals.map(() => 0);
  const known = [...totals];
  return totals.map((_, index) => (progress) => {
    // Reading a file again is no step back of the whole.
    const counts = progress.stage === 'connecting' || progress.stage === 'downloading';
    if (counts || progress.bytesDone > (done[index] ?? 0)) done[index] = progress.bytesDone;
    known[index] = progress.bytesTotal ?? known[index];
    const bytesTotal = known.reduce<number | undefined>(
      (sum, one) => (sum === undefined || one === undefined ? undefined : sum + one),
      0,
    );
    const bytesDone = done.reduce((sum, one) => sum + one, 0);
    report({ stage: progress.stage, bytesDone, bytesTotal });
  });
}

/** Time over which the speed is averaged. */
const WINDOW_MS = 8_000;

/** Bytes a second over the last seconds, from the positions and monotonic times that it is told. */
export class RateMeter {
  readonly #samples: { ms: number; bytes: number }[] = [];

  /** Bytes a second; undefined until half a second has been seen. */
  update(bytes: number, nowMs: number): number | undefined {
    const last = this.#samples.at(-1);
    // Going back means that another stage or source began.
    if (last && bytes < last.bytes) this.#samples.length = 0;
    this.#samples.push({ ms: nowMs, bytes });
    while (this.#samples.length > 2 && nowMs - (this.#samples[0]?.ms ?? nowMs) > WINDOW_MS) this.#samples.shift();
    const first = this.#samples[0];
    if (!first || nowMs - first.ms < 500) return undefined;
    return ((bytes - first.bytes) / (nowMs - first.ms)) * 1_000;
  }
}
