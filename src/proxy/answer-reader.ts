import type { InferenceRoute } from '../engines/routes.ts';
import { arrayOf, type JsonObject, objectOf, parseObject, stringOf } from './json.ts';
import { SseParser } from './sse.ts';

/** More of an answer is neither checked nor kept. */
const MOST_CHARACTERS = 400_000;

/** What the chunks of a stream say about themselves. */
export type StreamFields = Readonly<Partial<Record<'id' | 'object' | 'created' | 'model', unknown>>>;

const KINDS: Readonly<Partial<Record<InferenceRoute, 'message' | 'response'>>> = {
  '/v1/messages': 'message',
  '/v1/responses': 'response',
};

/** Reads what an answer says, in any of the client's dialects, beside its way to the client. */
export class AnswerReader {
  readonly #kind: 'choices' | 'message' | 'response';
  readonly #parser = new SseParser();
  #unreadable = false;
  #text = '';
  #fields: StreamFields = {};
  /** The engine has said that it is done, rather than that it was cut short. */
  isWhole = false;

  constructor(route: InferenceRoute) {
    this.#kind = KINDS[route] ?? 'choices';
  }

  /** The words of the first answer, without reasoning and calls of tools. */
  get text(): string {
    return this.#text;
  }

  get fields(): StreamFields {
    return this.#fields;
  }

  /** The next bytes of a stream. */
  push(bytes: Buffer): void {
    if (this.#unreadable) return;
    try {
      for (const item of this.#parser.push(bytes)) {
        const event = item.kind === 'event' ? parseObject(item.data) : undefined;
        if (event) this.#readEvent(event);
      }
    } catch {
      // A line without an end: it goes on to the client, who may make more of it.
      this.#unreadable = true;
    }
  }

  /** A whole answer. */
  read(body: JsonObject): void {
    if (this.#kind === 'choices') {
      const choice = objectOf(arrayOf(body['choices'])[0]);
      this.#add(textOf(objectOf(choice['message'])['content'] ?? choice['text']));
      this.isWhole = choice['finish_reason'] === 'stop';
    } else if (this.#kind === 'message') {
      this.#add(textOf(body['content']));
      this.isWhole = isEnd(body['stop_reason']);
    } else {
      for (const item of arrayOf(body['output'])) this.#add(textOf(objectOf(item)['content']));
      this.isWhole = body['status'] === 'completed';
    }
  }

  #readEvent(event: JsonObject): void {
    const { type } = event;
    if (this.#kind === 'choices') {
      const { id, object, created, model, choices } = event;
      if (this.#fields.id === undefined && choices !== undefined) this.#fields = { id, object, created, model };
      const choice = arrayOf(choices).map(objectOf).find(isFirst);
      if (!choice) return;
      this.#add(stringOf(objectOf(choice['delta'])['content'] ?? choice['text']));
      if (choice['finish_reason'] === 'stop') this.isWhole = true;
    } else if (this.#kind === 'message') {
      const delta = objectOf(event['delta']);
      if (type === 'content_block_delta') this.#add(stringOf(delta['text']));
      if (type === 'message_delta' && isEnd(delta['stop_reason'])) this.isWhole = true;
    } else {
      if (type === 'response.output_text.delta') this.#add(stringOf(event['delta']));
      if (type === 'response.completed') this.isWhole = true;
    }
  }

  #add(text: string): void {
    if (text !== '' && this.#text.length < MOST_CHARACTERS) this.#text += text;
  }
}

function isFirst({ index }: JsonObject): boolean {
  return index === undefined || index === 0;
}

function isEnd(reason: unknown): boolean {
  return reason === 'end_turn' || reason === 'stop_sequence';
}

/** A string, or the parts that are text. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return arrayOf(content)
    .map((part) => stringOf(objectOf(part)['text']))
    .join('');
}
