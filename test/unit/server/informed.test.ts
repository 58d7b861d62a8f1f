import { EventEmitter } from 'node:events';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Knowledge } from '../../../src/profiles/knowledge-section.ts';
import type { RequestContext } from '../../../src/server/context.ts';
import { inform, type InformingAccess } from '../../../src/server/informed.ts';
import { expertWith, recordingLogger } from '../supervisor/house.ts';

const ROUTE = '/v1/chat/completions';
const WANTS = { knowledge: { search: true }, memory: undefined, record: false, rate: false };
const BODY = { messages: [{ role: 'user', content: 'Who founded the workshop?' }] };

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function frozen(state: 'ready' | 'degraded') {
  const signals: (AbortSignal | undefined)[] = [];
  const base = {
    status: () => ({ state }),
    search: (_user: string, { signal }: { signal?: AbortSignal }) => {
      signals.push(signal);
      return new Promise(() => undefined);
    },
  };
  const logger = recordingLogger();
  const access = { knowledge: { get: () => base, peek: () => base }, logger } as unknown as InformingAccess;
  const context = {
    identity: { user: 'ana', admin: false },
    outgoing: new EventEmitter(),
    requestId: 'r-1',
    settings: { profile: { knowledge: Knowledge.parse({ enabled: true }) } },
  } as unknown as RequestContext;
  return { access, context, signals, logger };
}

describe('a store that does not answer', () => {
  it.each([
    ['ready', 8_000],
    ['degraded', 1_500],
  ] as const)('and calls itself %s is waited for %i ms, and the request goes on without', async (state, limit) => {
    const { access, context, signals, logger } = frozen(state);
    let isOver = false;
    const informing = inform(access, context, { route: ROUTE, body: BODY, bytes: 80, wants: WANTS });
    void informing.then(() => (isOver = true));
    await vi.advanceTimersByTimeAsync(limit - 100);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(200);
    const use = (await informing).for(expertWith({ context: 4_096 }), true, ROUTE);
    expect(use.body).toBe(BODY);
    expect(use.note().orchestrator).toEqual({
      sources: [],
      found: false,
      degraded: `the search took longer than ${limit / 1_000} s`,
    });
    expect(signals[0]?.aborted).toBe(true);
    expect(logger.messages).toEqual(['a request is answered without documents']);
    expect(context.outgoing.listenerCount('close')).toBe(0);
  });
});
