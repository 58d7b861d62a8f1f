import { getRequestListener, type HttpBindings } from '@hono/node-server';

import type { createColdRoutes } from './cold-routes.ts';
import type { RequestContext } from './context.ts';

/** Hands a request that is not the hot path's to the routes. */
export function serveCold(context: RequestContext, routes: ReturnType<typeof createColdRoutes>): void {
  const listener = getRequestListener(
    async (request, bindings) => {
      const response = await routes.fetch(request, {
        ...(bindings as HttpBindings),
        identity: context.identity,
        requestId: context.requestId,
      });
      // The connection ends where the rest of a body is not read: whoever would send the next request on it is told so.
      const { readableDidRead, complete } = context.incoming;
      if (readableDidRead && !complete) context.outgoing.setHeader('connection', 'close');
      // What its credential was when it came does not count any more.
      const ended = context.pass?.ended;
      if (!ended) return response;
      void response.body?.cancel();
      return Response.json(ended.toBody(), { status: ended.status });
    },
    { overrideGlobalObjects: false },
  );
  context.outgoing.setHeader('x-request-id', context.requestId);
  // What users have written is data, whatever it looks like.
  context.outgoing.setHeader('x-content-type-options', 'nosniff');
  void listener(context.incoming, context.outgoing);
}
