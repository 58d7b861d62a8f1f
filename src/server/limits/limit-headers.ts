import { remaining } from './bucket.ts';
import type { Limit } from './limits-of.ts';
import type { Subject } from './subjects.ts';

/** A limit and how far it is used. */
export interface Counted {
  readonly limit: Limit;
  readonly subject: Subject;
}

/** OpenAI's headers, name and value in turn: of requests and of tokens the limit that is nearest. */
export function limitHeaders(counted: readonly Counted[], nowMs: number): string[] {
  const requests = nearest(
    counted.map(({ limit, subject }) => [limit.requestsPerMinute, subject.requestsFullAtMs]),
    nowMs,
  );
  const tokens = nearest(
    counted.map(({ limit, subject }) => [limit.tokensPerMinute, subject.tokensFullAtMs]),
    nowMs,
  );
  return [...headersOf('requests', requests), ...headersOf('tokens', tokens)];
}

interface State {
  readonly limit: number;
  readonly remaining: number;
  /** Milliseconds until all of it is there again. */
  readonly resetMs: number;
}

function nearest(limits: readonly (readonly [number | undefined, number])[], nowMs: number): State | undefined {
  let found: State | undefined;
  for (const [limit, fullAtMs] of limits) {
    if (limit === undefined) continue;
    const left = remaining(fullAtMs, limit, nowMs);
    if (!found || left < found.remaining) found = { limit, remaining: left, resetMs: Math.max(0, fullAtMs - nowMs) };
  }
  return found;
}

function headersOf(what: 'requests' | 'tokens', state: State | undefined): string[] {
  if (!state) return [];
  return [
    `x-ratelimit-limit-${what}`,
    String(state.limit),
    `x-ratelimit-remaining-${what}`,
    String(state.remaining),
    `x-ratelimit-reset-${what}`,
    spelled(state.resetMs),
  ];
}

/** As OpenAI writes it: `20ms`, `1.5s`, `6m0s`. Rounded up: who waits so long has not waited too short. */
export function spelled(ms: number): string {
  const whole = Math.ceil(ms);
  if (whole < 1_000) return `${whole}ms`;
  if (whole < 60_000) return `${whole / 1_000}s`;
  const seconds = Math.ceil(whole / 1_000);
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60)];
  return `${hours > 0 ? `${hours}h` : ''}${minutes}m${seconds % 60}s`;
}
