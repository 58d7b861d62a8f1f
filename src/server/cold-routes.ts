import { AppError } from '../shared/errors.ts';
import type { Fleet } from '../supervisor/fleet.ts';
import { fetchText } from '../supervisor/readiness.ts';
import type { Logger } from '../telemetry/logger.ts';
import { labelMetrics, type Metrics } from '../telemetry/metrics.ts';
import { addBudgetRoutes, type BudgetRoutesOptions } from './budget-routes.ts';
import { newColdApp } from './cold-app.ts';
import type { ColdApp } from './cold-context.ts';
import { addCacheRoutes, type CacheRoutesOptions } from './cache-routes.ts';
import { addExpertRoutes, type ExpertRoutesOptions } from './expert-routes.ts';
import { modelList, stateOf } from './expert-views.ts';
import type { Identity } from './identity/contract.ts';
import { addIdentityPaths, type IdentityRoutesOptions } from './identity/identity-paths.ts';
import { reachOf } from './identity/reach.ts';
import type { KnowledgeRoutesOptions } from './knowledge/access.ts';
import { addDocumentPaths } from './knowledge/document-paths.ts';
import type { MemoryRoutesOptions } from './memory/access.ts';
import { addMemoryPaths } from './memory/memory-paths.ts';
import { addLogRoutes, type LogRoutesOptions } from './log-routes.ts';
import { addReloadRoutes, type ReloadRoutesOptions } from './reload-routes.ts';
import { addLearningRoutes, type LearningRoutesOptions } from './learning-routes.ts';
import { addRequestRoutes, type RequestRoutesOptions } from './request-routes.ts';
import { addRouteRoutes, type RouteRoutesOptions } from './route-routes.ts';
import { addUsageRoutes, type UsageRoutesOptions } from './usage/usage-routes.ts';
import { addStorePaths, type StoreRoutesOptions } from './store-paths.ts';
import type { HealthView, StatsView } from './views.ts';

/** An engine that computes on every core answers late; Prometheus itself waits ten seconds. */
const ENGINE_METRICS_TIMEOUT_MS = 5_000;

export interface ColdRoutesOptions
  extends
    ExpertRoutesOptions,
    RouteRoutesOptions,
    LearningRoutesOptions,
    RequestRoutesOptions,
    UsageRoutesOptions,
    BudgetRoutesOptions,
    CacheRoutesOptions,
    LogRoutesOptions,
    ReloadRoutesOptions,
    IdentityRoutesOptions,
    KnowledgeRoutesOptions,
    MemoryRoutesOptions,
    StoreRoutesOptions {
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly version: string;
  readonly url: () => string;
  readonly active: () => number;
  /** Begins to stop; answers before it is done. */
  readonly shutdown: (drainMs: number | undefined) => void;
}

/** Monitoring, models and management: everything that is not inference, behind the same front door. */
export function createColdRoutes(options: ColdRoutesOptions): ColdApp {
  const { fleet, settings, metrics, logger, clock } = options;
  const startedAt = clock.now();
  const createdSeconds = Math.floor(clock.wallTime().getTime() / 1_000);
  const app = newColdApp(logger);

  const health = (identity: Identity): HealthView => ({
    status: fleet.closing ? 'stopping' : 'ok',
    version: options.version,
    profile: settings().profile.name,
    uptimeSeconds: Math.round((clock.now() - startedAt) / 1_000),
    experts:
      identity.user === ''
        ? {}
        : Object.fromEntries(
            reachOf(settings(), identity).directory.experts.map((expert) => [expert.id, stateOf(fleet, expert.id)]),
          ),
  });

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
      knowledge: options.knowledge.status(),
      memory: options.memory.status(),
    };
    return context.json(stats);
  });
  app.get('/metrics', async (context) => {
    const [own, engines] = await Promise.all([metrics.registry.metrics(), engineMetrics(fleet)]);
    return context.text(`${own}\n${engines}`, 200, { 'content-type': metrics.registry.contentType });
  });

  app.get('/v1/models', (context) => {
    const { directory } = reachOf(settings(), context.env.identity);
    const data = modelList(fleet, directory, createdSeconds);
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
    const { directory } = reachOf(settings(), context.env.identity);
    const models = modelList(fleet, directory, createdSeconds);
    const model =
      models.find((entry) => entry['id'] === id) ??
      models.find((entry) => entry['id'] === directory.find(id)?.expert.id);
    if (!model) directory.refuseForbidden(id, 'model');
    if (!model)
      throw new AppError(
        'model_not_found',
        `There is no model "${id.slice(0, 100)}" here. Known: ${directory.names().join(', ')}.`,
        { param: 'model' },
      );
    return context.json(model);
  });

  addExpertRoutes(app, options);
  addRouteRoutes(app, options);
  addLearningRoutes(app, options);
  addRequestRoutes(app, options);
  addUsageRoutes(app, options);
  addBudgetRoutes(app, options);
  addCacheRoutes(app, options);
  addLogRoutes(app, options);
  addReloadRoutes(app, options);
  addDocumentPaths(app, options);
  addIdentityPaths(app, options);
  addMemoryPaths(app, options);
  addStorePaths(app, options);

  app.post('/api/shutdown', (context) => {
    const drain = context.req.query('drainMs');
    options.shutdown(drain === undefined ? undefined : Math.max(0, Number(drain) || 0));
    return context.json({ status: 'stopping' }, 202);
  });
  return app;
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
