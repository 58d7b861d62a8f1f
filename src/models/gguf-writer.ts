import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';

import { TENSOR_TYPES, VALUE_TYPES } from './gguf-types.ts';

/** A metadata value with its type: those that models are written with here. */
export type WritableValue =
  | { readonly type: 'u16' | 'u32' | 'i32' | 'f32'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'i32s' | 'f32s'; readonly value: readonly number[] };

export const F32 = 0;
export const F16 = 1;

export interface WritableTensor {
  readonly name: string;
  /** Elements in each dimension, the innermost first. */
  readonly dims: readonly number[];
  readonly type: number;
  /** The bytes in pieces; together exactly what dims and type ask for. */
  readonly data: () => Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

export interface WritableModel {
  readonly metadata: Readonly<Record<string, WritableValue>>;
  readonly tensors: readonly WritableTensor[];
}

const ALIGNMENT = 32;

/**
 * Writes a GGUF file (version 3), tensor by tensor; the same model gives the same bytes. The file must not exist.
 * Resolves to its size in bytes and its digest.
 */
export async function writeGguf(path: string, model: WritableModel): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  const output = createWriteStream(path, { flags: 'wx', highWaterMark: 1 << 20 });
  // Also rejects when the stream fails between two writes, so that no error goes unheard.
  const finished = once(output, 'close');
  finished.catch(() => {});
  let bytes = 0;
  const write = async (piece: Uint8Array) => {
    bytes += piece.length;
    hash.update(piece);
    if (output.errored) throw output.errored;
    if (!output.write(piece)) await Promise.race([once(output, 'drain'), finished]);
  };
  try {
    const header = encodeHeader(model);
    await write(header);
    await write(padding(header.length));
    for (const tensor of model.tensors) {
      const start = bytes;
      for await (const piece of tensor.data()) await write(piece);
      const expected = tensorBytes(tensor);
      if (bytes - start !== expected)
        throw new Error(`tensor ${tensor.name} gave ${bytes - start} bytes where its shape asks for ${expected}`);
      await write(padding(bytes));
    }
    output.end();
    await finished;
  } catch (error) {
    output.destroy();
    throw error;
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** Bytes that a tensor of this shape and type takes, without padding. */
export function tensorBytes({ dims, type }: Pick<WritableTensor, 'dims' | 'type'>): number {
  const block = TENSOR_TYPES[type];
  if (block === undefined) throw new Error(`tensor type ${type} is not known`);
  return (dims.reduce((product, dim) => product * dim, 1) / block.elements) * block.bytes;
}

function encodeHeader({ metadata, tensors }: WritableModel): Buffer {
  const entries = Object.entries(metadata);
  const pieces: Buffer[] = [Buffer.from('GGUF'), u32(3), u64(tensors.length), u64(entries.length)];
  // A vocabulary is far more pieces than arguments may be given.
  for (const [key, value] of entries) pieces.push(text(key), Buffer.concat(encodeValue(value)));
  let offset = 0;
  for (const tensor of tensors) {
    pieces.push(text(tensor.name), u32(tensor.dims.length), ...tensor.dims.map(u64), u32(tensor.type), u64(offset));
    const end = offset + tensorBytes(tensor);
    offset = end + padding(end).length;
  }
  return Buffer.concat(pieces);
}

function encodeValue(entry: WritableValue): Buffer[] {
  switch (entry.type) {
    case 'string':
      return [typeNumber('string'), text(entry.value)];
    case 'strings':
      return [typeNumber('array'), typeNumber('string'), u64(entry.value.length), ...entry.value.map(text)];
    case 'i32s':
      return [typeNumber('array'), typeNumber('i32'), u64(entry.value.length), bytesOf(Int32Array.from(entry.value))];
    case 'f32s':
      return [typeNumber('array'), typeNumber('f32'), u64(entry.value.length), bytesOf(Float32Array.from(entry.value))];
    case 'bool':
      return [typeNumber('bool'), Buffer.from([entry.value ? 1 : 0])];
    case 'u16':
      return [typeNumber('u16'), bytesOf(Uint16Array.of(entry.value))];
    case 'u32':
      return [typeNumber('u32'), u32(entry.value)];
    case 'i32':
      return [typeNumber('i32'), bytesOf(Int32Array.of(entry.value))];
    case 'f32':
      return [typeNumber('f32'), bytesOf(Float32Array.of(entry.value))];
  }
  return entry satisfies never;
}

const bytesOf = (numbers: Uint16Array | Int32Array | Float32Array) => Buffer.from(numbers.buffer);
const typeNumber = (type: (typeof VALUE_TYPES)[number]) => u32(VALUE_TYPES.indexOf(type));
const padding = (position: number) => Buffer.alloc((ALIGNMENT - (position % ALIGNMENT)) % ALIGNMENT);

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u64(bytes.length), bytes]);
}
