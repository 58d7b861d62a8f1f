/** Keeps the `most` best rows of all that it is offered. A heap whose worst is on top. */
export class Best {
  readonly #rows: Uint32Array;
  readonly #values: Float64Array;
  #count = 0;

  constructor(most: number) {
    this.#rows = new Uint32Array(most);
    this.#values = new Float64Array(most);
  }

  /** What is not above it need not be offered. */
  get threshold(): number {
    return this.#count < this.#rows.length ? -Infinity : (this.#values[0] ?? -Infinity);
  }

  offer(row: number, value: number): void {
    if (this.#count < this.#rows.length) {
      this.#count += 1;
      this.#rise(this.#count - 1, row, value);
    } else if (this.#rows.length > 0 && isWorse(this.#values[0] ?? 0, this.#rows[0] ?? 0, value, row)) {
      this.#sink(row, value);
    }
  }

  /** The best first; of equals the one that was there first. */
  ranked(): number[] {
    return Array.from({ length: this.#count }, (_, index) => index)
      .sort(
        (one, other) =>
          (this.#values[other] ?? 0) - (this.#values[one] ?? 0) || (this.#rows[one] ?? 0) - (this.#rows[other] ?? 0),
      )
      .map((index) => this.#rows[index] ?? 0);
  }

  #rise(from: number, row: number, value: number): void {
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (!isWorse(value, row, this.#values[above] ?? 0, this.#rows[above] ?? 0)) break;
      this.#put(place, this.#rows[above] ?? 0, this.#values[above] ?? 0);
      place = above;
    }
    this.#put(place, row, value);
  }

  /** In place of the worst. */
  #sink(row: number, value: number): void {
    let place = 0;
    for (;;) {
      let below = 2 * place + 1;
      if (below >= this.#count) break;
      if (below + 1 < this.#count && this.#isWorseAt(below + 1, below)) below += 1;
      if (!isWorse(this.#values[below] ?? 0, this.#rows[below] ?? 0, value, row)) break;
      this.#put(place, this.#rows[below] ?? 0, this.#values[below] ?? 0);
      place = below;
    }
    this.#put(place, row, value);
  }

  #isWorseAt(one: number, other: number): boolean {
    return isWorse(this.#values[one] ?? 0, this.#rows[one] ?? 0, this.#values[other] ?? 0, this.#rows[other] ?? 0);
  }

  #put(place: number, row: number, value: number): void {
    this.#rows[place] = row;
    this.#values[place] = value;
  }
}

function isWorse(value: number, row: number, otherValue: number, otherRow: number): boolean {
  return value < otherValue || (value === otherValue && row > otherRow);
}
