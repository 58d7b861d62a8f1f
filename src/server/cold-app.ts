import { Hono } from 'hono';

import { AppError, toAppError } from '../shared/errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { ColdApp, ColdEnvironment } from './cold-context.ts';

/** An app without routes, which renders what they throw. */
export function newColdApp(logger: Logger): ColdApp {
  const app = new Hono<ColdEnvironment>();
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
  return app;
}
