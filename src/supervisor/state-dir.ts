import { mkdirSync } from 'node:fs';

import { CliError } from '../shared/errors.ts';

/** @throws CliError that names the option to choose another with. */
export function makeStateDir(stateDir: string): void {
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new CliError(
      `The state directory ${stateDir} cannot be made (${(error as Error).message}). Name another with --state-dir.`,
      1,
      { cause: error },
    );
  }
}
