import { describe, expect, it } from 'vitest';

import { type LifecycleEvent, next, STATES } from '../../../src/supervisor/lifecycle.ts';
import type { ExpertState } from '../../../src/telemetry/events.ts';

const EVENTS: readonly LifecycleEvent[] = [
  'start',
  'refuse',
  'healthy',
  'sleep',
  'wake',
  'drain',
  'stop',
  'exit',
  'crash',
  'break',
  'rest',
];

/** Written out a second time on purpose: a move that is added to the program has to be meant here as well. */
const LEGAL: Readonly<Record<ExpertState, string>> = {
  stopped: 'start>starting',
  starting: 'healthy>ready refuse>stopped stop>stopping crash>backoff break>failed',
  ready: 'sleep>sleeping drain>draining stop>stopping crash>backoff break>failed',
  sleeping: 'wake>ready stop>stopping crash>backoff break>failed',
  draining: 'stop>stopping crash>backoff break>failed',
  stopping: 'exit>stopped crash>backoff break>failed',
  backoff: 'rest>stopped stop>stopped start>starting',
  failed: 'start>starting stop>stopped rest>stopped',
};

describe('the table of moves', () => {
  it('has every state', () => {
    expect([...STATES].sort()).toEqual(Object.keys(LEGAL).sort());
  });

  it.each(STATES.flatMap((state) => EVENTS.map((event) => [state, event] as const)))('%s × %s', (state, event) => {
    const target = LEGAL[state]
      .split(' ')
      .find((move) => move.startsWith(`${event}>`))
      ?.split('>')[1];
    if (target === undefined) expect(() => next(state, event)).toThrow(`no move ${event} from ${state}`);
    else expect(next(state, event)).toBe(target);
  });

  it('leads back to stopped from everywhere', () => {
    for (const start of STATES) {
      const seen = new Set<ExpertState>([start]);
      for (const state of seen) {
        for (const event of EVENTS) {
          try {
            seen.add(next(state, event));
          } catch {
            // No such move.
          }
        }
      }
      expect(seen.has('stopped'), start).toBe(true);
    }
  });
});
