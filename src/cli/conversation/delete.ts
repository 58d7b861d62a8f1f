import type { Command } from 'commander';

import { CliError, messageOf } from '../../shared/errors.ts';
import { confirm } from '../confirm.ts';
import { personDataCommand, type PersonOptions, REMAINS } from '../people.ts';
import { plainLine } from '../plain.ts';
import { print } from '../rag/connection.ts';
import { counted } from '../rag/show.ts';
import { conversationPath, openConversations } from './look.ts';

interface DeleteOptions extends PersonOptions {
  readonly all?: boolean;
  readonly yes?: boolean;
}

export function deleteCommand(): Command {
  return personDataCommand(
    'delete',
    'Erases conversations. What was remembered from them stays (see `orchestrator memory`). Ends with 1 where one is not there.',
  )
    .argument('[id...]', 'ids, as `conversation list` shows them')
    .option('--all', 'every one; asks first')
    .option('-y, --yes', 'do not ask')
    .action(async (ids: string[], { all, yes, ...options }: DeleteOptions) => {
      if (ids.length > 0 === (all ?? false)) throw new CliError('name the conversations to delete, or say --all.', 2);
      const person = await openConversations(options);
      if (all) {
        if (!yes && !(await confirm(`Erase every conversation of ${options.user ?? 'yours'}?`)))
          return void process.stderr.write('nothing was erased.\n');
        const { deleted } = await person.json<{ deleted: number }>('/api/conversations?all=true', { method: 'DELETE' });
        print(options, { deleted }, () => [`erased: ${counted(deleted, 'conversation')}`]);
        if (!options.json && deleted > 0) process.stderr.write(`${REMAINS}\n`);
        return;
      }
      const outcomes: { id: string; failure: string | null }[] = [];
      for (const id of ids) {
        const failure = await person.json(conversationPath(id), { method: 'DELETE' }).then(() => null, messageOf);
        outcomes.push({ id, failure });
      }
      print(options, { conversations: outcomes }, () =>
        outcomes.map(({ id, failure }) =>
          failure === null ? `erased: ${plainLine(id)}` : `failed: ${plainLine(id)}: ${plainLine(failure)}`,
        ),
      );
      if (!options.json && outcomes.some(({ failure }) => failure === null)) process.stderr.write(`${REMAINS}\n`);
      if (outcomes.some(({ failure }) => failure !== null)) process.exitCode = 1;
    });
}
