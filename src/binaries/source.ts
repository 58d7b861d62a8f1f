import type { Paths } from '../shared/paths.ts';
import type { BuildFile } from './build-file.ts';
import type { Backend, Recipe } from './recipe.ts';

/** What an installation is doing; bytes where they are known. */
export interface InstallProgress {
  readonly stage: string;
  readonly bytesDone?: number | undefined;
  readonly bytesTotal?: number | undefined;
}

/** What every source of a build is given. */
export interface SourceContext {
  readonly recipe: Recipe;
  readonly backend: Backend;
  readonly paths: Paths;
  /** An empty folder that becomes the build's; what is written there must not contain this path. */
  readonly staging: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
  /** Fetch and resolve again whatever the cache holds. */
  readonly fresh: boolean;
  readonly onProgress: (progress: InstallProgress) => void;
  /** One sentence for the person who waits. */
  readonly log: (sentence: string) => void;
}

/** What a source left in the staging folder. */
export interface StagedBuild extends Pick<BuildFile, 'program' | 'parts' | 'contents'> {
  /** The build's name, where the version that the program reports does not make it. */
  readonly label?: string;
}

/** This source cannot deliver here; the reason is a clause without a full stop. The next source is tried. */
export class SourceUnavailable extends Error {
  override readonly name = 'SourceUnavailable';
}

/** A child's environment: what leads to the network and to programs, and nothing else. */
export function toolEnvironment(environment: NodeJS.ProcessEnv, home: string): Record<string, string> {
  const passed = Object.entries(environment).filter(
    ([name, value]) => value !== undefined && /^(https?_proxy|no_proxy|all_proxy|ssl_cert_(file|dir))$/i.test(name),
  ) as [string, string][];
  return {
    PATH: environment['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: home,
    LANG: 'C.UTF-8',
    LC_ALL: 'C.UTF-8',
    ...Object.fromEntries(passed),
  };
}
