import type { Best } from './best.ts';
import { grown } from './column.ts';
import { Spread } from './spread.ts';
import { KernelMemory, ROWS_A_CALL } from './vector-kernel.ts';

/** Vectors of length 1 by row, one after the other in memory. */
export class Vectors {
  #memory: KernelMemory | undefined;
  #present = new Uint8Array(0);
  #dimensions = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return (this.#memory?.bytes ?? 0) + this.#present.length;
  }

  has(row: number): boolean {
    return this.#present[row] === 1;
  }

  /** False: of another length than those that are there, so of another model. */
  set(row: number, vector: Float32Array): boolean {
    if (!this.#memory || (this.#count === 0 && this.#dimensions !== vector.length)) {
      this.#memory = new KernelMemory(vector.length);
      this.#dimensions = vector.length;
    }
    if (vector.length !== this.#dimensions) return false;
    this.#memory.set(row, vector);
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

  /** Good until something is set. */
  get(row: number): Float32Array | undefined {
    return this.has(row) ? this.#memory?.row(row, this.#dimensions) : undefined;
  }

  /** Cosine with a vector of length 1; undefined where the row has none, or one of another length. */
  similarity(row: number, vector: Float32Array): number | undefined {
    const own = this.get(row);
    if (!own || own.length !== vector.length) return undefined;
    let sum = 0;
    for (let index = 0; index < own.length; index += 1) sum += (own[index] as number) * (vector[index] as number);
    return sum;
  }

  /** Compares every row that has a vector and whose group takes part. */
  scan(vector: Float32Array, groups: Uint32Array, takesPart: Uint8Array, best: Best): Spread {
    const spread = new Spread();
    if (!this.#memory || vector.length !== this.#dimensions) return spread;
    this.#memory.ask(vector);
    const rows = Math.min(this.#present.length, groups.length);
    const isIn = (row: number) => this.#present[row] === 1 && takesPart[groups[row] as number] === 1;
    for (let first = 0; first < rows;) {
      let end = first;
      const most = Math.min(rows, first + ROWS_A_CALL);
      while (end < most && isIn(end)) end += 1;
      if (end > first) offerAll(this.#memory.sums(first, end - first), first, best, spread);
      first = Math.max(end, first + 1);
    }
    return spread;
  }
}

function offerAll(similarities: Float32Array, first: number, best: Best, spread: Spread): void {
  let { threshold } = best;
  for (let index = 0; index < similarities.length; index += 1) {
    const similarity = similarities[index] as number;
    spread.add(similarity);
    if (similarity <= threshold) continue;
    best.offer(first + index, similarity);
    threshold = best.threshold;
  }
}
