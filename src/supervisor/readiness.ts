import type { Canary } from '../engines/contract.ts';
import { delay, runningNow, runningTimeout } from '../shared/clock.ts';
import { messageOf } from '../shared/errors.ts';
import type { HostedEngine, Upstream } from './host.ts';

/** A tiny model is ready in 15 ms: a coarse poll would be most of the cold start. */
const FIRST_POLL_MS = 4;
const LAST_POLL_MS = 250;
const HEALTH_TIMEOUT_MS = 2_000;

export interface ReadinessOptions {
  readonly engine: HostedEngine;
  readonly healthPath: string;
  readonly canary: Canary | undefined;
  readonly provesIdentity: boolean;
  readonly stallTimeoutMs: number;
  readonly startTimeoutMs: number;
  /** Counts lines of the engine's output. */
  readonly lines: () => number;
  readonly signal: AbortSignal;
}

export type Readiness =
  | { readonly ready: true; readonly upstream: Upstream }
  | {
      readonly ready: false;
      readonly cause: 'stalled' | 'start_timeout' | 'not_ready' | 'degenerate_output' | 'foreign_listener' | 'aborted';
      readonly detail: string;
    };

type NotReady = Exclude<Readiness, { ready: true }>;

/** What a canary found: no proof of life, or life that computes nonsense. */
export interface CanaryFinding {
  readonly cause: 'not_ready' | 'degenerate_output';
  readonly detail: string;
}

/**
 * Waits for health, shows that the listener is our child, and has it generate one token. Both deadlines hold to the end: an engine
 * that is healthy and never answers is stalled as well. Never throws; ends with the signal.
 */
export async function waitUntilReady(options: ReadinessOptions): Promise<Readiness> {
  const watch = new ProgressWatch(options);
  const upstream = await pollHealth(options, watch);
  if (!('dispatcher' in upstream)) return upstream;
  if (options.provesIdentity && !options.engine.provesIdentity()) {
    return { ready: false, cause: 'foreign_listener', detail: 'the listener is not the engine' };
  }
  const refuted = options.canary && (await proveByToken(upstream, options.canary, options, watch));
  return refuted ?? { ready: true, upstream };
}

/** Sends the canary and says what is wrong with the answer; undefined when it proves the engine. */
export async function tryCanary(
  upstream: Upstream,
  canary: Canary,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<CanaryFinding | undefined> {
  const silent = (detail: string): CanaryFinding => ({ cause: 'not_ready', detail });
  try {
    const { statusCode, text } = await request(
      upstream,
      'POST',
      canary.path,
      JSON.stringify(canary.body),
      timeoutMs,
      signal,
    );
    if (statusCode !== 200)
      return silent(`the engine answered ${statusCode} to the readiness request: ${text.slice(0, 300)}`);
    const answer: unknown = JSON.parse(text);
    const wrong = canary.verify(answer);
    if (wrong !== undefined) return silent(wrong);
    const nonsense = canary.soundness?.(answer);
    return nonsense === undefined
      ? undefined
      : { cause: 'degenerate_output', detail: `the engine is healthy and answers nonsense: ${nonsense}` };
  } catch (error) {
    return silent(`the readiness request failed: ${messageOf(error)}`);
  }
}

async function pollHealth(options: ReadinessOptions, watch: ProgressWatch): Promise<Upstream | NotReady> {
  const { engine, signal } = options;
  for (let pause = FIRST_POLL_MS; !signal.aborted; pause = Math.min(LAST_POLL_MS, pause * 1.25)) {
    const upstream = engine.upstream();
    if (upstream && (await isHealthy(upstream, options.healthPath, signal))) return upstream;
    const tooLate = watch.look();
    if (tooLate) return tooLate;
    await delay(pause, signal);
  }
  return { ready: false, cause: 'aborted', detail: 'the start was given up' };
}

async function proveByToken(
  upstream: Upstream,
  canary: Canary,
  options: ReadinessOptions,
  watch: ProgressWatch,
): Promise<NotReady | undefined> {
  const givenUp = new AbortController();
  let silence: string | undefined;
  const timer = setInterval(() => {
    silence = watch.look()?.detail;
    if (silence !== undefined) givenUp.abort();
  }, LAST_POLL_MS);
  const signal = AbortSignal.any([options.signal, givenUp.signal]);
  const wrong = await tryCanary(upstream, canary, options.startTimeoutMs, signal);
  clearInterval(timer);
  if (wrong === undefined) return undefined;
  if (options.signal.aborted) return { ready: false, cause: 'aborted', detail: 'the start was given up' };
  if (silence) return { ready: false, cause: 'not_ready', detail: `healthy, but without a token: ${silence}` };
  return { ready: false, ...wrong };
}

/** When a start has taken too long: nothing has moved for the stall timeout, or the whole has lasted longer than it may. */
class ProgressWatch {
  readonly #options: ReadinessOptions;
  readonly #startedMs = runningNow();
  #movedMs = this.#startedMs;
  #mark = '';

  constructor(options: ReadinessOptions) {
    this.#options = options;
  }

  look(): NotReady | undefined {
    const { engine, lines, stallTimeoutMs, startTimeoutMs } = this.#options;
    const now = runningNow();
    const mark = `${lines()}/${engine.progressMark()}`;
    if (mark !== this.#mark) {
      this.#mark = mark;
      this.#movedMs = now;
    }
    const seconds = (since: number) => `${Math.round((now - since) / 1_000)} s`;
    if (now - this.#movedMs > stallTimeoutMs)
      return { ready: false, cause: 'stalled', detail: `no progress for ${seconds(this.#movedMs)}` };
    if (now - this.#startedMs > startTimeoutMs)
      return { ready: false, cause: 'start_timeout', detail: `not ready after ${seconds(this.#startedMs)}` };
    return undefined;
  }
}

async function isHealthy(upstream: Upstream, path: string, signal: AbortSignal): Promise<boolean> {
  try {
    const { statusCode } = await request(upstream, 'GET', path, undefined, HEALTH_TIMEOUT_MS, signal);
    return statusCode === 200;
  } catch {
    return false;
  }
}

async function request(
  upstream: Upstream,
  method: 'GET' | 'POST',
  path: string,
  body: string | undefined,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<{ statusCode: number; text: string }> {
  const timeout = runningTimeout(timeoutMs);
  const answer = await upstream.dispatcher.request({
    origin: upstream.origin,
    path,
    method,
    headers: { ...upstream.headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body }),
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
  });
  return { statusCode: answer.statusCode, text: await answer.body.text() };
}

/** `GET` of a text (metrics, slots) with a short deadline; undefined where the engine does not give it. */
export async function fetchText(upstream: Upstream, path: string, timeoutMs: number): Promise<string | undefined> {
  try {
    const { statusCode, text } = await request(upstream, 'GET', path, undefined, timeoutMs);
    return statusCode === 200 ? text : undefined;
  } catch {
    return undefined;
  }
}
