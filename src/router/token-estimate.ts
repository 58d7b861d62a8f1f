import { type Fields, fieldsOf, itemsOf, textOf } from './parts.ts';

/** Latin text has three to five characters to a token, code three; wide scripts have one or less. Rather too many tokens than too few. */
const CHARACTERS_PER_TOKEN = 3;
/** Role, separators and the like of each message. */
const TOKENS_PER_MESSAGE = 8;
/** Vision models make 256 to 1,000 of an image. */
const TOKENS_PER_IMAGE = 1_024;
/** A sample of a long text tells the share of wide characters in it. */
const SAMPLES = 16;
const SAMPLE_LENGTH = 64;
/** From the CJK radicals on, characters are tokens of their own; the scripts of India and South-East Asia are not far from it. */
const FIRST_WIDE = 0x0900;
const MOST_MESSAGES = 4_000;
/** A value nested deeper, or one of more parts than this, counts as nothing: limits of the body stand elsewhere. */
const MOST_PARTS = 20_000;

export interface PromptSize {
  /** Of the body as it came; undefined where that is not known. */
  readonly bytes: number | undefined;
  /** Characters of the body that are images or sounds. */
  readonly mediaCharacters: number;
  readonly images: number;
}

/**
 * Tokens of the prompt, rather too many than too few. What follows from the size of the body alone is enough where it is at most
 * `enough`: three bytes of UTF-8 are three Latin characters or a wide one. Only beyond that the texts are looked at.
 */
export function promptTokens(body: unknown, size: PromptSize, enough: number): number {
  const images = size.images * TOKENS_PER_IMAGE;
  const bound =
    size.bytes === undefined ? Infinity : (size.bytes - size.mediaCharacters) / CHARACTERS_PER_TOKEN + images;
  if (bound <= enough) return Math.ceil(bound);
  return Math.ceil(Math.min(bound, tokensOfBody(fieldsOf(body)) + images));
}

export function textTokens(text: string): number {
  const { length } = text;
  if (length === 0) return 0;
  let [seen, wide] = [0, 0];
  const samples = length <= SAMPLES * SAMPLE_LENGTH ? 1 : SAMPLES;
  const sampleLength = samples === 1 ? length : SAMPLE_LENGTH;
  for (let sample = 0; sample < samples; sample += 1) {
    const start = samples === 1 ? 0 : Math.floor(((length - sampleLength) * sample) / (samples - 1));
    for (let index = start; index < start + sampleLength; index += 1) {
      seen += 1;
      if (text.charCodeAt(index) >= FIRST_WIDE) wide += 1;
    }
  }
  const share = wide / seen;
  return length * (share + (1 - share) / CHARACTERS_PER_TOKEN);
}

function tokensOfBody(body: Fields): number {
  const { prompt, suffix, system, instructions, input, tools, functions } = body;
  if (isTokenList(prompt)) return prompt.length;
  let tokens = 0;
  for (const message of itemsOf(body['messages']).slice(-MOST_MESSAGES)) {
    tokens += TOKENS_PER_MESSAGE + valueTokens(withoutRole(message));
  }
  const rest = [
    prompt,
    suffix,
    system,
    instructions,
    input,
    tools,
    functions,
    body['input_prefix'],
    body['input_suffix'],
  ];
  return tokens + rest.reduce<number>((sum, value) => sum + valueTokens(value), 0);
}

/** Token ids are counted, not estimated. */
function isTokenList(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length > 0 && value.every((entry) => typeof entry === 'number');
}

function withoutRole(message: unknown): unknown {
  const { role: _role, ...rest } = fieldsOf(message);
  return rest;
}

/** All texts in a JSON value, and the names of its fields; what looks like the bytes of a medium is left out. */
function valueTokens(value: unknown): number {
  let tokens = 0;
  let left = MOST_PARTS;
  const open: unknown[] = [value];
  while (open.length > 0 && left > 0) {
    const next = open.pop();
    left -= 1;
    if (typeof next === 'string') tokens += isMedium(next) ? 0 : textTokens(next);
    else if (typeof next === 'number' || typeof next === 'boolean') tokens += 1;
    else if (Array.isArray(next)) for (const entry of next.slice(0, left)) open.push(entry);
    else {
      const fields = fieldsOf(next);
      for (const name in fields) {
        tokens += 2;
        open.push(name === 'data' && textOf(fields[name]).length > 1_000 ? undefined : fields[name]);
      }
    }
  }
  return tokens;
}

function isMedium(text: string): boolean {
  return text.startsWith('data:') && text.length > 1_000;
}
