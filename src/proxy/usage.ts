export interface Usage {
  readonly promptTokens: number;
  readonly generatedTokens: number;
}

const PROMPT = /"(?:prompt_tokens|input_tokens)"\s*:\s*(\d{1,9})/;
const GENERATED = /"(?:completion_tokens|output_tokens)"\s*:\s*(\d{1,9})/;
/** llama-server's own measure, where nobody asked for usage; cached tokens are not in it. */
const PROMPT_TIMING = /"prompt_n"\s*:\s*(\d{1,9})/;
const GENERATED_TIMING = /"predicted_n"\s*:\s*(\d{1,9})/;

/** Token counts from the last bytes of an answer, where every engine puts them; zeros where it does not. */
export function usageFromTail(tail: string): Usage {
  const usage = after(tail, '"usage"');
  const timings = after(tail, '"timings"');
  return {
    promptTokens: find(usage, PROMPT) ?? find(timings, PROMPT_TIMING) ?? 0,
    generatedTokens: find(usage, GENERATED) ?? find(timings, GENERATED_TIMING) ?? 0,
  };
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
