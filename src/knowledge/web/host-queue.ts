import { delay } from '../../shared/clock.ts';
import { AppError } from '../../shared/errors.ts';
import { orAbort } from './or-abort.ts';

/** What is between the end of one request to a host and the next one, at least. */
const PAUSE_MS = 500;
/** A host that asks for longer patience than this is left alone: whoever asked hears when to come back. */
const MOST_PATIENCE_MS = 10_000;
/** Requests that wait for one host. */
const MOST_WAITING = 50;
/** Hosts remembered although nothing of theirs runs or waits. */
const MOST_IDLE = 500;

interface Line {
  tail: Promise<unknown>;
  waiting: number;
  /** Monotonic: not before this. */
  freeAt: number;
  /** How often in a row the host has asked for patience. */
  busy: number;
}

/** One request to a host at a time, with a pause in between, and none while the host has asked for patience. */
export class HostQueue {
  readonly #lines = new Map<string, Line>();
  readonly #pauseMs: number;

  constructor(pauseMs = PAUSE_MS) {
    this.#pauseMs = pauseMs;
  }

  /**
   * @param pauseMs What the host wants between two requests, where it says so.
   * @throws AppError `web_unavailable` (with Retry-After) where the host wants more patience than anybody has.
   */
  async run<T>(host: string, work: () => Promise<T>, signal: AbortSignal, pauseMs = 0): Promise<T> {
    const line = this.#line(host);
    refuseWhileHeld(host, line);
    if (line.waiting >= MOST_WAITING)
      throw new AppError('queue_full', `${MOST_WAITING} requests wait for ${host} already. Try again later.`, {
        retryAfterSeconds: 30,
      });
    line.waiting += 1;
    const before = line.tail;
    const turn = (async () => {
      try {
        await orAbort(before, signal);
        refuseWhileHeld(host, line);
        await delay(Math.max(0, line.freeAt - performance.now()), signal);
        signal.throwIfAborted();
        try {
          return await work();
        } finally {
          line.freeAt = Math.max(line.freeAt, performance.now() + Math.max(this.#pauseMs, pauseMs));
        }
      } finally {
        line.waiting -= 1;
      }
    })();
    // Who leaves the line does not let the next one pass whoever is at it.
    line.tail = Promise.allSettled([before, turn]);
    return turn;
  }

  /** The host is busy: nothing is asked of it for so long (milliseconds), or for longer each time where it did not say. */
  hold(host: string, ms: number | undefined): void {
    const line = this.#line(host);
    const wait = ms ?? Math.min(60_000 * 2 ** line.busy, 3_600_000);
    line.busy += 1;
    line.freeAt = Math.max(line.freeAt, performance.now() + wait);
  }

  /** The host has answered as it should. */
  settle(host: string): void {
    this.#line(host).busy = 0;
  }

  #line(host: string): Line {
    const known = this.#lines.get(host);
    if (known) return known;
    if (this.#lines.size >= MOST_IDLE) this.#forget();
    const line: Line = { tail: Promise.resolve(), waiting: 0, freeAt: 0, busy: 0 };
    this.#lines.set(host, line);
    return line;
  }

  #forget(): void {
    const now = performance.now();
    for (const [host, { waiting, freeAt }] of this.#lines) if (waiting === 0 && freeAt <= now) this.#lines.delete(host);
  }
}

function refuseWhileHeld(host: string, { freeAt }: Line): void {
  const ms = freeAt - performance.now();
  if (ms <= MOST_PATIENCE_MS) return;
  const seconds = Math.ceil(ms / 1_000);
  throw new AppError('web_unavailable', `${host} has asked for patience: try again in ${seconds} s.`, {
    retryAfterSeconds: seconds,
  });
}

/** Milliseconds until `Retry-After` (seconds, or a date) is over; undefined where it says nothing. Nobody is waited for longer than a day. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1_000 : Date.parse(header) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), 86_400_000);
}
