import { createHash } from 'node:crypto';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

import type { ProcessAdapter } from '../engines/contract.ts';
import type { Clock } from '../shared/clock.ts';
import type { CacheAction } from '../telemetry/events.ts';
import { CacheFolder, folderName, type KeptCache } from './cache-folder.ts';
import type { Upstream } from './host.ts';
import { launchKey } from './launch-key.ts';
import type { Prepared, ProcessExpert } from './launcher.ts';
import { SlotKeeper } from './slot-keeper.ts';

/** What became of a prompt cache, for the log, the events and the figures. */
export interface CacheNews {
  readonly action: CacheAction;
  readonly tokens: number;
  readonly reason: string;
}

/** An expert as it is now; settings may be adopted anew while its engine runs. */
export interface CacheOwner {
  readonly expert: ProcessExpert;
  readonly adapter: ProcessAdapter;
}

/** For an engine that is to keep its caches: where, before it starts, and who looks after them, once it is ready. */
export interface CachePlan {
  readonly dir: string;
  keeper(upstream: Upstream): SlotKeeper;
}

export interface KeptCachesOptions {
  readonly stateDir: string;
  readonly clock: Clock;
  readonly report: (expert: string, news: CacheNews) => void;
}

/** The prompt caches that outlive their engines: of which experts, and of whom. Below `kv/` in the state directory. */
export class KeptCaches {
  readonly #root: string;
  readonly #options: KeptCachesOptions;
  /** By the name of the folder. */
  readonly #folders = new Map<string, { readonly expert: string; readonly folder: CacheFolder }>();

  constructor(options: KeptCachesOptions) {
    this.#root = join(options.stateDir, 'kv');
    this.#options = options;
  }

  /**
   * Erases what belongs to no expert with these settings, or to nobody who is a user (undefined: anybody may be one). Throws where
   * the state directory cannot be written.
   */
  retain(experts: readonly CacheOwner[], isUser?: (user: string) => boolean): void {
    const wanted = new Map<string, string>();
    for (const { expert, adapter } of experts)
      if (adapter.slots?.(expert, undefined)) wanted.set(nameOf(expert, adapter), expert.id);
    for (const [name, { expert, folder }] of this.#folders) {
      if (wanted.has(name)) continue;
      this.#folders.delete(name);
      this.#tell(expert, folder.kept, 'its expert or its settings have changed');
      folder.close();
    }
    for (const name of foldersIn(this.#root)) {
      const expert = wanted.get(name);
      if (expert === undefined) rmSync(join(this.#root, name), { recursive: true, force: true });
      else this.#folder(name, expert);
    }
    if (!isUser) return;
    for (const { expert, folder } of this.#folders.values())
      for (const user of new Set(folder.kept.map((kept) => kept.user)))
        if (!isUser(user)) this.#tell(expert, folder.erase(user), 'its user is no more');
  }

  /** For an engine that is about to start; undefined where it keeps nothing. Throws where the folder cannot be made. */
  plan(owner: CacheOwner, prepared: Prepared): CachePlan | undefined {
    const { expert, adapter } = owner;
    const kept = adapter.slots?.(expert, prepared.program);
    if (!kept) return undefined;
    const folder = this.#folder(nameOf(expert, adapter), expert.id);
    const build = buildOf(prepared);
    this.#tell(expert.id, folder.keepOnly(build), 'the engine or the model file is another');
    const { clock, report } = this.#options;
    return {
      dir: folder.path,
      keeper: (upstream) =>
        new SlotKeeper({
          slots: expert.parallel,
          protocol: kept.protocol,
          maxBytes: () => owner.adapter.slots?.(owner.expert, prepared.program)?.maxBytes ?? 0,
          build,
          folder,
          upstream,
          clock,
          report: (news) => report(expert.id, news),
        }),
    };
  }

  list(): { readonly expert: string; readonly kept: KeptCache }[] {
    return [...this.#folders.values()].flatMap(({ expert, folder }) => folder.kept.map((kept) => ({ expert, kept })));
  }

  /** Erases the files, and what running engines hold, of one expert, one user, both, or all. */
  erase(of: { expert?: string | undefined; user?: string | undefined }): {
    readonly caches: number;
    readonly bytes: number;
  } {
    let caches = 0;
    let bytes = 0;
    for (const { expert, folder } of this.#folders.values()) {
      if (of.expert !== undefined && of.expert !== expert) continue;
      const erased = folder.erase(of.user);
      caches += erased.length;
      for (const kept of erased) bytes += kept.bytes;
      this.#tell(expert, erased, 'asked for');
    }
    return { caches, bytes };
  }

  #folder(name: string, expert: string): CacheFolder {
    const known = this.#folders.get(name);
    if (known) return known.folder;
    const folder = new CacheFolder(join(this.#root, name));
    this.#folders.set(name, { expert, folder });
    return folder;
  }

  #tell(expert: string, erased: readonly KeptCache[], reason: string): void {
    for (const { tokens } of erased) this.#options.report(expert, { action: 'erased', tokens, reason });
  }
}

/** Where these settings keep their caches; others, even of the same name, must not find them. */
function nameOf(expert: ProcessExpert, adapter: ProcessAdapter): string {
  return folderName(expert.id, launchKey(expert, adapter));
}

/** What the numbers in a cache depend on besides the settings. */
function buildOf({ program, files }: Prepared): string {
  const { loras = [], ...single } = files;
  const paths = [...Object.values(single), ...loras.map(({ path }) => path)];
  const facts = paths.map((path) => {
    const { size, mtimeMs, ino } = statSync(path);
    return [path, size, mtimeMs, ino];
  });
  return createHash('sha256')
    .update(JSON.stringify([program?.path, program?.version, facts]))
    .digest('base64url');
}

function foldersIn(root: string): string[] {
  try {
    return readdirSync(root);
  } catch {
    return [];
  }
}
