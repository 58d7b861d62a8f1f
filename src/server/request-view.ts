import type { InferenceRoute } from '../engines/routes.ts';
import type { ForwardResult } from '../proxy/forward.ts';
import { runningNow } from '../shared/clock.ts';
import type { RequestContext } from './context.ts';
import type { MemoryNote } from './reminding/memory-note.ts';
import type { RequestView } from './views.ts';

/** A request that has ended, as it is kept for who asks. */
export interface RequestNote extends Omit<RequestView, 'memory'> {
  readonly memory: MemoryNote | null;
}

/** What is kept of a request that has ended. */
export function requestNote(
  { requestId, startedAt }: Pick<RequestContext, 'requestId' | 'startedAt'>,
  request: {
    readonly route: InferenceRoute;
    readonly expert: string;
    readonly reason: string | undefined;
    /** Monotonic milliseconds. */
    readonly sentAt: number;
    readonly result: ForwardResult;
    readonly orchestrator: RequestNote['orchestrator'];
    readonly memory: RequestNote['memory'];
  },
): RequestNote {
  const { route, expert, reason, sentAt, result, orchestrator, memory } = request;
  const total = runningNow() - startedAt;
  return {
    id: requestId,
    at: new Date(Date.now() - total).toISOString(),
    route,
    expert,
    reason: reason ?? null,
    status: result.clientLeft ? 499 : (result.error?.status ?? result.status),
    error: result.error?.code ?? null,
    milliseconds: {
      total: Math.round(total),
      waited: Math.round(sentAt - startedAt),
      firstByte: result.firstByteAt === undefined ? null : Math.round(result.firstByteAt - startedAt),
    },
    tokens: { prompt: result.usage.promptTokens, generated: result.usage.generatedTokens },
    orchestrator,
    memory,
  };
}
