import { delay } from '../shared/clock.ts';
import { AppError, CliError, messageOf } from '../shared/errors.ts';
import type { Profile } from '../profiles/profile.ts';
import type { ReloadView } from './views.ts';

const SETTLE_MS = 40;
const MOST_READINGS = 25;

export interface ReloadOptions {
  readonly read: () => Promise<Profile>;
  /** Throws before anything has changed, or changes all of it. */
  readonly apply: (profile: Profile) => ReloadView;
  readonly report: (ok: boolean, message: string) => void;
}

/**
 * One reload at a time. Whoever asks while one is under way gets the result of another that begins after it, shared by all who
 * wait: the last version of the file always wins, and a storm of signals costs two reads.
 */
export function createReload({ read, apply, report }: ReloadOptions): () => Promise<ReloadView> {
  let running: Promise<ReloadView> | undefined;
  let next: Promise<ReloadView> | undefined;
  const once = async (): Promise<ReloadView> => {
    try {
      const view = apply(await readSettled(read));
      report(true, summary(view));
      return view;
    } catch (error) {
      report(false, messageOf(error));
      throw error instanceof CliError ? new AppError('profile_invalid', error.message, { cause: error }) : error;
    }
  };
  const begin = (): Promise<ReloadView> => {
    running = once().finally(() => (running = undefined));
    return running;
  };
  return () => {
    if (!running) return begin();
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        return begin();
      });
    return next;
  };
}

/**
 * A file that is being written can be valid in the middle, and then lacks its end: it is taken when two readings, a moment apart,
 * agree.
 */
async function readSettled(read: () => Promise<Profile>): Promise<Profile> {
  let before = await outcomeOf(read);
  for (let attempt = 1; ; attempt += 1) {
    await delay(SETTLE_MS);
    const now = await outcomeOf(read);
    if (now.print === before.print || attempt === MOST_READINGS) {
      if (now.profile) return now.profile;
      throw now.error;
    }
    before = now;
  }
}

async function outcomeOf(read: () => Promise<Profile>): Promise<{ profile?: Profile; error?: unknown; print: string }> {
  try {
    const profile = await read();
    return { profile, print: JSON.stringify(profile) };
  } catch (error) {
    return { error, print: `error: ${messageOf(error)}` };
  }
}

function summary({ kept, updated, replaced, added, removed }: ReloadView): string {
  const parts = Object.entries({ kept, updated, replaced, added, removed }).filter(([, ids]) => ids.length > 0);
  return parts.map(([what, ids]) => `${what}: ${ids.join(', ')}`).join('; ');
}
