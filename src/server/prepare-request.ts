import type { Readable } from 'node:stream';

import type { ExpertBase } from '../engines/contract.ts';
import { INFERENCE_ROUTES, type InferenceRoute } from '../engines/routes.ts';
import { removeBillingLine } from '../proxy/billing-line.ts';
import type { Deadlines } from '../proxy/deadlines.ts';
import { exceedsDepth } from '../proxy/depth.ts';
import { translateErrorLines } from '../proxy/error-lines.ts';
import type { AnswerTranslator } from '../proxy/forward.ts';
import { isObject, type JsonObject } from '../proxy/json.ts';
import { applyRequestPolicy } from '../proxy/request-policy.ts';
import { createTranslation } from '../proxy/translation.ts';
import { AppError, messageOf } from '../shared/errors.ts';
import type { SlotRequest } from '../supervisor/slot-keeper.ts';
import type { RequestContext } from './context.ts';
import { isUnnamed, type Target } from './directory.ts';
import { actingForBody } from './identity/act-as.ts';
import { reachOf } from './identity/reach.ts';
import type { Informed, InformingAccess } from './informed.ts';
import { refuseKnowledge } from './knowledge-wish.ts';
import { refuseMemory } from './memory-wish.ts';
import { modelOfUpload, replaceModel, uploadStream } from './multipart.ts';
import type { RequestUse } from './request-use.ts';
import type { Routed, Routing } from './routing.ts';
import type { Serving } from './serving.ts';
import type { Settings } from './settings.ts';
import { slotRequest } from './slot-request.ts';
import { type Wants, wantsOf } from './wants.ts';

const MULTIPART_TYPE = /^multipart\/form-data\b/i;

/** What is about to be sent to an engine. */
export interface Prepared {
  readonly target: Target;
  readonly serving: Serving;
  readonly body: Buffer | string | Readable;
  readonly headers: Record<string, string>;
  readonly dropped: readonly string[];
  readonly stream: boolean;
  readonly translator: AnswerTranslator | undefined;
  readonly keepLoaded: number | 'forever' | undefined;
  /** Unloads nobody to be served, and lets others go first. */
  readonly background: boolean;
  /** Where the request named nobody: how its expert was found, and what another one would be sent. */
  readonly routed: { readonly found: Routed; again(next: Routed): Prepared } | undefined;
  /** What a slot is chosen by, where prompt caches are kept, and the body with the fields of that slot. */
  readonly slot: { readonly request: SlotRequest; body(fields: Readonly<Record<string, unknown>>): string } | undefined;
  /** What documents and memories of its user have to do with it. */
  readonly use: RequestUse | undefined;
}

/** Reads a JSON body and decides what of it goes to whom. Throws the `AppError` that refuses it. */
export function prepareJson(
  context: RequestContext,
  route: InferenceRoute,
  bytes: Buffer,
  house: InformingAccess & { readonly routing: Routing },
): Prepared | Promise<Prepared> {
  const { settings } = context;
  const { limits } = settings.profile;
  if (exceedsDepth(bytes, limits.bodyDepth))
    throw new AppError(
      'invalid_request',
      `The body is nested deeper than ${limits.bodyDepth} levels (limits.bodyDepth).`,
    );
  const parsed = parseJson(bytes);
  const model = isObject(parsed) ? parsed['model'] : undefined;
  const received = { bytes, parsed };
  if (context.identity.scopes.actAs && isObject(parsed)) {
    const { identity } = context;
    context.identity = actingForBody(identity, parsed['user']);
    if (context.identity !== identity) context.pass?.identified();
  }
  // Where nothing is kept of anybody this costs a look at flags.
  const wants = wantsOf(settings.profile, context.identity, route, parsed);
  if (wants && isObject(parsed)) return prepareInformed(context, route, { bytes, parsed, wants }, house);
  const { routing } = house;
  if (isUnnamed(model)) {
    const found = routing.route(context, route, parsed, bytes.length);
    if (found instanceof Promise)
      return found.then((later) =>
        later ? prepareRouted(context, route, received, later) : prepareNamed(context, route, received, model),
      );
    if (found) return prepareRouted(context, route, received, found);
  }
  const prepared = prepareNamed(context, route, received, model);
  if (settings.profile.router.learn && !isUnnamed(model)) routing.chosen(route, parsed, prepared.target);
  return prepared;
}

/** The same with documents and memories of the user: whom it is for comes first, then what is to be told. */
async function prepareInformed(
  context: RequestContext,
  route: InferenceRoute,
  { bytes, parsed, wants }: { readonly bytes: Buffer; readonly parsed: JsonObject; readonly wants: Wants },
  house: InformingAccess & { readonly routing: Routing },
): Promise<Prepared> {
  const { routing } = house;
  const { model } = parsed;
  const found = isUnnamed(model) ? await routing.route(context, route, parsed, bytes.length) : undefined;
  const target =
    found?.target ?? reachOf(context.settings, context.identity).directory.resolve(model, INFERENCE_ROUTES[route].task);
  // What is refused anyhow is refused before anything is searched for.
  prepareFor(context, route, { bytes, parsed }, target);
  if (!found && !isUnnamed(model) && context.settings.profile.router.learn) routing.chosen(route, parsed, target);
  const { inform } = await import('./informed.ts');
  const informed = await inform(house, context, { route, body: parsed, bytes: bytes.length, wants });
  const received = { bytes, parsed, informed };
  return found ? prepareRouted(context, route, received, found) : prepareFor(context, route, received, target);
}

function prepareNamed(context: RequestContext, route: InferenceRoute, received: Received, model: unknown): Prepared {
  const target = reachOf(context.settings, context.identity).directory.resolve(model, INFERENCE_ROUTES[route].task);
  return prepareFor(context, route, received, target);
}

interface Received {
  readonly bytes: Buffer;
  readonly parsed: unknown;
  readonly informed?: Informed;
}

function prepareRouted(context: RequestContext, route: InferenceRoute, received: Received, found: Routed): Prepared {
  const again = (next: Routed): Prepared => prepareRouted(context, route, received, next);
  return { ...prepareFor(context, route, received, found.target), routed: { found, again } };
}

function prepareFor(
  context: RequestContext,
  route: InferenceRoute,
  { bytes, parsed, informed }: Received,
  target: Target,
): Prepared {
  const { settings } = context;
  const { compatibility } = settings.profile;
  const serving = servingOf(settings, target.expert, route);
  const strips = compatibility.stripBillingHeader && serving.local && route === '/v1/messages';
  const use = informed?.for(target.expert, serving.local, route);
  const given = use ? use.body : parsed;
  const body = strips && isObject(given) ? removeBillingLine(given) : given;
  const set = fieldsFor(serving, target);
  const policy = applyRequestPolicy({
    route,
    body,
    expert: target.expert,
    variant: target.variant,
    knownFields: serving.knownFields,
    set: serving.translated ? undefined : set,
    fieldNames: serving.translated ? undefined : serving.fieldNames,
  });
  if (policy.extension.knowledge && !settings.profile.knowledge.enabled) refuseKnowledge(route, policy.body);
  if (policy.extension.memory) refuseMemory(settings.profile, route);
  const translation = serving.translated
    ? createTranslation({
        route,
        upstreamRoute: serving.upstreamRoute,
        body: policy.body,
        set,
        expert: target.expert.id,
        requestId: context.requestId,
      })
    : undefined;
  const unchanged = !policy.changed && !translation && body === parsed;
  const sent = translation?.body ?? policy.body;
  const translator =
    translation?.translator ?? (serving.errorLines && policy.stream ? translateErrorLines() : undefined);
  return {
    target,
    serving,
    body: unchanged ? bytes : JSON.stringify(sent),
    headers: { 'content-type': 'application/json', accept: policy.stream ? 'text/event-stream' : 'application/json' },
    dropped: translation ? [...policy.dropped, ...translation.dropped] : policy.dropped,
    stream: policy.stream,
    translator: use ? use.translator(translator) : translator,
    keepLoaded: policy.extension.keepLoaded,
    background: policy.extension.priority === 'background',
    routed: undefined,
    slot: serving.usesSlots
      ? {
          // As it is sent: a translated request gets its adapters only there.
          request: slotRequest(target.expert.id, context.identity.user, sent),
          body: (fields) => JSON.stringify({ ...sent, ...fields }),
        }
      : undefined,
    use,
  };
}

/** The same for a form with a file, which is passed on as it comes, but for the name of the model. */
export async function prepareUpload(
  context: RequestContext,
  route: InferenceRoute,
  deadlines: Deadlines,
): Promise<Prepared> {
  const { incoming, settings } = context;
  const type = incoming.headers['content-type'];
  if (type === undefined || !MULTIPART_TYPE.test(type))
    throw new AppError('content_type_refused', `${route} takes content-type: multipart/form-data.`);
  const name = await modelOfUpload(incoming, settings.profile.timeouts.body, deadlines);
  const target = reachOf(settings, context.identity).directory.resolve(name, INFERENCE_ROUTES[route].task);
  const serving = servingOf(settings, target.expert, route);
  const known = fieldsFor(serving, target)?.['model'];
  const growth = name !== undefined && typeof known === 'string' && known !== name ? replaceModel(incoming, known) : 0;
  const length = incoming.headers['content-length'];
  return {
    target,
    serving,
    body: uploadStream(incoming, settings.profile.limits.bodySize),
    headers: {
      'content-type': type,
      ...(length === undefined ? {} : { 'content-length': String(Number(length) + growth) }),
    },
    dropped: [],
    stream: false,
    translator: undefined,
    keepLoaded: undefined,
    background: false,
    routed: undefined,
    slot: undefined,
    use: undefined,
  };
}

/** What the engine wants in every request by this name. */
function fieldsFor(serving: Serving, { variant }: Target): Serving['set'] {
  return variant ? serving.variantSets.get(variant) : serving.set;
}

function servingOf({ serving }: Settings, expert: ExpertBase, route: InferenceRoute): Serving {
  const found = serving.find(expert, route);
  if (found) return found;
  const routes = serving.routesOf(expert);
  throw new AppError(
    'endpoint_not_supported',
    `${expert.id} does not serve ${route}; it serves ${routes.join(', ')}.`,
    {
      param: 'model',
    },
  );
}

function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw new AppError('invalid_json', `The body is not JSON: ${messageOf(error).slice(0, 200)}`, { cause: error });
  }
}
