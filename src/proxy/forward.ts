import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';

import type { Dispatcher } from 'undici';

import type { Dialect } from '../engines/routes.ts';
import { AppError, messageOf } from '../shared/errors.ts';
import type { Lease } from '../supervisor/lease.ts';
import type { Bounded, Deadlines } from './deadlines.ts';
import { errorBody, errorFrame, streamIsComplete } from './frames.ts';
import { type Usage, usageFromTail } from './usage.ts';

/** Deadlines of one request, milliseconds. */
export interface Timeouts {
  readonly firstByte: number;
  readonly betweenBytes: number;
  readonly total: number;
}

/** Puts an answer in one dialect into the shapes of another. */
export interface AnswerTranslator {
  /** A whole answer. */
  body(status: number, body: Buffer): string;
  /** The next bytes of a stream. */
  push(chunk: Buffer): string;
  /** The end of a stream: what is left to say, and whether the engine had finished. */
  end(): { readonly text: string; readonly complete: boolean };
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
]);

/** Response headers that are the hop's, the engine's server's, or ours to decide. Everything else passes. */
const DROPPED_HEADERS = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'trailer',
  'upgrade',
  'proxy-authenticate',
  'te',
  'server',
  'x-powered-by',
  'set-cookie',
  'access-control-allow-origin',
  'access-control-allow-credentials',
  'access-control-allow-headers',
  'access-control-allow-methods',
  'access-control-expose-headers',
  'access-control-max-age',
  'access-control-allow-private-network',
  'x-request-id',
  'date',
  'content-security-policy',
]);

const TAIL_BYTES = 2_048;

/** Sends one request to an engine and its answer to the client, byte for byte, with back-pressure both ways. Never sends it twice. */
export function forward(request: ForwardRequest): void {
  new Forward(request).start();
}

class Forward implements Dispatcher.DispatchHandler, Bounded {
  readonly #request: ForwardRequest;
  readonly #totalDeadline: number;
  deadlineMs: number;
  #controller: Dispatcher.DispatchController | undefined;
  #phase: 'waiting' | 'answering' | 'done' = 'waiting';
  #status = 0;
  #isStream = false;
  #collected: Buffer[] | undefined;
  #tail = '';
  #firstByteAt: number | undefined;
  #paused = false;

  constructor(request: ForwardRequest) {
    this.#request = request;
    const now = performance.now();
    this.#totalDeadline = now + request.timeouts.total;
    this.deadlineMs = Math.min(now + request.timeouts.firstByte, this.#totalDeadline);
  }

  start(): void {
    const { lease, path, body, headers, outgoing, deadlines } = this.#request;
    lease.onCut = (error) => this.#fail(error);
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
    if (outgoing.headersSent) {
      // The client already has a 200 and waits on a stream: only a stream can follow.
      if (!this.#isStream) this.#collected = [];
      return;
    }
    if (translator && !this.#isStream) {
      this.#collected = [];
      return;
    }
    const flat: string[] = [...ownHeaders];
    for (const name in headers) {
      if (DROPPED_HEADERS.has(name) || (translator && name === 'content-length')) continue;
      const value = headers[name];
      if (typeof value === 'string') flat.push(name, value);
      else if (value) for (const one of value) flat.push(name, one);
    }
    if (status === 401 || status === 403) {
      // The engine's key is ours: a refusal there is our defect or the remote's, never the client's credentials.
      const error = new AppError('engine_answer_invalid', `The engine refused the orchestrator's own key (${status}).`);
      return this.#fail(error);
    }
    outgoing.writeHead(status, flat);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#phase !== 'answering') return;
    const now = performance.now();
    this.#firstByteAt ??= now;
    this.#extendDeadline(now);
    if (this.#collected) {
      this.#collected.push(chunk);
      return;
    }
    this.#remember(chunk);
    const { outgoing, translator } = this.#request;
    let flushed: boolean;
    if (translator) {
      let text: string;
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
      flushed = text === '' || outgoing.write(text);
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
    const { outgoing, route, translator } = this.#request;
    if (this.#collected) return this.#endCollected(Buffer.concat(this.#collected));
    if (this.#isStream) {
      if (translator) {
        const { text, complete } = translator.end();
        if (text !== '') outgoing.write(text);
        if (!complete) return this.#fail(brokenOff());
      } else if (!streamIsComplete(route, this.#tail)) return this.#fail(brokenOff());
    }
    outgoing.end();
    this.#finish(undefined, false);
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    if (this.#phase === 'done') return;
    // The upload's own limit, met while it was being sent.
    if (error instanceof AppError) return this.#fail(error);
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (this.#phase === 'waiting' && NOT_CONNECTED.has(code)) {
      return this.#fail(
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
    const total = performance.now() >= this.#totalDeadline;
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

  #endCollected(body: Buffer): void {
    const { outgoing, translator, ownHeaders } = this.#request;
    this.#remember(body);
    if (outgoing.headersSent) {
      const error = new AppError(
        'engine_answer_invalid',
        `The engine answered ${this.#status} in place of a stream: ${body.toString('utf8').slice(0, 500)}`,
      );
      return this.#fail(error);
    }
    try {
      const text = translator ? translator.body(this.#status, body) : body.toString('utf8');
      outgoing.writeHead(this.#status, [...ownHeaders, 'content-type', 'application/json']);
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

  /** Ends the client's side visibly: an HTTP error, an error frame, or a cut connection; never a finish that the engine did not say. */
  #fail(error: AppError): void {
    if (this.#phase === 'done') return;
    const { outgoing, dialect, ownHeaders } = this.#request;
    if (!outgoing.headersSent) {
      this.#status = error.status;
      const retry = error.retryAfterSeconds === undefined ? [] : ['retry-after', String(error.retryAfterSeconds)];
      outgoing.writeHead(error.status, [...ownHeaders, 'content-type', 'application/json', ...retry]);
      outgoing.end(errorBody(error, dialect));
    } else if (this.#isStream || this.#collected) {
      // An event that was cut in two must not swallow the frame.
      const boundary = this.#tail === '' || this.#collected || endsEvent(this.#tail) ? '' : '\n\n';
      outgoing.end(boundary + errorFrame(error, dialect), () => outgoing.socket?.destroySoon());
    } else {
      outgoing.destroy();
    }
    this.#finish(error, false);
    this.#controller?.abort(error);
  }

  readonly #onClientClose = (): void => {
    if (this.#phase !== 'done') this.#abandon();
  };

  readonly #onDrain = (): void => {
    if (!this.#paused) return;
    this.#paused = false;
    if (this.#phase !== 'answering') return;
    this.#extendDeadline(performance.now());
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
    this.#phase = 'done';
    const { outgoing, lease, deadlines, onDone } = this.#request;
    deadlines.remove(this);
    outgoing.off('close', this.#onClientClose);
    outgoing.off('drain', this.#onDrain);
    lease.onCut = undefined;
    lease.release(error === undefined);
    onDone({
      status: this.#status === 0 ? 499 : this.#status,
      error,
      clientLeft,
      firstByteAt: this.#firstByteAt,
      usage: usageFromTail(this.#tail),
    });
  }

  #extendDeadline(now: number): void {
    this.deadlineMs = Math.min(now + this.#request.timeouts.betweenBytes, this.#totalDeadline);
  }

  /** The last bytes, however finely they were cut: usage and the end marker stand there. */
  #remember(chunk: Buffer): void {
    const text = chunk.toString('latin1', Math.max(0, chunk.length - TAIL_BYTES));
    const tail = this.#tail.length === 0 ? text : this.#tail + text;
    this.#tail = tail.length > 2 * TAIL_BYTES ? tail.slice(-TAIL_BYTES) : tail;
  }
}

function endsEvent(tail: string): boolean {
  return /(\r\n\r\n|\n\n|\r\r)$/.test(tail);
}

function brokenOff(): AppError {
  return new AppError('engine_died', 'The engine ended the stream without finishing the answer.');
}
