import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';

import type { Dispatcher } from 'undici';

import type { Dialect } from '../engines/routes.ts';
import { runningNow } from '../shared/clock.ts';
import { AppError, messageOf } from '../shared/errors.ts';
import type { Lease } from '../supervisor/lease.ts';
import { passedHeaders } from './answer-headers.ts';
import { AnswerTail, TAIL_BYTES } from './answer-tail.ts';
import type { Bounded, Deadlines } from './deadlines.ts';
import { errorBody, errorFrame } from './frames.ts';
import { eventsOf, promptCounts, type Usage, usageFromTail } from './usage.ts';

/** Deadlines of one request, milliseconds. */
export interface Timeouts {
  readonly firstByte: number;
  readonly betweenBytes: number;
  readonly total: number;
}

/** Puts an answer in one dialect into the shapes of another, or adds something of ours to it. */
export interface AnswerTranslator {
  /** The answer is the engine's own still: its headers go with it. */
  readonly keepsHeaders?: boolean;
  /** A whole answer. */
  body(status: number, body: Buffer): string | Buffer;
  /** The next bytes of a stream. */
  push(chunk: Buffer): string | Buffer;
  /** The end of a stream: what is left to say, and whether the engine had finished. */
  end(): { readonly text: string | Buffer; readonly complete: boolean };
}

export interface ForwardRequest {
  readonly outgoing: ServerResponse;
  readonly lease: Lease;
  readonly route: string;
  readonly path: string;
  readonly body: Buffer | string | Readable;
  /** Request headers for the engine: an allow-list, never the client's own. */
  readonly headers: Readonly<Record<string, string>>;
  /** Response headers of ours, name and value in turn. */
  readonly ownHeaders: readonly string[];
  readonly dialect: Dialect;
  readonly timeouts: Timeouts;
  readonly deadlines: Deadlines;
  readonly translator: AnswerTranslator | undefined;
  /** Called in place of an answer and of `onDone` where the engine could not be reached and the client has seen nothing. */
  readonly onUnreached?: ((error: AppError) => void) | undefined;
  /** Called once, when nothing more happens to the request. */
  readonly onDone: (result: ForwardResult) => void;
}

export interface ForwardResult {
  /** Status that the client got; 499 when it left before it got any. */
  readonly status: number;
  readonly error: AppError | undefined;
  readonly clientLeft: boolean;
  /** Monotonic milliseconds of the first byte of the answer's body; undefined when none came. */
  readonly firstByteAt: number | undefined;
  readonly usage: Usage;
  /** Of a stream whose engine has not said what it used: how many events came, as far as its last bytes tell; else 0. */
  readonly streamedEvents: number;
}

/** Errors that mean no byte of the request was sent: the engine cannot have accepted it. */
const NOT_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOENT',
  'UND_ERR_CONNECT_TIMEOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EACCES',
  // The supervisor has closed the pool because the process is gone; what had been sent has met its end before.
  'UND_ERR_DESTROYED',
  'UND_ERR_CLOSED',
]);

/** A whole answer that is collected to be translated; streams are not held. */
const MAX_COLLECTED_BYTES = 64 << 20;

/** Sends one request to an engine and its answer to the client, byte for byte, with back-pressure both ways. Never sends it twice. */
export function forward(request: ForwardRequest): void {
  new Forward(request).start();
}

class Forward implements Dispatcher.DispatchHandler, Bounded {
  readonly #request: ForwardRequest;
  readonly #totalDeadline: number;
  deadlineMs: number;
  place = -1;
  #controller: Dispatcher.DispatchController | undefined;
  #phase: 'waiting' | 'answering' | 'done' = 'waiting';
  #status = 0;
  #isStream = false;
  #collected: Buffer[] | undefined;
  #collectedBytes = 0;
  /** The head of a short answer, kept back until its body is there: both then leave in one write. */
  #head: string[] | undefined;
  #length = 0;
  readonly #tail: AnswerTail;
  /** The client got a 200 while it waited for a load: whatever comes now comes as events. */
  readonly #isOpened: boolean;
  #uploading = false;
  #firstByteAt: number | undefined;
  #bytes = 0;
  #paused = false;

  constructor(request: ForwardRequest) {
    this.#request = request;
    const now = runningNow();
    this.#totalDeadline = now + request.timeouts.total;
    this.deadlineMs = Math.min(now + request.timeouts.firstByte, this.#totalDeadline);
    this.#tail = new AnswerTail(request.route);
    this.#isOpened = request.outgoing.headersSent;
  }

  start(): void {
    const { lease, path, body, headers, outgoing, deadlines } = this.#request;
    // Who left before this point sends no `close` any more.
    if (outgoing.destroyed) return this.#finish(undefined, true);
    if (body instanceof Readable) this.#watchUpload(body);
    lease.onCut = this.#onCut;
    outgoing.on('close', this.#onClientClose);
    deadlines.add(this);
    try {
      lease.upstream.dispatcher.dispatch({ origin: lease.upstream.origin, path, method: 'POST', headers, body }, this);
    } catch (error) {
      this.onResponseError(undefined, error as Error);
    }
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#phase === 'done') controller.abort(new Error('the request is over'));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (this.#phase === 'done' || status < 200) return;
    const { outgoing, translator, ownHeaders } = this.#request;
    this.#phase = 'answering';
    this.#status = status;
    // Headers are no answer yet: some engines send them at once and compute the prompt after that.
    const contentType = headers['content-type'];
    this.#isStream = typeof contentType === 'string' && contentType.startsWith('text/event-stream');
    if (status === 401 || status === 403) {
      // The engine's key is ours: a refusal there is our defect or the remote's, never the client's credentials.
      const error = new AppError('engine_answer_invalid', `The engine refused the orchestrator's own key (${status}).`);
      return this.#fail(error);
    }
    if (this.#isOpened || (translator && !this.#isStream)) {
      // A client that waits on a stream can be given nothing else.
      if (this.#isStream) return;
      this.#collected = [];
      if (translator?.keepsHeaders) this.#head = passedHeaders(headers, ownHeaders, true);
      return;
    }
    const head = passedHeaders(headers, ownHeaders, translator !== undefined);
    const length = translator || this.#isStream ? 0 : Number(headers['content-length'] ?? 0);
    if (length > 0 && length <= TAIL_BYTES) {
      this.#head = head;
      this.#length = length;
    } else {
      outgoing.writeHead(status, head);
    }
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#phase !== 'answering') return;
    const now = runningNow();
    this.#firstByteAt ??= now;
    this.#bytes += chunk.length;
    this.#extendDeadline(now);
    if (this.#collected) return this.#collect(this.#collected, chunk);
    this.#tail.push(chunk);
    const { outgoing, translator } = this.#request;
    if (this.#head) {
      if (chunk.length === this.#length) return;
      outgoing.writeHead(this.#status, this.#head);
      this.#head = undefined;
    }
    let flushed: boolean;
    if (translator) {
      let text: string | Buffer;
      try {
        text = translator.push(chunk);
      } catch (error) {
        return this.#fail(
          new AppError(
            'engine_answer_invalid',
            `The answer of the endpoint could not be translated: ${messageOf(error)}`,
          ),
        );
      }
      flushed = text.length === 0 || outgoing.write(text);
    } else {
      flushed = outgoing.write(chunk);
    }
    if (!flushed && !this.#paused) {
      this.#paused = true;
      controller.pause();
      outgoing.once('drain', this.#onDrain);
    }
  }

  onResponseEnd(): void {
    if (this.#phase !== 'answering') return;
    const { outgoing, translator } = this.#request;
    if (this.#collected) return this.#endCollected(Buffer.concat(this.#collected));
    if (this.#isStream) {
      if (translator) {
        const { text, complete } = translator.end();
        if (text.length > 0) outgoing.write(text);
        if (!complete) return this.#fail(brokenOff());
      } else if (!this.#tail.isComplete) return this.#fail(brokenOff());
    }
    if (this.#head) {
      outgoing.writeHead(this.#status, this.#head);
      // All of the body, as characters that are bytes: Node joins such a string with the head.
      outgoing.end(this.#tail.text, 'latin1');
    } else {
      outgoing.end();
    }
    this.#finish(undefined, false);
    this.#boundLastBytes();
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    if (this.#phase === 'done') return;
    // The upload's own limit, met while it was being sent.
    if (error instanceof AppError) return this.#fail(error);
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (this.#phase === 'waiting' && NOT_CONNECTED.has(code)) {
      return this.#giveBack(
        new AppError(
          'engine_unreachable',
          `The engine does not accept connections (${code}). Try again: if it has ended, the next request starts it.`,
          { cause: error, retryAfterSeconds: 1 },
        ),
      );
    }
    const message =
      this.#phase === 'waiting'
        ? 'The engine accepted the request and broke the connection before it answered. It was not sent a second time; try again.'
        : 'The engine broke off in the middle of the answer.';
    this.#fail(new AppError('engine_died', message, { cause: error, retryAfterSeconds: 1 }));
  }

  onDeadline(): void {
    const { lease, timeouts } = this.#request;
    if (this.#paused) {
      // The engine is fine: it is the client that does not read.
      return this.#abandon();
    }
    if (this.#uploading && this.#phase === 'waiting') {
      // The engine is fine here as well: it still waits for the rest of the request.
      return this.#fail(new AppError('request_timeout', 'The upload did not arrive in time; send it faster.'));
    }
    const total = runningNow() >= this.#totalDeadline;
    if (!total) lease.reportSilence();
    const seconds = (ms: number) => `${Math.round(ms / 100) / 10} s`;
    if (total)
      this.#fail(
        new AppError('total_timeout', `The answer took longer than timeouts.total (${seconds(timeouts.total)}).`),
      );
    else if (this.#firstByteAt === undefined)
      this.#fail(
        new AppError(
          'first_byte_timeout',
          `The engine did not begin to answer within timeouts.firstByte (${seconds(timeouts.firstByte)}).`,
        ),
      );
    else
      this.#fail(
        new AppError(
          'idle_timeout',
          `The engine was silent for timeouts.betweenBytes (${seconds(timeouts.betweenBytes)}) in the middle of the answer.`,
        ),
      );
  }

  /** A slow upload is the client's doing: the wait for the first byte begins when the engine has the whole request. */
  #watchUpload(body: Readable): void {
    this.#uploading = true;
    body.once('end', () => {
      this.#uploading = false;
      if (this.#phase === 'waiting') {
        this.deadlineMs = Math.min(runningNow() + this.#request.timeouts.firstByte, this.#totalDeadline);
      }
    });
  }

  #collect(collected: Buffer[], chunk: Buffer): void {
    collected.push(chunk);
    this.#collectedBytes += chunk.length;
    if (this.#collectedBytes <= MAX_COLLECTED_BYTES) return;
    const message = `The endpoint answered with more than ${MAX_COLLECTED_BYTES >> 20} MiB; the answer was broken off.`;
    this.#fail(new AppError('engine_answer_invalid', message));
  }

  #endCollected(body: Buffer): void {
    const { outgoing, translator, ownHeaders } = this.#request;
    this.#tail.push(body);
    if (this.#isOpened) {
      const error = new AppError(
        'engine_answer_invalid',
        `The engine answered ${this.#status} in place of a stream: ${body.toString('utf8').slice(0, 500)}`,
      );
      return this.#fail(error);
    }
    try {
      const text = translator ? translator.body(this.#status, body) : body.toString('utf8');
      outgoing.writeHead(this.#status, this.#head ?? [...ownHeaders, 'content-type', 'application/json']);
      outgoing.end(text);
      this.#finish(undefined, false);
    } catch (error) {
      this.#fail(
        new AppError(
          'engine_answer_invalid',
          `The answer of the endpoint could not be translated: ${messageOf(error)}`,
        ),
      );
    }
  }

  /** Nobody has the request: another engine may be given it. */
  #giveBack(error: AppError): void {
    const { onUnreached, outgoing } = this.#request;
    if (!onUnreached || outgoing.headersSent || outgoing.destroyed) return this.#fail(error);
    this.#leave(false);
    onUnreached(error);
  }

  /** Ends the client's side visibly: an HTTP error, an error frame, or a cut connection; never a finish that the engine did not say. */
  #fail(error: AppError): void {
    if (this.#phase === 'done') return;
    const { outgoing, dialect, ownHeaders } = this.#request;
    if (!outgoing.headersSent) {
      this.#status = error.status;
      const retry = error.retryAfterSeconds === undefined ? [] : ['retry-after', String(error.retryAfterSeconds)];
      outgoing.writeHead(error.status, [...ownHeaders, 'content-type', 'application/json', ...retry]);
      outgoing.end(errorBody(error, dialect));
    } else if (this.#isStream || this.#isOpened) {
      // An event that was cut in two must not swallow the frame.
      const boundary = this.#collected || this.#tail.isBetweenEvents ? '' : '\n\n';
      outgoing.end(boundary + errorFrame(error, dialect), () => outgoing.socket?.destroySoon());
    } else {
      outgoing.destroy();
    }
    this.#finish(error, false);
    this.#controller?.abort(error);
    this.#boundLastBytes();
  }

  // A field: with a closure made in `start`, finished requests survived scavenges (pauses of 20 ms under load).
  readonly #onCut = (error: AppError): void => this.#fail(error);

  readonly #onClientClose = (): void => {
    if (this.#phase !== 'done') this.#abandon();
  };

  readonly #onDrain = (): void => {
    if (!this.#paused) return;
    this.#paused = false;
    if (this.#phase !== 'answering') return;
    this.#extendDeadline(runningNow());
    this.#controller?.resume();
  };

  /** Nobody reads the answer any more: the connection to the engine is closed, which makes it stop generating. */
  #abandon(): void {
    this.#finish(undefined, true);
    this.#controller?.abort(new Error('the client left'));
    this.#request.outgoing.destroy();
  }

  #finish(error: AppError | undefined, clientLeft: boolean): void {
    if (this.#phase === 'done') return;
    // Of a client that left before the first byte, the engine has shown nothing.
    this.#leave(error === undefined && this.#firstByteAt !== undefined);
    const usage = usageFromTail(this.#tail.text);
    const saysNothing = this.#isStream && usage.generatedTokens === 0;
    this.#request.onDone({
      status: this.#status === 0 ? 499 : this.#status,
      error,
      clientLeft,
      firstByteAt: this.#firstByteAt,
      usage,
      streamedEvents: saysNothing ? eventsOf(this.#tail.text, this.#bytes) : 0,
    });
  }

  #leave(ok: boolean): void {
    this.#phase = 'done';
    const { outgoing, lease, deadlines } = this.#request;
    deadlines.remove(this);
    outgoing.off('close', this.#onClientClose);
    outgoing.off('drain', this.#onDrain);
    lease.onCut = undefined;
    if (lease.isBound) lease.release(ok, promptCounts(this.#tail.text));
    else lease.release(ok);
  }

  #extendDeadline(now: number): void {
    this.deadlineMs = Math.min(now + this.#request.timeouts.betweenBytes, this.#totalDeadline);
  }

  /** The lease is given back, but the end of the answer may wait for a client that does not read: not for ever. */
  #boundLastBytes(): void {
    const { outgoing, deadlines, timeouts } = this.#request;
    if (outgoing.destroyed || outgoing.writableLength === 0) return;
    const bounded: Bounded = {
      deadlineMs: runningNow() + timeouts.betweenBytes,
      place: -1,
      onDeadline: () => outgoing.destroy(),
    };
    deadlines.add(bounded);
    outgoing.once('close', () => deadlines.remove(bounded));
  }
}

function brokenOff(): AppError {
  return new AppError('engine_died', 'The engine ended the stream without finishing the answer.');
}
