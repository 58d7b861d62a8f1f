import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { writeFileAtomic } from '../shared/atomic-file.ts';
import { statOf } from '../shared/stat.ts';
import { fileIdentity } from './learned.ts';
import { rememberByFile } from './file-memo.ts';
import type { GgufShape } from './gguf-shape.ts';
import { readShape } from './read-shape.ts';

/** Goes up whenever a shape gains a field, or the same header means another shape. */
const FORMAT = 1;

const readers = new Map<string, (path: string) => Promise<GgufShape>>();

/**
 * `readShape` that remembers on disk (`<cacheDir>/shapes/`): walking the vocabulary of one model takes 30 ms and 10 MB that are not
 * given back, at every start of the program. A file that has changed is read again.
 */
export function shapeReader(cacheDir: string): (path: string) => Promise<GgufShape> {
  const known = readers.get(cacheDir);
  if (known) return known;
  const reader = rememberByFile(async (path) => {
    const stat = statOf(path);
    const identity = stat && JSON.stringify([FORMAT, fileIdentity(path, stat)]);
    const file = join(cacheDir, 'shapes', `${createHash('sha256').update(path).digest('hex').slice(0, 32)}.json`);
    const kept = identity === undefined ? undefined : readKept(file, identity);
    if (kept) return kept;
    const shape = await readShape(path);
    try {
      mkdirSync(dirname(file), { recursive: true });
      writeFileAtomic(file, JSON.stringify({ identity, shape }));
    } catch {
      // A full disk costs another reading, not the answer.
    }
    return shape;
  });
  readers.set(cacheDir, reader);
  return reader;
}

function readKept(file: string, identity: string): GgufShape | undefined {
  try {
    const kept = JSON.parse(readFileSync(file, 'utf8')) as { readonly identity?: unknown; readonly shape?: GgufShape };
    return kept.identity === identity ? kept.shape : undefined;
  } catch {
    return undefined;
  }
}
