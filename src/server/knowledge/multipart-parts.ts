import { AppError } from '../../shared/errors.ts';

/** One part of a multipart body. Its bytes must be read, or are passed over, before the next part comes. */
export interface Part {
  readonly name: string;
  /** As it was sent; undefined: an ordinary field. */
  readonly filename: string | undefined;
  readonly type: string | undefined;
  readonly body: AsyncIterable<Buffer>;
}

const MOST_PARTS = 200;
const LONGEST_HEAD = 16 << 10;
const CRLF = Buffer.from('\r\n');
const HEAD_END = Buffer.from('\r\n\r\n');

/** The boundary of a `content-type: multipart/form-data`. @throws AppError `invalid_request` where it names none. */
export function boundaryOf(contentType: string): string {
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;,"]{1,70}))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (boundary !== undefined) return boundary;
  throw new AppError('invalid_request', 'The content-type multipart/form-data names no boundary.');
}

/** The parts of a body in their order, as they come: at no time is more of it held than a chunk. */
export async function* partsOf(body: AsyncIterable<Uint8Array>, boundary: string): AsyncGenerator<Part> {
  const window = new Window(body);
  const delimiter = Buffer.from(`--${boundary}`);
  const inner = Buffer.concat([CRLF, delimiter]);
  try {
    // What is in front of the first delimiter is for nobody.
    for await (const _passed of window.until(delimiter));
    for (let count = 0; await window.hasMore(); count += 1) {
      if (count >= MOST_PARTS) throw malformed(`it has more than ${MOST_PARTS} parts`);
      const head = await readHead(window);
      const rest = window.until(inner);
      yield { ...head, body: rest };
      for await (const _passed of rest);
    }
  } finally {
    await window.close();
  }
}

/** What has come and was not yet handed on. */
class Window {
  readonly #source: AsyncIterator<Uint8Array>;
  #held: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Behind a delimiter: `--` ends the body, a line end begins another part. */
  async hasMore(): Promise<boolean> {
    while (this.#held.length < 2) await this.#more();
    const mark = this.#held.subarray(0, 2).toString('latin1');
    if (mark === '--') return false;
    // Blanks may stand between a delimiter and its line end.
    while (this.#held[0] === 0x20 || this.#held[0] === 0x09) {
      this.#held = this.#held.subarray(1);
      while (this.#held.length < 2) await this.#more();
    }
    if (this.#held[0] === 0x0d && this.#held[1] === 0x0a) return true;
    throw malformed('a delimiter does not end its line');
  }

  /** Everything in front of the next `end`, which is passed over. Iterating again goes on where it was left. */
  until(end: Buffer): AsyncIterable<Buffer> & AsyncIterator<Buffer> {
    let isOver = false;
    const next = async (): Promise<IteratorResult<Buffer>> => {
      while (!isOver) {
        const at = this.#held.indexOf(end);
        if (at >= 0) {
          isOver = true;
          const last = this.#held.subarray(0, at);
          this.#held = this.#held.subarray(at + end.length);
          if (last.length > 0) return { done: false, value: last };
          break;
        }
        // The last bytes may be the beginning of the delimiter.
        const sure = this.#held.length - end.length + 1;
        if (sure > 0) {
          const value = this.#held.subarray(0, sure);
          this.#held = this.#held.subarray(sure);
          return { done: false, value };
        }
        await this.#more();
      }
      return { done: true, value: undefined };
    };
    const iterator = { next, [Symbol.asyncIterator]: () => iterator };
    return iterator;
  }

  /** Lets go of the source. */
  async close(): Promise<void> {
    await this.#source.return?.();
  }

  async #more(): Promise<void> {
    const { done, value } = await this.#source.next();
    if (done) throw malformed('it ends in the middle');
    const chunk = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
  }
}

async function readHead(window: Window): Promise<Omit<Part, 'body'>> {
  let bytes = Buffer.alloc(0);
  for await (const piece of window.until(HEAD_END)) {
    bytes = Buffer.concat([bytes, piece]);
    if (bytes.length > LONGEST_HEAD) throw malformed('the head of a part is too long');
  }
  const headers = new Map<string, string>();
  for (const line of bytes.toString('utf8').split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  const disposition = headers.get('content-disposition') ?? '';
  const name = parameter(disposition, 'name');
  if (!/^form-data\b/i.test(disposition) || name === undefined) throw malformed('a part has no name');
  return { name, filename: filenameIn(disposition), type: headers.get('content-type') };
}

function filenameIn(disposition: string): string | undefined {
  const encoded = /;\s*filename\*=utf-8''([^;\s]+)/i.exec(disposition)?.[1];
  if (encoded !== undefined) {
    try {
      return decodeURIComponent(encoded);
    } catch {
      // The plain one, where there is one.
    }
  }
  return parameter(disposition, 'filename');
}

/** Browsers write a quote in a name as %22; others escape it. */
function parameter(disposition: string, name: string): string | undefined {
  const found = new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s;]+))`, 'i').exec(disposition);
  return (found?.[1]?.replaceAll(/\\(["\\])/g, '$1') ?? found?.[2])?.replaceAll('%22', '"');
}

function malformed(reason: string): AppError {
  return new AppError('invalid_request', `The multipart body is not well-formed: ${reason}.`);
}
