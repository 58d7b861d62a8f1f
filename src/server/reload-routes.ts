import { timingSafeEqual } from 'node:crypto';
import { isAbsolute } from 'node:path';

import type { JsonObject } from '../proxy/json.ts';
import { AppError } from '../shared/errors.ts';
import type { ColdApp } from './cold-context.ts';
import { presentedKey } from './identity/authenticator.ts';
import { readObject } from './read-object.ts';
import type { ProfileChoice, Reload } from './reload.ts';

export interface ReloadRoutesOptions {
  /** Reads the profile again, or another one, and applies it; or throws and changes nothing. */
  readonly reload: Reload;
  /** The names that profiles can be asked for by, from the folders that profiles are kept in. */
  readonly profileNames: () => Promise<readonly string[]>;
  /** In the runtime file, which only this user can read. */
  readonly runToken: string;
}

/** `POST /api/reload`: the profile again, or another one in its place. */
export function addReloadRoutes(app: ColdApp, { reload, profileNames, runToken }: ReloadRoutesOptions): void {
  app.post('/api/reload', async (context) => {
    const choice = choiceIn(await readObject(context.req.raw, ['profile', 'set']));
    if (choice && !isSame(presentedKey(context.req.header()), runToken)) await refuseToOthers(choice, profileNames);
    return context.json(await reload({ choice }));
  });
}

/** Undefined: the profile that runs. */
function choiceIn({ profile, set = [] }: JsonObject): ProfileChoice | undefined {
  const invalid = (param: string, message: string) => new AppError('invalid_request', message, { param });
  if (!isTexts(set)) throw invalid('set', '`set` is a list of texts like "key.path=value".');
  if (profile === undefined && set.length === 0) return undefined;
  if (typeof profile !== 'string' || profile === '') {
    throw invalid('profile', '`profile` is the name of a profile, or the absolute path of its file.');
  }
  const isFile = /[/\\]|\.ya?ml$/.test(profile);
  if (isFile && !isAbsolute(profile)) {
    throw invalid(
      'profile',
      `${profile.slice(0, 200)} is relative to nothing here: give the absolute path of the file.`,
    );
  }
  return { profile, set };
}

/**
 * A profile says which programs are run. What comes over the network chooses among those that are kept on this machine for that;
 * only who may read the state directory could have started this orchestrator with any file and any setting.
 */
async function refuseToOthers(
  { profile, set }: ProfileChoice,
  profileNames: ReloadRoutesOptions['profileNames'],
): Promise<void> {
  if (set.length > 0 || isAbsolute(profile)) {
    throw new AppError(
      'forbidden',
      'Another file, and settings laid upon a profile, are taken only with the token of the runtime file: ' +
        'run `orchestrator profile use` on the same machine, as the user who started the orchestrator.',
    );
  }
  const names = await profileNames();
  if (names.includes(profile)) return;
  throw new AppError(
    'profile_invalid',
    `No profile has the name "${profile.slice(0, 100)}". Known: ${names.join(', ')}.`,
  );
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.length <= 100 && value.every((text) => typeof text === 'string');
}

function isSame(presented: string | undefined, secret: string): boolean {
  const [left, right] = [Buffer.from(presented ?? ''), Buffer.from(secret)];
  return left.length === right.length && timingSafeEqual(left, right);
}
