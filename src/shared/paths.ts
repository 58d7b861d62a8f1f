import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** Where the program keeps things. Pure: the environment is handed in. */
export interface Paths {
  /** What this orchestrator is and does: runtime file, ledger of children, logs, sockets, installed engines. */
  readonly stateDir: string;
  /** What can be fetched or built again: model files, downloads. */
  readonly cacheDir: string;
  /** Engine programs, `<enginesDir>/<engine>/<build>/`. Below the state directory unless the environment says otherwise. */
  readonly enginesDir: string;
  /** Model files, `<modelsDir>/<sha256 or source key>/<name>`. */
  readonly modelsDir: string;
}

/**
 * `--state-dir`, else `ORCHESTRATOR_STATE_DIR`, else `$XDG_STATE_HOME/orchestrator`, else `~/.local/state/orchestrator`;
 * the cache likewise from `ORCHESTRATOR_CACHE_DIR` and `XDG_CACHE_HOME`.
 */
export function resolvePaths(environment: NodeJS.ProcessEnv, stateDirOption?: string): Paths {
  const home = environment['HOME'] ?? homedir();
  const stateDir = resolve(
    stateDirOption ??
      environment['ORCHESTRATOR_STATE_DIR'] ??
      join(environment['XDG_STATE_HOME'] || join(home, '.local', 'state'), 'orchestrator'),
  );
  const cacheDir = resolve(
    environment['ORCHESTRATOR_CACHE_DIR'] ??
      join(environment['XDG_CACHE_HOME'] || join(home, '.cache'), 'orchestrator'),
  );
  return {
    stateDir,
    cacheDir,
    enginesDir: resolve(environment['ORCHESTRATOR_ENGINES_DIR'] ?? join(stateDir, 'engines')),
    modelsDir: join(cacheDir, 'models'),
  };
}
