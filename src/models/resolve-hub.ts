import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { chooseGguf } from './choose-gguf.ts';
import type { ChosenGguf } from './choose-gguf.ts';
import { llamaCache } from './found-models.ts';
import { openDispatcher } from './http.ts';
import { fetchedCommit, repositoryFolder } from './hub-cache.ts';
import { readRepository } from './hub-info.ts';

/** A file of a repository: on this machine (absolute), or in the repository on the hub. */
export type ResolvedGguf = ({ readonly path: string } | { readonly file: string }) & {
  readonly mmproj: string | undefined;
};

/**
 * Which file `llama-server -hf owner/name:QUANT` means: one that it, or the hub's own tools, have fetched; else by the hub's list of
 * files. Undefined where neither says it.
 */
export async function resolveGguf(
  repository: string,
  quantisation: string | undefined,
  environment: NodeJS.ProcessEnv,
): Promise<ResolvedGguf | undefined> {
  const here =
    (await inHubCache(repository, quantisation, environment)) ??
    (await inLlamaCache(repository, quantisation, environment));
  if (here) return here;
  const dispatcher = openDispatcher(environment);
  try {
    const { repository: found } = await readRepository(repository, 'main', { environment, dispatcher });
    return (
      found &&
      chooseGguf(
        found.files.map(({ path }) => path),
        quantisation,
      )
    );
  } catch {
    // Not reached: then a person has to say it.
    return undefined;
  } finally {
    await dispatcher.destroy();
  }
}

async function inHubCache(
  repository: string,
  quantisation: string | undefined,
  environment: NodeJS.ProcessEnv,
): Promise<ResolvedGguf | undefined> {
  const folder = repositoryFolder(repository, environment);
  const head = fetchedCommit(folder, 'main');
  const commits = (await namesIn(join(folder, 'snapshots'))).toSorted(
    (one, other) => Number(other === head) - Number(one === head),
  );
  for (const commit of commits) {
    const snapshot = join(folder, 'snapshots', commit);
    const names: string[] = await readdir(snapshot, { recursive: true }).catch(() => []);
    const chosen = chooseGguf(names, quantisation);
    if (chosen) return located(chosen, (name) => join(snapshot, name));
  }
  return undefined;
}

/** Until 2026 it kept its files side by side, with the repository in their names. */
async function inLlamaCache(
  repository: string,
  quantisation: string | undefined,
  environment: NodeJS.ProcessEnv,
): Promise<ResolvedGguf | undefined> {
  const cache = llamaCache(environment);
  const prefix = `${repository.replace('/', '_')}_`;
  const names = (await namesIn(cache))
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length));
  const chosen = chooseGguf(names, quantisation);
  return chosen && located(chosen, (name) => join(cache, `${prefix}${name}`));
}

const located = ({ file, mmproj }: ChosenGguf, at: (name: string) => string): ResolvedGguf => ({
  path: at(file),
  mmproj: mmproj === undefined ? undefined : at(mmproj),
});

async function namesIn(directory: string): Promise<string[]> {
  return readdir(directory).catch(() => []);
}
