import type { InferenceRoute } from '../../engines/routes.ts';
import type { JsonObject } from '../../proxy/json.ts';
import { messagesOf } from '../../router/conversation.ts';
import { fieldsOf, itemsOf, textOf } from '../../router/parts.ts';
import type { Rateable } from './rateable-book.ts';

/** What a rating of this request is kept with: its messages as the client sent them, text alone. Nothing that was put beside them. */
export function rateableOf(
  route: InferenceRoute,
  body: JsonObject,
  answered: Pick<Rateable, 'expert' | 'route' | 'answer'>,
): Rateable {
  const instructions = contentText(body['system'] ?? body['instructions']);
  const messages = messagesOf(route, body).flatMap((message) => {
    const { role, content } = fieldsOf(message);
    const text = contentText(content);
    return typeof role === 'string' && text !== '' ? [{ role, content: text }] : [];
  });
  return {
    ...answered,
    messages: instructions === '' ? messages : [{ role: 'system', content: instructions }, ...messages],
  };
}

function contentText(content: unknown): string {
  if (typeof content === 'string') return content;
  return itemsOf(content)
    .map((part) => (typeof part === 'string' ? part : textOf(fieldsOf(part)['text'])))
    .filter((text) => text !== '')
    .join('\n');
}
