import { delay } from '../shared/clock.ts';
import { messageOf } from '../shared/errors.ts';
import type { Profile } from './profile.ts';

const SETTLE_MS = 40;
/** Files that change between any two readings are taken as they are at last. */
const RESTLESS_MS = 1_000;

/** What came of one reading, and the files that it came from as far as they were known. */
export interface Reading {
  readonly profile?: Profile;
  readonly error?: unknown;
  readonly sources: readonly string[];
}

export interface SettleOptions {
  /** Called after each reading that another one follows. */
  readonly between: (reading: Reading) => Promise<void>;
  /** Milliseconds that a fault must have stood before it is believed: a file may be gone for a moment. */
  readonly patienceMs: number;
}

/**
 * A file that is being written can be valid in the middle, and then lacks its end: it is taken when two readings, a moment apart,
 * agree. Throws what the last reading threw.
 */
export async function readSettled(
  read: (onSource: (file: string) => void) => Promise<Profile>,
  { between, patienceMs }: SettleOptions,
): Promise<Profile> {
  const startedAt = performance.now();
  let [before, since] = [undefined as string | undefined, startedAt];
  for (;;) {
    const reading = await readOnce(read);
    const print = reading.profile ? printOf(reading.profile) : `error: ${messageOf(reading.error)}`;
    const now = performance.now();
    const stands = print === before && (reading.profile !== undefined || now - since >= patienceMs);
    if (stands || now - startedAt > RESTLESS_MS + patienceMs) {
      if (reading.profile) return reading.profile;
      throw reading.error;
    }
    if (print !== before) [before, since] = [print, now];
    await between(reading);
    await delay(SETTLE_MS);
  }
}

/** Two profiles with the same print are the same to the program, wherever in the file it stands. */
export function printOf({ places: _places, ...profile }: Profile): string {
  return JSON.stringify(profile);
}

async function readOnce(read: (onSource: (file: string) => void) => Promise<Profile>): Promise<Reading> {
  const files = new Set<string>();
  try {
    const profile = await read((file) => files.add(file));
    return { profile, sources: [...files] };
  } catch (error) {
    return { error, sources: [...files] };
  }
}
