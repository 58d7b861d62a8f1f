import { connect, type NetConnectOpts, type Socket } from 'node:net';

import { Dispatcher } from 'undici';

import { type AnswerHeaders, AnswerParser, type AnswerSink } from './answer-parser.ts';

export interface DirectOptions {
  /** Where to connect. */
  readonly address: { readonly path: string } | { readonly host: string; readonly port: number };
  /** Value of the `host` header. */
  readonly host: string;
  /** Milliseconds until a connection must stand. */
  readonly connectTimeoutMs: number;
  /** Takes everything that is not a whole body sent by POST; owned by this one from now on. */
  readonly other: Dispatcher;
}

/** The kernel takes about this much in one go; a longer body is not copied together with its head. */
const ONE_WRITE_BYTES = 16 << 10;
const SWEEP_MS = 1_000;
/**
 * An engine that dies closes its sockets a moment before anyone can know that it has died, and of what. Who waits for an answer
 * hears that, and finds the expert's state changed when it asks again.
 */
const NEWS_MS = 10;
const READ_BYTES = 64 << 10;
/** Shared by all connections: what was read is passed on, copied, before the next one reads. */
const readBuffer = Buffer.allocUnsafeSlow(READ_BYTES);

/**
 * The hot path to an engine: whole request bodies over plain HTTP/1.1, on connections that are kept. A request is one write, and an
 * answer is read without a stream in between, which takes half the processor time of undici's client (measured: 12 against 22 µs).
 * Everything else (uploads, health, metrics) goes through undici. The number of connections is bounded by who holds the leases.
 */
export class DirectDispatcher extends Dispatcher {
  readonly #options: DirectOptions;
  /** The one that rested last is taken first, so that the others can go. */
  readonly #resting: Connection[] = [];
  readonly #open = new Set<Connection>();
  #sweeper: NodeJS.Timeout | undefined;
  #destroyed = false;

  constructor(options: DirectOptions) {
    super();
    this.#options = options;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const { body, method, path, headers } = options;
    const isWhole = typeof body === 'string' || Buffer.isBuffer(body);
    if (method !== 'POST' || !isWhole || !isPlain(headers)) return this.#options.other.dispatch(options, handler);
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    const head = headOf(path, this.#options.host, headers, bytes.length);
    const connection = this.#rested() ?? this.#connect();
    connection.send(head, bytes, handler);
    return true;
  }

  override async close(): Promise<void> {
    await this.destroy();
  }

  override async destroy(): Promise<void> {
    this.#destroyed = true;
    clearInterval(this.#sweeper);
    for (const connection of this.#open) connection.destroy(closed());
    await this.#options.other.destroy();
  }

  #rested(): Connection | undefined {
    for (let one = this.#resting.pop(); one; one = this.#resting.pop()) {
      if (one.isUsable(performance.now())) return one;
      one.destroy();
    }
    return undefined;
  }

  #connect(): Connection {
    const connection = new Connection(this.#options, {
      onRest: () => this.#rest(connection),
      onClose: () => this.#open.delete(connection),
    });
    if (this.#destroyed) connection.destroy(withCode('The client is destroyed', 'UND_ERR_DESTROYED'));
    else this.#open.add(connection);
    return connection;
  }

  #rest(connection: Connection): void {
    this.#resting.push(connection);
    if (this.#sweeper) return;
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS);
    this.#sweeper.unref();
  }

  /** Closes what has rested for too long: those that rested first stand first. */
  #sweep(): void {
    const now = performance.now();
    const firstUsable = this.#resting.findIndex((connection) => connection.isUsable(now));
    for (const old of this.#resting.splice(0, firstUsable < 0 ? this.#resting.length : firstUsable)) old.destroy();
    if (this.#resting.length > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }
}

interface ConnectionEvents {
  /** The connection is free for another request. */
  readonly onRest: () => void;
  readonly onClose: () => void;
}

/** One socket; one request at a time. */
class Connection implements AnswerSink {
  readonly #socket: Socket;
  readonly #events: ConnectionEvents;
  readonly #parser = new AnswerParser(this);
  #exchange: Exchange | undefined;
  #restsUntil = 0;
  #error: Error | undefined;
  #connectTimer: NodeJS.Timeout | undefined;

  constructor({ address, connectTimeoutMs }: DirectOptions, events: ConnectionEvents) {
    this.#events = events;
    const onread = { buffer: readBuffer, callback: (length: number) => this.#onRead(length) };
    const options: NetConnectOpts = { ...address, noDelay: true, keepAlive: true, onread };
    this.#socket = connect(options);
    this.#connectTimer = setTimeout(
      () => this.destroy(withCode('No connection in time', 'UND_ERR_CONNECT_TIMEOUT')),
      connectTimeoutMs,
    );
    this.#socket.once('connect', () => clearTimeout(this.#connectTimer));
    this.#socket.on('error', (error) => (this.#error ??= error));
    this.#socket.once('end', () => this.#onEnd());
    this.#socket.once('close', () => this.#onClose());
  }

  isUsable(now: number): boolean {
    return now < this.#restsUntil && !this.#socket.destroyed && this.#socket.writable && this.#error === undefined;
  }

  send(head: string, body: Buffer, handler: Dispatcher.DispatchHandler): void {
    const exchange = new Exchange(handler, this);
    this.#exchange = exchange;
    this.#restsUntil = 0;
    this.#parser.expectAnswer();
    if (this.#socket.destroyed) return;
    handler.onRequestStart?.(exchange, undefined);
    if (exchange.aborted) return;
    if (head.length + body.length <= ONE_WRITE_BYTES) {
      // latin1 characters are bytes: a string that goes out whole is cheaper than two parts.
      this.#socket.write(head + body.toString('latin1'), 'latin1');
    } else {
      this.#socket.cork();
      this.#socket.write(head, 'latin1');
      this.#socket.write(body);
      this.#socket.uncork();
    }
  }

  destroy(error?: Error): void {
    if (error) this.#error ??= error;
    this.#socket.destroy();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  head(status: number, headers: AnswerHeaders, statusText: string): void {
    const exchange = this.#exchange;
    if (!exchange || exchange.aborted) return;
    exchange.handler.onResponseStart?.(exchange, status, headers, statusText);
  }

  data(bytes: Buffer): void {
    const exchange = this.#exchange;
    if (!exchange || exchange.aborted) return;
    exchange.handler.onResponseData?.(exchange, Buffer.from(bytes));
  }

  done(reusableMs: number): void {
    const exchange = this.#exchange;
    if (!exchange || exchange.aborted) return;
    this.#exchange = undefined;
    // Where the answer came before the whole request was sent, the rest of it must not become the next one.
    if (reusableMs > 0 && this.#socket.writableLength === 0) {
      if (exchange.paused) this.#socket.resume();
      this.#restsUntil = performance.now() + reusableMs;
      this.#events.onRest();
    } else {
      this.#socket.destroy();
    }
    exchange.handler.onResponseEnd?.(exchange, {});
  }

  /** Answers whether to read on. */
  #onRead(length: number): boolean {
    try {
      this.#parser.push(readBuffer.subarray(0, length));
    } catch (error) {
      this.destroy(error as Error);
    }
    return this.#exchange?.paused !== true;
  }

  #onEnd(): void {
    try {
      if (this.#error === undefined) this.#parser.end();
    } catch (error) {
      this.destroy(error as Error);
    }
  }

  #onClose(): void {
    clearTimeout(this.#connectTimer);
    this.#events.onClose();
    const exchange = this.#exchange;
    this.#exchange = undefined;
    if (!exchange) return;
    const report = () => exchange.handler.onResponseError?.(exchange, exchange.reason ?? this.#error ?? closed());
    if (exchange.aborted) report();
    else setTimeout(report, NEWS_MS);
  }
}

/** One request and its answer: what its sender can do to it. */
class Exchange implements Dispatcher.DispatchController {
  readonly handler: Dispatcher.DispatchHandler;
  readonly #connection: Connection;
  aborted = false;
  paused = false;
  reason: Error | null = null;

  constructor(handler: Dispatcher.DispatchHandler, connection: Connection) {
    this.handler = handler;
    this.#connection = connection;
  }

  /** Closes the connection, which makes an engine stop generating; `onResponseError` follows. */
  abort(reason: Error): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    this.#connection.destroy(reason);
  }

  pause(): void {
    if (this.paused || this.aborted) return;
    this.paused = true;
    this.#connection.pause();
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    if (!this.aborted) this.#connection.resume();
  }
}

function isPlain(headers: Dispatcher.DispatchOptions['headers']): headers is Record<string, string> {
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) return false;
  for (const name in headers) if (typeof (headers as Record<string, unknown>)[name] !== 'string') return false;
  return true;
}

const UNFIT_FIELD = /[\0\r\n]/;

function headOf(path: string, host: string, headers: Readonly<Record<string, string>>, length: number): string {
  let fields = '';
  for (const name in headers) {
    const value = headers[name] ?? '';
    if (UNFIT_FIELD.test(value)) throw new TypeError(`the request header ${name} has a line break`);
    if (name !== 'content-length') fields += `${name}: ${value}\r\n`;
  }
  return `POST ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\n${fields}content-length: ${length}\r\n\r\n`;
}

function closed(): Error {
  return withCode('The other side closed the connection', 'UND_ERR_SOCKET');
}

function withCode(message: string, code: string): Error {
  return Object.assign(new Error(message), { code });
}
