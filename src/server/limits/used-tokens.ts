import { INFERENCE_ROUTES, type InferenceRoute } from '../../engines/routes.ts';
import type { ForwardResult } from '../../proxy/forward.ts';
import type { Usage } from '../../proxy/usage.ts';

/** Latin text has about four bytes to a token. */
const BYTES_PER_TOKEN = 4;
/** What is larger may be an image, which has thousands of bytes to a token: it is counted afterwards. */
const MOST_ESTIMATED = 4_096;

/** Tokens of a prompt as far as its length tells, before it has been read. */
export function estimatedPrompt(route: InferenceRoute, contentLength: string | undefined): number {
  const bytes = Number(contentLength ?? 0);
  if (INFERENCE_ROUTES[route].body !== 'json' || !(bytes > 0)) return 0;
  return Math.min(MOST_ESTIMATED, Math.ceil(bytes / BYTES_PER_TOKEN));
}

/**
 * What a request that an engine had has used: what the engine says; of an answer that broke off, or that says nothing, the prompt's
 * estimate and the events that the client was sent.
 */
export function usedTokens(route: InferenceRoute, result: ForwardResult, promptEstimate: number): Usage {
  const { usage, status, error, clientLeft } = result;
  if (usage.promptTokens > 0 || usage.generatedTokens > 0) return usage;
  const { task } = INFERENCE_ROUTES[route];
  const isGenerated = task === 'generate' && route !== '/v1/messages/count_tokens';
  // An engine that refuses a request, or never got it, has computed nothing of it.
  const isRefused = error ? error.code === 'engine_unreachable' : status >= 400 && !clientLeft;
  if (!isGenerated || isRefused) return usage;
  return { promptTokens: promptEstimate, generatedTokens: result.streamedEvents };
}
