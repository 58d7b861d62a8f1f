import type { PromptCounts } from '../supervisor/slot-keeper.ts';

export interface Usage {
  readonly promptTokens: number;
  readonly generatedTokens: number;
}

const PROMPT = /"(?:prompt_tokens|input_tokens)"\s*:\s*(\d{1,9})/;
const GENERATED = /"(?:completion_tokens|output_tokens)"\s*:\s*(\d{1,9})/;
/** llama-server's own measure, where nobody asked for usage; cached tokens are not in it. */
const PROMPT_TIMING = /"prompt_n"\s*:\s*(\d{1,9})/;
const GENERATED_TIMING = /"predicted_n"\s*:\s*(\d{1,9})/;
const EVENT = /(?:^|[\r\n])data:/g;
const CACHED = /"cached_tokens"\s*:\s*(\d{1,9})/;
const CACHED_TIMING = /"cache_n"\s*:\s*(\d{1,9})/;

/** Token counts from the last bytes of an answer, where every engine puts them; zeros where it does not. */
export function usageFromTail(tail: string): Usage {
  const usage = after(tail, '"usage"');
  const timings = after(tail, '"timings"');
  return {
    promptTokens: find(usage, PROMPT) ?? find(timings, PROMPT_TIMING) ?? 0,
    generatedTokens: find(usage, GENERATED) ?? find(timings, GENERATED_TIMING) ?? 0,
  };
}

/** Events of a stream of so many bytes, from the share of them that its last bytes are. */
export function eventsOf(tail: string, bytes: number): number {
  if (tail === '') return 0;
  const seen = tail.match(EVENT)?.length ?? 0;
  return Math.round((seen * Math.max(bytes, tail.length)) / tail.length);
}

/** The tokens of a prompt and how many of them were not computed, as llama-server tells it; undefined where it does not. */
export function promptCounts(tail: string): PromptCounts | undefined {
  const timings = after(tail, '"timings"');
  const [computed, cachedNow] = [find(timings, PROMPT_TIMING), find(timings, CACHED_TIMING)];
  if (computed !== undefined && cachedNow !== undefined) return { total: computed + cachedNow, cached: cachedNow };
  const usage = after(tail, '"usage"');
  const [total, cached] = [find(usage, PROMPT), find(usage, CACHED)];
  return total === undefined || cached === undefined ? undefined : { total, cached };
}

/** From the last mention on. */
function after(text: string, mark: string): string {
  const at = text.lastIndexOf(mark);
  return at < 0 ? '' : text.slice(at);
}

function find(text: string, pattern: RegExp): number | undefined {
  const digits = text === '' ? undefined : pattern.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
