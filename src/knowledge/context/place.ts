import type { InferenceRoute } from '../../engines/routes.ts';
import { type Fields, fieldsOf, itemsOf } from '../../router/parts.ts';

/** Text that is put in front of what the user wrote last, and after it; empty: nothing. */
export interface Beside {
  readonly before: string;
  readonly after: string;
}

type Body = Record<string, unknown>;

/** Where messages stand, and what a part of text is called there. */
const PLACES: Readonly<Partial<Record<InferenceRoute, { readonly list: string; readonly part: string }>>> = {
  '/v1/chat/completions': { list: 'messages', part: 'text' },
  '/v1/messages': { list: 'messages', part: 'text' },
  '/v1/responses': { list: 'input', part: 'input_text' },
};

/**
 * The body with the text beside the user's last message: everything before that message stays as it was, so that an engine that has
 * computed it need not do so again. Undefined: there is no such message, or no text to complete.
 */
export function placeBeside(route: InferenceRoute, body: Body, beside: Beside): Body | undefined {
  if (route === '/v1/completions') {
    const { prompt } = body;
    return typeof prompt === 'string' ? { ...body, prompt: around(prompt, beside) } : undefined;
  }
  const place = PLACES[route];
  if (!place) return undefined;
  const list = body[place.list];
  if (place.list === 'input' && typeof list === 'string') return { ...body, input: around(list, beside) };
  const messages = itemsOf(list);
  const at = messages.findLastIndex((message) => isUsersOwn(fieldsOf(message)));
  if (at < 0) return undefined;
  const message = fieldsOf(messages[at]);
  return {
    ...body,
    [place.list]: messages.with(at, { ...message, content: contentWith(message, place.part, beside) }),
  };
}

/** A message of the role `user` that only carries what tools have found is not the user's. */
function isUsersOwn({ role, content }: Fields): boolean {
  if (role !== 'user') return false;
  if (typeof content === 'string') return true;
  const parts = itemsOf(content);
  return parts.length > 0 && !parts.some((part) => fieldsOf(part)['type'] === 'tool_result');
}

function contentWith({ content }: Fields, type: string, { before, after }: Beside): unknown {
  if (typeof content === 'string') return around(content, { before, after });
  const part = (text: string) => ({ type, text });
  return [
    ...(before === '' ? [] : [part(`${before}\n\n`)]),
    ...itemsOf(content),
    ...(after === '' ? [] : [part(`\n\n${after}`)]),
  ];
}

function around(text: string, { before, after }: Beside): string {
  return `${before === '' ? '' : `${before}\n\n`}${text}${after === '' ? '' : `\n\n${after}`}`;
}
