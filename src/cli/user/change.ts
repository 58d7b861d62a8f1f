import type { Command } from 'commander';

import type { UserJson } from '../../server/identity/views.ts';
import { plainLine } from '../plain.ts';
import { print } from '../rag/connection.ts';
import { readNewPassword, readPasswords } from '../read-password.ts';
import { open, userDataCommand, type UserOptions, userPath } from './connection.ts';

interface AddOptions extends UserOptions {
  readonly admin?: boolean;
  readonly password?: boolean;
}

export function addCommand(): Command {
  return userDataCommand(
    'add',
    'Makes an account. Without a password nobody logs in to it: it is used by its keys. The first one is an administrator.',
  )
    .argument('<name>', 'letters, digits and . @ - _')
    .option('--password', 'with a password: asked for, or the first line of what is piped in')
    .option('--admin', 'an administrator')
    .option('--no-admin', 'none, though it is the first')
    .addHelpText(
      'after',
      '\nExamples:\n  orchestrator user add ana --password\n  pass show ana | orchestrator user add ana --password\n  orchestrator user add webui && orchestrator user key add webui --act-as > webui.key',
    )
    .action(async (user: string, options: AddOptions) => {
      const client = open(options);
      const password = options.password ? await readNewPassword(`Password of ${user}`) : undefined;
      const added = await client.json<UserJson>('/api/users', { body: { user, password, admin: options.admin } });
      print(options, added, () => [`added: ${plainLine(added.user)}${added.admin ? ', an administrator' : ''}`]);
      if (!options.json && !added.password)
        process.stderr.write(`a key for them: orchestrator user key add ${plainLine(added.user)}\n`);
    });
}

export function suspendCommand(): Command {
  return userDataCommand(
    'suspend',
    'Has nothing of a user count: no key, no login. What runs for them ends within seconds.',
  )
    .argument('<name>', 'the user')
    .action((user: string, options: UserOptions) => suspend(user, true, options));
}

export function resumeCommand(): Command {
  return userDataCommand('resume', 'Has the keys and the password of a suspended user count again.')
    .argument('<name>', 'the user')
    .action((user: string, options: UserOptions) => suspend(user, false, options));
}

async function suspend(user: string, suspended: boolean, options: UserOptions): Promise<void> {
  const changed = await open(options).json<UserJson>(userPath(user), { method: 'PATCH', body: { suspended } });
  print(options, changed, () => [`${suspended ? 'suspended' : 'resumed'}: ${plainLine(changed.user)}`]);
}

export function passwdCommand(): Command {
  return userDataCommand(
    'passwd',
    'Sets the password of a user; of oneself, without a name, by the one before (piped in: a line each).',
  )
    .argument('[name]', 'the user')
    .addHelpText(
      'after',
      '\nExamples:\n  orchestrator user passwd ana\n  ORCHESTRATOR_TOKEN=$TOKEN orchestrator user passwd',
    )
    .action(async (user: string | undefined, options: UserOptions) => {
      const client = open(options);
      if (user === undefined) {
        const [old, next] = await readPasswords([
          { what: 'Password until now', isNew: false },
          { what: 'New password', isNew: true },
        ]);
        const answer = await client.json<object>('/auth/password', { body: { old, new: next } });
        return print(options, answer, () => ['changed: your password']);
      }
      const password = await readNewPassword(`New password of ${user}`);
      const changed = await client.json<UserJson>(userPath(user), { method: 'PATCH', body: { password } });
      print(options, changed, () => [`changed: the password of ${plainLine(changed.user)}`]);
    });
}
