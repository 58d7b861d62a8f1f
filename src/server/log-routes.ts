import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';

import { AppError } from '../shared/errors.ts';
import type { Fleet } from '../supervisor/fleet.ts';
import type { EventBus } from '../telemetry/events.ts';
import type { LogBuffer } from '../telemetry/log-buffer.ts';
import { type ColdApp, type ColdEnvironment, expertNamed } from './cold-context.ts';
import { reachOf } from './identity/reach.ts';
import type { Settings } from './settings.ts';

const MAX_LOG_LINES = 10_000;
/** A follower that reads slower than this many events behind is cut off: it must not grow our memory. */
const MAX_BEHIND = 1_000;

export interface LogRoutesOptions {
  readonly fleet: Fleet;
  readonly settings: () => Settings;
  readonly bus: EventBus;
  readonly log: LogBuffer;
}

/** What engines and the orchestrator have written, and what happens now: at once, or followed. */
export function addLogRoutes(app: ColdApp, { fleet, settings, bus, log }: LogRoutesOptions): void {
  const sendLog = (buffer: LogBuffer, context: Context<ColdEnvironment>) => {
    const lines = Math.min(MAX_LOG_LINES, Math.max(0, Number(context.req.query('n') ?? 200) || 0));
    const tail = buffer.tail(lines);
    if (context.req.query('follow') !== '1') return context.text(tail.length > 0 ? `${tail.join('\n')}\n` : '');
    return follow(context, (push) => {
      for (const line of tail) push({ data: line });
      return buffer.follow((line) => push({ data: line }));
    });
  };
  app.get('/api/experts/:id/logs', (context) => {
    const { id } = expertNamed(reachOf(settings(), context.env.identity).directory, context.req.param('id'));
    const process = fleet.process(id);
    if (!process)
      throw new AppError('conflict', `${id} runs on an endpoint that someone else runs; it has no log here.`);
    return sendLog(process.log.buffer, context);
  });
  app.get('/api/logs', (context) => sendLog(log, context));
  app.get('/api/events', (context) =>
    follow(context, (push) => bus.subscribe((event) => push({ event: event.type, data: JSON.stringify(event) }))),
  );
}

interface Frame {
  readonly event?: string;
  readonly data: string;
}

/** An endless SSE answer; ends with the client, or when the client falls too far behind. */
function follow(context: Context<ColdEnvironment>, subscribe: (push: (frame: Frame) => void) => () => void): Response {
  return streamSSE(context, async (sse) => {
    const waiting: Frame[] = [];
    let wake: () => void = () => undefined;
    const closing = new AbortController();
    const ended = closing.signal;
    const unsubscribe = subscribe((frame) => {
      if (ended.aborted) return;
      if (waiting.push(frame) > MAX_BEHIND) {
        // Who has stopped reading never takes the frame that is being written: only the connection can be ended.
        closing.abort();
        waiting.length = 0;
        context.env.outgoing?.destroy();
      }
      wake();
    });
    sse.onAbort(() => {
      closing.abort();
      wake();
    });
    try {
      await sse.write(': following\n\n');
      while (!ended.aborted) {
        const frame = waiting.shift();
        if (frame) await sse.writeSSE(frame);
        else
          await idle((resolve) => (wake = resolve)).then((ticked) =>
            ticked ? sse.write(': still here\n\n') : undefined,
          );
      }
    } finally {
      unsubscribe();
    }
  });
}

/** Resolves false when woken, true after 15 s: a comment keeps proxies in between from closing the connection. */
function idle(onWake: (resolve: () => void) => void): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(true), 15_000);
    onWake(() => {
      clearTimeout(timer);
      resolve(false);
    });
  });
}
