import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

import { Command } from 'commander';

import type { KnowledgeStatusJson } from '../server/knowledge/views.ts';
import { CliError, messageOf } from '../shared/errors.ts';
import { formatBytes } from '../shared/units.ts';
import { connect, type ConnectionOptions, withConnectionOptions } from './client.ts';
import { plainJson } from './plain.ts';
import { showProgress } from './progress.ts';
import { rewriteCommand } from './store-rewrite.ts';

interface BackupOptions extends ConnectionOptions {
  readonly user?: string;
}

interface JsonOptions extends ConnectionOptions {
  readonly json?: boolean;
}

export function storeCommand(): Command {
  return new Command('store')
    .description(
      'The database of everybody’s documents: whether it is well, a copy of it in a file, and back. The orchestrator runs meanwhile. ' +
        'Needs an administrator’s key where the orchestrator asks for keys.',
    )
    .addHelpText(
      'after',
      `
Examples:
  orchestrator store backup documents.jsonl            everybody's
  orchestrator store backup ana.jsonl --user ana       one user's
  orchestrator store restore documents.jsonl           adds what is not there; nothing is overwritten`,
    )
    .addCommand(backupCommand())
    .addCommand(restoreCommand())
    .addCommand(statusCommand())
    .addCommand(rewriteCommand());
}

function backupCommand(): Command {
  return withConnectionOptions(new Command('backup'))
    .description('Writes collections, documents, passages and vectors into a new file, as lines of JSON.')
    .argument('<file>', 'a file that is not there yet; it appears when it is whole')
    .option('-u, --user <name>', 'of this user alone (default: everybody)')
    .action(async (file: string, options: BackupOptions) => {
      if (existsSync(file)) throw new CliError(`${file} is there already; name another file.`);
      const query = options.user === undefined ? '' : `?user=${encodeURIComponent(options.user)}`;
      const response = await connect(options).open(`/api/knowledge/backup${query}`);
      const part = `${file}.part`;
      const progress = showProgress('backup');
      let bytesDone = 0;
      let tail = '';
      const counted = async function* (source: AsyncIterable<Buffer>) {
        for await (const chunk of source) {
          bytesDone += chunk.length;
          tail = (tail + chunk.toString('latin1')).slice(-200);
          progress.update({ stage: 'writing', bytesDone, bytesTotal: undefined });
          yield chunk;
        }
      };
      try {
        await pipeline(response, counted, createWriteStream(part, { flags: 'wx', mode: 0o600 }));
        const records = /\{"type":"end","records":(\d+)\}\s*$/.exec(tail)?.[1];
        if (records === undefined) throw new CliError('the backup ended early; the log of the orchestrator says why.');
        await rename(part, file);
        progress.finish(`${file}: ${records} records, ${formatBytes(bytesDone)}`);
      } catch (error) {
        progress.finish();
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
          throw new CliError(`${part} is there: another backup is being written, or was cut off. Remove it.`);
        }
        await rm(part, { force: true });
        throw error instanceof CliError
          ? error
          : new CliError(`the backup was not written: ${messageOf(error)}`, 1, { cause: error });
      }
    });
}

function restoreCommand(): Command {
  return withConnectionOptions(new Command('restore'))
    .description(
      'Adds what a backup has and the store has not: collections by name, documents by id and by their bytes. What is there stays as ' +
        'it is, so that it can be run again where it was cut off.',
    )
    .argument('<file>', 'written by `store backup` or `rag export`')
    .option('--json', 'print JSON')
    .action(async (file: string, options: JsonOptions) => {
      const bytesTotal = await sizeOf(file);
      const progress = showProgress('restore');
      let bytesDone = 0;
      const bytes = async function* (): AsyncGenerator<Buffer> {
        if (bytesTotal === 0) return;
        for await (const chunk of createReadStream(file, { end: bytesTotal - 1 }) as AsyncIterable<Buffer>) {
          yield chunk;
          bytesDone += chunk.length;
          progress.update({ stage: 'sending', bytesDone, bytesTotal });
        }
      };
      try {
        const restored = await connect(options).json<{ added: number; kept: number }>('/api/knowledge/restore', {
          upload: { contentType: 'application/jsonl', length: bytesTotal, bytes: bytes() },
        });
        progress.finish();
        const { added, kept } = restored;
        process.stdout.write(
          options.json ? `${plainJson(restored)}\n` : `${added} records added; ${kept} were there already.\n`,
        );
      } catch (error) {
        progress.finish();
        throw error;
      }
    });
}

function statusCommand(): Command {
  return withConnectionOptions(new Command('status'))
    .description('Whether the database is well, which one it is, and what waits. Exit code 1 while it is away.')
    .option('--json', 'print JSON')
    .action(async (options: JsonOptions) => {
      const status = await connect(options).json<KnowledgeStatusJson>('/api/knowledge');
      process.stdout.write(`${options.json ? plainJson(status) : statusLines(status).join('\n')}\n`);
      if (status.state === 'degraded') process.exitCode = 1;
    });
}

function statusLines({ state, reason, store, queued, embedding }: KnowledgeStatusJson): string[] {
  const version = store.version === null ? '' : `, SurrealDB ${store.version}`;
  const lines = [`${state}${reason === null ? '' : `: ${reason}`}`, `store: ${store.kind}${version}`];
  if (queued > 0) lines.push(`${queued} documents wait to be read`);
  if (embedding) lines.push(`embedding: ${embedding.model}, ${embedding.waiting} passages wait`);
  return lines;
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    throw new CliError(`${file} cannot be read: ${messageOf(error)}`, 1, { cause: error });
  }
}
