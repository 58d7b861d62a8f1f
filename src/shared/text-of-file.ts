import { readFileSync } from 'node:fs';

/** A small file as text; undefined where it is not there, or not ours to read: processes go while they are looked at. */
export function textOfFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
