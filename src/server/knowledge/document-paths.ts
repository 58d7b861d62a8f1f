import type { Logger } from '../../telemetry/logger.ts';
import type { ColdApp } from '../cold-context.ts';
import type { KnowledgeRoutesOptions } from './access.ts';

const PATHS = ['/api/knowledge/*', '/v1/files/*', '/v1/vector_stores/*'];

/** Where documents are asked for. What answers there is loaded with the first request: where nobody has documents, never. */
export function addDocumentPaths(app: ColdApp, options: KnowledgeRoutesOptions & { readonly logger: Logger }): void {
  let routes: Promise<ColdApp> | undefined;
  const load = async () => (await import('./document-app.ts')).createDocumentApp(options);
  for (const path of PATHS)
    app.all(path, async (context) => (await (routes ??= load())).fetch(context.req.raw, context.env));
}
