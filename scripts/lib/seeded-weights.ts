import { halfBits } from '../../src/models/half-float.ts';
import { F16, F32 } from '../../src/models/gguf-writer.ts';
import type { WritableTensor } from '../../src/models/gguf-writer.ts';
import { BLOCK, quantise } from './quantise.ts';
import type { Quantised } from './quantise.ts';

/** A prime, so that the rows of a table never fall on the same numbers; large enough to look random, small enough to be made at once. */
const BLOCK_ELEMENTS = 131_071;
const CHUNK_ELEMENTS = 1 << 19;
/** The same for quantised weights, which come in blocks: a prime number of them. */
const BLOCK_COUNT = 4_093;

interface MatrixOptions {
  readonly name: string;
  readonly columns: number;
  readonly rows: number;
  readonly seed: number;
  /** Standard deviation of the weights. */
  readonly spread: number;
  /** Replaces the first element of a row. */
  readonly first?: (row: number) => number;
  /** Leaves the first output of the matrix at zero. */
  readonly zeroFirstRow?: boolean;
  /** So many matrices as one tensor, all the same: what a mixture has for its experts. */
  readonly copies?: number | undefined;
  /** f32 in place of f16: what llama.cpp adds instead of multiplying must be. */
  readonly single?: boolean;
  /** A quantised type in place of f16. */
  readonly quantised?: Quantised | undefined;
}

/** A matrix of seeded weights. One block is made and used over and over, so that hundreds of megabytes take a second. */
export function matrix(options: MatrixOptions): WritableTensor {
  const { name, columns, rows, copies, single, quantised } = options;
  const dims = copies === undefined ? [columns, rows] : [columns, rows, copies];
  const once = () => (quantised === undefined ? chunks(options) : quantisedChunks(options, quantised));
  const data = function* () {
    for (let copy = 0; copy < (copies ?? 1); copy += 1) yield* once();
  };
  return { name, dims, type: quantised ?? (single ? F32 : F16), data };
}

/** An f32 vector with the same number everywhere: a norm, a bias. */
export function constant(name: string, length: number, value: number): WritableTensor {
  return { name, dims: [length], type: F32, data: () => [new Uint8Array(new Float32Array(length).fill(value).buffer)] };
}

function* chunks({
  name,
  columns,
  rows,
  seed,
  spread,
  first,
  zeroFirstRow,
  single,
}: MatrixOptions): Iterable<Uint8Array> {
  const numbers = bellCurve(Math.min(columns * rows, BLOCK_ELEMENTS), spread, hash(`${seed}:${name}`));
  const block = single ? numbers : Uint16Array.from(numbers, halfBits);
  const encode = single ? Number : halfBits;
  const rowsAtOnce = Math.max(1, Math.floor(CHUNK_ELEMENTS / columns));
  let taken = 0;
  for (let row = 0; row < rows; row += rowsAtOnce) {
    const height = Math.min(rowsAtOnce, rows - row);
    const chunk = single ? new Float32Array(height * columns) : new Uint16Array(height * columns);
    for (let filled = 0; filled < chunk.length;) {
      const piece = block.subarray(taken, Math.min(block.length, taken + chunk.length - filled));
      chunk.set(piece, filled);
      filled += piece.length;
      taken = (taken + piece.length) % block.length;
    }
    if (first) for (let index = 0; index < height; index += 1) chunk[index * columns] = encode(first(row + index));
    if (zeroFirstRow && row === 0) chunk.fill(0, 0, columns);
    yield new Uint8Array(chunk.buffer);
  }
}

function* quantisedChunks(options: MatrixOptions, type: Quantised): Iterable<Uint8Array> {
  const { name, columns, rows, seed, spread, first, zeroFirstRow } = options;
  const blocksEach = columns / BLOCK;
  const count = Math.min(blocksEach * rows, BLOCK_COUNT);
  const numbers = bellCurve(count * BLOCK, spread, hash(`${seed}:${name}`));
  const encoded = quantise(type, numbers);
  const bytesEach = encoded.length / count;
  const rowsAtOnce = Math.max(1, Math.floor(CHUNK_ELEMENTS / columns));
  let taken = 0;
  for (let row = 0; row < rows; row += rowsAtOnce) {
    const height = Math.min(rowsAtOnce, rows - row);
    const chunk = new Uint8Array(height * blocksEach * bytesEach);
    for (let index = 0; index < height * blocksEach;) {
      const blocks = Math.min(count - taken, height * blocksEach - index);
      chunk.set(encoded.subarray(taken * bytesEach, (taken + blocks) * bytesEach), index * bytesEach);
      index += blocks;
      taken = (taken + blocks) % count;
    }
    if (first) {
      for (let index = 0; index < height; index += 1) {
        const block = numbers.slice(0, BLOCK);
        block[0] = first(row + index);
        chunk.set(quantise(type, block), index * blocksEach * bytesEach);
      }
    }
    if (zeroFirstRow && row === 0) chunk.fill(0, 0, blocksEach * bytesEach);
    yield chunk;
  }
}

/** Sums of four uniform numbers: close to normal, and the same on every machine, which logarithms and cosines need not be. */
function bellCurve(length: number, spread: number, seed: number): Float32Array {
  const values = new Float32Array(length);
  // Four uniform numbers of 0..65535 have the variance 4 × 65536² / 12.
  const scale = spread / (65_536 * Math.sqrt(1 / 3));
  let state = seed === 0 ? 1 : seed;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state;
  };
  for (let index = 0; index < length; index += 1) {
    const [left, right] = [next(), next()];
    const sum = (left & 0xffff) + (left >>> 16) + (right & 0xffff) + (right >>> 16);
    values[index] = (sum - 131_070) * scale;
  }
  return values;
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of Buffer.from(text)) value = Math.imul(value ^ byte, 0x01000193);
  return value | 0;
}
