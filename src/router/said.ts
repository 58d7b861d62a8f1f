import type { InferenceRoute } from '../engines/routes.ts';
import { messagesOf, ownText, speakerOf } from './conversation.ts';
import { type Fields, fieldsOf, itemsOf, textOf } from './parts.ts';

/** What a user says in a request, and what it is said to. */
export interface LastSaid {
  /** The user's own words, without what a front end or a harness put around them; bounded. */
  readonly text: string;
  /** How the assistant's message before it ends; null: there is none. */
  readonly before: string | null;
  /** The user's own words before it, the last first: at most 12 messages, of each its ends. */
  readonly earlier: readonly string[];
}

/** A question stands at the end of what was said before. */
const MOST_BEFORE = 1_000;
/** What was said long ago does not tell what a message is about. */
const MOST_EARLIER = 12;
/** Of an earlier message, from its beginning and from its end. */
const EARLIER_HEAD = 700;
const EARLIER_END = 300;
/** A harness that writes everything into messages of the user has many that say nothing. */
const MOST_LOOKED_AT = 48;
/** Open WebUI has titles and tags made in the user's name: nobody says that. */
const ERRAND = /^#{1,4} ?Task:/;

/**
 * The user's last message, where the request is an answer to it. Undefined: the user does not speak (results of tools, an answer that is to
 * be continued, an errand of a front end), or says nothing in words.
 */
export function lastSaid(route: InferenceRoute, body: unknown): LastSaid | undefined {
  const messages = messagesOf(route, fieldsOf(body)).map(fieldsOf);
  const at = messages.findLastIndex((message) => speakerOf(message) !== undefined);
  const last = messages[at];
  if (!last || speakerOf(last) !== 'user') return undefined;
  const text = wordsOf(last);
  if (text === '' || ERRAND.test(text)) return undefined;
  return { text, before: before(messages, at), earlier: earlier(messages, at) };
}

function before(messages: readonly Fields[], at: number): string | null {
  for (let index = at - 1; index >= 0; index -= 1) {
    const message = messages[index] ?? {};
    const speaker = speakerOf(message);
    if (speaker === 'user') return null;
    const text = speaker === 'answer' ? spoken(message['content']) : '';
    if (text !== '') return text.slice(-MOST_BEFORE).toWellFormed();
  }
  return null;
}

function earlier(messages: readonly Fields[], at: number): readonly string[] {
  const found: string[] = [];
  let left = MOST_LOOKED_AT;
  for (let index = at - 1; index >= 0 && found.length < MOST_EARLIER && left > 0; index -= 1) {
    const message = messages[index] ?? {};
    if (speakerOf(message) !== 'user') continue;
    left -= 1;
    const text = wordsOf(message);
    if (text !== '' && !ERRAND.test(text)) found.push(shortened(text));
  }
  return found;
}

function shortened(text: string): string {
  if (text.length <= EARLIER_HEAD + EARLIER_END) return text;
  return `${text.slice(0, EARLIER_HEAD)}\n${text.slice(-EARLIER_END)}`.toWellFormed();
}

/** An item of `/v1/responses` may be a part of text itself. */
function wordsOf(message: Fields): string {
  const { content, type } = message;
  return ownText(content ?? (type === 'input_text' ? [message] : undefined));
}

function spoken(content: unknown): string {
  if (typeof content === 'string') return content.trim();
  return itemsOf(content)
    .map((part) => (typeof part === 'string' ? part : textOf(fieldsOf(part)['text'])))
    .join('')
    .trim();
}
