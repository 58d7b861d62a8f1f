/** Server-sent events as the specification reads them, and how the stream ended. */
export interface SseEvent {
  event: string;
  data: string;
  /** Milliseconds since the reader began. */
  at: number;
}

export interface StreamRecord {
  status: number;
  headers: Headers;
  events: SseEvent[];
  comments: string[];
  /** Everything as it came. */
  raw: string;
  /** Joined `delta.content`. */
  text: string;
  finishReason: string | null;
  /** The error object of an error frame. */
  error: Record<string, unknown> | undefined;
  done: boolean;
  /** closed: the body ended in order; aborted: the connection broke off. */
  ended: 'closed' | 'aborted';
}

interface Chunk {
  choices?: { delta?: { content?: string | null }; text?: string; finish_reason?: string | null }[];
  error?: Record<string, unknown>;
}

/** Reads a response to its end, whatever kind of end that is. */
export async function collect(response: Response, onEvent?: (event: SseEvent) => void): Promise<StreamRecord> {
  const began = performance.now();
  const parser = new SseParser((event) => {
    record.events.push(event);
    note(record, event.data);
    onEvent?.(event);
  }, began);
  const record: StreamRecord = {
    status: response.status,
    headers: response.headers,
    events: [],
    comments: parser.comments,
    raw: '',
    text: '',
    finishReason: null,
    error: undefined,
    done: false,
    ended: 'closed',
  };
  const decoder = new TextDecoder();
  try {
    for await (const part of response.body ?? []) {
      const text = decoder.decode(part as Uint8Array, { stream: true });
      record.raw += text;
      parser.push(text);
    }
  } catch {
    record.ended = 'aborted';
  }
  parser.end();
  return record;
}

function note(record: StreamRecord, data: string): void {
  if (data === '[DONE]') {
    record.done = true;
    return;
  }
  let chunk: Chunk;
  try {
    chunk = JSON.parse(data) as Chunk;
  } catch {
    return;
  }
  if (chunk.error) record.error = chunk.error;
  const choice = chunk.choices?.[0];
  record.text += choice?.delta?.content ?? choice?.text ?? '';
  record.finishReason = choice?.finish_reason ?? record.finishReason;
}

/** Lines end with CRLF, LF or CR; several `data` lines are joined; comments are kept apart. */
export class SseParser {
  readonly comments: string[] = [];
  readonly #emit: (event: SseEvent) => void;
  readonly #began: number;
  #rest = '';
  #event = '';
  #data: string[] = [];

  constructor(emit: (event: SseEvent) => void, began = performance.now()) {
    this.#emit = emit;
    this.#began = began;
  }

  push(text: string): void {
    this.#rest += text;
    for (;;) {
      const match = /\r\n|\n|\r(?!$)/.exec(this.#rest);
      if (!match) return;
      this.#line(this.#rest.slice(0, match.index));
      this.#rest = this.#rest.slice(match.index + match[0].length);
    }
  }

  /** A CR at the very end cannot be followed by an LF any more. */
  end(): void {
    if (this.#rest === '\r') this.push('\n');
  }

  #line(line: string): void {
    if (line === '') {
      if (this.#data.length > 0) {
        this.#emit({
          event: this.#event || 'message',
          data: this.#data.join('\n'),
          at: performance.now() - this.#began,
        });
      }
      this.#data = [];
      this.#event = '';
      return;
    }
    if (line.startsWith(':')) {
      this.comments.push(line.slice(1).trim());
      return;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') this.#data.push(value);
    if (field === 'event') this.#event = value;
  }
}
