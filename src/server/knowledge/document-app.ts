import type { Logger } from '../../telemetry/logger.ts';
import { newColdApp } from '../cold-app.ts';
import type { ColdApp } from '../cold-context.ts';
import { addOpenaiRoutes } from '../openai/openai-routes.ts';
import type { KnowledgeRoutesOptions } from './access.ts';
import { addKnowledgeRoutes } from './knowledge-routes.ts';

/** Both ways in to documents: our own and OpenAI's. */
export function createDocumentApp(options: KnowledgeRoutesOptions & { readonly logger: Logger }): ColdApp {
  const app = newColdApp(options.logger);
  addKnowledgeRoutes(app, options);
  addOpenaiRoutes(app, options);
  return app;
}
