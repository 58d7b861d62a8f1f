import { AppError } from '../shared/errors.ts';
import type { Database } from './connection.ts';
import type { Collection, CollectionRepository, User } from './contract.ts';
import { checkUser, isKey, newId } from './ids.ts';
import type { Serial } from './serial.ts';

/** One record is read as a range of one where it was written in the same transaction: by its key, engine 3.0 gives it without its id. */
export const COLLECTION_FIELDS = 'id[1] AS id, name, created, metadata';
const DOCUMENTS_AT_ONCE = 1_000;

export function collectionRepository(database: Database, serial: Serial): CollectionRepository {
  const find = async (user: User, idOrName: string) => {
    const [found] = await database.run<Collection[]>(
      `SELECT ${COLLECTION_FIELDS} FROM collection:[$user]..[$user, []] WHERE id[1] = $idOrName OR name = $idOrName LIMIT 1`,
      { user: checkUser(user), idOrName },
    );
    return found;
  };
  return {
    list: (user) =>
      database.run<Collection[]>(`SELECT ${COLLECTION_FIELDS} FROM collection:[$user]..[$user, []]`, {
        user: checkUser(user),
      }),
    find,
    ensure: (user, name, metadata = {}) =>
      serial.run(checkUser(user), () =>
        database.run<Collection>(
          `{
            LET $found = (SELECT ${COLLECTION_FIELDS} FROM collection WHERE owner = $user AND name = $name)[0];
            IF $found != NONE { RETURN $found };
            CREATE collection:[$user, $id] SET owner = $user, name = $name, created = $now, metadata = $metadata RETURN NONE;
            RETURN (SELECT ${COLLECTION_FIELDS} FROM collection:[$user, $id]..=[$user, $id])[0];
          }`,
          { user, name: checkName(name), metadata, id: newId('vs'), now: Date.now() },
        ),
      ),
    create: (user, name, metadata = {}) =>
      serial.run(checkUser(user), () =>
        database.run<Collection | undefined>(
          `{
            IF array::len(SELECT VALUE id FROM collection WHERE owner = $user AND name = $name) > 0 { RETURN NONE };
            CREATE collection:[$user, $id] SET owner = $user, name = $name, created = $now, metadata = $metadata RETURN NONE;
            RETURN (SELECT ${COLLECTION_FIELDS} FROM collection:[$user, $id]..=[$user, $id])[0];
          }`,
          { user, name: checkName(name), metadata, id: newId('vs'), now: Date.now() },
        ),
      ),
    async change(user, id, { name, metadata }) {
      checkUser(user);
      if (!isKey(id)) return undefined;
      if (name !== undefined) checkName(name);
      return serial.run(user, async () => {
        const answer = await database.run<Collection | 'taken' | undefined>(
          `{
            IF !record::exists(collection:[$user, $id]) { RETURN NONE };
            IF $name != NONE AND array::len(SELECT VALUE id FROM collection WHERE owner = $user AND name = $name AND id[1] != $id) > 0 {
              RETURN 'taken'
            };
            UPDATE collection:[$user, $id] SET name = $name ?? name, metadata = $metadata ?? metadata RETURN NONE;
            RETURN (SELECT ${COLLECTION_FIELDS} FROM collection:[$user, $id]..=[$user, $id])[0];
          }`,
          { user, id, name, metadata },
        );
        if (answer !== 'taken') return answer;
        throw new AppError('conflict', `There is a collection named “${name}” already. Choose another name.`);
      });
    },
    async remove(user, id) {
      checkUser(user);
      if (!isKey(id)) return false;
      return serial.run(user, async () => {
        for (;;) {
          const left = await database.run<number>(
            `{
              LET $some = (SELECT VALUE id FROM document:[$user]..[$user, []] WHERE collections CONTAINS $id LIMIT $limit);
              UPDATE $some SET collections -= $id RETURN NONE;
              RETURN array::len($some);
            }`,
            { user, id, limit: DOCUMENTS_AT_ONCE },
          );
          if (left < DOCUMENTS_AT_ONCE) break;
        }
        const gone = await database.run<unknown[]>('DELETE collection:[$user, $id] RETURN BEFORE', { user, id });
        return gone.length > 0;
      });
    },
  };
}

const LONGEST_NAME = 256;

function checkName(name: string): string {
  if (name.length > 0 && name.length <= LONGEST_NAME && name.isWellFormed()) return name;
  throw new AppError('invalid_request', `The name of a collection has 1 to ${LONGEST_NAME} characters.`);
}
