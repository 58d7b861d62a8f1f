import type { RequestContext } from './context.ts';
import type { Prepared } from './prepare-request.ts';

/** Response headers of ours, name and value in turn. */
export function ownHeadersOf(context: RequestContext, { target, dropped, routed, use }: Prepared): string[] {
  const headers = ['x-request-id', context.requestId, 'x-orchestrator-expert', target.expert.id];
  if (routed) headers.push('x-orchestrator-route', routed.found.header);
  else if (target.reason === 'default') headers.push('x-orchestrator-route', 'reason=default');
  if (dropped.length > 0) headers.push('x-orchestrator-dropped', headerList(dropped));
  if (use) headers.push(...use.headers);
  return headers;
}

/** Names from a client's body in a header: printable ASCII, bounded. */
function headerList(names: readonly string[]): string {
  return names
    .slice(0, 20)
    .map((name) => name.replaceAll(/[^\x21-\x2b\x2d-\x7e]/g, '?').slice(0, 60))
    .join(', ');
}
