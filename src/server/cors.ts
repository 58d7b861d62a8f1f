import type { IncomingMessage, ServerResponse } from 'node:http';

/** Not among what a browser shows a page by itself. */
const EXPOSED = [
  'x-request-id',
  'x-orchestrator-expert',
  'x-orchestrator-route',
  'x-orchestrator-dropped',
  'x-orchestrator-sources',
  'x-orchestrator-memory',
  'x-ratelimit-limit-requests',
  'x-ratelimit-limit-tokens',
  'x-ratelimit-remaining-requests',
  'x-ratelimit-remaining-tokens',
  'x-ratelimit-reset-requests',
  'x-ratelimit-reset-tokens',
  'retry-after',
].join(', ');
const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE';
const REQUESTED_HEADERS = /^[\w-]+(?: ?, ?[\w-]+)*$/;
const MOST_HEADERS_LENGTH = 2_000;
const PREFLIGHT_SECONDS = '600';

/**
 * Pages of the origins that the profile lists (`security.cors`) may call this server: with a key in a header, as everybody. There are no
 * cookies here, so credentials are never allowed, and no origin is answered that is not listed.
 */
export class Cors {
  readonly #origins: ReadonlySet<string>;

  constructor(origins: readonly string[]) {
    this.#origins = new Set(origins.map((origin) => new URL(origin).origin));
  }

  allows(origin: string): boolean {
    return this.#origins.has(origin);
  }

  /** What every answer has: for caches, that it is another for another origin; for a listed one, that its page may read it. */
  mark(outgoing: ServerResponse, origin: string | undefined): void {
    outgoing.setHeader('vary', 'Origin');
    if (origin === undefined || !this.allows(origin)) return;
    outgoing.setHeader('access-control-allow-origin', origin);
    outgoing.setHeader('access-control-expose-headers', EXPOSED);
  }
}

/** Whether a browser asks what a page of another origin may do. */
export function isPreflight({ method, headers }: IncomingMessage): boolean {
  return method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
}

/** The answer to a listed origin; a preflight carries no key, and gives away nothing. */
export function answerPreflight({ headers }: IncomingMessage, outgoing: ServerResponse, requestId: string): void {
  const requested = headers['access-control-request-headers'];
  const allowed =
    typeof requested === 'string' && requested.length <= MOST_HEADERS_LENGTH && REQUESTED_HEADERS.test(requested)
      ? requested
      : 'authorization, content-type, x-api-key';
  const isPrivate = headers['access-control-request-private-network'] === 'true';
  outgoing.setHeader('vary', 'Origin, Access-Control-Request-Headers, Access-Control-Request-Private-Network');
  outgoing.writeHead(204, [
    'x-request-id',
    requestId,
    'access-control-allow-methods',
    METHODS,
    'access-control-allow-headers',
    allowed,
    'access-control-max-age',
    PREFLIGHT_SECONDS,
    ...(isPrivate ? ['access-control-allow-private-network', 'true'] : []),
  ]);
  outgoing.end();
}
