import type { ModelHeader } from '../engines/contract.ts';
import { rememberByFile } from './file-memo.ts';
import { readGgufHeader } from './gguf.ts';

const read = rememberByFile(async (path): Promise<ModelHeader> => {
  const { architecture, tensors } = await readGgufHeader(path);
  return { architecture, tensorTypes: new Set(tensors.map(({ type }) => type)) };
});

/**
 * What the header of a model file says that decides which engine can read it; undefined for what is no sound GGUF file (its engine
 * says that better).
 */
export function headerFacts(path: string): Promise<ModelHeader | undefined> {
  return read(path).catch(() => undefined);
}
