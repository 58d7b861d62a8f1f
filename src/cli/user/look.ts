import type { Command } from 'commander';

import type { KeyListJson, UserJson, UserListJson } from '../../server/identity/views.ts';
import { plainLine } from '../plain.ts';
import { print } from '../rag/connection.ts';
import { tableLines } from '../table.ts';
import { open, userDataCommand, type UserOptions, userPath } from './connection.ts';
import { keyTable } from './show-keys.ts';

export function listCommand(): Command {
  return userDataCommand(
    'list',
    'Lists the accounts. Users of keys in the profile, and of front ends, have none.',
  ).action(async (options: UserOptions) => {
    const { users } = await open(options).json<UserListJson>('/api/users');
    print(options, { users }, () => (users.length === 0 ? [] : table(users)));
    if (users.length === 0 && !options.json)
      process.stderr.write('there are none. Make one: orchestrator user add NAME\n');
  });
}

export function showCommand(): Command {
  return userDataCommand('show', 'Shows an account and its keys.')
    .argument('<name>', 'the user')
    .action(async (name: string, options: UserOptions) => {
      const client = open(options);
      const user = await client.json<UserJson>(userPath(name));
      const { keys } = await client.json<KeyListJson>(userPath(name, '/keys'));
      print(options, { ...user, keys }, () => [
        ...table([user]),
        '',
        ...(keys.length === 0 ? ['no keys'] : keyTable(keys)),
      ]);
    });
}

function table(users: readonly UserJson[]): string[] {
  const rows = users.map(({ user, admin, password, suspended, created }) => [
    plainLine(user),
    admin ? 'administrator' : 'user',
    suspended === null ? 'active' : `suspended since ${suspended.slice(0, 10)}`,
    password ? 'yes' : 'no',
    created.slice(0, 10),
  ]);
  return tableLines([['USER', 'ROLE', 'STATE', 'PASSWORD', 'SINCE'], ...rows]);
}
