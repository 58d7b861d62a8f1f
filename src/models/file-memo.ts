import { statOf } from '../shared/stat.ts';

const KEPT = 256;

/**
 * What was read from a file, for as long as the file does not change: experts that share a model share the reading. A reading that
 * failed is not kept.
 */
export function rememberByFile<T>(read: (path: string) => Promise<T>): (path: string) => Promise<T> {
  const known = new Map<string, { readonly stamp: string; readonly result: Promise<T> }>();
  return (path) => {
    const stat = statOf(path);
    if (!stat?.isFile()) return read(path);
    const stamp = `${stat.size}/${stat.mtimeMs}/${stat.ino}`;
    const kept = known.get(path);
    if (kept?.stamp === stamp) return kept.result;
    const result = read(path);
    if (known.size >= KEPT) known.clear();
    const entry = { stamp, result };
    known.set(path, entry);
    result.catch(() => known.get(path) === entry && known.delete(path));
    return result;
  };
}
