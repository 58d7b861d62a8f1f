import type { FileHandle } from 'node:fs/promises';

import { z } from 'zod';

import { AppError, messageOf } from '../shared/errors.ts';

/** A header of a few hundred tensors takes some ten kilobytes. */
const MAX_HEADER_BYTES = 100_000_000;

const Entry = z.object({
  dtype: z.string(),
  shape: z.array(z.int().nonnegative()),
  data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
});

export interface SafeTensor {
  readonly dtype: string;
  /** Elements in each dimension, the outermost first. */
  readonly shape: readonly number[];
  /** Bytes from the start of the file. */
  readonly position: number;
  readonly bytes: number;
}

/**
 * The tensors of a safetensors file, by name.
 * @throws AppError `model_unavailable` when the header is not one, or points outside the file.
 */
export async function readSafetensors(file: FileHandle, name: string): Promise<Map<string, SafeTensor>> {
  const refuse = (what: string) =>
    new AppError('model_unavailable', `${name} is not a usable safetensors file: ${what}.`);
  const { size } = await file.stat();
  const prefix = Buffer.alloc(8);
  const { bytesRead } = await file.read(prefix, 0, 8, 0);
  const length = Number(prefix.readBigUInt64LE());
  if (bytesRead < 8 || length > MAX_HEADER_BYTES || 8 + length > size) throw refuse('its header does not fit into it');
  const header = Buffer.alloc(length);
  await file.read(header, 0, length, 8);
  const tensors = new Map<string, SafeTensor>();
  for (const [tensor, value] of Object.entries(parseObject(header, refuse))) {
    if (tensor === '__metadata__') continue;
    const entry = Entry.safeParse(value);
    if (!entry.success) throw refuse(`the entry ${tensor} is malformed`);
    const [start, end] = entry.data.data_offsets;
    if (end < start || 8 + length + end > size) throw refuse(`the tensor ${tensor} lies outside the file`);
    tensors.set(tensor, {
      dtype: entry.data.dtype,
      shape: entry.data.shape,
      position: 8 + length + start,
      bytes: end - start,
    });
  }
  return tensors;
}

function parseObject(header: Buffer, refuse: (what: string) => Error): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(header.toString('utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (error) {
    throw refuse(`its header is not JSON (${messageOf(error)})`);
  }
  throw refuse('its header is not a JSON object');
}
