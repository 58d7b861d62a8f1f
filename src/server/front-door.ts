import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

import { INFERENCE_ROUTES, isInferenceRoute } from '../engines/routes.ts';
import { runningNow } from '../shared/clock.ts';
import { AppError } from '../shared/errors.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { requestIdOf, type RequestContext, sendError } from './context.ts';
import { isLoopback, originAllowed, plainAddress } from './host-check.ts';
import type { Authenticator, Identity } from './identity.ts';
import type { Inference } from './inference.ts';
import { findPolicy } from './policy.ts';
import type { Settings } from './settings.ts';

export interface FrontDoorOptions {
  readonly settings: () => Settings;
  readonly inference: Inference;
  /** Everything that is not inference. */
  readonly cold: (context: RequestContext) => void;
  readonly metrics: Metrics;
}

const ANONYMOUS: Identity = { user: '', admin: false };

/**
 * Every request passes here, in this order, the cheap refusals first:
 *
 *   request id → host (421) → origin (403) → route and method (404, 405) → key (401) → rights (403) → handler
 *
 * Paths are matched as they were sent: `//h`, `/v1/../x` and `%2e%2e` are simply other paths, and unknown ones. Only the pairs of
 * method and path in the tables exist, so nothing else can reach an engine.
 */
export function createFrontDoor(
  options: FrontDoorOptions,
): (incoming: IncomingMessage, outgoing: ServerResponse) => void {
  const { inference, cold, metrics } = options;
  return (incoming, outgoing) => {
    const startedAt = runningNow();
    const { headers } = incoming;
    const settings = options.settings();
    const { hosts, authenticator } = settings;
    const requestId = requestIdOf(headers['x-request-id']);
    const url = incoming.url ?? '';
    const query = url.indexOf('?');
    const path = query < 0 ? url : url.slice(0, query);
    const isInference = isInferenceRoute(path);
    try {
      if (!hosts.allows(headers.host, incoming.socket.localAddress)) {
        throw new AppError(
          'host_refused',
          `This server does not answer for the host "${(headers.host ?? '').slice(0, 100)}". If it should, list it under security.allowedHosts.`,
        );
      }
      if (!originAllowed(headers.origin, headers.host)) {
        throw new AppError(
          'origin_refused',
          'Pages of other origins may not use this server. Call it from a program, or from a page that it serves.',
        );
      }
      const policy = isInference ? 'user' : findPolicy(path);
      if (policy === undefined)
        throw new AppError(
          'route_not_found',
          `There is no route ${path.slice(0, 200)}. The routes are listed in the README; the API begins at /v1.`,
        );
      if (isInference && incoming.method !== 'POST') {
        outgoing.setHeader('allow', 'POST');
        throw new AppError('method_not_allowed', `${path} takes POST.`);
      }
      const identity =
        policy === 'public'
          ? tryIdentify(authenticator, incoming)
          : authenticator.identify(headers, fromLoopback(incoming.socket));
      if (policy === 'admin' && !identity.admin)
        throw new AppError('forbidden', `${path} needs an administrator's key.`);
      const context: RequestContext = { incoming, outgoing, requestId, path, startedAt, identity, settings };
      if (isInference) inference.handle(context, path);
      else cold(context);
    } catch (thrown) {
      const error = sendError(outgoing, thrown, requestId, isInference ? INFERENCE_ROUTES[path].dialect : 'openai');
      metrics.refused(error.code);
    }
  };
}

/** Public routes answer everyone, and tell more to those they know. */
function tryIdentify(authenticator: Authenticator, incoming: IncomingMessage): Identity {
  try {
    return authenticator.identify(incoming.headers, fromLoopback(incoming.socket));
  } catch {
    return ANONYMOUS;
  }
}

function fromLoopback(socket: Socket): boolean {
  const { remoteAddress } = socket;
  // The common ones at once: what follows takes two regular expressions.
  return remoteAddress === '127.0.0.1' || remoteAddress === '::1' || isLoopback(plainAddress(remoteAddress));
}
