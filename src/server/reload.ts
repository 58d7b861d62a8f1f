import type { Profile } from '../profiles/profile.ts';
import { ProfileError } from '../profiles/problems.ts';
import { printOf, type Reading, readSettled } from '../profiles/settled.ts';
import { AppError, CliError, messageOf } from '../shared/errors.ts';
import type { Settings } from './settings.ts';
import type { ReloadView } from './views.ts';

/** Nobody waits for a quiet reload: a fault that mends itself in this time was none. */
const PATIENCE_MS = 1_500;

/** Which profile runs: as `up` was told, until another is chosen. */
export interface ProfileChoice {
  /** Name or file. */
  readonly profile: string;
  /** `key.path=value`, laid upon it. */
  readonly set: readonly string[];
}

export interface ReloadRequest {
  /** Runs another profile from now on; default: the one that runs is read again. */
  readonly choice?: ProfileChoice | undefined;
  /** Where the profile says what the one in force says, nothing is done or said; nor is a fault said twice, or at once. */
  readonly quiet?: boolean;
}

export interface ReloadOptions {
  readonly choice: ProfileChoice;
  readonly read: (choice: ProfileChoice, onSource: (file: string) => void) => Promise<Profile>;
  /** Throws where the profile is not for this machine. */
  readonly check: (profile: Profile) => Promise<void>;
  readonly inForce: () => Settings;
  /** Throws before anything has changed, or changes all of it. */
  readonly apply: (profile: Profile) => Omit<ReloadView, 'notes'>;
  readonly report: (ok: boolean, message: string) => void;
  /** The files that a profile comes from, as far as they are known; called before the last reading of every reload. */
  readonly onSources: (files: readonly string[], profile: Profile) => Promise<void>;
}

export type Reload = (request?: ReloadRequest) => Promise<ReloadView>;

/**
 * One reload at a time. Whoever asks while one is under way gets the result of another that begins after it, shared by all who
 * wait: the last version of the file always wins, and a storm of signals costs two reads. A choice of another profile waits for
 * its turn and is shared with nobody; one that proves invalid was never made.
 */
export function createReload(options: ReloadOptions): Reload {
  let { choice } = options;
  let sources: readonly string[] = [];
  let lastRefusal: string | undefined;

  const between = async (reading: Reading): Promise<void> => {
    // What an invalid file would have led to is not known: what was known before still counts.
    sources = reading.profile ? reading.sources : [...new Set([...sources, ...reading.sources])];
    await options.onSources(sources, reading.profile ?? options.inForce().profile);
  };
  const again = async (quiet: boolean): Promise<ReloadView> => {
    try {
      const profile = await readSettled((onSource) => options.read(choice, onSource), {
        between,
        patienceMs: quiet ? PATIENCE_MS : 0,
      });
      const isSame = printOf(profile) === printOf(options.inForce().profile);
      return isSame && quiet && lastRefusal === undefined ? unchanged(options.inForce()) : await take(profile, []);
    } catch (error) {
      const message = messageOf(error);
      if (!quiet || message !== lastRefusal) options.report(false, message);
      lastRefusal = message;
      throw asRefusal(error);
    }
  };
  const change = async (wanted: ProfileChoice): Promise<ReloadView> => {
    try {
      const profile = await readSettled((onSource) => options.read(wanted, onSource), {
        between: () => Promise.resolve(),
        patienceMs: 0,
      });
      const view = await take(profile, droppedSettings(choice, wanted));
      choice = wanted;
      sources = [];
      // Only what is chosen is watched; this reading tells where it comes from, and misses nothing that changed since.
      inTurn(() => again(true)).catch(() => undefined);
      return view;
    } catch (error) {
      options.report(false, messageOf(error));
      throw asRefusal(error);
    }
  };
  const take = async (profile: Profile, notes: string[]): Promise<ReloadView> => {
    await options.check(profile);
    const view = { ...options.apply(profile), notes };
    lastRefusal = undefined;
    options.report(true, summary(view));
    return view;
  };

  let tail: Promise<unknown> | undefined;
  let waiting: { readonly quiet: boolean; readonly result: Promise<ReloadView> } | undefined;
  const inTurn = (run: () => Promise<ReloadView>): Promise<ReloadView> => {
    const result = tail ? tail.then(run) : run();
    const ended = result.then(forget, forget);
    tail = ended;
    function forget(): void {
      if (tail === ended) tail = undefined;
    }
    return result;
  };
  return ({ choice: wanted, quiet = false } = {}) => {
    if (wanted) {
      // Whoever asks from now on means what is chosen here.
      waiting = undefined;
      return inTurn(() => change(wanted));
    }
    if (waiting && (quiet || !waiting.quiet)) return waiting.result;
    if (!tail) return inTurn(() => again(quiet));
    const result = inTurn(() => {
      if (waiting?.result === result) waiting = undefined;
      return again(quiet);
    });
    waiting = { quiet, result };
    return result;
  };
}

function unchanged({ generation, profile }: Settings): ReloadView {
  const kept = profile.experts.map(({ id }) => id);
  const { name, file } = profile;
  return { generation, profile: name, file, kept, updated: [], replaced: [], added: [], removed: [], notes: [] };
}

function droppedSettings(before: ProfileChoice, after: ProfileChoice): string[] {
  const dropped = before.set.filter((setting) => !after.set.includes(setting));
  if (dropped.length === 0) return [];
  const settings = dropped.map((setting) => `--set ${setting}`).join(' ');
  return [`No longer in force: ${settings}, which was laid upon ${before.profile}.`];
}

function asRefusal(error: unknown): unknown {
  if (!(error instanceof CliError)) return error;
  const details = error instanceof ProfileError ? { problems: error.problems } : {};
  return new AppError('profile_invalid', error.message, { cause: error, details });
}

function summary({ profile, kept, updated, replaced, added, removed }: ReloadView): string {
  const parts = Object.entries({ kept, updated, replaced, added, removed }).filter(([, ids]) => ids.length > 0);
  return `${profile}: ${parts.map(([what, ids]) => `${what} ${ids.join(', ')}`).join('; ')}`;
}
