import { readFileSync, statSync } from 'node:fs';

import { z } from 'zod';

import { writeFileAtomic } from '../shared/atomic-file.ts';
import { statOf } from '../shared/stat.ts';

/** What is known of a file in the cache, beside it as `<file>.json`. */
export const ModelRecord = z.object({
  bytes: z.int().nonnegative(),
  /** With the size, how a later start sees that the file is the one that was verified, without reading it. */
  mtimeMs: z.number(),
  sha256: z.string(),
  /** `pinned`: against the profile; `hub`: against what the hub says of it; `none`: nothing to compare with. */
  verified: z.enum(['pinned', 'hub', 'none']),
  source: z.string(),
  revision: z.string().optional(),
  licence: z.object({ name: z.string(), url: z.string().optional() }).optional(),
  /** ISO 8601. */
  pulledAt: z.string(),
});
export type ModelRecord = z.output<typeof ModelRecord>;

export const recordPath = (file: string) => `${file}.json`;

export function readRecord(file: string): ModelRecord | undefined {
  try {
    const parsed = ModelRecord.safeParse(JSON.parse(readFileSync(recordPath(file), 'utf8')));
    return parsed.data;
  } catch {
    return undefined;
  }
}

/** Records a verified file as it lies on the disk now. */
export function writeRecord(file: string, facts: Omit<ModelRecord, 'bytes' | 'mtimeMs' | 'pulledAt'>): ModelRecord {
  const { size, mtimeMs } = statSync(file);
  const record: ModelRecord = { bytes: size, mtimeMs, ...facts, pulledAt: new Date().toISOString() };
  writeFileAtomic(recordPath(file), `${JSON.stringify(record, undefined, 2)}\n`, 0o644);
  return record;
}

/** Whether the file is the one that the record speaks of. */
export function isIntact(file: string, record: ModelRecord | undefined): boolean {
  const stat = statOf(file);
  return (
    record !== undefined && stat?.isFile() === true && stat.size === record.bytes && stat.mtimeMs === record.mtimeMs
  );
}
