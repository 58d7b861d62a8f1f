import type { Database } from '../connection.ts';
import { checkUser, isKey } from '../ids.ts';
import type { Account, AccountRepository } from '../people-contract.ts';
import { replacing } from './replacing.ts';

export const ACCOUNT_FIELDS = 'id[0] AS name, admin, password, suspended, created, updated';

export function accountRepository(database: Database): AccountRepository {
  return {
    list: () => database.run<Account[]>(`SELECT ${ACCOUNT_FIELDS} FROM account`),
    async find(name) {
      if (!isKey(name)) return undefined;
      const [found] = await database.run<Account[]>(`SELECT ${ACCOUNT_FIELDS} FROM account:[$name]`, { name });
      return found;
    },
    async create({ name, admin, password }) {
      const now = Date.now();
      const account = { admin, password, suspended: null, created: now, updated: now };
      const made = await database.run<boolean>(
        `{
          IF record::exists(account:[$name]) { RETURN false };
          CREATE account:[$name] CONTENT $account RETURN NONE;
          RETURN true;
        }`,
        { name: checkUser(name), account },
      );
      return made ? { name, ...account } : undefined;
    },
    async change(name, { admin, password, suspended }) {
      if (!isKey(name)) return undefined;
      return database.run<Account | undefined>(
        `{
          UPDATE account:[$name] PATCH $operations RETURN NONE;
          RETURN (SELECT ${ACCOUNT_FIELDS} FROM account:[$name]..=[$name])[0];
        }`,
        { name, operations: replacing({ admin, password, suspended, updated: Date.now() }) },
      );
    },
    async remove(name) {
      if (!isKey(name)) return false;
      return database.run<boolean>(
        `{
          LET $there = record::exists(account:[$name]);
          DELETE account:[$name] RETURN NONE;
          DELETE api_key:[$name]..[$name, []] RETURN NONE;
          DELETE login:[$name]..[$name, []] RETURN NONE;
          RETURN $there;
        }`,
        { name },
      );
    },
  };
}
