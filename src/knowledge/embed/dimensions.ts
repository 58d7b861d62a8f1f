import { mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { writeFileAtomic } from '../../shared/atomic-file.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { ModelIdentity } from './model-identity.ts';

export const UNKNOWN_DIMENSION = 0;

/** How many numbers the vectors of each model have: found out once, and remembered where nothing has to be loaded to know it. */
export class Dimensions {
  readonly #file: string;
  readonly #logger: Logger;
  readonly #known: Record<string, number>;

  constructor(file: string, logger: Logger) {
    this.#file = file;
    this.#logger = logger;
    this.#known = read(file);
  }

  of({ digest }: ModelIdentity): number {
    return this.#known[digest] ?? UNKNOWN_DIMENSION;
  }

  learn({ digest }: ModelIdentity, dimension: number): void {
    this.#known[digest] = dimension;
    try {
      // Where only memories are kept, and those elsewhere, nobody else has made it.
      mkdirSync(dirname(this.#file), { recursive: true });
      writeFileAtomic(this.#file, `${JSON.stringify(this.#known)}\n`);
    } catch (error) {
      this.#logger.warn('the dimension of the embedding model could not be noted; it is found out again', { error });
    }
  }
}

function read(file: string): Record<string, number> {
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
    const entries = Object.entries(content as Record<string, unknown>);
    return Object.fromEntries(entries.filter((entry): entry is [string, number] => Number.isSafeInteger(entry[1])));
  } catch {
    // None yet, or unreadable: the first vector tells.
    return {};
  }
}
