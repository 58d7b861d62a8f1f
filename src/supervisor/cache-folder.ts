import { createHash, randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { z } from 'zod';

import { writeFileAtomic } from '../shared/atomic-file.ts';
import { continues, type PromptMark, sharedChars } from './prompt-mark.ts';

const Kept = z.object({
  user: z.string(),
  /** Program, model file and their versions: another engine's numbers mean something else. */
  build: z.string(),
  mark: z.object({ chars: z.number(), blocks: z.array(z.string()).readonly() }),
  promptTokens: z.number(),
  tokens: z.number(),
  bytes: z.number(),
  savedAt: z.string(),
  usedAt: z.string(),
});

/** One slot of an engine as it was at an unload. */
export type KeptCache = Readonly<z.output<typeof Kept>> & { readonly file: string };

const STATE = '.kv';
const FACTS = '.json';
/** Not finished: worth nothing after a crash. */
const PART = '.part';

/**
 * The kept caches of one expert with one set of settings: each a file that the engine writes and a small one about it, 0600 in a
 * folder that is 0700. Used by one engine at a time.
 */
export class CacheFolder {
  readonly path: string;
  readonly #kept = new Map<string, KeptCache>();
  #closed = false;
  /** Set by who has copies of what is kept: they go as well. Undefined is every user. */
  onErase: ((user: string | undefined) => void) | undefined;

  /** Throws where the folder cannot be made or read. */
  constructor(path: string) {
    this.path = path;
    mkdirSync(path, { recursive: true, mode: 0o700 });
    this.#read();
  }

  get kept(): readonly KeptCache[] {
    return [...this.#kept.values()];
  }

  get bytes(): number {
    return this.kept.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Nothing is to be kept here any more. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * For an engine that starts: erases what other programs, or other files of the model, have left, and what was never finished. Throws
   * where there is no folder, and none can be made.
   */
  keepOnly(build: string): KeptCache[] {
    mkdirSync(this.path, { recursive: true, mode: 0o700 });
    this.sweep();
    return this.#erase((kept) => kept.build !== build);
  }

  /** The user's cache that begins most like this prompt. */
  find(user: string, mark: PromptMark): { kept: KeptCache; chars: number } | undefined {
    let best: { kept: KeptCache; chars: number } | undefined;
    for (const kept of this.#kept.values()) {
      if (kept.user !== user) continue;
      const chars = sharedChars(kept.mark, mark);
      if (chars > (best?.chars ?? 0)) best = { kept, chars };
    }
    return best;
  }

  /** The name of a new empty file that only we can read, for the engine to fill. */
  begin(): string {
    const name = randomBytes(8).toString('hex') + PART;
    closeSync(openSync(join(this.path, name), 'wx', 0o600));
    return name;
  }

  /**
   * Takes a filled file over: what it goes on from is erased, and then the oldest until all fit into `maxBytes`. Answers what is kept;
   * undefined where the file alone is too large, or the folder was closed meanwhile.
   */
  commit(name: string, facts: Omit<KeptCache, 'file' | 'bytes' | 'usedAt'>, maxBytes: number): KeptCache | undefined {
    if (this.#closed) return undefined;
    const { size: bytes } = statSync(join(this.path, name));
    if (bytes > maxBytes) {
      this.discard(name);
      return undefined;
    }
    const file = name.slice(0, -PART.length);
    const kept = { ...facts, bytes, usedAt: facts.savedAt, file };
    this.#store(kept);
    renameSync(join(this.path, name), join(this.path, file + STATE));
    this.#erase((old) => old.file !== file && old.user === kept.user && continues(kept.mark, old.mark));
    const oldestFirst = this.kept.toSorted((one, other) => (one.usedAt < other.usedAt ? -1 : 1));
    for (const old of oldestFirst) {
      if (this.bytes <= maxBytes) break;
      if (old.file !== file) this.forget(old);
    }
    return kept;
  }

  /** Removes a file that was not taken over. */
  discard(name: string): void {
    try {
      rmSync(join(this.path, name), { force: true });
    } catch {
      // A disk that takes no more changes: without facts beside it, it is removed when the folder is read again.
    }
  }

  used(kept: KeptCache, at: Date): void {
    if (!this.#kept.has(kept.file)) return;
    const later = { ...kept, usedAt: at.toISOString() };
    this.#kept.set(kept.file, later);
    try {
      this.#store(later);
    } catch {
      // A full disk: the next run takes it for somewhat older than it is.
    }
  }

  forget(kept: KeptCache): void {
    this.#kept.delete(kept.file);
    for (const ending of [STATE, FACTS]) this.discard(kept.file + ending);
  }

  /** The name of the file, for the engine. */
  fileOf(kept: KeptCache): string {
    return kept.file + STATE;
  }

  /** Everything, or what one user has; whoever holds a copy is told. */
  erase(user?: string): KeptCache[] {
    this.onErase?.(user);
    return this.#erase((kept) => user === undefined || kept.user === user);
  }

  /** Removes the files that nobody finished. Only while no engine writes. Never throws: an engine that has ended has ended. */
  sweep(): void {
    let names: readonly string[] = [];
    try {
      names = readdirSync(this.path);
    } catch {
      // Somebody has removed the folder, or the disk is not to be read: then there is nothing to sweep.
    }
    for (const name of names) if (name.endsWith(PART)) this.discard(name);
  }

  /** Erases everything, for good. */
  close(): void {
    this.erase();
    this.#closed = true;
    rmSync(this.path, { recursive: true, force: true });
  }

  #store(kept: KeptCache): void {
    const { file, ...facts } = kept;
    writeFileAtomic(join(this.path, file + FACTS), `${JSON.stringify(facts)}\n`);
    this.#kept.set(file, kept);
  }

  #erase(which: (kept: KeptCache) => boolean): KeptCache[] {
    const erased = this.kept.filter(which);
    for (const kept of erased) this.forget(kept);
    return erased;
  }

  /** What is not whole is removed: a state without its facts belongs to nobody. */
  #read(): void {
    const names = new Set(readdirSync(this.path));
    for (const name of names) {
      if (!name.endsWith(FACTS)) continue;
      const file = name.slice(0, -FACTS.length);
      const facts = names.has(file + STATE) ? readFacts(join(this.path, name)) : undefined;
      if (facts) this.#kept.set(file, { ...facts, file });
    }
    for (const name of names) {
      const file = name.slice(0, name.lastIndexOf('.'));
      if (!name.endsWith(PART) && !this.#kept.has(file)) this.discard(name);
    }
  }
}

/** Names of people and profiles make neither paths nor secrets. */
export function folderName(expert: string, key: string): string {
  return `${expert}-${createHash('sha256').update(key).digest('hex').slice(0, 16)}`;
}

function readFacts(path: string): z.output<typeof Kept> | undefined {
  try {
    return Kept.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined;
  }
}
