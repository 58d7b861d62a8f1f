/** An answer up to this long is remembered whole. */
export const TAIL_BYTES = 2_048;
/** Longer than any mark, so that one that was cut in two is still seen. */
const OVERLAP = 64;

/** `[DONE]` as a line of its own: inside an answer the same letters stand behind an escaped line break. */
const DONE = /(?:^|[\r\n])data: ?\[DONE\]/;
/** An error in the engine's own words; in a text the quotes would be escaped. Forks of llama.cpp write `error: {…}`. */
const ERROR = /"error"\s*:\s*[{"]|(?:^|[\r\n])error: ?\{/;
const MESSAGE_STOP = /"type"\s*:\s*"message_stop"/;
/** Repeats the whole answer, so it stands far from the end. */
const RESPONSE_END = /"type"\s*:\s*"response\.(?:completed|incomplete|failed|cancelled)"/;

/** The last bytes of an answer, however finely they were cut: usage and the mark of its end stand there. */
export class AnswerTail {
  readonly #route: string;
  #text = '';
  #ended = false;

  constructor(route: string) {
    this.#route = route;
  }

  get text(): string {
    return this.#text;
  }

  push(chunk: Buffer): void {
    if (this.#route === '/v1/responses' && !this.#ended) {
      this.#ended = RESPONSE_END.test(this.#text.slice(-OVERLAP) + chunk.toString('latin1'));
    }
    if (chunk.length >= TAIL_BYTES) {
      this.#text = chunk.toString('latin1', chunk.length - TAIL_BYTES);
      return;
    }
    const tail = this.#text + chunk.toString('latin1');
    this.#text = tail.length > 2 * TAIL_BYTES ? tail.slice(-TAIL_BYTES) : tail;
  }

  /** Whether the end of a stream shows that the engine finished it, or reported an error of its own. */
  get isComplete(): boolean {
    switch (this.#route) {
      case '/v1/chat/completions':
      case '/v1/completions':
        return DONE.test(this.#text) || ERROR.test(this.#text);
      case '/v1/messages':
        return MESSAGE_STOP.test(this.#text) || ERROR.test(this.#text);
      case '/v1/responses':
        return this.#ended || DONE.test(this.#text) || ERROR.test(this.#text);
      default:
        return true;
    }
  }

  /** Whether a new event may begin here. */
  get isBetweenEvents(): boolean {
    return this.#text === '' || /(?:\r\n\r\n|\n\n|\r\r)$/.test(this.#text);
  }
}
