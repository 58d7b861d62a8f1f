/** The cache of the hub's own tools: `models--OWNER--NAME/{blobs,refs,snapshots}`. */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where the hub's own tools keep repositories. */
export function hubCache(environment: NodeJS.ProcessEnv): string {
  const home = environment['HOME'] ?? homedir();
  const cache = environment['XDG_CACHE_HOME'] || join(home, '.cache');
  return environment['HF_HUB_CACHE'] || join(environment['HF_HOME'] || join(cache, 'huggingface'), 'hub');
}

export function repositoryFolder(repository: string, environment: NodeJS.ProcessEnv): string {
  return join(hubCache(environment), `models--${repository.replaceAll('/', '--')}`);
}

/** The commit that a branch or tag stood for when it was fetched; undefined where it never was. */
export function fetchedCommit(folder: string, revision: string): string | undefined {
  try {
    const commit = readFileSync(join(folder, 'refs', revision), 'utf8').trim();
    return /^\w[\w.-]*$/.test(commit) ? commit : undefined;
  } catch {
    return undefined;
  }
}

/** `owner/name` of a folder in the cache; undefined for what is none of a model. */
export function repositoryOf(folderName: string): string | undefined {
  const [kind, ...parts] = folderName.split('--');
  return kind === 'models' && parts.length > 0 ? parts.join('/') : undefined;
}
