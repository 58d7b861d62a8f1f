import { INFERENCE_ROUTES, type InferenceRoute } from '../engines/routes.ts';
import type { Deadlines } from '../proxy/deadlines.ts';
import { forward, type ForwardResult } from '../proxy/forward.ts';
import { errorFrame } from '../proxy/frames.ts';
import { runningNow } from '../shared/clock.ts';
import { AppError, messageOf, toAppError } from '../shared/errors.ts';
import type { Fleet } from '../supervisor/fleet.ts';
import type { Lease } from '../supervisor/lease.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { type RequestContext, sendError } from './context.ts';
import type { InformingAccess } from './informed.ts';
import type { KnowledgeHolder } from './knowledge-holder.ts';
import { ownHeadersOf } from './own-headers.ts';
import { type Prepared, prepareJson, prepareUpload } from './prepare-request.ts';
import { receiveBody } from './read-body.ts';
import type { RequestBook } from './request-book.ts';
import { requestNote } from './request-view.ts';
import type { Routing } from './routing.ts';
import { WaitingStream } from './waiting-stream.ts';

export interface InferenceOptions {
  readonly fleet: Fleet;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly deadlines: Deadlines;
  readonly routing: Routing;
  readonly knowledge: KnowledgeHolder;
  readonly reminding: InformingAccess['reminding'];
  readonly requests: RequestBook;
}

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\b/i;

/** A request that has found its expert. */
interface Known {
  readonly prepared: Prepared;
  readonly ownHeaders: readonly string[];
}

/** The hot path: body → expert → policy → slot → engine. */
export class Inference {
  readonly #options: InferenceOptions;
  active = 0;

  constructor(options: InferenceOptions) {
    this.#options = options;
  }

  /** Never throws: whatever happens ends as an answer or a closed connection. Calls back where promises would cost. */
  handle(context: RequestContext, route: InferenceRoute): void {
    this.active += 1;
    const { pass } = context;
    if (pass) pass.onEnd = (error) => this.#refuse(context, route, error);
    if (INFERENCE_ROUTES[route].body !== 'json')
      return void this.#serveWhenPrepared(context, route, prepareUpload(context, route, this.#options.deadlines));
    const { incoming, settings } = context;
    const { limits, timeouts } = settings.profile;
    const type = incoming.headers['content-type'];
    if (type === undefined || !JSON_TYPE.test(type)) {
      const got = type === undefined ? '' : `, not ${type.slice(0, 80)}`;
      const message = `${route} takes content-type: application/json${got}.`;
      return this.#refuse(context, route, new AppError('content_type_refused', message));
    }
    receiveBody(incoming, { maxBytes: limits.bodySize, graceMs: timeouts.body }, this.#options.deadlines, {
      onBody: (bytes) => {
        if (pass?.ended) return;
        let prepared: Prepared | Promise<Prepared>;
        try {
          prepared = prepareJson(context, route, bytes, this.#options);
        } catch (thrown) {
          return this.#refuse(context, route, thrown);
        }
        if (prepared instanceof Promise) void this.#serveWhenPrepared(context, route, prepared);
        else this.#serve(context, route, prepared);
      },
      onBodyError: (error) => {
        if (!pass?.ended) this.#refuse(context, route, error);
      },
    });
  }

  async #serveWhenPrepared(context: RequestContext, route: InferenceRoute, prepared: Promise<Prepared>): Promise<void> {
    try {
      const found = await prepared;
      if (!context.pass?.ended) this.#serve(context, route, found);
    } catch (thrown) {
      if (!context.pass?.ended) this.#refuse(context, route, thrown);
    }
  }

  #serve(context: RequestContext, route: InferenceRoute, prepared: Prepared): void {
    const ownHeaders = ownHeadersOf(context, prepared);
    const lease = this.#options.fleet.tryAcquire(prepared.target.expert.id, prepared.background, context.identity.user);
    if (lease) this.#trySend(context, route, prepared, ownHeaders, lease);
    else void this.#serveLater(context, route, prepared, ownHeaders);
  }

  async #serveLater(
    context: RequestContext,
    route: InferenceRoute,
    prepared: Prepared,
    ownHeaders: string[],
  ): Promise<void> {
    try {
      const lease = await this.#waitForLease(context, route, prepared, ownHeaders);
      if (lease) this.#trySend(context, route, prepared, ownHeaders, lease);
      else {
        this.active -= 1;
        context.pass?.refused(prepared.target.expert.id);
      }
    } catch (thrown) {
      this.#passOn(context, route, thrown, { prepared, ownHeaders });
    }
  }

  /** No engine has the request: where it named nobody the next best expert is asked, else it ends here. */
  #passOn(context: RequestContext, route: InferenceRoute, thrown: unknown, known: Known): void {
    const { routed } = known.prepared;
    try {
      const next =
        routed && !context.pass?.ended && this.#options.routing.next(context, routed.found, toAppError(thrown));
      if (!next) return this.#refuse(context, route, thrown, known);
      this.#options.logger.info('a request is passed on', {
        request: context.requestId,
        from: known.prepared.target.expert.id,
        to: next.target.expert.id,
        reason: messageOf(thrown),
      });
      this.#serve(context, route, routed.again(next));
    } catch (error) {
      // What the next one could not even be sent says nothing about the request.
      this.#refuse(context, route, error instanceof AppError ? thrown : error, known);
    }
  }

  #trySend(
    context: RequestContext,
    route: InferenceRoute,
    prepared: Prepared,
    ownHeaders: readonly string[],
    lease: Lease,
  ): void {
    if (prepared.slot && lease.takesSlot)
      return void this.#bindAndSend(context, route, prepared, prepared.slot, ownHeaders, lease);
    try {
      this.#send(context, route, prepared, ownHeaders, lease);
    } catch (thrown) {
      lease.release(false);
      this.#refuse(context, route, thrown, { prepared, ownHeaders });
    }
  }

  /** Where prompt caches are kept, a request goes to the slot that has, or gets back, what its user asked before. */
  async #bindAndSend(
    context: RequestContext,
    route: InferenceRoute,
    prepared: Prepared,
    slot: NonNullable<Prepared['slot']>,
    ownHeaders: readonly string[],
    lease: Lease,
  ): Promise<void> {
    // Nobody can be told meanwhile: what is ended now is ended as soon as it is sent.
    if (context.pass) context.pass.onEnd = undefined;
    const body = slot.body(await lease.bindSlot(slot.request));
    this.#trySend(context, route, { ...prepared, body, slot: undefined }, ownHeaders, lease);
  }

  /** The request ends here, before an engine has seen it. */
  #refuse(context: RequestContext, route: InferenceRoute, thrown: unknown, known?: Known): void {
    this.active -= 1;
    const { dialect } = INFERENCE_ROUTES[route];
    const error = sendError(context.outgoing, thrown, context.requestId, dialect, known?.ownHeaders.slice(2));
    const expert = known?.prepared.target.expert.id;
    context.pass?.refused(expert);
    this.#report(context, route, expert, error);
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
    const { outgoing, pass } = context;
    const { expert } = prepared.target;
    // Who left before this point sends no `close` any more.
    if (outgoing.destroyed) return undefined;
    const controller = new AbortController();
    const onClose = () => controller.abort();
    outgoing.on('close', onClose);
    if (pass) pass.onEnd = onClose;
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
      const lease = await fleet.acquire(expert.id, controller.signal, prepared.background, context.identity.user);
      if (!controller.signal.aborted && !outgoing.destroyed) return lease;
      lease.release(false);
      if (!pass?.ended) return undefined;
      throw pass.ended;
    } catch (thrown) {
      const error = pass?.ended ?? thrown;
      if (controller.signal.aborted && error !== pass?.ended) return undefined;
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
    const sentAt = runningNow();
    if (keepLoaded !== undefined && keepLoaded !== 0) fleet.keepLoaded(target.expert.id, keepLoaded);
    const { pass } = context;
    if (pass) pass.onEnd = (error) => lease.onCut?.(error);
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
      onUnreached: prepared.routed && ((error) => this.#passOn(context, route, error, { prepared, ownHeaders })),
      onDone: (result) => {
        this.active -= 1;
        if (keepLoaded === 0) fleet.keepLoaded(target.expert.id, 0);
        this.#finished(context, route, target.expert.id, sentAt, result);
        context.pass?.served(route, target.expert.id, runningNow() - sentAt, result);
        if (prepared.use || prepared.routed) this.#note(context, route, prepared, sentAt, result);
      },
    });
    // Ended while it was given its slot.
    if (pass?.ended) lease.onCut?.(pass.ended);
  }

  #finished(
    context: RequestContext,
    route: InferenceRoute,
    expert: string,
    sentAt: number,
    result: ForwardResult,
  ): void {
    const { metrics, logger } = this.#options;
    const now = runningNow();
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

  /** What of it its user may look up afterwards. */
  #note(
    context: RequestContext,
    route: InferenceRoute,
    { use, routed, target }: Prepared,
    sentAt: number,
    result: ForwardResult,
  ): void {
    const [expert, reason] = [target.expert.id, routed?.found.header];
    if (result.status === 200 && !result.error && !result.clientLeft) use?.keep(reason);
    const { orchestrator, memory } = use?.note() ?? { orchestrator: null, memory: null };
    const note = requestNote(context, { route, expert, reason, sentAt, result, orchestrator, memory });
    this.#options.requests.add(context.identity.user, note);
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

function causeOf(error: AppError): string | undefined {
  return error.cause === undefined ? undefined : messageOf(error.cause);
}
