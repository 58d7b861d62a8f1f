import type { Logger } from '../../telemetry/logger.ts';
import type { ColdApp } from '../cold-context.ts';
import type { MemoryRoutesOptions } from './access.ts';

const PATHS = ['/api/memory/*', '/api/conversations/*', '/api/feedback/*'];

/** Where people ask what is kept of them. What answers there is loaded with the first request. */
export function addMemoryPaths(app: ColdApp, options: MemoryRoutesOptions & { readonly logger: Logger }): void {
  let routes: Promise<ColdApp> | undefined;
  const load = async () => (await import('./memory-app.ts')).createMemoryApp(options);
  for (const path of PATHS)
    app.all(path, async (context) => (await (routes ??= load())).fetch(context.req.raw, context.env));
}
