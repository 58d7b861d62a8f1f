import { getRequestListener, type HttpBindings } from '@hono/node-server';

import type { createColdRoutes } from './cold-routes.ts';
import type { RequestContext } from './context.ts';

/** Hands a request that is not the hot path's to the routes. */
export function serveCold(context: RequestContext, routes: ReturnType<typeof createColdRoutes>): void {
  const listener = getRequestListener(
    (request, bindings) =>
      routes.fetch(request, {
        ...(bindings as HttpBindings),
        identity: context.identity,
        requestId: context.requestId,
      }),
    { overrideGlobalObjects: false },
  );
  context.outgoing.setHeader('x-request-id', context.requestId);
  void listener(context.incoming, context.outgoing);
}
