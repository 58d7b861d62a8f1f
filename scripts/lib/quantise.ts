import { TENSOR_TYPES } from '../../src/models/gguf-types.ts';
import { halfBits } from '../../src/models/half-float.ts';

/** Quantised types that models are generated with, by their number in the file. */
export const QUANTISED = { q4_0: 2, q8_0: 8 } as const;
export type Quantised = (typeof QUANTISED)[keyof typeof QUANTISED];

/** Weights in one block of either type. */
export const BLOCK = 32;

/** Whole blocks of weights as ggml stores them: a half-precision scale, then the weights as small numbers. */
export function quantise(type: Quantised, weights: Float32Array): Uint8Array {
  const bytesEach = TENSOR_TYPES[type]?.bytes ?? 0;
  const blocks = weights.length / BLOCK;
  const output = Buffer.alloc(blocks * bytesEach);
  for (let block = 0; block < blocks; block += 1) {
    const values = weights.subarray(block * BLOCK, (block + 1) * BLOCK);
    const target = output.subarray(block * bytesEach, (block + 1) * bytesEach);
    if (type === QUANTISED.q8_0) encode8(values, target);
    else encode4(values, target);
  }
  return output;
}

function encode8(values: Float32Array, target: Buffer): void {
  const scale = largest(values) / 127;
  target.writeUInt16LE(halfBits(scale), 0);
  for (const [index, value] of values.entries()) {
    target.writeInt8(scale === 0 ? 0 : Math.max(-127, Math.min(127, Math.round(value / scale))), 2 + index);
  }
}

/** Two weights to a byte: the low halves are the first sixteen, the high halves the rest; 8 stands for zero. */
function encode4(values: Float32Array, target: Buffer): void {
  const scale = largest(values) / 7;
  const nibble = (value: number) => (scale === 0 ? 8 : Math.max(0, Math.min(15, Math.round(value / scale) + 8)));
  target.writeUInt16LE(halfBits(scale), 0);
  const half = BLOCK / 2;
  for (let index = 0; index < half; index += 1) {
    target[2 + index] = nibble(values[index] ?? 0) | (nibble(values[index + half] ?? 0) << 4);
  }
}

const largest = (values: Float32Array) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
