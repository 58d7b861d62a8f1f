/**
 * Sums of products, sixteen numbers at a time, written by hand in WebAssembly (which every supported Node has with 128-bit vectors): a
 * loop of JavaScript takes four times as long, and 50,000 passages would take longer than a search may.
 *
 *     (func (export "scan") (param $row i32) (param $rows i32) (param $stride i32) (param $query i32) (param $out i32)
 *       (local $end i32) (local $q i32) (local $a v128) (local $b v128) (local $c v128) (local $d v128)
 *       (loop $next
 *         a = b = c = d = 0; end = row + stride; q = query
 *         (loop $more  ;; at least once
 *           a += load(row) * load(q); b += load(row + 16) * load(q + 16); c += …(32); d += …(48)
 *           row += 64; q += 64
 *           (br_if $more (i32.lt_u row end)))
 *         store(out, the four numbers of a + b + c + d, added); out += 4
 *         (br_if $next (rows -= 1))))
 */
const MODULE =
  'AGFzbQEAAAABCQFgBX9/f39/AAIIAQF2AW0CAAEDAgEABwgBBHNjYW4AAAqYAgGVAgICfwR7A0D9DAAAAAAAAAAAAAAAAAAAAAAhB/0MAAAAAAAAAAAAAAAAAAAA' +
  'ACEI/QwAAAAAAAAAAAAAAAAAAAAAIQn9DAAAAAAAAAAAAAAAAAAAAAAhCiAAIAJqIQUgAyEGA0AgByAA/QAEACAG/QAEAP3mAf3kASEHIAggAP0ABBAgBv0ABBD9' +
  '5gH95AEhCCAJIAD9AAQgIAb9AAQg/eYB/eQBIQkgCiAA/QAEMCAG/QAEMP3mAf3kASEKIABBwABqIQAgBkHAAGohBiAAIAVJDQALIAQgByAI/eQBIAkgCv3kAf3k' +
  'ASEHIAf9HwAgB/0fAZIgB/0fApIgB/0fA5I4AgAgBEEEaiEEIAFBAWsiAQ0ACws=';

/** Numbers that are worked on at once: a row has zeros after it up to a multiple. */
const LANES = 16;
const PAGE = 65_536;
const NUMBER = 4;
/** Rows of one call: their sums go to a place of their own. */
export const ROWS_A_CALL = 2_048;

type Scan = (row: number, rows: number, stride: number, query: number, out: number) => void;
interface Memory {
  readonly buffer: ArrayBuffer;
  /** @param pages Of 64 KiB. Nothing is copied. */
  grow(pages: number): number;
}

/** What the types of Node leave to those of browsers. */
const { WebAssembly: wasm } = globalThis as unknown as {
  readonly WebAssembly: {
    readonly Memory: new (limits: { initial: number }) => Memory;
    readonly Module: new (bytes: Uint8Array) => object;
    readonly Instance: new (module: object, imports: object) => { readonly exports: { readonly scan: Scan } };
  };
};
let compiled: object | undefined;

/** Rows of numbers in memory that the kernel can see: what is asked, room for the sums, then the rows. */
export class KernelMemory {
  readonly #memory = new wasm.Memory({ initial: 1 });
  readonly #scan: Scan;
  /** Numbers of a row, with what is added to it. */
  readonly #stride: number;
  /** Where the sums and the rows begin, in numbers. */
  readonly #sums: number;
  readonly #rows: number;
  #numbers = new Float32Array(this.#memory.buffer);

  constructor(dimensions: number) {
    compiled ??= new wasm.Module(Buffer.from(MODULE, 'base64'));
    this.#scan = new wasm.Instance(compiled, { v: { m: this.#memory } }).exports.scan;
    this.#stride = Math.ceil(dimensions / LANES) * LANES;
    this.#sums = this.#stride;
    this.#rows = this.#sums + ROWS_A_CALL;
  }

  get bytes(): number {
    return this.#numbers.byteLength;
  }

  set(row: number, vector: Float32Array): void {
    const start = this.#rows + row * this.#stride;
    this.#makeRoom(start + this.#stride);
    this.#numbers.set(vector, start);
  }

  /** Of `length` numbers, until something is set. */
  row(row: number, length: number): Float32Array {
    const start = this.#rows + row * this.#stride;
    return this.#numbers.subarray(start, start + length);
  }

  ask(vector: Float32Array): void {
    this.#numbers.fill(0, 0, this.#stride);
    this.#numbers.set(vector);
  }

  /** The sum of products of each of these rows with what was asked; good until the next call. @param count At most `ROWS_A_CALL`. */
  sums(first: number, count: number): Float32Array {
    const row = NUMBER * (this.#rows + first * this.#stride);
    this.#scan(row, count, NUMBER * this.#stride, 0, NUMBER * this.#sums);
    return this.#numbers.subarray(this.#sums, this.#sums + count);
  }

  /** A quarter more than is needed: it is only address space until it is written. */
  #makeRoom(length: number): void {
    if (length <= this.#numbers.length) return;
    const pages = Math.ceil((NUMBER * (length - this.#numbers.length)) / PAGE);
    this.#memory.grow(Math.max(pages, Math.ceil(this.#numbers.byteLength / PAGE / 4)));
    this.#numbers = new Float32Array(this.#memory.buffer);
  }
}
