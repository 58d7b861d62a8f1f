/** Measured footprints, remembered across starts: by model files, engine version and the settings that decide memory. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { z } from 'zod';

import { writeFileAtomic } from '../shared/atomic-file.ts';
import type { Footprint } from './footprint.ts';

const Bytes = z.int().nonnegative();
const Entry = z.object({
  /** Peaks of the latest runs, the newest last. */
  runs: z.array(z.record(z.string(), Bytes)).min(1),
  /** ISO 8601. */
  at: z.string(),
});
const Kept = z.object({ version: z.literal(1), entries: z.record(z.string(), Entry) });
type Entry = z.output<typeof Entry>;

export interface LearnedKey {
  /** Identities of all files, as `fileIdentity` gives them or by digest. */
  readonly files: readonly string[];
  /** As the probe says it. */
  readonly engine: string;
  /** Every setting that changes memory; the order of its keys does not matter. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Runs of one configuration that count; more entries than this push the oldest out. */
const RUNS = 8;
const MOST_ENTRIES = 512;

/** A model file as size and time know it. */
export const fileIdentity = (path: string, stat: { readonly size: number; readonly mtimeMs: number }) =>
  `${path}:${stat.size}:${stat.mtimeMs}`;

/** One per process. A file that is missing or cannot be understood is an empty memory: it fills again by itself. */
export class LearnedFootprints {
  readonly #path: string;
  readonly #entries: Map<string, Entry>;

  /** `path`: a file in the state directory. */
  constructor(path: string) {
    this.#path = path;
    this.#entries = read(path);
  }

  /** The most that the latest runs took of each pool; undefined when this configuration never ran. */
  find(key: LearnedKey): Footprint | undefined {
    const entry = this.#entries.get(digest(key));
    if (!entry) return undefined;
    const most: Record<string, number> = {};
    for (const run of entry.runs)
      for (const [pool, bytes] of Object.entries(run)) most[pool] = Math.max(most[pool] ?? 0, bytes);
    return most;
  }

  /** Remembers the peaks of a run that has ended, and writes the file. @throws what the file system says. */
  record(key: LearnedKey, peaks: Footprint, now: Date): void {
    const id = digest(key);
    const rounded = Object.fromEntries(
      Object.entries(peaks).map(([pool, bytes]) => [pool, Math.max(0, Math.round(bytes))]),
    );
    const runs = [...(this.#entries.get(id)?.runs ?? []), rounded].slice(-RUNS);
    this.#entries.delete(id);
    this.#entries.set(id, { runs, at: now.toISOString() });
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= MOST_ENTRIES) break;
      this.#entries.delete(oldest);
    }
    mkdirSync(dirname(this.#path), { recursive: true });
    writeFileAtomic(this.#path, `${JSON.stringify({ version: 1, entries: Object.fromEntries(this.#entries) })}\n`);
  }
}

function read(path: string): Map<string, Entry> {
  try {
    const kept = Kept.parse(JSON.parse(readFileSync(path, 'utf8')));
    return new Map(Object.entries(kept.entries).toSorted(([, one], [, other]) => one.at.localeCompare(other.at)));
  } catch {
    return new Map();
  }
}

function digest({ files, engine, settings }: LearnedKey): string {
  return createHash('sha256')
    .update(JSON.stringify([files.toSorted(), engine, ordered(settings)]))
    .digest('hex')
    .slice(0, 32);
}

/** The same value with the keys of every object in order, and sets as lists. */
function ordered(value: unknown): unknown {
  if (value instanceof Set) return [...value].map(String).toSorted();
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([one], [other]) => one.localeCompare(other))
      .map(([key, entry]) => [key, ordered(entry)]),
  );
}
