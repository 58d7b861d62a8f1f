import type { Logger } from '../../telemetry/logger.ts';
import { newColdApp } from '../cold-app.ts';
import type { ColdApp } from '../cold-context.ts';
import { addAuthRoutes } from './auth-routes.ts';
import type { IdentityRoutesOptions } from './identity-paths.ts';
import { addUserRoutes } from './user-routes.ts';

export function createIdentityApp(options: IdentityRoutesOptions & { readonly logger: Logger }): ColdApp {
  const app = newColdApp(options.logger);
  addAuthRoutes(app, options);
  addUserRoutes(app, options);
  return app;
}
