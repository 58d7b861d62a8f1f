/** The words that the two dialects use for the same things. */
import { isObject, numberOf, objectOf, stringOf } from '../json.ts';

/** Anthropic requires a limit; this is what a request without one gets. */
export const DEFAULT_MAX_TOKENS = 4_096;

const FINISH_TO_STOP: Readonly<Record<string, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  function_call: 'tool_use',
  content_filter: 'refusal',
};

const STOP_TO_FINISH: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  pause_turn: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
};

/** OpenAI's `finish_reason` in Anthropic's words; null for one that has no counterpart: a reason is never invented. */
export function stopReason(finishReason: unknown): string | null {
  return FINISH_TO_STOP[stringOf(finishReason)] ?? null;
}

/** Anthropic's `stop_reason` in OpenAI's words; null for one that has no counterpart. */
export function finishReason(stop: unknown): string | null {
  return STOP_TO_FINISH[stringOf(stop)] ?? null;
}

/** Tokens of a request: prompt (cached ones included), those of them that came from a cache, and generated ones. */
export interface TokenCounts {
  readonly prompt: number;
  readonly cached: number;
  readonly created: number;
  readonly generated: number;
}

export function openaiCounts(usage: unknown): TokenCounts {
  const counts = objectOf(usage);
  return {
    prompt: numberOf(counts['prompt_tokens']),
    cached: numberOf(objectOf(counts['prompt_tokens_details'])['cached_tokens']),
    created: 0,
    generated: numberOf(counts['completion_tokens']),
  };
}

/** Later events of a stream repeat or leave out what earlier ones said. */
export function anthropicCounts(usage: unknown, before?: TokenCounts): TokenCounts {
  const counts = objectOf(usage);
  const cached = numberOf(counts['cache_read_input_tokens'], before?.cached ?? 0);
  const created = numberOf(counts['cache_creation_input_tokens'], before?.created ?? 0);
  const fresh = before === undefined ? 0 : before.prompt - before.cached - before.created;
  return {
    prompt: numberOf(counts['input_tokens'], fresh) + cached + created,
    cached,
    created,
    generated: numberOf(counts['output_tokens'], before?.generated ?? 0),
  };
}

export function openaiUsage(counts: TokenCounts): Record<string, unknown> {
  return {
    prompt_tokens: counts.prompt,
    completion_tokens: counts.generated,
    total_tokens: counts.prompt + counts.generated,
    prompt_tokens_details: { cached_tokens: counts.cached },
  };
}

/** Anthropic counts cached tokens apart from `input_tokens`. */
export function anthropicUsage(counts: TokenCounts): Record<string, unknown> {
  return {
    input_tokens: Math.max(0, counts.prompt - counts.cached - counts.created),
    output_tokens: counts.generated,
    cache_creation_input_tokens: counts.created,
    cache_read_input_tokens: counts.cached,
  };
}

/** `data:image/png;base64,…` in its parts; undefined for any other address. */
export function parseDataUrl(url: string): { mediaType: string; data: string } | undefined {
  const match = /^data:([^;,]*)(?:;[^,]*)?;base64,/i.exec(url);
  if (!match) return undefined;
  return { mediaType: match[1] || 'application/octet-stream', data: url.slice(match[0].length) };
}

/** The text of content that is a string or a list of parts; parts that are no text are left out. */
export function textOf(content: unknown, separator = ''): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .flatMap((part: unknown) => (isObject(part) && typeof part['text'] === 'string' ? [part['text']] : []))
    .join(separator);
}
