import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';

import type { Command } from 'commander';

import { CliError, messageOf } from '../../shared/errors.ts';
import { personCommand, personDataCommand, type PersonOptions } from '../people.ts';
import { print } from '../rag/connection.ts';
import { writeExport } from '../write-export.ts';
import { openMemory } from './look.ts';

interface ExportOptions extends PersonOptions {
  readonly output?: string;
}

export function exportCommand(): Command {
  return personCommand(
    'export',
    'Writes all that is remembered of a user, with its history, the words it comes from and its times, as lines of JSON.',
  )
    .option('-o, --output <file>', 'write to a new file of this name (default: the output)')
    .action(async (options: ExportOptions) => {
      const person = await openMemory(options);
      await writeExport(await person.open('/api/memory/export'), options.output);
    });
}

export function importCommand(): Command {
  return personDataCommand('import', 'Adds what `memory export` wrote and is not remembered yet; what is there stays.')
    .argument('<file>', 'written by `memory export`')
    .action(async (file: string, options: PersonOptions) => {
      const length = await sizeOf(file);
      const person = await openMemory(options);
      const upload = { contentType: 'application/jsonl', length, bytes: bytesOf(file, length) };
      const result = await person.json<{ added: number; kept: number }>('/api/memory/import', { upload });
      print(options, result, () => [`${result.added} added; ${result.kept} were there already.`]);
    });
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    throw new CliError(`${file} cannot be read: ${messageOf(error)}`, 1, { cause: error });
  }
}

/** No more than was announced. */
async function* bytesOf(file: string, length: number): AsyncGenerator<Buffer> {
  if (length > 0) yield* createReadStream(file, { end: length - 1 }) as AsyncIterable<Buffer>;
}
