import { statSync } from 'node:fs';
import { join } from 'node:path';

import type { Profile } from '../../profiles/profile.ts';
import type { IdentityJson } from '../../server/identity/views.ts';
import type { RuntimeFile } from '../../server/views.ts';
import { messageOf } from '../../shared/errors.ts';
import { Client } from '../client.ts';
import { type Check, fail, ok, warn } from './check.ts';

const ABOUT = 'identity';
const ANSWERS_WITHIN_MS = 5_000;

/** Who may ask by the profile, and whether somebody can get in, and somebody manage. */
export function checkIdentity(
  { security }: Pick<Profile, 'security'>,
  environment: NodeJS.ProcessEnv,
  stateDir: string,
): Check[] {
  const { auth, keys, registration } = security;
  if (auth === 'none')
    return [ok(ABOUT, 'Nobody is asked for a key: only this machine can ask (security.auth: none).')];
  const missing = keys.filter(({ env }) => !environment[env]).map(({ env }) => env);
  const now = Date.now();
  const ended = keys.filter(({ expires }) => expires !== undefined && Date.parse(`${expires}T23:59:59.999Z`) < now);
  const isOpen = auth === 'users' && registration === 'open';
  return [
    ...missing.map((name) =>
      fail(
        'keys',
        `${name} is not set, and a key of the profile is to come from it.`,
        `export ${name}=$(openssl rand -hex 24)`,
      ),
    ),
    ...ended.map(({ env, user, expires }) =>
      warn(
        'keys',
        `The key of ${user} in ${env} counts no more since ${expires}.`,
        'Set a later `expires`, or remove it.',
      ),
    ),
    ...(missing.length === 0 && keys.length > 0 ? [ok('keys', `${keys.length} keys are set.`)] : []),
    ...(auth === 'keys' && !keys.some(({ admin }) => admin)
      ? [
          warn(
            'keys',
            'None is an administrator’s: /api/* is for the command line on this machine alone.',
            'admin: true',
          ),
        ]
      : []),
    ...(isOpen
      ? [warn(ABOUT, 'Anyone who reaches this server may make an account.', 'security.registration: closed')]
      : []),
    ...checkSigningKeys(join(stateDir, 'identity', 'signing-keys.json')),
  ];
}

/** What tokens are signed with is for its owner alone. */
function checkSigningKeys(file: string): Check[] {
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found || (found.mode & 0o077) === 0) return [];
  return [fail(ABOUT, `Others on this machine can read ${file}, and sign tokens with it.`, `chmod 600 ${file}`)];
}

/** The accounts of the running orchestrator; nothing where it has none. */
export async function checkRunningIdentity({ url, token }: Pick<RuntimeFile, 'url' | 'token'>): Promise<Check[]> {
  let identity: IdentityJson;
  try {
    const signal = AbortSignal.timeout(ANSWERS_WITHIN_MS);
    identity = await new Client(new URL(url), token).json<IdentityJson>('/api/identity', { signal });
  } catch (error) {
    return [warn(ABOUT, `Its state cannot be asked for (${messageOf(error)}).`, 'See `orchestrator logs`.')];
  }
  return runningChecks(identity);
}

/** @param identity as `GET /api/identity` answers it. */
export function runningChecks({ auth, state, reason, accounts, administrators }: IdentityJson): Check[] {
  if (auth !== 'users') return [];
  const why = reason === null ? '' : ` (${reason})`;
  if (state === 'opening' || state === 'stale')
    return [
      fail(
        ABOUT,
        `Accounts cannot be read${why}: nobody but the keys of the profile gets in.`,
        'orchestrator store status',
      ),
    ];
  const counted = `${accounts} ${accounts === 1 ? 'account' : 'accounts'}, ${administrators} of them an administrator’s`;
  return [
    ...(accounts === 0
      ? [warn(ABOUT, 'There is no account yet: nobody can log in.', 'orchestrator user add NAME --password')]
      : administrators === 0
        ? [
            warn(
              ABOUT,
              `${counted}: nobody can manage from elsewhere.`,
              'orchestrator user add NAME --password --admin',
            ),
          ]
        : [ok(ABOUT, `Runs: ${counted}.`)]),
    ...(reason === null
      ? []
      : [warn(ABOUT, `The store is away${why}: who is known stays known, for an hour.`, 'orchestrator store status')]),
  ];
}
