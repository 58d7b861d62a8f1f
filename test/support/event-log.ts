/** Everything that `GET /api/events` says, from the moment of the call on. */
import type { EventView } from '../../src/server/views.ts';
import type { Orchestrator } from './orchestrator.ts';
import { SseParser } from './sse.ts';

export interface EventLog {
  readonly events: readonly EventView[];
  plans(action: string): Extract<EventView, { type: 'plan' }>[];
  moves(to: string, expert?: string): Extract<EventView, { type: 'lifecycle' }>[];
  stop(): Promise<void>;
}

/** Resolves when the orchestrator has begun to send. */
export async function followEvents(orchestrator: Orchestrator): Promise<EventLog> {
  const events: EventView[] = [];
  const leave = new AbortController();
  const response = await orchestrator.request('/api/events', { signal: leave.signal });
  if (!response.ok) throw new Error(`GET /api/events: ${response.status}`);
  const parser = new SseParser(({ data }) => void events.push(JSON.parse(data) as EventView));
  const decoder = new TextDecoder();
  const reading = (async () => {
    try {
      for await (const part of response.body ?? []) parser.push(decoder.decode(part as Uint8Array, { stream: true }));
    } catch {
      // We left, or the orchestrator did.
    }
  })();
  return {
    events,
    plans: (action) => events.filter((event) => event.type === 'plan').filter((event) => event.action === action),
    moves: (to, expert) =>
      events
        .filter((event) => event.type === 'lifecycle')
        .filter((event) => event.to === to && (expert === undefined || event.expert === expert)),
    stop: async () => {
      leave.abort();
      await reading;
    },
  };
}
