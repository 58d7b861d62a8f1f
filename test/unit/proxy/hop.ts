/** One hop over real sockets: a client, the server that forwards, and an engine that each test writes itself. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

import { Agent } from 'undici';

import { Deadlines } from '../../../src/proxy/deadlines.ts';
import { forward, type ForwardRequest, type ForwardResult } from '../../../src/proxy/forward.ts';
import type { AppError } from '../../../src/shared/errors.ts';
import { DirectDispatcher } from '../../../src/supervisor/direct-dispatcher.ts';
import { Lease } from '../../../src/supervisor/lease.ts';

export type Engine = (incoming: IncomingMessage, outgoing: ServerResponse, socket: Socket) => void;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export class Hop implements AsyncDisposable {
  /** What the server found out, one for each request. */
  readonly results: ForwardResult[] = [];
  /** How each lease came back. */
  readonly releases: boolean[] = [];
  silences = 0;
  /** Requests that the engine has accepted. */
  accepted = 0;
  /** Settles when a request is over. */
  done: Promise<ForwardResult>;
  lease: Lease | undefined;
  #resolve: (result: ForwardResult) => void;
  readonly #engine: Server;
  readonly #front: Server;
  readonly #agent = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  readonly #sockets = new Set<Socket>();

  #dispatcher: DirectDispatcher | undefined;

  private constructor(engine: Engine, overrides: (outgoing: ServerResponse) => Partial<ForwardRequest>) {
    const { promise, resolve } = Promise.withResolvers<ForwardResult>();
    this.done = promise;
    this.#resolve = resolve;
    this.#engine = createServer((incoming, outgoing) => {
      this.accepted += 1;
      incoming.resume();
      engine(incoming, outgoing, incoming.socket);
    });
    const deadlines = new Deadlines();
    this.#front = createServer((incoming, outgoing) => {
      incoming.resume();
      const owner = {
        leave: (_lease: Lease, ok: boolean) => void this.releases.push(ok),
        silent: () => void (this.silences += 1),
      };
      this.lease = new Lease(owner, { dispatcher: this.#direct(), origin: this.engineUrl, headers: {} });
      forward({
        outgoing,
        lease: this.lease,
        route: '/v1/chat/completions',
        path: '/v1/chat/completions',
        body: '{"messages":[]}',
        headers: { 'content-type': 'application/json' },
        ownHeaders: ['x-request-id', 'r1', 'x-orchestrator-expert', 'a'],
        dialect: 'openai',
        timeouts: { firstByte: 60_000, betweenBytes: 60_000, total: 60_000 },
        deadlines,
        translator: undefined,
        onDone: (result) => {
          this.results.push(result);
          this.#resolve(result);
        },
        ...overrides(outgoing),
      });
    });
    for (const server of [this.#engine, this.#front]) {
      server.on('connection', (socket: Socket) => {
        this.#sockets.add(socket);
        socket.once('close', () => this.#sockets.delete(socket));
      });
    }
  }

  static async open(
    engine: Engine,
    overrides: Partial<ForwardRequest> | ((outgoing: ServerResponse) => Partial<ForwardRequest>) = {},
  ): Promise<Hop> {
    const hop = new Hop(engine, typeof overrides === 'function' ? overrides : () => overrides);
    await Promise.all(
      [hop.#engine, hop.#front].map(async (server) => once(server.listen(0, '127.0.0.1'), 'listening')),
    );
    return hop;
  }

  /** As the supervisor makes it. */
  #direct(): DirectDispatcher {
    const { hostname: host, port } = new URL(this.engineUrl);
    const address = { host, port: Number(port) };
    return (this.#dispatcher ??= new DirectDispatcher({ address, host, connectTimeoutMs: 5_000, other: this.#agent }));
  }

  get engineUrl(): string {
    return `http://127.0.0.1:${(this.#engine.address() as AddressInfo).port}`;
  }
  get port(): number {
    return (this.#front.address() as AddressInfo).port;
  }

  /** The whole answer; rejects where the connection is cut. */
  async ask(signal?: AbortSignal): Promise<Answer> {
    const response = await fetch(`http://127.0.0.1:${this.port}/`, { method: 'POST', ...(signal ? { signal } : {}) });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  /** A client that sends a request and reads nothing. */
  async deafClient(): Promise<Socket> {
    const socket = connect(this.port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.pause();
    socket.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n');
    return socket;
  }

  /** Nobody listens at the engine's address any more. */
  async closeEngine(): Promise<void> {
    const { port } = this.#engine.address() as AddressInfo;
    await new Promise((resolve) => this.#engine.close(resolve));
    Object.defineProperty(this, 'engineUrl', { value: `http://127.0.0.1:${port}` });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (this.#dispatcher ?? this.#agent).destroy();
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all([this.#engine, this.#front].map((server) => new Promise((resolve) => server.close(resolve))));
  }
}

export const stream = (outgoing: ServerResponse, ...frames: readonly string[]): ServerResponse => {
  outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const frame of frames) outgoing.write(frame);
  return outgoing;
};

export const token = (text: string): string => `data: {"choices":[{"delta":{"content":${JSON.stringify(text)}}}]}\n\n`;
export const DONE = 'data: [DONE]\n\n';

/** The error in the last event of a stream, or in a JSON answer. */
export function errorIn(text: string): Partial<AppError> & { source?: string } {
  const last = text.trimEnd().split('\n').at(-1) ?? '';
  return (JSON.parse(last.replace(/^data: /, '')) as { error: Partial<AppError> }).error;
}
