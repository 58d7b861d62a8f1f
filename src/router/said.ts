import type { InferenceRoute } from '../engines/routes.ts';
import { messagesOf, ownText, speakerOf } from './conversation.ts';
import { type Fields, fieldsOf, itemsOf, textOf } from './parts.ts';

/** What a user says in a request, and what it is said to. */
export interface LastSaid {
  /** The user's own words, without what a front end or a harness put around them; bounded. */
  readonly text: string;
  /** How the assistant's message before it ends; null: there is none. */
  readonly before: string | null;
}

/** A question stands at the end of what was said before. */
const MOST_BEFORE = 1_000;
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
  return { text, before: before(messages, at) };
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
