import { AppError } from '../shared/errors.ts';

/** One message of an event stream. */
export interface SseEvent {
  readonly kind: 'event';
  /** The `event` field; `message` where the stream names none. */
  readonly event: string;
  /** The `data` lines, joined by newlines. */
  readonly data: string;
  readonly id?: string;
}

/** A line that starts with a colon: a sign of life, never content. */
interface SseComment {
  readonly kind: 'comment';
  readonly text: string;
}

export type SseItem = SseEvent | SseComment;

/** Longest line, and largest sum of the `data` lines of one event, in UTF-16 units. */
const SSE_EVENT_LIMIT = 8 * 2 ** 20;

/**
 * Reads an event stream as it comes in, however the network cut it (WHATWG HTML, section 9.2.6). An event that the end of
 * the stream cuts off is never reported: half an event is no event.
 */
export class SseParser {
  readonly #decoder = new TextDecoder();
  readonly #limit: number;
  #line = '';
  #afterCarriageReturn = false;
  #event = '';
  #id: string | undefined;
  #data: string[] = [];
  #dataLength = 0;
  #named = false;

  constructor(limit: number = SSE_EVENT_LIMIT) {
    this.#limit = limit;
  }

  /** The items that these bytes complete. Throws `engine_answer_invalid` where a line or an event outgrows the limit. */
  push(bytes: Uint8Array): SseItem[] {
    const items: SseItem[] = [];
    this.#read(this.#decoder.decode(bytes, { stream: true }), items);
    return items;
  }

  /** Whether something was left when the stream ended: bytes of a line, or lines of an event that no blank line closed. */
  get incomplete(): boolean {
    return this.#line !== '' || this.#named || this.#data.length > 0;
  }

  #read(text: string, items: SseItem[]): void {
    let start = 0;
    // A carriage return ends its line at once; the newline of a pair may only come with the next chunk.
    if (this.#afterCarriageReturn && text !== '') {
      if (text.startsWith('\n')) start = 1;
      this.#afterCarriageReturn = false;
    }
    let newline = text.indexOf('\n', start);
    let carriage = text.indexOf('\r', start);
    while (newline >= 0 || carriage >= 0) {
      const byCarriage = carriage >= 0 && (newline < 0 || carriage < newline);
      const end = byCarriage ? carriage : newline;
      this.#append(text.slice(start, end));
      this.#finishLine(items);
      start = end + 1;
      if (byCarriage) {
        if (start === text.length) this.#afterCarriageReturn = true;
        else if (text.startsWith('\n', start)) start += 1;
        carriage = text.indexOf('\r', start);
      }
      if (newline >= 0 && newline < start) newline = text.indexOf('\n', start);
    }
    this.#append(text.slice(start));
  }

  #append(text: string): void {
    this.#line += text;
    if (this.#line.length > this.#limit) throw tooLarge(this.#limit);
  }

  #finishLine(items: SseItem[]): void {
    const line = this.#line;
    this.#line = '';
    if (line === '') return this.#dispatch(items);
    const colon = line.indexOf(':');
    if (colon === 0) {
      items.push({ kind: 'comment', text: line.slice(line.startsWith(' ', 1) ? 2 : 1) });
      return undefined;
    }
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line.startsWith(' ', colon + 1) ? colon + 2 : colon + 1);
    switch (field) {
      case 'data':
        return this.#addData(value);
      case 'event':
        this.#event = value;
        this.#named = true;
        return undefined;
      case 'id':
        if (!value.includes('\0')) this.#id = value;
        return undefined;
      case 'error':
        // llama-server before mid-2025, and its forks, report a failure in the middle of a stream as `error: {…}`.
        this.#event = 'error';
        return this.#addData(value);
      default:
        return undefined;
    }
  }

  #addData(value: string): void {
    this.#dataLength += value.length + 1;
    if (this.#dataLength > this.#limit) throw tooLarge(this.#limit);
    this.#data.push(value);
  }

  #dispatch(items: SseItem[]): void {
    if (this.#data.length > 0) {
      items.push({
        kind: 'event',
        event: this.#event || 'message',
        data: this.#data.join('\n'),
        ...(this.#id === undefined ? {} : { id: this.#id }),
      });
    }
    this.#event = '';
    this.#named = false;
    this.#data = [];
    this.#dataLength = 0;
  }
}

/** One event as text; data with line breaks becomes several `data` lines. */
export function serialiseEvent({ event, data, id }: { event?: string; data: string; id?: string }): string {
  const head = (event === undefined ? '' : `event: ${event}\n`) + (id === undefined ? '' : `id: ${id}\n`);
  const lines = /[\r\n]/.test(data) ? data.split(/\r\n|\r|\n/) : [data];
  return `${head}${lines.map((line) => `data: ${line}\n`).join('')}\n`;
}

/** A comment, which every client skips: keeps what stands in between from giving up. */
export function serialiseComment(text: string): string {
  return `${text
    .split(/\r\n|\r|\n/)
    .map((line) => `: ${line}\n`)
    .join('')}\n`;
}

function tooLarge(limit: number): AppError {
  return new AppError(
    'engine_answer_invalid',
    `The engine sent a line or event of more than ${limit} characters in its stream; the answer was broken off.`,
  );
}
