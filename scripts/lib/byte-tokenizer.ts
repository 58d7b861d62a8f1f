import type { WritableValue } from '../../src/models/gguf-writer.ts';

/** The specials come last among the fixed tokens. */
const SPECIALS = ['<|endoftext|>', '<|im_start|>', '<|im_end|>'] as const;
const MERGES = ['Ġ t', 'h e', 'i n', 'e r', 'a n'];
const TOKEN_TYPE = { normal: 1, control: 3 };
const BYTES = 256;
export const LEAST_VOCABULARY = BYTES + MERGES.length + SPECIALS.length;

export const CHAT_TEMPLATE =
  "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

export interface ByteTokenizer {
  readonly metadata: Record<string, WritableValue>;
  /** Whether a generated text should contain the token: whole printable characters and words only, and never an end. */
  readonly printable: (token: number) => boolean;
}

/**
 * A GPT-2 style tokenizer that takes any text: all bytes, a few merges, the specials, and made-up words up to the wanted size.
 * `moreMerges` are pairs that no text has: real tokenizers have as many pairs as words.
 */
export function byteTokenizer(size: number, moreMerges = 0): ByteTokenizer {
  const pairs = Array.from({ length: moreMerges }, (_, index) => `Ġ${syllables(index)} ${syllables(index + 7)}`);
  const tokens = [...byteLetters(), ...MERGES.map((merge) => merge.replace(' ', '')), ...SPECIALS];
  const special = (index: number) => index >= LEAST_VOCABULARY - SPECIALS.length && index < LEAST_VOCABULARY;
  for (let word = 0; tokens.length < size; word += 1) tokens.push(`Ġ${syllables(word)}`);
  const id = (token: string) => ({ type: 'u32', value: tokens.indexOf(token) }) as const;
  return {
    printable: (token) => (token < BYTES ? token === 0x0a || (token >= 0x20 && token < 0x7f) : !special(token)),
    metadata: {
      'tokenizer.ggml.model': { type: 'string', value: 'gpt2' },
      'tokenizer.ggml.pre': { type: 'string', value: 'gpt-2' },
      'tokenizer.ggml.tokens': { type: 'strings', value: tokens },
      'tokenizer.ggml.token_type': {
        type: 'i32s',
        value: tokens.map((_, index) => (special(index) ? TOKEN_TYPE.control : TOKEN_TYPE.normal)),
      },
      'tokenizer.ggml.merges': { type: 'strings', value: [...MERGES, ...pairs] },
      'tokenizer.ggml.bos_token_id': id('<|endoftext|>'),
      'tokenizer.ggml.eos_token_id': id('<|im_end|>'),
      'tokenizer.ggml.padding_token_id': id('<|endoftext|>'),
      'tokenizer.ggml.add_bos_token': { type: 'bool', value: false },
    },
  };
}

/** A WordPiece tokenizer of single characters, for encoders; what it lacks becomes `[UNK]`. */
export function characterTokenizer(): { metadata: Record<string, WritableValue>; size: number } {
  const specials = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
  const characters = [...Array(94).keys()].map((index) => String.fromCharCode(0x21 + index));
  const tokens = [...specials, ...characters.map((character) => `\u2581${character}`), ...characters];
  const id = (token: string) => ({ type: 'u32', value: specials.indexOf(token) }) as const;
  return {
    size: tokens.length,
    metadata: {
      'tokenizer.ggml.model': { type: 'string', value: 'bert' },
      'tokenizer.ggml.pre': { type: 'string', value: 'default' },
      'tokenizer.ggml.token_type_count': { type: 'u32', value: 2 },
      'tokenizer.ggml.tokens': { type: 'strings', value: tokens },
      'tokenizer.ggml.token_type': {
        type: 'i32s',
        value: tokens.map((_, index) => {
          if (index === 1) return 2;
          return index < specials.length ? TOKEN_TYPE.control : TOKEN_TYPE.normal;
        }),
      },
      'tokenizer.ggml.bos_token_id': id('[CLS]'),
      'tokenizer.ggml.cls_token_id': id('[CLS]'),
      'tokenizer.ggml.eos_token_id': id('[SEP]'),
      'tokenizer.ggml.seperator_token_id': id('[SEP]'),
      'tokenizer.ggml.unknown_token_id': id('[UNK]'),
      'tokenizer.ggml.padding_token_id': id('[PAD]'),
      'tokenizer.ggml.mask_token_id': id('[MASK]'),
    },
  };
}

/** GPT-2's letters for the 256 bytes: printable ones stand for themselves, the others for letters from U+0100 on. */
function byteLetters(): string[] {
  const standsForItself = (byte: number) =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
  let next = 0x100;
  return [...Array(BYTES).keys()].map((byte) => String.fromCharCode(standsForItself(byte) ? byte : next++));
}

/** A pronounceable word for a number: every number has its own. */
function syllables(number: number): string {
  const [consonants, vowels] = ['bdfgklmnprstvz', 'aeiou'];
  let word = '';
  let rest = number;
  do {
    const index = rest % (consonants.length * vowels.length);
    word += `${consonants[Math.floor(index / vowels.length)]}${vowels[index % vowels.length]}`;
    rest = Math.floor(rest / (consonants.length * vowels.length));
  } while (rest > 0);
  return `${word}k`;
}
