export interface Usage {
  readonly promptTokens: number;
  readonly generatedTokens: number;
}

const PROMPT = /"(?:prompt_tokens|input_tokens|prompt_n)"\s*:\s*(\d{1,9})/g;
const GENERATED = /"(?:completion_tokens|output_tokens|predicted_n)"\s*:\s*(\d{1,9})/g;

/** Token counts from the last bytes of an answer, where every engine puts them; zeros where it does not. The last mention counts. */
export function usageFromTail(tail: string): Usage {
  return { promptTokens: lastNumber(tail, PROMPT), generatedTokens: lastNumber(tail, GENERATED) };
}

function lastNumber(text: string, pattern: RegExp): number {
  let value = 0;
  for (const match of text.matchAll(pattern)) value = Number(match[1]);
  return value;
}
