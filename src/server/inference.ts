import type { Readable } from 'node:stream';

import type { ExpertBase } from '../engines/contract.ts';
import { INFERENCE_ROUTES, type InferenceRoute } from '../engines/routes.ts';
import { removeBillingLine } from '../proxy/billing-line.ts';
import type { Deadlines } from '../proxy/deadlines.ts';
import { exceedsDepth } from '../proxy/depth.ts';
import { type AnswerTranslator, forward, type ForwardResult } from '../proxy/forward.ts';
import { translateErrorLines } from '../proxy/error-lines.ts';
import { errorFrame } from '../proxy/frames.ts';
import { isObject } from '../proxy/json.ts';
import { applyRequestPolicy } from '../proxy/request-policy.ts';
import { createTranslation } from '../proxy/translation.ts';
import { AppError, messageOf, toAppError } from '../shared/errors.ts';
import type { Fleet } from '../supervisor/fleet.ts';
import type { Lease } from '../supervisor/lease.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { type RequestContext, sendError } from './context.ts';
import type { Target } from './directory.ts';
import { modelOfUpload, uploadStream } from './multipart.ts';
import { readBody } from './read-body.ts';
import type { Serving } from './serving.ts';
import type { Settings } from './settings.ts';
import { WaitingStream } from './waiting-stream.ts';

export interface InferenceOptions {
  readonly fleet: Fleet;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly deadlines: Deadlines;
}

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\b/i;
const MULTIPART_TYPE = /^multipart\/form-data\b/i;

/** What is about to be sent to an engine. */
interface Prepared {
  readonly target: Target;
  readonly serving: Serving;
  readonly body: Buffer | string | Readable;
  readonly headers: Record<string, string>;
  readonly dropped: readonly string[];
  readonly stream: boolean;
  readonly translator: AnswerTranslator | undefined;
  readonly keepLoaded: number | 'forever' | undefined;
}

/** The hot path: body → expert → policy → slot → engine. */
export class Inference {
  readonly #options: InferenceOptions;
  active = 0;

  constructor(options: InferenceOptions) {
    this.#options = options;
  }

  /** Never throws, never rejects: whatever happens ends as an answer or a closed connection. */
  async handle(context: RequestContext, route: InferenceRoute): Promise<void> {
    this.active += 1;
    const { dialect } = INFERENCE_ROUTES[route];
    let ownHeaders: string[] = ['x-request-id', context.requestId];
    let prepared: Prepared | undefined;
    let lease: Lease | undefined;
    try {
      prepared =
        INFERENCE_ROUTES[route].body === 'json'
          ? await this.#prepareJson(context, route)
          : await this.#prepareUpload(context, route);
      ownHeaders = headersOf(context, prepared);
      lease =
        this.#options.fleet.tryAcquire(prepared.target.expert.id) ??
        (await this.#waitForLease(context, route, prepared, ownHeaders));
      if (lease) this.#send(context, route, prepared, ownHeaders, lease);
      else this.active -= 1;
    } catch (thrown) {
      this.active -= 1;
      lease?.release(false);
      const error = sendError(context.outgoing, thrown, context.requestId, dialect, ownHeaders.slice(2));
      this.#report(context, route, prepared?.target.expert.id, error);
    }
  }

  async #prepareJson(context: RequestContext, route: InferenceRoute): Promise<Prepared> {
    const { incoming, settings } = context;
    const { limits, timeouts, compatibility } = settings.profile;
    const type = incoming.headers['content-type'];
    if (type === undefined || !JSON_TYPE.test(type)) {
      throw new AppError(
        'content_type_refused',
        `${route} takes content-type: application/json${type === undefined ? '' : `, not ${type.slice(0, 80)}`}.`,
      );
    }
    const bytes = await readBody(
      incoming,
      { maxBytes: limits.bodySize, graceMs: timeouts.body },
      this.#options.deadlines,
    );
    if (exceedsDepth(bytes, limits.bodyDepth))
      throw new AppError(
        'invalid_request',
        `The body is nested deeper than ${limits.bodyDepth} levels (limits.bodyDepth).`,
      );
    const parsed = parseJson(bytes);
    const target = settings.directory.resolve(
      isObject(parsed) ? parsed['model'] : undefined,
      INFERENCE_ROUTES[route].task,
    );
    const serving = servingOf(settings, target.expert, route);
    const strips = compatibility.stripBillingHeader && serving.local && route === '/v1/messages';
    const body = strips && isObject(parsed) ? removeBillingLine(parsed) : parsed;
    const policy = applyRequestPolicy({
      route,
      body,
      expert: target.expert,
      variant: target.variant,
      knownFields: serving.knownFields,
      set: serving.translated ? undefined : serving.set,
      fieldNames: serving.translated ? undefined : serving.fieldNames,
    });
    const translation = serving.translated
      ? createTranslation({
          route,
          upstreamRoute: serving.upstreamRoute,
          body: policy.body,
          set: serving.set,
          expert: target.expert.id,
          requestId: context.requestId,
        })
      : undefined;
    const unchanged = !policy.changed && !translation && body === parsed;
    return {
      target,
      serving,
      body: unchanged ? bytes : JSON.stringify(translation?.body ?? policy.body),
      headers: { 'content-type': 'application/json', accept: policy.stream ? 'text/event-stream' : 'application/json' },
      dropped: translation ? [...policy.dropped, ...translation.dropped] : policy.dropped,
      stream: policy.stream,
      translator: translation?.translator ?? (serving.errorLines && policy.stream ? translateErrorLines() : undefined),
      keepLoaded: policy.extension.keepLoaded,
    };
  }

  async #prepareUpload(context: RequestContext, route: InferenceRoute): Promise<Prepared> {
    const { incoming, settings } = context;
    const type = incoming.headers['content-type'];
    if (type === undefined || !MULTIPART_TYPE.test(type))
      throw new AppError('content_type_refused', `${route} takes content-type: multipart/form-data.`);
    const target = settings.directory.resolve(
      await modelOfUpload(incoming, settings.profile.timeouts.body, this.#options.deadlines),
      INFERENCE_ROUTES[route].task,
    );
    const serving = servingOf(settings, target.expert, route);
    const length = incoming.headers['content-length'];
    return {
      target,
      serving,
      body: uploadStream(incoming, settings.profile.limits.bodySize),
      headers: { 'content-type': type, ...(length === undefined ? {} : { 'content-length': length }) },
      dropped: [],
      stream: false,
      translator: undefined,
      keepLoaded: undefined,
    };
  }

  /** Waits in the queue or for a load. A streaming client is kept in touch meanwhile. Undefined: the client has left or was answered. */
  async #waitForLease(
    context: RequestContext,
    route: InferenceRoute,
    prepared: Prepared,
    ownHeaders: string[],
  ): Promise<Lease | undefined> {
    const { fleet } = this.#options;
    const { showLoading } = context.settings.profile.compatibility;
    const { outgoing } = context;
    const { expert } = prepared.target;
    // Who left before this point sends no `close` any more.
    if (outgoing.destroyed) return undefined;
    const controller = new AbortController();
    const onClose = () => controller.abort();
    outgoing.on('close', onClose);
    const waiting = prepared.stream
      ? new WaitingStream({
          outgoing,
          route,
          headers: ownHeaders,
          progress: showLoading ? () => fleet.process(expert.id)?.progress() : undefined,
          model: expert.id,
          requestId: context.requestId,
        })
      : undefined;
    try {
      const lease = await fleet.acquire(expert.id, controller.signal);
      if (!controller.signal.aborted && !outgoing.destroyed) return lease;
      lease.release(false);
      return undefined;
    } catch (error) {
      if (controller.signal.aborted) return undefined;
      if (!outgoing.headersSent) throw error;
      // The client already has its 200: from here on a failure is an error frame.
      const failure = toAppError(error);
      outgoing.end(errorFrame(failure, INFERENCE_ROUTES[route].dialect), () => outgoing.socket?.destroySoon());
      this.#report(context, route, expert.id, failure);
      return undefined;
    } finally {
      waiting?.stop();
      outgoing.off('close', onClose);
    }
  }

  #send(
    context: RequestContext,
    route: InferenceRoute,
    prepared: Prepared,
    ownHeaders: readonly string[],
    lease: Lease,
  ): void {
    const { deadlines, fleet } = this.#options;
    const { timeouts } = context.settings.profile;
    const { target, serving, keepLoaded } = prepared;
    const sentAt = performance.now();
    if (keepLoaded !== undefined && keepLoaded !== 0) fleet.keepLoaded(target.expert.id, keepLoaded);
    forward({
      outgoing: context.outgoing,
      lease,
      route,
      path: serving.path,
      body: prepared.body,
      headers: { ...lease.upstream.headers, ...prepared.headers },
      ownHeaders,
      dialect: INFERENCE_ROUTES[route].dialect,
      timeouts: {
        firstByte: timeouts.firstByte,
        betweenBytes: timeouts.betweenBytes,
        total: Math.max(1, timeouts.total - (sentAt - context.startedAt)),
      },
      deadlines,
      translator: prepared.translator,
      onDone: (result) => {
        this.active -= 1;
        if (keepLoaded === 0) fleet.keepLoaded(target.expert.id, 0);
        this.#finished(context, route, target.expert.id, sentAt, result);
      },
    });
  }

  #finished(
    context: RequestContext,
    route: InferenceRoute,
    expert: string,
    sentAt: number,
    result: ForwardResult,
  ): void {
    const { metrics, logger } = this.#options;
    const now = performance.now();
    metrics.finished({
      expert,
      route,
      status: result.clientLeft ? 499 : (result.error?.status ?? result.status),
      durationMs: now - context.startedAt,
      firstByteMs: result.firstByteAt === undefined ? undefined : result.firstByteAt - context.startedAt,
      waitedMs: sentAt - context.startedAt,
      promptTokens: result.usage.promptTokens,
      generatedTokens: result.usage.generatedTokens,
    });
    if (result.error)
      logger.warn('a request failed', {
        request: context.requestId,
        route,
        expert,
        code: result.error.code,
        reason: result.error.message,
        cause: causeOf(result.error),
      });
  }

  #report(context: RequestContext, route: InferenceRoute, expert: string | undefined, error: AppError): void {
    const { metrics, logger } = this.#options;
    metrics.refused(error.code);
    const fields = { request: context.requestId, route, expert, code: error.code, reason: error.message };
    if (error.code === 'internal') logger.error('a request met a defect', { ...fields, error: error.cause });
    else if (error.fault === 'system') logger.warn('a request was refused', fields);
    else logger.debug('a request was refused', fields);
  }
}

function headersOf(context: RequestContext, { target, dropped }: Prepared): string[] {
  const headers = ['x-request-id', context.requestId, 'x-orchestrator-expert', target.expert.id];
  if (target.reason === 'default') headers.push('x-orchestrator-route', 'reason=default');
  if (dropped.length > 0) headers.push('x-orchestrator-dropped', headerList(dropped));
  return headers;
}

/** Names from a client's body in a header: printable ASCII, bounded. */
function headerList(names: readonly string[]): string {
  return names
    .slice(0, 20)
    .map((name) => name.replaceAll(/[^\x21-\x2b\x2d-\x7e]/g, '?').slice(0, 60))
    .join(', ');
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

function causeOf(error: AppError): string | undefined {
  return error.cause === undefined ? undefined : messageOf(error.cause);
}
