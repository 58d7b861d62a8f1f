/** What the two stream translators share. */
import { AppError } from '../../shared/errors.ts';
import { type JsonObject, objectOf, parseObject } from '../json.ts';
import { type SseEvent, type SseItem, SseParser } from '../sse.ts';

export interface StreamContext {
  /** Model name where the upstream gives none. */
  readonly model: string;
  /** Becomes the id where the upstream gives none. */
  readonly requestId: string;
  /** Seconds since 1970. */
  readonly created: number;
  /** Whether an OpenAI client asked for a usage chunk. */
  readonly includeUsage: boolean;
}

export interface StreamEnd {
  /** What is left to send. */
  readonly text: string;
  /** Whether the upstream said that it was finished. A stream that was not has got no ending, and needs an error frame. */
  readonly complete: boolean;
  /** Whether the upstream reported an error, which the client has been sent in its own words: nothing is to be added. */
  readonly failed: boolean;
}

/** Translates a stream as it comes in. Pure: bytes in, text out. */
export interface StreamTranslator {
  /** Throws `engine_answer_invalid` where the stream is not what its dialect says. */
  push(bytes: Uint8Array): string;
  end(): StreamEnd;
}

/** Turns single events into text; `StreamReader` does the rest. */
export interface EventTranslator {
  event(event: SseEvent, data: JsonObject): string;
  /** A sign of life in between. */
  comment(): string;
  /** Data that is no JSON object but says that the stream is finished; undefined where it says nothing of the kind. */
  sentinel?(data: string): string | undefined;
  readonly complete: boolean;
  readonly failed: boolean;
}

export class StreamReader implements StreamTranslator {
  readonly #parser = new SseParser();
  readonly #events: EventTranslator;

  constructor(events: EventTranslator) {
    this.#events = events;
  }

  push(bytes: Uint8Array): string {
    let text = '';
    for (const item of this.#parser.push(bytes)) {
      if (this.#events.complete || this.#events.failed) break;
      text += this.#translate(item);
    }
    return text;
  }

  end(): StreamEnd {
    return { text: '', complete: this.#events.complete, failed: this.#events.failed };
  }

  #translate(item: SseItem): string {
    if (item.kind === 'comment') return this.#events.comment();
    const finished = this.#events.sentinel?.(item.data);
    if (finished !== undefined) return finished;
    const data = parseObject(item.data);
    if (data) return this.#events.event(item, data);
    if (item.event === 'error') return this.#events.event(item, { error: { message: item.data } });
    throw new AppError(
      'engine_answer_invalid',
      `The engine sent an event that is no JSON object in its stream: ${item.data.slice(0, 200)}`,
    );
  }
}

/** The error that an event carries in any dialect; undefined where it carries none. */
export function errorOf(event: SseEvent, data: JsonObject): unknown {
  if (data['error'] !== undefined && data['error'] !== null) return data;
  return event.event === 'error' || data['type'] === 'error' ? { error: objectOf(data) } : undefined;
}
