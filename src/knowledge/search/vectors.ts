import { grown } from './column.ts';
import type { Best } from './best.ts';

/** Rows of one block: 3 MiB of 384 numbers each, so that growing copies nothing. */
const BLOCK_ROWS = 2_048;

/** Vectors of length 1 by row, one after the other in memory. */
export class Vectors {
  #blocks: Float32Array[] = [];
  #present = new Uint8Array(0);
  /** 0: none was set yet. */
  #dimensions = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return 4 * this.#dimensions * BLOCK_ROWS * this.#blocks.length + this.#present.length;
  }

  has(row: number): boolean {
    return this.#present[row] === 1;
  }

  /** False: of another length than those that are there, so of another model. */
  set(row: number, vector: Float32Array): boolean {
    if (this.#count === 0 && this.#dimensions !== vector.length) {
      this.#dimensions = vector.length;
      this.#blocks = [];
    }
    if (vector.length !== this.#dimensions) return false;
    const index = Math.floor(row / BLOCK_ROWS);
    while (this.#blocks.length <= index) this.#blocks.push(new Float32Array(BLOCK_ROWS * this.#dimensions));
    this.#blocks[index]?.set(vector, (row % BLOCK_ROWS) * this.#dimensions);
    this.#present = grown(this.#present, row + 1);
    if (!this.has(row)) this.#count += 1;
    this.#present[row] = 1;
    return true;
  }

  clear(row: number): void {
    if (!this.has(row)) return;
    this.#present[row] = 0;
    this.#count -= 1;
  }

  /** A copy. */
  get(row: number): Float32Array | undefined {
    if (!this.has(row)) return undefined;
    const start = (row % BLOCK_ROWS) * this.#dimensions;
    return this.#blocks[Math.floor(row / BLOCK_ROWS)]?.slice(start, start + this.#dimensions);
  }

  fits(vector: Float32Array): boolean {
    return this.#count > 0 && vector.length === this.#dimensions;
  }

  /** Cosine with a vector of length 1; undefined where the row has none. */
  similarity(row: number, vector: Float32Array): number | undefined {
    const block = this.#blocks[Math.floor(row / BLOCK_ROWS)];
    if (!block || !this.has(row) || !this.fits(vector)) return undefined;
    return product(block, (row % BLOCK_ROWS) * this.#dimensions, vector);
  }

  /** Compares every row that has a vector and whose group takes part. */
  scan(vector: Float32Array, groups: Uint32Array, takesPart: Uint8Array, best: Best): void {
    if (!this.fits(vector)) return;
    const rows = Math.min(this.#present.length, groups.length);
    for (const [index, block] of this.#blocks.entries()) {
      const first = index * BLOCK_ROWS;
      const end = Math.min(rows, first + BLOCK_ROWS);
      for (let row = first; row < end; row += 1) {
        if (this.#present[row] === 0 || takesPart[groups[row] as number] === 0) continue;
        const similarity = product(block, (row - first) * this.#dimensions, vector);
        if (similarity > best.threshold) best.offer(row, similarity);
      }
    }
  }
}

/** Four sums at once: they do not wait for each other. */
function product(block: Float32Array, start: number, vector: Float32Array): number {
  const { length } = vector;
  const whole = length - (length % 8);
  let [first, second, third, fourth] = [0, 0, 0, 0];
  let index = 0;
  for (; index < whole; index += 8) {
    const at = start + index;
    first +=
      (block[at] as number) * (vector[index] as number) + (block[at + 4] as number) * (vector[index + 4] as number);
    second +=
      (block[at + 1] as number) * (vector[index + 1] as number) +
      (block[at + 5] as number) * (vector[index + 5] as number);
    third +=
      (block[at + 2] as number) * (vector[index + 2] as number) +
      (block[at + 6] as number) * (vector[index + 6] as number);
    fourth +=
      (block[at + 3] as number) * (vector[index + 3] as number) +
      (block[at + 7] as number) * (vector[index + 7] as number);
  }
  for (; index < length; index += 1) first += (block[start + index] as number) * (vector[index] as number);
  return first + second + third + fourth;
}
