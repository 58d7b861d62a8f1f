import { AppError } from '../../shared/errors.ts';
import type { Database } from '../connection.ts';
import { checkUser, isKey, newId } from '../ids.ts';
import type { KeyRepository, StoredKey } from '../people-contract.ts';
import { checkDigest } from './digest.ts';
import { replacing } from './replacing.ts';

export const KEY_FIELDS =
  'id[1] AS id, id[0] AS user, name, prefix, digest, scopes, admin, expires, revoked, created, lastUsed';

export function keyRepository(database: Database): KeyRepository {
  return {
    async list(user) {
      if (user === undefined) {
        const found = await database.run<StoredKey[]>(`SELECT ${KEY_FIELDS} FROM api_key`);
        // Ids go down with time.
        return found.sort((one, other) => (one.id < other.id ? -1 : 1));
      }
      if (!isKey(user)) return [];
      return database.run<StoredKey[]>(`SELECT ${KEY_FIELDS} FROM api_key:[$user]..[$user, []]`, { user });
    },
    async create({ user, name, prefix, digest, scopes, admin, expires }) {
      checkUser(user);
      checkDigest(digest);
      const id = newId('key');
      const key = { name, prefix, digest, scopes, admin, expires, revoked: null, created: Date.now(), lastUsed: null };
      const made = await database.run<boolean>(
        `{
          IF array::len(SELECT VALUE id FROM api_key WHERE digest = $digest) > 0 { RETURN false };
          CREATE api_key:[$user, $id] CONTENT object::extend($key, { owner: $user }) RETURN NONE;
          RETURN true;
        }`,
        { user, id, digest, key },
      );
      if (!made) throw new AppError('conflict', 'There is such a key already. Make another one.');
      return { id, user, ...key };
    },
    async change(user, id, { name, revoked, lastUsed }) {
      if (!isKey(user) || !isKey(id)) return undefined;
      return database.run<StoredKey | undefined>(
        `{
          UPDATE api_key:[$user, $id] PATCH $operations RETURN NONE;
          RETURN (SELECT ${KEY_FIELDS} FROM api_key:[$user, $id]..=[$user, $id])[0];
        }`,
        { user, id, operations: replacing({ name, revoked, lastUsed }) },
      );
    },
    async remove(user, id) {
      if (!isKey(user) || !isKey(id)) return false;
      const gone = await database.run<unknown[]>('DELETE api_key:[$user, $id] RETURN BEFORE', { user, id });
      return gone.length > 0;
    },
  };
}
