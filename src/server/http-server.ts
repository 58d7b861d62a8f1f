import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

import { AppError, CliError } from '../shared/errors.ts';
import type { Logger } from '../telemetry/logger.ts';

export interface HttpServerOptions {
  readonly host: string;
  readonly port: number;
  readonly connectionsPerAddress: () => number;
  readonly handle: (incoming: IncomingMessage, outgoing: ServerResponse) => void;
  readonly logger: Logger;
}

/** Half a header may dawdle this long (Node's own default lets it for a minute, found late). */
const HEADERS_TIMEOUT_MS = 10_000;
const CHECK_INTERVAL_MS = 1_000;
const KEEP_ALIVE_MS = 75_000;
const MAX_HEADER_BYTES = 32 << 10;
/** Time for a refusal to reach its reader. */
const LAST_WORDS_MS = 1_000;

/** Binds and listens, or says in a sentence why not. */
export async function listen(options: HttpServerOptions): Promise<{ server: Server; address: AddressInfo }> {
  const refused = new WeakSet<Socket>();
  const server = createServer(
    {
      headersTimeout: HEADERS_TIMEOUT_MS,
      // Bodies have a deadline of their own that grows with what arrives.
      requestTimeout: 0,
      connectionsCheckingInterval: CHECK_INTERVAL_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      insecureHTTPParser: false,
      requireHostHeader: true,
      rejectNonStandardBodyWrites: false,
      noDelay: true,
    },
    (incoming, outgoing) => {
      // A connection that was refused is answered already; what it still asks for is not done.
      if (!refused.has(incoming.socket)) options.handle(incoming, outgoing);
    },
  );
  server.maxHeadersCount = 200;
  server.maxRequestsPerSocket = 0;
  server.timeout = 0;
  capConnections(server, options.connectionsPerAddress, refused);
  server.on('clientError', answerMalformed);
  server.on('dropRequest', (_request, socket) => socket.destroy());
  // An Upgrade header is no request of ours: the connection is closed, nothing is tunnelled.
  server.on('upgrade', (_request, socket) => socket.destroy());
  server.on('connect', (_request, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, options)));
    server.listen({ host: options.host, port: options.port, backlog: 1_024 }, () => resolve());
  });
  server.on('error', (error) => options.logger.error('the server met an error', { error }));
  return { server, address: server.address() as AddressInfo };
}

function capConnections(server: Server, limit: () => number, refused: WeakSet<Socket>): void {
  const open = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    const count = (open.get(address) ?? 0) + 1;
    const perAddress = limit();
    if (count > perAddress) {
      refused.add(socket);
      const body = JSON.stringify(
        new AppError(
          'too_many_connections',
          `This address holds ${perAddress} connections already (limits.connectionsPerAddress).`,
        ).toBody(),
      );
      socket.end(
        `HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nretry-after: 5\r\nconnection: close\r\n\r\n${body}`,
      );
      // Ended from our side alone it would stay open for as long as the other side likes.
      setTimeout(() => socket.destroy(), LAST_WORDS_MS).unref();
      return;
    }
    open.set(address, count);
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left > 0) open.set(address, left);
      else open.delete(address);
    });
  });
}

const MALFORMED: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

function answerMalformed(
  error: NodeJS.ErrnoException,
  socket: NodeJS.WritableStream & { destroyed?: boolean; destroy?: () => void; writable: boolean },
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy?.();
    return;
  }
  const status = MALFORMED[error.code ?? ''] ?? '400 Bad Request';
  const code = status.startsWith('408') ? 'request_timeout' : 'invalid_request';
  const body = JSON.stringify(
    new AppError(
      code,
      status.startsWith('408') ? 'The request head did not arrive in time.' : 'The request is not well-formed HTTP.',
    ).toBody(),
  );
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    () => socket.destroy?.(),
  );
}

function explain(error: NodeJS.ErrnoException, { host, port }: HttpServerOptions): Error {
  if (error.code === 'EADDRINUSE')
    return new CliError(
      `Port ${port} on ${host} is taken by another program. Stop it, or choose another port, e.g. --port ${port + 1}`,
      1,
      { cause: error },
    );
  if (error.code === 'EACCES')
    return new CliError(`This user may not bind port ${port}. Choose one from 1024 on, e.g. --port 8082`, 1, {
      cause: error,
    });
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')
    return new CliError(
      `${host} is no address of this machine. Bind 127.0.0.1, or 0.0.0.0 for every interface (with security.auth: keys or users).`,
      1,
      { cause: error },
    );
  return error;
}
