/**
 * Tells nonsense from words. A kernel that is wrong for its processor loads, is healthy, answers 200, and writes `GGGG`, line
 * breaks or word salad (bitnet.cpp on Arm: engines.md 2.6).
 */

/** Fewer tokens than this prove nothing: a short answer that ends by itself is a good one. */
const LEAST_TOKENS = 8;
const LEAST_DISTINCT = 3;

export interface GeneratedText {
  readonly text: string;
  /** Tokens that were generated, as the engine counts them. */
  readonly count: number;
  /** The tokens one by one, where the engine tells them. */
  readonly tokens?: readonly string[] | undefined;
}

/** What is wrong with a text that should hold `expected` (capitals do not matter); undefined when nothing speaks against it. */
export function nonsenseIn(generated: GeneratedText, expected: string | undefined): string | undefined {
  const { text, count, tokens } = generated;
  const shown = JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
  const letters = text.replaceAll(/\s/g, '');
  if (/^(.)\1{7,}$/su.test(letters)) return `a single character over and over: ${shown}`;
  if (count >= LEAST_TOKENS) {
    // Without a list of tokens only a blank text is a sign.
    const distinct = tokens ? new Set(tokens).size : text.trim() === '' ? 0 : LEAST_DISTINCT;
    if (distinct < LEAST_DISTINCT) return `${count} tokens, of which ${distinct} are distinct: ${shown}`;
  }
  if (expected !== undefined && !text.toLowerCase().includes(expected.toLowerCase())) {
    return `${shown}, which does not contain ${JSON.stringify(expected)}`;
  }
  return undefined;
}

/** The text of a chat answer, with its tokens where log probabilities were asked for, in the form of 2024 or OpenAI's. */
export function generatedTextOf(answer: unknown): GeneratedText | undefined {
  const { choices, usage, completion_probabilities: older } = (answer ?? {}) as ChatAnswer;
  const choice = Array.isArray(choices) ? choices[0] : undefined;
  const text = choice?.message?.content;
  if (typeof text !== 'string') return undefined;
  const listed = older?.map(({ content }) => content) ?? choice?.logprobs?.content?.map(({ token }) => token);
  const tokens = listed?.filter((token) => typeof token === 'string');
  const count = usage?.completion_tokens;
  return { text, count: typeof count === 'number' ? count : (tokens?.length ?? 0), tokens };
}

interface ChatAnswer {
  choices?: { message?: { content?: unknown }; logprobs?: { content?: { token?: unknown }[] } | null }[];
  usage?: { completion_tokens?: unknown };
  completion_probabilities?: { content?: unknown }[];
}
