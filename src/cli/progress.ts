import { RateMeter } from '../models/progress.ts';
import type { Progress } from '../models/progress.ts';
import { systemClock } from '../shared/clock.ts';
import type { Clock } from '../shared/clock.ts';
import { formatBytes, formatDuration } from '../shared/units.ts';

const BAR_CELLS = 24;
/** A terminal is redrawn at most so often; elsewhere a line tells of the progress. */
const REDRAW_MS = 100;
const LINE_MS = 5_000;

/** The part of a stream that progress needs; `process.stderr` is one. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface ProgressDisplay {
  /** May be called as often as there is news. */
  update(progress: ProgressNews): void;
  /** A line of its own above the bar. */
  log(line: string): void;
  /** Takes the bar away and leaves a line in its place, where one is given. */
  finish(line?: string): void;
}

/** A pull's progress, or that of anything else that has stages and bytes. */
export type ProgressNews = Omit<Progress, 'stage'> & { readonly stage: string };

/** Shows how something long goes: on a terminal a bar with bytes, rate and time left, elsewhere a line every few seconds. */
export function showProgress(
  label: string,
  { stream = process.stderr, clock = systemClock }: { stream?: ProgressStream; clock?: Clock } = {},
): ProgressDisplay {
  const terminal = stream.isTTY === true;
  let meter = new RateMeter();
  let stage: string | undefined;
  let shownAt = Number.NEGATIVE_INFINITY;
  const clear = () => {
    if (terminal) stream.write('\r\u001B[K');
  };
  return {
    update(progress) {
      const now = clock.now();
      const changed = progress.stage !== stage;
      // What an earlier try left is no speed of this one.
      if (changed && (stage === 'waiting' || progress.stage === 'connecting')) meter = new RateMeter();
      const rate = meter.update(progress.bytesDone, now);
      if (!changed && now - shownAt < (terminal ? REDRAW_MS : LINE_MS)) return;
      stage = progress.stage;
      shownAt = now;
      if (terminal) stream.write(`\r\u001B[K${barLine(label, progress, rate, stream.columns ?? 80)}`);
      else
        stream.write(
          `${label}: ${progress.stage}${amounts(progress, rate)
            .map((part) => `, ${part}`)
            .join('')}\n`,
        );
    },
    log(line) {
      clear();
      stream.write(`${line}\n`);
      // The bar comes back with the next news.
      shownAt = Number.NEGATIVE_INFINITY;
    },
    finish(line) {
      clear();
      if (line !== undefined) stream.write(`${line}\n`);
    },
  };
}

/** One line that fits the terminal: what does not fit is left out from the end, and the label is shortened last. */
function barLine(label: string, progress: ProgressNews, rate: number | undefined, columns: number): string {
  const { bytesDone, bytesTotal, stage } = progress;
  const parts = [stage];
  if (bytesTotal) {
    const share = Math.min(1, bytesDone / bytesTotal);
    const filled = Math.round(share * BAR_CELLS);
    parts.push(
      `[${'='.repeat(filled)}${' '.repeat(BAR_CELLS - filled)}] ${String(Math.floor(share * 100)).padStart(3)}%`,
    );
  }
  parts.push(...amounts(progress, rate));
  let line = label;
  for (const part of parts) {
    if (line.length + 2 + part.length >= columns) break;
    line += `  ${part}`;
  }
  return line.slice(0, Math.max(0, columns - 1));
}

/** `113.0 MB / 253.1 MB`, `12.3 MB/s`, `11 s left`: as much of it as is known. */
function amounts({ bytesDone, bytesTotal }: ProgressNews, rate: number | undefined): string[] {
  const parts: string[] = [];
  if (bytesTotal) parts.push(`${formatBytes(bytesDone)} / ${formatBytes(bytesTotal)}`);
  else if (bytesDone > 0) parts.push(formatBytes(bytesDone));
  if (rate !== undefined && rate > 0) {
    parts.push(`${formatBytes(Math.round(rate))}/s`);
    if (bytesTotal && bytesTotal > bytesDone)
      parts.push(`${formatDuration(((bytesTotal - bytesDone) / rate) * 1_000)} left`);
  }
  return parts;
}
