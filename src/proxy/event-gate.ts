const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const COLON = 58;
const NOTHING = Buffer.alloc(0);

/**
 * Puts one event in front of the one that ends a stream, which is known by how it begins. Every byte of the stream itself passes
 * unchanged, however finely it was cut; only bytes that may be the beginning of that last event are held back until more is known. Where
 * the stream breaks off before, nothing is put anywhere.
 */
export class EventGate {
  readonly #marks: readonly Buffer[];
  readonly #make: () => string;
  #held: Buffer = NOTHING;
  /** Nothing but comments since the last event. */
  #betweenEvents = true;
  #lineLength = 0;
  #afterReturn = false;
  #done = false;

  constructor(marks: readonly string[], make: () => string) {
    this.#marks = marks.map((mark) => Buffer.from(mark));
    this.#make = make;
  }

  /** What may go to the client now. */
  push(chunk: Buffer): Buffer {
    if (this.#done) return chunk;
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    this.#held = NOTHING;
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at] ?? 0;
      if (byte === LINE_FEED && this.#afterReturn) {
        this.#afterReturn = false;
        continue;
      }
      if (this.#lineLength === 0 && this.#betweenEvents) {
        const found = this.#look(bytes, at);
        if (found === 'here') {
          this.#done = true;
          return Buffer.concat([bytes.subarray(0, at), Buffer.from(this.#make()), bytes.subarray(at)]);
        }
        if (found === 'unknown') {
          this.#held = Buffer.from(bytes.subarray(at));
          return bytes.subarray(0, at);
        }
      }
      this.#step(byte);
    }
    return bytes;
  }

  /** What is still held back when the stream ends. */
  end(): Buffer {
    const held = this.#held;
    this.#held = NOTHING;
    return held;
  }

  #step(byte: number): void {
    this.#afterReturn = byte === CARRIAGE_RETURN;
    if (byte === LINE_FEED || byte === CARRIAGE_RETURN) {
      // A blank line ends an event.
      if (this.#lineLength === 0) this.#betweenEvents = true;
      this.#lineLength = 0;
      return;
    }
    if (this.#lineLength === 0 && byte !== COLON) this.#betweenEvents = false;
    this.#lineLength += 1;
  }

  #look(bytes: Buffer, at: number): 'here' | 'unknown' | 'not' {
    let unknown = false;
    for (const mark of this.#marks) {
      const there = bytes.subarray(at, at + mark.length);
      if (!mark.subarray(0, there.length).equals(there)) continue;
      if (there.length === mark.length) return 'here';
      unknown = true;
    }
    return unknown ? 'unknown' : 'not';
  }
}
