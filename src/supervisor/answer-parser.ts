/** What a parser tells about one answer. */
export interface AnswerSink {
  head(status: number, headers: AnswerHeaders, statusText: string): void;
  /** The bytes are the parser's: whoever keeps them copies them. */
  data(bytes: Buffer): void;
  /** `reusableMs`: how long the connection may rest before its next request; 0: it must be closed. */
  done(reusableMs: number): void;
}

export type AnswerHeaders = Record<string, string | string[]>;

/** The other side does not speak HTTP/1, or not properly: its connection is of no use any more. */
export class AnswerMalformed extends Error {
  override readonly name = 'AnswerMalformed';
  readonly code = 'UND_ERR_HTTP_PARSER';
}

const MAX_HEAD_BYTES = 64 << 10;
const MAX_LINE_BYTES = 4 << 10;
/** Below the five seconds after which llama-server and uvicorn close a connection that rests. */
const REST_MS = 4_000;
/** How much earlier than announced a connection is given up: a request must not meet its end. */
const REST_MARGIN_MS = 1_000;

const STATUS_LINE = /^HTTP\/1\.[01] [1-5]\d\d(?: .*)?$/;
/** Control characters, and line breaks that are not whole. */
const UNFIT = /[^\t\r\n\x20-\x7e\x80-\xff]|\r(?!\n)|(?<!\r)\n/;
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;
const DIGITS = /^\d{1,15}$/;
const CHUNK_SIZE = /^([\da-f]{1,8})[ \t]*(?:;.*)?$/i;

type Stage = 'head' | 'length' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailers' | 'until-close' | 'done';

/** Names as engines send them → lower case; the same few come with every answer. */
const knownNames = new Map<string, string>();

/**
 * Reads the answers of one connection, one after the other, from pieces of any size. Strict: what two readers could understand
 * differently is malformed. Throws `AnswerMalformed`, and whatever the sink throws.
 */
export class AnswerParser {
  readonly #sink: AnswerSink;
  #stage: Stage = 'done';
  /** Bytes of a head or line whose rest has not come yet. */
  #pending: Buffer | undefined;
  #left = 0;
  #trailerBytes = 0;
  #restMs = 0;

  constructor(sink: AnswerSink) {
    this.#sink = sink;
  }

  /** A request is about to be sent. */
  expectAnswer(): void {
    this.#stage = 'head';
    this.#pending = undefined;
  }

  push(bytes: Buffer): void {
    let rest = bytes;
    while (rest.length > 0) {
      if (this.#stage === 'done') throw new AnswerMalformed('bytes came that belong to no answer');
      rest = this.#take(rest);
    }
  }

  /** The connection has ended. Whether that was the end of an answer too. */
  end(): boolean {
    if (this.#stage === 'until-close') this.#finish(0);
    return this.#stage === 'done';
  }

  /** Reads what it can and answers what is left. */
  #take(bytes: Buffer): Buffer {
    switch (this.#stage) {
      case 'head':
        return this.#takeHead(bytes);
      case 'length':
      case 'chunk':
        return this.#takeData(bytes);
      case 'chunk-size':
      case 'chunk-end':
      case 'trailers':
        return this.#takeLine(bytes);
      case 'until-close':
        this.#sink.data(bytes);
        return EMPTY;
      case 'done':
        return bytes;
    }
  }

  #takeHead(bytes: Buffer): Buffer {
    const all = this.#pending ? Buffer.concat([this.#pending, bytes]) : bytes;
    const end = all.indexOf('\r\n\r\n');
    if (end < 0 ? all.length > MAX_HEAD_BYTES : end > MAX_HEAD_BYTES) throw new AnswerMalformed('the head is too long');
    if (end < 0) {
      // Copied: the bytes are the caller's.
      this.#pending = this.#pending ? all : Buffer.from(all);
      return EMPTY;
    }
    this.#pending = undefined;
    const { version, status, statusText, headers } = readHead(all.toString('latin1', 0, end));
    const rest = all.subarray(end + 4);
    if (status === 101) throw new AnswerMalformed('the protocol was switched, which nobody asked for');
    // 100 and 103 announce the answer.
    if (status < 200) return rest;
    this.#begin(version, status, headers);
    // Said before the body is looked at: an answer without one is finished by it.
    const hasBody = this.#stage !== 'done';
    this.#sink.head(status, headers, statusText);
    if (!hasBody) this.#sink.done(rest.length > 0 ? 0 : this.#restMs);
    return rest;
  }

  #begin(version: string, status: number, headers: AnswerHeaders): void {
    const { connection, 'transfer-encoding': encoding, 'content-length': length } = headers;
    const says = (word: string) => connection !== undefined && String(connection).toLowerCase().includes(word);
    const persists = version === '1' ? !says('close') : says('keep-alive');
    // After an answer that it streamed, llama-server (b11669) closes the connection and has announced the opposite: a request that is
    // sent in that moment, as the next in a queue is, would be lost.
    this.#restMs = persists && encoding === undefined ? restOf(headers['keep-alive']) : 0;
    if (encoding !== undefined && (length !== undefined || String(encoding).toLowerCase() !== 'chunked')) {
      throw new AnswerMalformed('the length of the body is not clear');
    }
    if (status === 204 || status === 304) this.#stage = 'done';
    else if (encoding !== undefined) this.#stage = 'chunk-size';
    else if (length === undefined) this.#stage = 'until-close';
    else {
      this.#left = lengthOf(length);
      this.#stage = this.#left === 0 ? 'done' : 'length';
    }
  }

  #takeData(bytes: Buffer): Buffer {
    const part = bytes.length <= this.#left ? bytes : bytes.subarray(0, this.#left);
    this.#left -= part.length;
    this.#sink.data(part);
    const rest = part === bytes ? EMPTY : bytes.subarray(part.length);
    if (this.#left > 0) return rest;
    if (this.#stage === 'chunk') this.#stage = 'chunk-end';
    else this.#finish(this.#restMs, rest.length > 0);
    return rest;
  }

  #takeLine(bytes: Buffer): Buffer {
    const all = this.#pending ? Buffer.concat([this.#pending, bytes]) : bytes;
    const end = all.indexOf('\r\n');
    if (end < 0 ? all.length > MAX_LINE_BYTES : end > MAX_LINE_BYTES) throw new AnswerMalformed('a line is too long');
    if (end < 0) {
      this.#pending = this.#pending ? all : Buffer.from(all);
      return EMPTY;
    }
    this.#pending = undefined;
    const rest = all.subarray(end + 2);
    this.#line(all.toString('latin1', 0, end), rest.length > 0);
    return rest;
  }

  #line(line: string, more: boolean): void {
    if (this.#stage === 'chunk-end') {
      if (line !== '') throw new AnswerMalformed('a chunk is longer than it says');
      this.#stage = 'chunk-size';
    } else if (this.#stage === 'chunk-size') {
      const size = CHUNK_SIZE.exec(line)?.[1];
      if (size === undefined) throw new AnswerMalformed('a chunk has no size');
      this.#left = Number.parseInt(size, 16);
      this.#trailerBytes = 0;
      this.#stage = this.#left === 0 ? 'trailers' : 'chunk';
    } else if (line === '') {
      this.#finish(this.#restMs, more);
    } else {
      this.#trailerBytes += line.length;
      if (this.#trailerBytes > MAX_HEAD_BYTES) throw new AnswerMalformed('the trailers are too long');
    }
  }

  #finish(restMs: number, more = false): void {
    this.#stage = 'done';
    this.#sink.done(more ? 0 : restMs);
  }
}

const EMPTY = Buffer.alloc(0);

/** Without a prototype, so that no name means anything; as a class, so that V8 does not take it for a dictionary, which is slow. */
const HeaderBag = function () {} as unknown as new () => object;
HeaderBag.prototype = Object.create(null) as object;

function readHead(text: string): { version: string; status: number; statusText: string; headers: AnswerHeaders } {
  if (UNFIT.test(text)) throw new AnswerMalformed('the head has control characters');
  let end = text.indexOf('\r\n');
  const line = end < 0 ? text : text.slice(0, end);
  if (!STATUS_LINE.test(line)) throw new AnswerMalformed('this is no HTTP/1 answer');
  const headers = new HeaderBag() as AnswerHeaders;
  while (end >= 0) {
    const start = end + 2;
    end = text.indexOf('\r\n', start);
    const line = end < 0 ? text.slice(start) : text.slice(start, end);
    const colon = line.indexOf(':');
    const name = nameOf(line.slice(0, Math.max(0, colon)));
    const value = line.slice(colon + 1).trim();
    const before = headers[name];
    if (before === undefined) headers[name] = value;
    else if (typeof before === 'string') headers[name] = [before, value];
    else before.push(value);
  }
  return { version: line.charAt(7), status: Number(line.slice(9, 12)), statusText: line.slice(13), headers };
}

function nameOf(raw: string): string {
  const known = knownNames.get(raw);
  if (known !== undefined) return known;
  // Continued lines, which begin with a blank, are not taken either.
  if (!TOKEN.test(raw)) throw new AnswerMalformed('a header has no proper name');
  const name = raw.toLowerCase();
  if (knownNames.size < 500) knownNames.set(raw, name);
  return name;
}

function lengthOf(value: string | string[]): number {
  const [first = '', ...others] = typeof value === 'string' ? [value] : value;
  if (!DIGITS.test(first) || others.some((other) => other !== first)) {
    throw new AnswerMalformed('content-length is no number');
  }
  return Number(first);
}

/** `timeout=5, max=100` → how long the connection may rest. */
function restOf(hint: string | string[] | undefined): number {
  const seconds = hint === undefined ? undefined : /\btimeout=(\d{1,6})/i.exec(String(hint))?.[1];
  if (seconds === undefined) return REST_MS;
  return Math.max(0, Math.min(REST_MS, Number(seconds) * 1_000 - REST_MARGIN_MS));
}
