import type { ServerResponse } from 'node:http';

import { type Context, Hono } from 'hono';
import { streamSSE } from 'hono/streaming';

import type { Clock } from '../shared/clock.ts';
import { AppError, toAppError } from '../shared/errors.ts';
import type { Fleet } from '../supervisor/fleet.ts';
import { fetchText } from '../supervisor/readiness.ts';
import type { EventBus } from '../telemetry/events.ts';
import type { LogBuffer } from '../telemetry/log-buffer.ts';
import type { Logger } from '../telemetry/logger.ts';
import { labelMetrics, type Metrics } from '../telemetry/metrics.ts';
import type { Identity } from './identity.ts';
import { expertView, modelList, stateOf } from './expert-views.ts';
import type { Settings } from './settings.ts';
import type { HealthView, ReloadView, StatsView } from './views.ts';

const ENGINE_METRICS_TIMEOUT_MS = 1_000;
const MAX_LOG_LINES = 10_000;
/** A follower that reads slower than this many events behind is cut off: it must not grow our memory. */
const MAX_BEHIND = 1_000;

export interface ColdRoutesOptions {
  readonly fleet: Fleet;
  readonly settings: () => Settings;
  readonly metrics: Metrics;
  readonly bus: EventBus;
  readonly logger: Logger;
  readonly log: LogBuffer;
  readonly clock: Clock;
  readonly version: string;
  readonly url: () => string;
  readonly active: () => number;
  readonly buildOf: (expert: string) => string | undefined;
  /** Begins to stop; answers before it is done. */
  readonly shutdown: (drainMs: number | undefined) => void;
  /** Reads the profile again and applies it, or throws and changes nothing. */
  readonly reload: () => Promise<ReloadView>;
}

interface Environment {
  Bindings: {
    identity: Identity;
    requestId: string;
    /** Absent where no socket is involved. */
    outgoing?: ServerResponse;
  };
}

/** Monitoring, models and management: everything that is not inference, behind the same front door. */
export function createColdRoutes(options: ColdRoutesOptions): Hono<Environment> {
  const { fleet, settings, metrics, bus, logger, log, clock } = options;
  const startedAt = clock.now();
  const createdSeconds = Math.floor(clock.wallTime().getTime() / 1_000);
  const app = new Hono<Environment>();

  app.onError((thrown, context) => {
    const error = toAppError(thrown);
    if (error.code === 'internal') logger.error('a route met a defect', { path: context.req.path, error: thrown });
    if (error.retryAfterSeconds !== undefined) context.header('retry-after', String(error.retryAfterSeconds));
    return context.json(error.toBody(), error.status as 400);
  });
  app.notFound((context) => {
    const error = new AppError('method_not_allowed', `${context.req.path} does not take ${context.req.method}.`);
    return context.json(error.toBody(), 405);
  });

  const health = (identity: Identity): HealthView => ({
    status: fleet.closing ? 'stopping' : 'ok',
    version: options.version,
    profile: settings().profile.name,
    uptimeSeconds: Math.round((clock.now() - startedAt) / 1_000),
    experts:
      identity.user === ''
        ? {}
        : Object.fromEntries(settings().directory.experts.map((expert) => [expert.id, stateOf(fleet, expert.id)])),
  });
  const known = (id: string) => {
    const { directory } = settings();
    const target = directory.find(id);
    if (target) return target.expert;
    throw new AppError(
      'model_not_found',
      `There is no expert "${id.slice(0, 100)}". Known: ${directory.experts.map((expert) => expert.id).join(', ')}.`,
    );
  };
  const view = (id: string) => expertView(fleet, known(id), clock, options.buildOf);

  app.get('/health', (context) => context.json(health(context.env.identity), fleet.closing ? 503 : 200));
  app.get('/healthz', (context) => context.text('ok'));
  app.get('/readyz', (context) => (fleet.closing ? context.text('stopping', 503) : context.text('ready')));
  app.get('/stats', (context) => {
    const { requests, failed, promptTokens, generatedTokens } = metrics.totals;
    const stats: StatsView = {
      ...health(context.env.identity),
      pid: process.pid,
      rssBytes: process.memoryUsage.rss(),
      url: options.url(),
      maxLoadedExperts: settings().profile.budget.maxLoadedExperts ?? null,
      requests: { total: requests, active: options.active(), queued: fleet.totalQueued, failed },
      tokens: { prompt: promptTokens, generated: generatedTokens },
    };
    return context.json(stats);
  });
  app.get('/metrics', async (context) => {
    const [own, engines] = await Promise.all([metrics.registry.metrics(), engineMetrics(fleet)]);
    return context.text(`${own}\n${engines}`, 200, { 'content-type': metrics.registry.contentType });
  });

  app.get('/v1/models', (context) => {
    const data = modelList(fleet, settings().directory, createdSeconds);
    return context.json({
      object: 'list',
      data,
      has_more: false,
      first_id: data[0]?.['id'] ?? null,
      last_id: data.at(-1)?.['id'] ?? null,
    });
  });
  app.get('/v1/models/:id', (context) => {
    const id = context.req.param('id');
    const { directory } = settings();
    const models = modelList(fleet, directory, createdSeconds);
    const model =
      models.find((entry) => entry['id'] === id) ??
      models.find((entry) => entry['id'] === directory.find(id)?.expert.id);
    if (!model)
      throw new AppError(
        'model_not_found',
        `There is no model "${id.slice(0, 100)}" here. Known: ${directory.names().join(', ')}.`,
        { param: 'model' },
      );
    return context.json(model);
  });

  app.get('/api/experts', (context) =>
    context.json({ experts: settings().directory.experts.map((expert) => view(expert.id)) }),
  );
  app.get('/api/experts/:id', (context) => context.json(view(context.req.param('id'))));
  app.post('/api/experts/:id/load', async (context) => {
    const { id } = known(context.req.param('id'));
    await fleet.load(id);
    return context.json(view(id));
  });
  app.post('/api/experts/:id/unload', async (context) => {
    const { id } = known(context.req.param('id'));
    if (fleet.remote(id))
      throw new AppError('conflict', `${id} runs on an endpoint that someone else runs; there is nothing to unload.`);
    const force = context.req.query('force') === '1' || context.req.query('force') === 'true';
    await fleet.unload(id, 'asked for by name', force);
    return context.json(view(id));
  });

  const sendLog = (buffer: LogBuffer, context: Context<Environment>) => {
    const lines = Math.min(MAX_LOG_LINES, Math.max(0, Number(context.req.query('n') ?? 200) || 0));
    const tail = buffer.tail(lines);
    if (context.req.query('follow') !== '1') return context.text(tail.length > 0 ? `${tail.join('\n')}\n` : '');
    return follow(context, (push) => {
      for (const line of tail) push({ data: line });
      return buffer.follow((line) => push({ data: line }));
    });
  };
  app.get('/api/experts/:id/logs', (context) => {
    const { id } = known(context.req.param('id'));
    const process = fleet.process(id);
    if (!process)
      throw new AppError('conflict', `${id} runs on an endpoint that someone else runs; it has no log here.`);
    return sendLog(process.log.buffer, context);
  });
  app.get('/api/logs', (context) => sendLog(log, context));
  app.get('/api/events', (context) =>
    follow(context, (push) => bus.subscribe((event) => push({ event: event.type, data: JSON.stringify(event) }))),
  );

  app.post('/api/reload', async (context) => context.json(await options.reload()));
  app.post('/api/shutdown', (context) => {
    const drain = context.req.query('drainMs');
    options.shutdown(drain === undefined ? undefined : Math.max(0, Number(drain) || 0));
    return context.json({ status: 'stopping' }, 202);
  });
  return app;
}

interface Frame {
  readonly event?: string;
  readonly data: string;
}

/** An endless SSE answer; ends with the client, or when the client falls too far behind. */
function follow(context: Context<Environment>, subscribe: (push: (frame: Frame) => void) => () => void): Response {
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

async function engineMetrics(fleet: Fleet): Promise<string> {
  const texts = await Promise.all(
    [...fleet.processes].map(async (process) => {
      const path = process.adapter.metricsPath(process.expert);
      const { upstream } = process;
      if (path === undefined || !upstream) return '';
      const text = await fetchText(upstream, path, ENGINE_METRICS_TIMEOUT_MS);
      return text === undefined ? '' : labelMetrics(text, 'expert', process.id);
    }),
  );
  return `${texts.filter((text) => text !== '').join('\n')}\n`;
}
