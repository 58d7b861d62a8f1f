import { EnvHttpProxyAgent, request } from 'undici';
import type { Dispatcher } from 'undici';

/** A source that does not answer must not keep the next one waiting. */
const CONNECT_TIMEOUT_MS = 4_000;
const HEADERS_TIMEOUT_MS = 20_000;
const BODY_TIMEOUT_MS = 30_000;
const MAX_REDIRECTS = 6;

/** A source failed in a way that can be said in one sentence; the next one is tried. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
}

/** The network failed, not what the server said: the same request may succeed in a moment. */
export class NetworkError extends SourceError {}

export interface Answer {
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  readonly body: Dispatcher.ResponseData['body'];
  /** A header of the first host's own answers, redirects included. */
  readonly originHeader: (name: string) => string | undefined;
}

/** Sockets for downloads, through the proxy that the environment names; to be closed when the pull ends. */
export function openDispatcher(environment: NodeJS.ProcessEnv): Dispatcher {
  const named = (name: string) => environment[name] || environment[name.toUpperCase()] || '';
  return new EnvHttpProxyAgent({
    httpProxy: named('http_proxy'),
    httpsProxy: named('https_proxy'),
    noProxy: named('no_proxy'),
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: HEADERS_TIMEOUT_MS,
    bodyTimeout: BODY_TIMEOUT_MS,
  });
}

/**
 * GET, following redirects. `secret` headers go to the first host only; a redirect from https to http is refused.
 * @throws SourceError (NetworkError where nothing was answered); or the signal's reason when it is aborted.
 */
export async function get(
  address: string,
  options: {
    readonly headers: Readonly<Record<string, string>>;
    readonly secret?: Readonly<Record<string, string>> | undefined;
    readonly dispatcher: Dispatcher;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<Answer> {
  const first = new URL(address);
  const own = new Map<string, string>();
  let url = first;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const atOrigin = url.origin === first.origin;
    const response = await send(url, { ...options.headers, ...(atOrigin ? options.secret : {}) }, options);
    const header = (name: string) => textOf(response.headers[name]);
    if (atOrigin) {
      for (const [name, value] of Object.entries(response.headers)) own.set(name, textOf(value) ?? '');
    }
    // A body that is given up before its end fails once more by itself, when nobody listens any longer.
    response.body.on('error', () => {});
    const location = header('location');
    if (![301, 302, 303, 307, 308].includes(response.statusCode) || location === undefined)
      return { status: response.statusCode, header, body: response.body, originHeader: (name) => own.get(name) };
    await response.body.dump();
    const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
    if (!next || !/^https?:$/.test(next.protocol))
      throw new SourceError(`${url.host} redirects to an address that is none`);
    if (url.protocol === 'https:' && next.protocol === 'http:')
      throw new SourceError(`${url.host} redirects from https to http (${next.host}), which is not followed`);
    url = next;
  }
  throw new SourceError(`${first.host} redirects more than ${MAX_REDIRECTS} times`);
}

async function send(
  url: URL,
  headers: Readonly<Record<string, string>>,
  { dispatcher, signal }: { readonly dispatcher: Dispatcher; readonly signal?: AbortSignal | undefined },
): Promise<Dispatcher.ResponseData> {
  try {
    return await request(url, { dispatcher, headers, signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw new NetworkError(`${url.host}: ${networkSentence(error)}`, { cause: error });
  }
}

const textOf = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value);

const SENTENCES: Readonly<Record<string, string>> = {
  UND_ERR_CONNECT_TIMEOUT: `no connection within ${CONNECT_TIMEOUT_MS / 1_000} s`,
  UND_ERR_HEADERS_TIMEOUT: `connected, but no answer within ${HEADERS_TIMEOUT_MS / 1_000} s`,
  UND_ERR_BODY_TIMEOUT: `the transfer stood still for ${BODY_TIMEOUT_MS / 1_000} s`,
  UND_ERR_SOCKET: 'the connection broke off',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was reset',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name cannot be resolved (no network?)',
  ENETUNREACH: 'no route to the network',
  EHOSTUNREACH: 'no route to the host',
};

/** What went wrong on the network, for a person. */
export function networkSentence(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  return SENTENCES[code ?? ''] ?? (message || String(error));
}
