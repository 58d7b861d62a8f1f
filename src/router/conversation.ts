import type { InferenceRoute } from '../engines/routes.ts';
import { isAcknowledgement } from './acknowledgement.ts';
import { countOf, type Fields, fieldsOf, itemsOf, textOf } from './parts.ts';
import { type MediaCount, countMedia } from './media-count.ts';
import { promptTokens } from './token-estimate.ts';
import { votingText } from './voting-text.ts';

/** What the router knows of a request. Made of any body, however odd: what is not as it should be is as if it were absent. */
export interface Conversation {
  /** What the user said, the last first: at most three, without acknowledgements and what was injected. */
  readonly voices: readonly string[];
  /** The last message of the user says no more than "go on". */
  readonly acknowledges: boolean;
  /** What stands after the user's last message: results of tools, or an answer that is to be continued. */
  readonly underWay: 'tool' | 'answer' | undefined;
  readonly images: boolean;
  readonly audio: boolean;
  readonly documents: boolean;
  readonly tools: boolean;
  /** Tokens that the client lets the answer have. */
  readonly answerTokens: number | undefined;
  /** The user's last turns, the last first, for `conversation-key.ts`. */
  readonly turns: readonly string[];
  /** Tokens of the prompt, rather too many than too few; no closer look than is needed to see that they are at most `enough`. */
  readonly promptTokens: (enough: number) => number;
}

/** Earlier ones have next to no weight. */
const MOST_VOICES = 3;
/** Enough to tell one conversation from another, and for the turn before. */
const MOST_TURNS = 4;
/** A harness that writes everything into messages of the user has many that say nothing. */
const MOST_LOOKED_AT = 64;

/** @param bytes Size of the body as it came, where that is known. */
export function readConversation(route: InferenceRoute, body: unknown, bytes?: number): Conversation {
  const fields = fieldsOf(body);
  const messages = messagesOf(route, fields);
  const media = countMedia(messages);
  const heard = listen(messages);
  if (heard.turns.length === 0) {
    const raw = rawText(route, fields, messages);
    if (raw !== '') heard.voices.push(raw);
  }
  return {
    ...heard,
    images: media.images > 0,
    audio: media.sounds > 0,
    documents: media.documents > 0,
    tools: wantsTools(fields),
    answerTokens:
      countOf(fields['max_completion_tokens']) ??
      countOf(fields['max_tokens']) ??
      countOf(fields['max_output_tokens']) ??
      countOf(fields['n_predict']),
    promptTokens: (enough) => promptTokens(body, sizeOf(bytes, media), enough),
  };
}

/** Whether tools are offered for use. */
export function wantsTools({ tools, tool_choice: choice }: Fields): boolean {
  if (!Array.isArray(tools) || tools.length === 0) return false;
  return choice !== 'none' && fieldsOf(choice)['type'] !== 'none';
}

function sizeOf(bytes: number | undefined, media: MediaCount) {
  return { bytes, mediaCharacters: media.characters, images: media.images };
}

/** The messages of a request, whatever its dialect. */
export function messagesOf(route: InferenceRoute, fields: Fields): readonly unknown[] {
  if (route === '/v1/responses') {
    const { input } = fields;
    return typeof input === 'string' ? [{ role: 'user', content: input }] : itemsOf(input);
  }
  if (route === '/v1/completions' || route === '/infill') return [];
  return itemsOf(fields['messages']);
}

interface Heard {
  readonly voices: string[];
  acknowledges: boolean;
  underWay: Conversation['underWay'];
  readonly turns: string[];
}

/** From the end, as far as anything is to be heard. */
function listen(messages: readonly unknown[]): Heard {
  const heard: Heard = { voices: [], acknowledges: false, underWay: undefined, turns: [] };
  let left = MOST_LOOKED_AT;
  for (let index = messages.length - 1; index >= 0 && heard.turns.length < MOST_TURNS && left > 0; index -= 1) {
    const message = fieldsOf(messages[index]);
    const speaker = speakerOf(message);
    if (speaker !== 'user') {
      if (heard.turns.length === 0 && speaker !== undefined)
        heard.underWay = speaker === 'tool' ? 'tool' : (heard.underWay ?? 'answer');
      continue;
    }
    left -= 1;
    const text = ownText(message['content']);
    const media = text === '' && countMedia([message]);
    if (text === '' && !(media && media.images + media.sounds + media.documents > 0)) continue;
    const acknowledges = isAcknowledgement(text);
    if (heard.turns.length === 0) heard.acknowledges = acknowledges;
    heard.turns.push(text);
    if (text !== '' && !acknowledges && heard.voices.length < MOST_VOICES) heard.voices.push(text);
  }
  return heard;
}

/** Undefined: instructions and other things that are nobody's turn. */
export function speakerOf(message: Fields): 'user' | 'tool' | 'answer' | undefined {
  const { role, content, type } = message;
  if (role === 'user') return hasToolResult(content) ? 'tool' : 'user';
  if (role === 'tool' || role === 'function') return 'tool';
  if (role === 'assistant') return 'answer';
  // Items of `/v1/responses`.
  if (typeof type === 'string' && role === undefined) {
    if (type.endsWith('_output')) return 'tool';
    if (type.endsWith('_call')) return 'answer';
    if (type.startsWith('input_')) return 'user';
  }
  return undefined;
}

function hasToolResult(content: unknown): boolean {
  return itemsOf(content).some((part) => fieldsOf(part)['type'] === 'tool_result');
}

/** What of a message's content is the user's own. */
export function ownText(content: unknown): string {
  if (typeof content === 'string') return votingText(content);
  let text = '';
  for (const part of itemsOf(content).slice(0, MOST_LOOKED_AT)) {
    const own = votingText(partText(part));
    if (own !== '') text = text === '' ? own : `${text}\n${own}`;
  }
  return text === '' ? '' : votingText(text);
}

function partText(part: unknown): string {
  return typeof part === 'string' ? part : textOf(fieldsOf(part)['text']);
}

/** Where no message speaks: a text to be completed, code to be filled in, what was injected after all, or the instructions. */
function rawText(route: InferenceRoute, fields: Fields, messages: readonly unknown[]): string {
  if (route === '/infill') return endOf(textOf(fields['input_prefix'])) + textOf(fields['prompt']).slice(0, 1_000);
  if (route === '/v1/completions') {
    const { prompt } = fields;
    return votingText(typeof prompt === 'string' ? prompt : textOf(itemsOf(prompt)[0]));
  }
  const last = fieldsOf(messages.findLast((message) => fieldsOf(message)['role'] === 'user'))['content'];
  const said = typeof last === 'string' ? last : partText(itemsOf(last)[0]);
  const instructions =
    said || textOf(fields['instructions']) || textOf(fields['system']) || textOf(fieldsOf(messages[0])['content']);
  return instructions.slice(0, 2_000).trim();
}

const endOf = (text: string) => text.slice(-2_000);
