import type { Command } from 'commander';

import { writeExport } from '../write-export.ts';
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
      await writeExport(await documents.open('/export'), options.output);
    });
}
