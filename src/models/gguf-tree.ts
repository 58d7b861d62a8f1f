import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { modelsAmong, parseGgufName } from '../shared/gguf-names.ts';
import type { GgufFiles } from '../shared/gguf-names.ts';

/** Deeper than any store goes; a tree that is larger is not a store of models. */
const MOST_LEVELS = 8;
const MOST_FOLDERS = 10_000;

/**
 * The models in a folder and below it, folder by folder. Links to files are followed, those to folders are not; what may not be read is
 * passed over.
 */
export async function modelsBelow(root: string): Promise<GgufFiles[]> {
  const found: GgufFiles[] = [];
  const folders = [{ path: root, level: 0 }];
  for (let index = 0; index < folders.length && index < MOST_FOLDERS; index += 1) {
    const { path, level } = folders[index] ?? { path: root, level: 0 };
    const files: string[] = [];
    for (const entry of await readdir(path, { withFileTypes: true }).catch(() => [])) {
      const own = join(path, entry.name);
      if (entry.isDirectory()) {
        const isHidden = entry.name.startsWith('.') || entry.name === 'node_modules';
        if (level < MOST_LEVELS && !isHidden) folders.push({ path: own, level: level + 1 });
      } else if (parseGgufName(entry.name) && (await sizeOf(own)) > 0) files.push(own);
    }
    found.push(...modelsAmong(files.toSorted((one, other) => one.localeCompare(other, 'en'))));
  }
  return found;
}

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ? found.size : 0;
}
