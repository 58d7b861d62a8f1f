import { StringDecoder } from 'node:string_decoder';

const MAX_LINE = 4_096;

type LineListener = (line: string) => void;

/** The last lines of a stream of output: bounded in lines and bytes; followers are told of every line. */
export class LogBuffer {
  readonly #maxLines: number;
  readonly #maxBytes: number;
  #lines: string[] = [];
  #bytes = 0;
  readonly #followers = new Set<LineListener>();

  constructor(options: { maxLines: number; maxBytes: number } = { maxLines: 400, maxBytes: 256 << 10 }) {
    this.#maxLines = options.maxLines;
    this.#maxBytes = options.maxBytes;
  }

  push(line: string): void {
    this.#lines.push(line);
    this.#bytes += line.length;
    // Cut in batches: shifting a line at a time would be quadratic in a log storm.
    if (this.#lines.length > this.#maxLines * 2 || this.#bytes > this.#maxBytes * 2) this.#trim();
    for (const follower of this.#followers) follower(line);
  }

  tail(count: number): string[] {
    this.#trim();
    return this.#lines.slice(Math.max(0, this.#lines.length - Math.max(0, count)));
  }

  follow(listener: LineListener): () => void {
    this.#followers.add(listener);
    return () => this.#followers.delete(listener);
  }

  #trim(): void {
    let start = Math.max(0, this.#lines.length - this.#maxLines);
    let bytes = 0;
    for (let index = this.#lines.length - 1; index >= start; index -= 1) {
      bytes += this.#lines[index]?.length ?? 0;
      if (bytes > this.#maxBytes) start = index + 1;
    }
    if (start > 0) this.#lines = this.#lines.slice(start);
    this.#bytes = this.#lines.reduce((sum, line) => sum + line.length, 0);
  }
}

/** Cuts a byte stream into lines of at most 4,096 characters, control characters taken out: a log line is text, one record a line. */
export function createLineSplitter(onLine: LineListener): { write(chunk: Buffer): void; end(): void } {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const emit = (line: string) => {
    for (let start = 0; start < line.length || start === 0; start += MAX_LINE) {
      onLine(printable(line.slice(start, start + MAX_LINE)));
    }
  };
  return {
    write(chunk) {
      const lines = (rest + decoder.write(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) emit(line.endsWith('\r') ? line.slice(0, -1) : line);
      if (rest.length > MAX_LINE) {
        emit(rest);
        rest = '';
      }
    },
    end() {
      rest += decoder.end();
      if (rest !== '') emit(rest);
      rest = '';
    },
  };
}

const CONTROL =
  // oxlint-disable-next-line no-control-regex -- control characters are what this takes out
  /\u001b\[[0-9;?]*[A-Za-z]|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Without what ends a line, steers a terminal, or turns the direction of writing. */
export function printable(text: string): string {
  return text.replace(CONTROL, '');
}
