/** Tokens for each part of a prompt, where the context is their sum (`knowledge.context` of a profile). */
export interface ContextParts {
  readonly system: number;
  readonly tools: number;
  readonly memory: number;
  readonly documents: number;
  readonly history: number;
  readonly answer: number;
}

export interface Room {
  /** Tokens that the expert's context holds. */
  readonly context: number;
  /** Tokens of the request as it came: system prompt, tools and history together. */
  readonly prompt: number;
  /** Characters of the chat template that the profile gives: worked examples may stand in it. */
  readonly template?: number;
  /** Tokens that the request lets the answer have; undefined: it does not say. */
  readonly answer: number | undefined;
}

/** What a chat template writes around the messages, and what an estimate may be wrong by. */
const TEMPLATE_TOKENS = 96;
const TEMPLATE_SHARE = 0.02;
/** Most of a template's text is logic. */
const TEMPLATE_CHARACTERS_PER_TOKEN = 8;

/** What a part may have where nothing else needs more than its own. */
export function shareOf(part: keyof ContextParts, parts: ContextParts, context: number): number {
  const sum = Object.values(parts).reduce<number>((total, tokens) => total + tokens, 0);
  return sum === 0 ? 0 : Math.floor((parts[part] * context) / sum);
}

/**
 * Tokens for documents, or for memories, in one request: their part, and less where the request itself and its answer leave less. Parts
 * that a request does not use are no one's to fill: a prompt is not longer than it must be. Never so much that a request that fits stops
 * fitting.
 */
export function tokensFor(
  part: 'documents' | 'memory',
  parts: ContextParts,
  { context, prompt, answer, template = 0 }: Room,
): number {
  const usual = shareOf('answer', parts, context);
  // A client that asks for more than there is gets what there is, with or without documents.
  const reserved = answer === undefined || prompt + answer > context ? usual : answer;
  const left = context - prompt - reserved - templateTokens(context, template);
  return Math.max(0, Math.min(shareOf(part, parts, context), left));
}

/** Tokens that a part adds at most to a request, for whoever chooses an expert by its context. */
export function mostTokensFor(
  part: 'documents' | 'memory',
  parts: ContextParts,
  tokens: number,
  context: number,
): number {
  return Math.min(shareOf(part, parts, context), tokens);
}

function templateTokens(context: number, characters: number): number {
  return TEMPLATE_TOKENS + Math.ceil(context * TEMPLATE_SHARE) + Math.ceil(characters / TEMPLATE_CHARACTERS_PER_TOKEN);
}
