import { basename, dirname, join } from 'node:path';

import { partNames } from '../shared/gguf-names.ts';
import { rememberByFile } from './file-memo.ts';
import { shapeFromHeader } from './gguf-shape.ts';
import type { GgufShape } from './gguf-shape.ts';
import { readGgufHeader } from './gguf.ts';
import type { GgufHeader } from './gguf.ts';

/**
 * The shape of the model in a file; of a split one, given any of its parts, from the headers of all.
 * @throws AppError `model_unavailable` when a part is missing or malformed.
 */
export const readShape: (path: string) => Promise<GgufShape> = rememberByFile(async (path) => {
  const [first, ...others] = await readHeaders(path);
  return shapeFromHeader(first, ...others);
});

/**
 * The header of a file; of a split model, given any of its parts, those of all, the first part's first.
 * @throws AppError `model_unavailable` when a part is missing or malformed.
 */
export async function readHeaders(path: string): Promise<[GgufHeader, ...GgufHeader[]]> {
  const header = await readGgufHeader(path);
  const names = header.split ? partNames(basename(path)) : [path];
  if (names.length === 1) return [header];
  const [first = header, ...others] = await Promise.all(names.map((name) => readGgufHeader(join(dirname(path), name))));
  return [first, ...others];
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
