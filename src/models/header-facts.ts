import type { ModelHeader } from '../engines/contract.ts';
import { statOf } from '../shared/stat.ts';
import { readGgufHeader } from './gguf.ts';

const known = new Map<string, { readonly stamp: string; readonly header: ModelHeader | undefined }>();
const KEPT = 256;

/**
 * What the header of a model file says that decides which engine can read it; undefined for what is no sound GGUF file (its engine
 * says that better). Read once for as long as the file does not change.
 */
export async function headerFacts(path: string): Promise<ModelHeader | undefined> {
  const stat = statOf(path);
  if (!stat?.isFile()) return undefined;
  const stamp = `${stat.size}/${stat.mtimeMs}/${stat.ino}`;
  const kept = known.get(path);
  if (kept?.stamp === stamp) return kept.header;
  const header = await readGgufHeader(path).then(
    ({ architecture, tensors }) => ({ architecture, tensorTypes: new Set(tensors.map(({ type }) => type)) }),
    () => undefined,
  );
  if (known.size >= KEPT) known.clear();
  known.set(path, { stamp, header });
  return header;
}
