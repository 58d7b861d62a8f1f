import type { ColdApp } from '../cold-context.ts';
import type { KnowledgeRoutesOptions } from '../knowledge/access.ts';
import { addBatchRoutes } from './batch-routes.ts';
import { addFileRoutes } from './file-routes.ts';
import { addSearchRoutes } from './search-routes.ts';
import { addStoreFileRoutes } from './store-file-routes.ts';
import { addStoreRoutes } from './store-routes.ts';

/** Documents and collections as OpenAI's files and vector stores, for the clients that people have. */
export function addOpenaiRoutes(app: ColdApp, options: KnowledgeRoutesOptions): void {
  addFileRoutes(app, options);
  addStoreRoutes(app, options);
  addStoreFileRoutes(app, options);
  addBatchRoutes(app, options);
  addSearchRoutes(app, options);
}
