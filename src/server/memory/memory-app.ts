import type { Logger } from '../../telemetry/logger.ts';
import { newColdApp } from '../cold-app.ts';
import type { ColdApp } from '../cold-context.ts';
import type { MemoryRoutesOptions } from './access.ts';
import { addConversationRoutes } from './conversation-routes.ts';
import { addFeedbackRoutes } from './feedback-routes.ts';
import { addMemoryRoutes } from './memory-routes.ts';

/** All that people can ask about what is kept of them. */
export function createMemoryApp(options: MemoryRoutesOptions & { readonly logger: Logger }): ColdApp {
  const app = newColdApp(options.logger);
  addMemoryRoutes(app, options);
  addConversationRoutes(app, options);
  addFeedbackRoutes(app, options);
  return app;
}
