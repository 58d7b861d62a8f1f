const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const COLON = 58;
const NOTHING = Buffer.alloc(0);

/** An event without an end is not searched through for ever. */
const LONGEST_SEARCHED = 64 << 10;
const EVENT_END = /\r\n\r\n|\n\n|\r\r/;

export interface EventGateOptions {
  /** How the last event of the stream begins. */
  readonly marks: readonly string[];
  /** Where in that event: behind the opening of an object, as a field of it; undefined: in front of the event. */
  readonly within?: RegExp | undefined;
  /** What is put there: events, or a field. */
  readonly make: () => string;
}

/**
 * Puts something in front of the event that ends a stream, or into it. Every byte of the stream itself passes unchanged, however finely
 * it was cut; only bytes that may be the beginning of that event are held back until more is known. Where the stream breaks off before,
 * nothing is put anywhere.
 */
export class EventGate {
  readonly #marks: readonly Buffer[];
  readonly #within: RegExp | undefined;
  readonly #make: () => string;
  #held: Buffer = NOTHING;
  /** In the last event, and not yet at the place in it. */
  #searching = false;
  /** Nothing but comments since the last event. */
  #betweenEvents = true;
  #lineLength = 0;
  #afterReturn = false;
  #done = false;

  constructor({ marks, within, make }: EventGateOptions) {
    this.#marks = marks.map((mark) => Buffer.from(mark));
    this.#within = within;
    this.#make = make;
  }

  /** What may go to the client now. */
  push(chunk: Buffer): Buffer {
    if (this.#done) return chunk;
    if (this.#searching) return this.#search(chunk);
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
          if (this.#within) {
            this.#searching = true;
            return Buffer.concat([bytes.subarray(0, at), this.#search(bytes.subarray(at))]);
          }
          return this.#put(bytes, at, '');
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

  /** The event so far, once the place in it is found; before that nothing. */
  #search(chunk: Buffer): Buffer {
    const bytes = Buffer.concat([this.#held, chunk]);
    const text = bytes.toString('latin1');
    const end = EVENT_END.exec(text)?.index;
    const place = this.#within?.exec(text.slice(0, end));
    const at = place ? place.index + place[0].length : 0;
    const next = text[at];
    if (!place || next === undefined) {
      this.#done = end !== undefined || bytes.length > LONGEST_SEARCHED;
      this.#held = this.#done ? NOTHING : bytes;
      return this.#done ? bytes : NOTHING;
    }
    this.#held = NOTHING;
    return this.#put(bytes, at, next === '}' ? '' : ',');
  }

  #put(bytes: Buffer, at: number, separator: string): Buffer {
    this.#done = true;
    return Buffer.concat([bytes.subarray(0, at), Buffer.from(this.#make() + separator), bytes.subarray(at)]);
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
