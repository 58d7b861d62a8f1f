import { type Command, InvalidArgumentError, Option } from 'commander';

import type { MemoryJson } from '../../server/memory/views.ts';
import { CliError, messageOf } from '../../shared/errors.ts';
import { personDataCommand, type PersonOptions } from '../people.ts';
import { plainLine } from '../plain.ts';
import { print } from '../rag/connection.ts';
import { KINDS, memoryPath, openMemory } from './look.ts';
import { memoryLine } from './show.ts';

interface AddOptions extends PersonOptions {
  readonly kind?: string;
  readonly pin?: boolean;
  readonly since?: string;
  readonly expires?: string;
}

export function addCommand(): Command {
  return personDataCommand('add', 'Remembers a text, from now on.')
    .argument('<text...>', 'a sentence about the user, as an answer should know it')
    .addOption(new Option('--kind <kind>', 'what it is (default: what it looks like)').choices(KINDS))
    .option('--pin', 'every answer gets it')
    .option('--since <date>', 'since when it is so (default: now)')
    .option('--expires <date>', 'until when')
    .addHelpText(
      'after',
      '\nExamples:\n  orchestrator memory add "Is allergic to nuts" --pin --user ana\n  orchestrator memory add "Está de vacaciones en Asturias" --expires 2026-12-01',
    )
    .action(async (words: string[], { kind, pin, since, expires, ...options }: AddOptions) => {
      const text = words.join(' ');
      if (text.trim() === '') throw new CliError('there is no text to remember.', 2);
      const person = await openMemory(options);
      const body = { text, kind, pinned: pin, validFrom: since, expires };
      const added = await person.json<MemoryJson>('/api/memory', { body });
      print(options, added, () => [`remembered: ${memoryLine(added)}`]);
    });
}

interface ChangeOptions extends PersonOptions {
  readonly text?: string;
  readonly kind?: string;
  readonly pin?: boolean;
  readonly importance?: number;
  readonly expires?: string;
}

export function changeCommand(): Command {
  return personDataCommand(
    'change',
    'Corrects a memory. A new text is a new version; the one before stays in the history.',
  )
    .argument('<id>', 'its id, as `memory list` shows it')
    .argument('[text...]', 'how it is from now on')
    .addOption(new Option('--kind <kind>', 'what it is').choices(KINDS))
    .option('--pin', 'every answer gets it')
    .option('--no-pin', 'answers get it where it fits')
    .option('--importance <number>', 'from 0 to 1', shareOption)
    .option('--expires <date>', 'until when it holds; never: without end')
    .addHelpText(
      'after',
      '\nExamples:\n  orchestrator memory change mem_… "Lives in Oviedo"\n  orchestrator memory change mem_… --pin',
    )
    .action(async (id: string, words: string[], { kind, pin, importance, expires, ...options }: ChangeOptions) => {
      const body = {
        ...(words.length > 0 && { text: words.join(' ') }),
        ...(kind !== undefined && { kind }),
        ...(pin !== undefined && { pinned: pin }),
        ...(importance !== undefined && { importance }),
        ...(expires !== undefined && { expires: expires === 'never' ? null : expires }),
      };
      if (Object.keys(body).length === 0)
        throw new CliError('say what is to change: a new text, --kind, --pin, --no-pin, --importance or --expires.', 2);
      const person = await openMemory(options);
      const changed = await person.json<MemoryJson>(memoryPath(id), { method: 'PATCH', body });
      print(options, changed, () => [`changed: ${memoryLine(changed)}`]);
    });
}

export function approveCommand(): Command {
  return personDataCommand('approve', 'Has quarantined memories count from now on. Ends with 1 where one is not there.')
    .argument('<id...>', 'ids, as `memory list --state quarantined` shows them')
    .action(async (ids: string[], options: PersonOptions) => {
      const person = await openMemory(options);
      const outcomes: { id: string; failure: string | null }[] = [];
      for (const id of ids) {
        const failure = await person.json(memoryPath(id, '/approve'), { method: 'POST' }).then(() => null, messageOf);
        outcomes.push({ id, failure });
      }
      print(options, { memories: outcomes }, () =>
        outcomes.map(({ id, failure }) =>
          failure === null ? `approved: ${id}` : `failed: ${plainLine(id)}: ${plainLine(failure)}`,
        ),
      );
      if (outcomes.some(({ failure }) => failure !== null)) process.exitCode = 1;
    });
}

function shareOption(value: string): number {
  const share = Number(value);
  if (/^[\d.]+$/.test(value) && share >= 0 && share <= 1) return share;
  throw new InvalidArgumentError('it is a number from 0 to 1, such as 0.8.');
}
