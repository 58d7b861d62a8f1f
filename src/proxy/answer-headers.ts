import type { IncomingHttpHeaders } from 'node:http';

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
  'vary',
  'x-request-id',
  'date',
  'content-security-policy',
  'strict-transport-security',
  'alt-svc',
  'www-authenticate',
  'x-orchestrator-expert',
  'x-orchestrator-route',
  'x-orchestrator-dropped',
  'x-orchestrator-sources',
  'x-orchestrator-memory',
]);

/** Our own response headers and those of the engine that a client may see, name and value in turn. */
export function passedHeaders(
  headers: IncomingHttpHeaders,
  ownHeaders: readonly string[],
  isTranslated: boolean,
): string[] {
  const flat = [...ownHeaders];
  for (const name in headers) {
    if (DROPPED_HEADERS.has(name) || (isTranslated && name === 'content-length')) continue;
    const value = headers[name];
    if (typeof value === 'string') flat.push(name, value);
    else if (value) for (const one of value) flat.push(name, one);
  }
  return flat;
}
