import type { Command } from 'commander';

import type { ForgottenJson } from '../../server/memory/views.ts';
import { confirm } from '../confirm.ts';
import { personDataCommand, type PersonOptions, REMAINS } from '../people.ts';
import { plainLine } from '../plain.ts';
import { print } from '../rag/connection.ts';
import { counted } from '../rag/show.ts';
import { openMemory } from './look.ts';
import { memoryLine } from './show.ts';

interface EraseOptions extends PersonOptions {
  readonly yes?: boolean;
}

export function forgetCommand(): Command {
  return personDataCommand(
    'forget',
    'Erases memories with their history: those of these ids, or all that fit these words. Asks before it erases more than one. ' +
      'Ends with 1 where there is none.',
  )
    .argument('<id|words...>', 'ids as `memory list` shows them, or words that say what')
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      '\nExamples:\n  orchestrator memory forget mem_…\n  orchestrator memory forget "dónde vivo" --user ana\n  orchestrator memory forget my old job --yes',
    )
    .action(async (words: string[], { yes, ...options }: EraseOptions) => {
      const person = await openMemory(options);
      const what = words.every((word) => /^mem_\S+$/.test(word)) ? { ids: words } : { text: words.join(' ') };
      const forget = (body: object) => person.json<ForgottenJson>('/api/memory/forget', { body });
      const { forgotten: found } = await forget({ ...what, dryRun: true });
      if (found.length === 0) {
        print(options, { forgotten: [] }, () => []);
        if (!options.json)
          process.stderr.write(
            `nothing is remembered under "${plainLine(words.join(' '))}"; see \`orchestrator memory list\`.\n`,
          );
        process.exitCode = 1;
        return;
      }
      if (found.length > 1 && !yes) {
        for (const memory of found) process.stderr.write(`${memoryLine(memory)}\n`);
        if (!(await confirm(`Forget these ${found.length}?`)))
          return void process.stderr.write('nothing was forgotten.\n');
      }
      // What was shown, and nothing that came in between.
      const { forgotten } = await forget({ ids: found.map(({ id }) => id) });
      print(options, { forgotten }, () => forgotten.map((memory) => `forgotten: ${memoryLine(memory)}`));
      if (!options.json) process.stderr.write(`${REMAINS}\n`);
    });
}

export function clearCommand(): Command {
  return personDataCommand('clear', 'Erases everything that is remembered of a user, history included. Asks first.')
    .option('-y, --yes', 'do not ask')
    .action(async ({ yes, ...options }: EraseOptions) => {
      const person = await openMemory(options);
      const whose = options.user === undefined ? 'you' : options.user;
      if (!yes && !(await confirm(`Erase everything that is remembered of ${whose}?`)))
        return void process.stderr.write('nothing was erased.\n');
      const { deleted } = await person.json<{ deleted: number }>('/api/memory?all=true', { method: 'DELETE' });
      print(options, { deleted }, () => [`erased: ${counted(deleted, 'memory', 'memories')}`]);
      if (!options.json && deleted > 0) process.stderr.write(`${REMAINS}\n`);
    });
}
