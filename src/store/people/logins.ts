import type { Database } from '../connection.ts';
import { checkCount, checkUser, isKey, newId } from '../ids.ts';
import type { LoginRepository, StoredLogin } from '../people-contract.ts';
import { checkDigest } from './digest.ts';

const LOGIN_FIELDS =
  'id[1] AS id, id[0] AS user, digest, previous AS before, created, refreshed, expires, revoked, agent';

export function loginRepository(database: Database): LoginRepository {
  return {
    async list(user) {
      if (user === undefined) {
        const found = await database.run<StoredLogin[]>(`SELECT ${LOGIN_FIELDS} FROM login`);
        return found.sort((one, other) => (one.id < other.id ? -1 : 1));
      }
      if (!isKey(user)) return [];
      return database.run<StoredLogin[]>(`SELECT ${LOGIN_FIELDS} FROM login:[$user]..[$user, []]`, { user });
    },
    async create({ user, digest, expires, agent }) {
      checkUser(user);
      checkDigest(digest);
      const id = newId('login');
      const now = Date.now();
      const login = { digest, created: now, refreshed: now, expires, revoked: null, agent };
      await database.run('CREATE login:[$user, $id] CONTENT $login RETURN NONE', {
        user,
        id,
        login: { ...login, previous: null },
      });
      return { id, user, ...login, before: null };
    },
    async refresh(user, id, { was, now, expires }) {
      checkDigest(now);
      if (!isKey(user) || !isKey(id)) return undefined;
      return database.run<StoredLogin | undefined>(
        `{
          LET $login = (SELECT digest, revoked, expires FROM login:[$user, $id])[0];
          IF $login = NONE OR $login.digest != $was OR $login.revoked != NULL OR $login.expires <= $at { RETURN NONE };
          UPDATE login:[$user, $id] SET previous = $was, digest = $now, refreshed = $at, expires = $expires RETURN NONE;
          RETURN (SELECT ${LOGIN_FIELDS} FROM login:[$user, $id]..=[$user, $id])[0];
        }`,
        { user, id, was, now, expires, at: Date.now() },
      );
    },
    async revoke(user, id) {
      if (!isKey(user) || !isKey(id)) return false;
      return database.run<boolean>(
        `{
          IF !record::exists(login:[$user, $id]) { RETURN false };
          UPDATE login:[$user, $id] SET revoked = $now WHERE revoked = NULL RETURN NONE;
          RETURN true;
        }`,
        { user, id, now: Date.now() },
      );
    },
    async sweep(before) {
      await database.run(
        'DELETE login WHERE expires < $before OR (revoked != NULL AND revoked < $before) RETURN NONE',
        {
          before: checkCount(before, 'before'),
        },
      );
    },
  };
}
