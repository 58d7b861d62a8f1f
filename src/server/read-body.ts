import type { IncomingMessage } from 'node:http';

import type { Bounded, Deadlines } from '../proxy/deadlines.ts';
import { runningNow } from '../shared/clock.ts';
import { AppError } from '../shared/errors.ts';
import { formatBytes } from '../shared/units.ts';

/** A sender that keeps at least this rate may take as long as it needs; one byte every two seconds may not. */
const MIN_BYTES_PER_SECOND = 16 << 10;

export interface BodyLimits {
  readonly maxBytes: number;
  /** Milliseconds before the rate begins to count. */
  readonly graceMs: number;
}

/** What becomes of a body: exactly one of these is called, once. */
export interface BodyReceiver {
  readonly onBody: (body: Buffer) => void;
  /** `body_too_large` or `request_timeout`, after which the connection must be closed, or `invalid_request`: it is closed already. */
  readonly onBodyError: (error: AppError) => void;
}

/** Reads a whole body, bounded in size and time. */
export function receiveBody(
  incoming: IncomingMessage,
  limits: BodyLimits,
  deadlines: Deadlines,
  receiver: BodyReceiver,
): void {
  const announced = Number(incoming.headers['content-length'] ?? 0);
  if (announced > limits.maxBytes) return receiver.onBodyError(tooLarge(limits.maxBytes));
  new BodyReader(limits, deadlines, receiver).read(incoming);
}

class BodyReader implements Bounded {
  place = -1;
  deadlineMs: number;
  readonly #startedAt = runningNow();
  readonly #limits: BodyLimits;
  readonly #deadlines: Deadlines;
  readonly #receiver: BodyReceiver;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #isOver = false;

  constructor(limits: BodyLimits, deadlines: Deadlines, receiver: BodyReceiver) {
    this.#limits = limits;
    this.#deadlines = deadlines;
    this.#receiver = receiver;
    this.deadlineMs = this.#startedAt + limits.graceMs;
  }

  /** The listeners stay: they end with the request, and taking them off costs more than asking whether it is over. */
  read(incoming: IncomingMessage): void {
    const onClose = () => this.#onClose();
    incoming.on('data', (chunk: Buffer) => this.#onData(chunk));
    incoming.on('end', () => this.#onEnd());
    incoming.on('close', onClose);
    incoming.on('error', onClose);
    this.#deadlines.add(this);
  }

  onDeadline(): void {
    this.#fail(new AppError('request_timeout', 'The body did not arrive in time; send it faster.'));
  }

  #onData(chunk: Buffer): void {
    if (this.#isOver) return;
    this.#bytes += chunk.length;
    if (this.#bytes > this.#limits.maxBytes) return this.#fail(tooLarge(this.#limits.maxBytes));
    this.#chunks.push(chunk);
    this.deadlineMs = this.#startedAt + this.#limits.graceMs + (this.#bytes / MIN_BYTES_PER_SECOND) * 1_000;
  }

  #onEnd(): void {
    if (this.#isOver) return;
    this.#finish();
    const [first] = this.#chunks;
    this.#receiver.onBody(first !== undefined && this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks));
  }

  #onClose(): void {
    // Every request closes in the end, and an error costs a stack trace.
    if (this.#isOver) return;
    this.#fail(new AppError('invalid_request', 'The connection closed before the whole body had arrived.'));
  }

  #fail(error: AppError): void {
    if (this.#isOver) return;
    this.#finish();
    this.#receiver.onBodyError(error);
  }

  #finish(): void {
    this.#isOver = true;
    this.#deadlines.remove(this);
  }
}

function tooLarge(maxBytes: number): AppError {
  return new AppError(
    'body_too_large',
    `The body is larger than ${formatBytes(maxBytes)} (limits.bodySize in the profile).`,
  );
}
