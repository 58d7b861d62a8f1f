import type { Logger } from '../telemetry/logger.ts';
import type { ColdApp } from './cold-context.ts';
import type { KnowledgeRoutesOptions } from './knowledge/access.ts';
import type { StoreDesk } from './store-desk.ts';

export interface StoreRoutesOptions {
  readonly storeDesk: Pick<StoreDesk, 'with' | 'backup' | 'restore'>;
}

export interface StorePathsOptions extends StoreRoutesOptions, Pick<KnowledgeRoutesOptions, 'knowledge'> {
  readonly logger: Logger;
}

/** Where an administrator copies the store. What answers there is loaded with the first request. */
export function addStorePaths(app: ColdApp, options: StorePathsOptions): void {
  let routes: Promise<ColdApp> | undefined;
  const load = async () => (await import('./store-app.ts')).createStoreApp(options);
  app.all('/api/store/*', async (context) => (await (routes ??= load())).fetch(context.req.raw, context.env));
}
