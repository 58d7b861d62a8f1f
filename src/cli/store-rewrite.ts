import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { Command } from 'commander';

import { CliError } from '../shared/errors.ts';
import { resolvePaths } from '../shared/paths.ts';
import { formatBytes } from '../shared/units.ts';
import { lockStateDir } from '../supervisor/lock.ts';
import { plainJson } from './plain.ts';
import { showProgress } from './progress.ts';
import { counted } from './rag/show.ts';

interface RewriteOptions {
  readonly stateDir?: string;
  readonly json?: boolean;
}

export function rewriteCommand(): Command {
  return new Command('rewrite')
    .description(
      'Writes the embedded database anew from its own records. What was deleted (documents, memories, users) cannot be found any more ' +
        'at once, but the database leaves it in its files until it happens to rewrite them; after this it is in none of them. The ' +
        'orchestrator has to be stopped. The old files stay until the new ones are whole and were compared; a rewrite that is cut off ' +
        'loses nothing. Blocks of the disk that files gave back, and earlier backups, are not touched. A database server keeps its ' +
        'files itself: see its own manual.',
    )
    .option('--state-dir <dir>', 'the state directory of the orchestrator that the database belongs to')
    .option('--json', 'print JSON')
    .action(async ({ stateDir: given, json }: RewriteOptions) => {
      const { stateDir } = resolvePaths(process.env, given);
      const directory = join(stateDir, 'knowledge', 'store');
      if (!existsSync(stateDir))
        throw new CliError(`There is no state directory ${stateDir}; name it with --state-dir.`);
      // Held until this process ends: an orchestrator that is started meanwhile says so and ends.
      await lockStateDir(stateDir);
      if (!existsSync(directory) && !existsSync(`${directory}.rewritten`)) {
        throw new CliError(
          `There is no embedded database in ${stateDir}. Where the profile names a server (knowledge.store), what stays in its files is that server's own affair.`,
        );
      }
      const { rewriteStore } = await import('../store/rewrite.ts');
      const progress = showProgress('rewrite');
      progress.update({ stage: 'reading', bytesDone: 0, bytesTotal: undefined });
      try {
        const rewritten = await rewriteStore(directory, (news) => {
          if ('counts' in news) return;
          const { done, total, bytesDone } = news;
          progress.update({ stage: `${done} of ${total} records`, bytesDone, bytesTotal: undefined });
        });
        progress.finish();
        const { counts, bytesBefore, bytesAfter } = rewritten;
        const records = Object.values(counts).reduce((sum, count) => sum + count, 0);
        process.stdout.write(
          json
            ? `${plainJson(rewritten)}\n`
            : `${counted(records, 'record')} rewritten; the files were ${formatBytes(bytesBefore)} and are ${formatBytes(bytesAfter)}.\n`,
        );
      } catch (error) {
        progress.finish();
        throw error;
      }
    });
}
