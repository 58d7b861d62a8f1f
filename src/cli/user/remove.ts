import type { Command } from 'commander';

import type { RemovedUserJson } from '../../server/identity/views.ts';
import { confirm } from '../confirm.ts';
import { REMAINS } from '../people.ts';
import { plainLine } from '../plain.ts';
import { print } from '../rag/connection.ts';
import { open, userDataCommand, type UserOptions, userPath } from './connection.ts';

interface RemoveOptions extends UserOptions {
  readonly yes?: boolean;
}

export function removeCommand(): Command {
  return userDataCommand(
    'remove',
    'Erases a user with all that is kept of them: account, keys, documents, memories, conversations, feedback. Asks first.',
  )
    .argument('<name>', 'the user; KEYUSER/NAME for one of a front end')
    .option('-y, --yes', 'do not ask')
    .action(async (name: string, { yes, ...options }: RemoveOptions) => {
      const client = open(options);
      if (!yes && !(await confirm(`Erase ${plainLine(name)} with everything that is kept of them?`)))
        return void process.stderr.write('nothing was erased.\n');
      const removed = await client.json<RemovedUserJson>(userPath(name), { method: 'DELETE' });
      const counts = Object.entries(removed.erased).filter(([, count]) => count > 0);
      print(options, removed, () => [
        `removed: ${plainLine(removed.user)}`,
        ...(counts.length === 0 ? [] : [`erased: ${counts.map(([kind, count]) => `${kind} ${count}`).join(', ')}`]),
      ]);
      if (!options.json && counts.length > 0) process.stderr.write(`${REMAINS}\n`);
    });
}
