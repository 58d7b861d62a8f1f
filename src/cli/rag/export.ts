import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

import type { Command } from 'commander';

import { CliError } from '../../shared/errors.ts';
import { plainText } from '../plain.ts';
import { openDocuments, type RagOptions, talkCommand } from './connection.ts';

interface Options extends RagOptions {
  readonly output?: string;
}

export function exportCommand(): Command {
  return talkCommand(
    'export',
    'Writes all that is kept of a user’s documents, as lines of JSON that `store restore` reads.',
  )
    .option('-o, --output <file>', 'write to a new file of this name (default: the output)')
    .action(async (options: Options) => {
      const documents = await openDocuments(options);
      const response = await documents.open('/export');
      if (options.output === undefined) {
        response.setEncoding('utf8');
        for await (const piece of response as AsyncIterable<string>)
          process.stdout.write(process.stdout.isTTY ? plainText(piece) : piece);
        return;
      }
      try {
        await pipeline(response, createWriteStream(options.output, { flags: 'wx', mode: 0o600 }));
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
        throw new CliError(`${options.output} is there already; name another file.`, 1, { cause: error });
      }
      process.stderr.write(`written: ${options.output}\n`);
    });
}
