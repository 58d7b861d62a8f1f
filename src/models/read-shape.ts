import { basename, dirname, join } from 'node:path';

import { shapeFromHeader } from './gguf-shape.ts';
import type { GgufShape } from './gguf-shape.ts';
import { readGgufHeader } from './gguf.ts';
import type { GgufHeader } from './gguf.ts';

/**
 * The shape of the model in a file; of a split one, given any of its parts, from the headers of all.
 * @throws AppError `model_unavailable` when a part is missing or malformed.
 */
export async function readShape(path: string): Promise<GgufShape> {
  const header = await readGgufHeader(path);
  const names = partsOf(basename(path), header.split?.count ?? 1);
  if (!names) return shapeFromHeader(header);
  const [first = header, ...others] = await Promise.all(names.map((name) => readGgufHeader(join(dirname(path), name))));
  return shapeFromHeader(first, ...others);
}

/** Bytes that a projector or an adapter takes: those of its tensors. */
export async function readTensorBytes(path: string): Promise<number> {
  return sumOf(await readGgufHeader(path));
}

function sumOf({ tensors, fileBytes }: GgufHeader): number {
  return tensors.every(({ bytes }) => bytes !== undefined)
    ? tensors.reduce((sum, { bytes = 0 }) => sum + bytes, 0)
    : fileBytes;
}

/** The names of all parts, `…-00001-of-00003.gguf` first; undefined for a file that is not named as a part. */
function partsOf(name: string, count: number): string[] | undefined {
  const match = /^(.*)-\d{5}-of-(\d{5})\.gguf$/.exec(name);
  if (!match || count < 2) return undefined;
  const [, stem = '', total = ''] = match;
  return Array.from({ length: count }, (_, index) => `${stem}-${String(index + 1).padStart(5, '0')}-of-${total}.gguf`);
}
