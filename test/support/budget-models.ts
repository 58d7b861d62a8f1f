/** Four models of some 400 MiB for tests of memory: generated once, in seconds, and kept beside the other test models. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { buildGguf } from '../../scripts/build-gguf.ts';
import { REAL_CACHE_DIR } from './real-parts.ts';

const FOLDER = join(REAL_CACHE_DIR, 'test-models', 'budget-2');
/** Most of it is words, as in the small models that people use: a prompt is then read in no time, and only an answer costs. */
const SHAPE = {
  embeddingLength: 1_024,
  vocabularySize: 98_304,
  blockCount: 2,
  feedForwardLength: 1_024,
  contextLength: 2_048,
};

export const BUDGET_MODELS = ['one', 'two', 'three', 'four'] as const;

/** The paths of the four files, in that order. */
export async function budgetModels(): Promise<string[]> {
  const paths: string[] = [];
  for (const [index, name] of BUDGET_MODELS.entries()) {
    const path = join(FOLDER, `${name}.gguf`);
    if (!existsSync(path)) await buildGguf({ path, name, seed: index + 1, ...SHAPE });
    paths.push(path);
  }
  return paths;
}
