import type { EngineCall } from '../engines/contract.ts';
import type { Upstream } from './host.ts';

/** A request of our own to an engine; its answer as text. Rejects unless it is 200, and when the signal aborts. */
export async function callEngine(
  upstream: Upstream,
  { method, path, body }: EngineCall,
  signal: AbortSignal,
): Promise<string> {
  const answer = await upstream.dispatcher.request({
    origin: upstream.origin,
    path,
    method,
    headers: { ...upstream.headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal,
  });
  const text = await answer.body.text();
  if (answer.statusCode !== 200)
    throw new Error(`${method} ${path} was answered ${answer.statusCode}: ${text.slice(0, 200)}`);
  return text;
}
