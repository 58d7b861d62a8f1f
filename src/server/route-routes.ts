import type { InferenceRoute } from '../engines/routes.ts';
import type { JsonObject } from '../proxy/json.ts';
import type { ColdApp } from './cold-context.ts';
import { isUnnamed } from './directory.ts';
import { reachOf } from './identity/reach.ts';
import { readAnyObject } from './read-object.ts';
import { namedView, routeView } from './route-view.ts';
import { CONVERSATION_HEADER, conversationOf, type Routing } from './routing.ts';
import type { Settings } from './settings.ts';

export interface RouteRoutesOptions {
  readonly routing: Routing;
  readonly settings: () => Settings;
}

/** Who would serve a request, and why: serves nothing. */
export function addRouteRoutes(app: ColdApp, { routing, settings: inForce }: RouteRoutesOptions): void {
  app.post('/api/route', async (context) => {
    const settings = inForce();
    const { value: body, bytes } = await readAnyObject(context.req.raw, settings.profile.limits.bodySize);
    const { model } = body;
    const { identity } = context.env;
    const { directory } = reachOf(settings, identity);
    if (!isUnnamed(model)) return context.json(namedView(directory.resolve(model, 'generate')));
    const conversation = conversationOf(context.req.header(CONVERSATION_HEADER)) ?? identity.conversation;
    const decision = await routing.decide({ settings, identity, conversation }, routeOf(body), body, bytes);
    if (!decision) return context.json(namedView(directory.resolve(undefined, 'generate')));
    return context.json(routeView(decision, settings.profile.router.keepLoadedBias));
  });
}

/** By its shape: a chat, an item list, or a prompt. */
function routeOf(body: JsonObject): InferenceRoute {
  if (body['messages'] !== undefined) return '/v1/chat/completions';
  if (body['input'] !== undefined) return '/v1/responses';
  if (body['input_prefix'] !== undefined || body['input_suffix'] !== undefined) return '/infill';
  return body['prompt'] === undefined ? '/v1/chat/completions' : '/v1/completions';
}
