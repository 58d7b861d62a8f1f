import type { Profile } from '../profiles/profile.ts';
import { CliError } from '../shared/errors.ts';
import { isLoopback } from './host-check.ts';
import type { KnownKey } from './identity/authenticator.ts';
import { endOfDay } from './identity/fields.ts';

const SHORTEST_KEY = 16;

/** Anyone who can reach an address can use it: beyond loopback a key must be asked for. */
export function refuseOpenDoor(profile: Profile, host: string, allowUnauthenticated: boolean): void {
  if (isLoopback(host) || profile.security.auth !== 'none' || allowUnauthenticated) return;
  throw new CliError(
    `${host} can be reached by other machines, and this profile asks for no key (security.auth: none): anyone could use the models and the management routes.\n` +
      `Either bind loopback (--host 127.0.0.1), or ask for keys in the profile:\n\n  security:\n    auth: keys\n    keys: [{ env: ORCHESTRATOR_KEY, user: me, admin: true }]\n\n` +
      `and set ORCHESTRATOR_KEY; or let everybody have a name and a password (auth: users). If something in front of it authenticates, say so with --allow-unauthenticated.`,
  );
}

/** The keys that the profile names, from the environment. */
export function readKeys(profile: Profile, environment: NodeJS.ProcessEnv): KnownKey[] {
  if (profile.security.auth === 'none') return [];
  // With accounts, keys of the profile are beside them.
  if (profile.security.keys.length === 0 && profile.security.auth === 'keys') {
    throw new CliError(
      'security.auth is keys, but security.keys lists none. Add one: keys: [{ env: ORCHESTRATOR_KEY, user: me, admin: true }]',
      78,
    );
  }
  return profile.security.keys.map(({ env, user, admin, expires, ...scopes }) => {
    const key = environment[env];
    const advice = `Set it to a long random value, for example: export ${env}=$(openssl rand -hex 24)`;
    if (!key)
      throw new CliError(
        `The key of ${user} comes from the environment variable ${env}, which is not set. ${advice}`,
        78,
      );
    if (key.length < SHORTEST_KEY) {
      throw new CliError(
        `The key in ${env} is shorter than ${SHORTEST_KEY} characters and could be guessed. ${advice}`,
        78,
      );
    }
    return { key, id: env, user, admin, scopes, expires: expires === undefined ? undefined : endOfDay(expires) };
  });
}
