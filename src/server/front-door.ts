import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

import { INFERENCE_ROUTES, isInferenceRoute } from '../engines/routes.ts';
import { runningNow } from '../shared/clock.ts';
import { AppError } from '../shared/errors.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { answerPreflight, isPreflight } from './cors.ts';
import { requestIdOf, type RequestContext, sendError } from './context.ts';
import { isLoopback, originAllowed, plainAddress } from './host-check.ts';
import { NOBODY } from './identity/authenticator.ts';
import type { Identity } from './identity/contract.ts';
import type { Gate } from './gate.ts';
import type { Inference } from './inference.ts';
import { findPolicy, type Policy, refusalOf } from './policy.ts';
import type { Settings } from './settings.ts';

export interface FrontDoorOptions {
  readonly settings: () => Settings;
  readonly inference: Inference;
  /** Undefined where nothing is limited and nobody has to say who they are. */
  readonly gate: () => Gate | undefined;
  /** Everything that is not inference. */
  readonly cold: (context: RequestContext) => void;
  readonly metrics: Metrics;
}

/**
 * Every request passes here, in this order, the cheap refusals first:
 *
 *   request id → host (421) → origin (403) → route and method (404, 405) → key (401) → rights (403)
 *   → limits (429) → handler
 *
 * Paths are matched as they were sent: `//h`, `/v1/../x` and `%2e%2e` are simply other paths, and unknown ones. Only the pairs of
 * method and path in the tables exist, so nothing else can reach an engine.
 */
export function createFrontDoor(
  options: FrontDoorOptions,
): (incoming: IncomingMessage, outgoing: ServerResponse) => void {
  const { inference, cold, metrics } = options;
  const refuse = ({ outgoing, requestId, path }: RequestContext, thrown: unknown): void => {
    const dialect = isInferenceRoute(path) ? INFERENCE_ROUTES[path].dialect : 'openai';
    metrics.refused(sendError(outgoing, thrown, requestId, dialect).code);
  };
  const enter = (context: RequestContext, policy: Policy): void => {
    const { path, identity } = context;
    const refusal = refusalOf(policy, path, identity);
    if (refusal) throw refusal;
    const gate = options.gate();
    if (isInferenceRoute(path)) {
      if (gate) context.pass = gate.enter(context, path);
      inference.handle(context, path);
    } else {
      if (gate) context.pass = gate.enterCold(context, policy);
      cold(context);
    }
  };
  const enterLater = async (context: RequestContext, policy: Policy, identity: Promise<Identity>): Promise<void> => {
    try {
      context.identity = await identity;
      // Who has left meanwhile is asked for no body any more.
      if (!context.outgoing.destroyed) enter(context, policy);
    } catch (thrown) {
      refuse(context, thrown);
    }
  };
  return (incoming, outgoing) => {
    const { headers } = incoming;
    const settings = options.settings();
    const url = incoming.url ?? '';
    const query = url.indexOf('?');
    const context: RequestContext = {
      incoming,
      outgoing,
      requestId: requestIdOf(headers['x-request-id']),
      path: query < 0 ? url : url.slice(0, query),
      startedAt: runningNow(),
      identity: NOBODY,
      settings,
      pass: undefined,
    };
    try {
      const policy = admit(context);
      if (policy === undefined) return;
      const { authenticator } = settings;
      const isFromHere = fromLoopback(incoming.socket);
      const identity =
        policy === 'public'
          ? authenticator.tryIdentify(headers, isFromHere)
          : authenticator.identify(headers, isFromHere);
      if (identity instanceof Promise) return void enterLater(context, policy, identity);
      context.identity = identity;
      enter(context, policy);
    } catch (thrown) {
      refuse(context, thrown);
    }
  };
}

/** What comes before anybody's key: the policy of the route; undefined: it is answered. @throws AppError that refuses it. */
function admit({ incoming, outgoing, requestId, path, settings }: RequestContext): Policy | undefined {
  const { headers, method } = incoming;
  const { hosts, cors } = settings;
  const { host, origin } = headers;
  if (!hosts.allows(host, incoming.socket.localAddress)) {
    throw new AppError(
      'host_refused',
      `This server does not answer for the host "${(host ?? '').slice(0, 100)}". If it should, list it under security.allowedHosts.`,
    );
  }
  cors?.mark(outgoing, origin);
  const isListed = origin !== undefined && cors?.allows(origin) === true;
  if (!isListed && !originAllowed(origin, host)) {
    throw new AppError(
      'origin_refused',
      'Pages of other origins may not use this server, unless security.cors lists them. Call it from a program, or from a page that it serves.',
    );
  }
  const policy = findPolicy(path);
  if (policy === undefined)
    throw new AppError(
      'route_not_found',
      `There is no route ${path.slice(0, 200)}. The routes are listed in the README; the API begins at /v1.`,
    );
  if (isListed && isPreflight(incoming)) {
    answerPreflight(incoming, outgoing, requestId);
    return undefined;
  }
  if (method !== 'POST' && isInferenceRoute(path)) {
    outgoing.setHeader('allow', 'POST');
    throw new AppError('method_not_allowed', `${path} takes POST.`);
  }
  return policy;
}

function fromLoopback(socket: Socket): boolean {
  const { remoteAddress } = socket;
  // The common ones at once: what follows takes two regular expressions.
  return remoteAddress === '127.0.0.1' || remoteAddress === '::1' || isLoopback(plainAddress(remoteAddress));
}
