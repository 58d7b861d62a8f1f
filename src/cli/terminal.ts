import type { WriteStream } from 'node:tty';
import { styleText } from 'node:util';

type Stream = NodeJS.WriteStream | WriteStream;

/** Colours belong on terminals, unless NO_COLOR (or NODE_DISABLE_COLORS) says otherwise; FORCE_COLOR overrides. */
export function wantsColours(stream: Stream): boolean {
  return styleText('bold', 'x', { stream }) !== 'x';
}

export function dim(text: string, stream: Stream): string {
  return styleText('dim', text, { stream });
}

/** One line on a terminal that is written over again and again; anything else gets nothing. */
export class StatusLine {
  readonly #stream: Stream;
  #shown = '';

  constructor(stream: Stream = process.stderr) {
    this.#stream = stream;
  }

  show(text: string): void {
    if (!this.#stream.isTTY || text === this.#shown) return;
    this.#shown = text;
    this.#stream.write(`\r\u001B[K${text.slice(0, Math.max(10, (this.#stream.columns || 80) - 1))}`);
  }

  clear(): void {
    if (this.#shown !== '') this.#stream.write('\r\u001B[K');
    this.#shown = '';
  }
}
