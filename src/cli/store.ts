import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

import { Command } from 'commander';

import type { StoreStatusJson } from '../server/views.ts';
import { CliError, messageOf } from '../shared/errors.ts';
import { formatBytes } from '../shared/units.ts';
import { connect, type ConnectionOptions, withConnectionOptions } from './client.ts';
import { plainJson } from './plain.ts';
import { showProgress } from './progress.ts';
import { counted } from './rag/show.ts';
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
      'The database of everybody’s documents, memories, conversations and accounts: whether it is well, a copy of it in a file, and back ' +
        '(the orchestrator runs meanwhile; an administrator’s key is needed where it asks for keys), and its files written anew.',
    )
    .addHelpText(
      'after',
      `
Examples:
  orchestrator store backup documents.jsonl            everybody's
  orchestrator store backup ana.jsonl --user ana       one user's
  orchestrator store restore documents.jsonl           adds what is not there; nothing is overwritten
  orchestrator store rewrite                           what was deleted is in no file any more (orchestrator stopped)`,
    )
    .addCommand(backupCommand())
    .addCommand(restoreCommand())
    .addCommand(statusCommand())
    .addCommand(rewriteCommand());
}

function backupCommand(): Command {
  return withConnectionOptions(new Command('backup'))
    .description(
      'Writes everything into a new file that only you can read, as lines of JSON: collections, documents, passages and vectors; accounts ' +
        'with their passwords as they are at rest (argon2id), keys (their digests, never the keys), memories with their history and ' +
        'vectors, conversations and feedback. Not in it: logins (whoever was logged in logs in again).',
    )
    .argument('<file>', 'a file that is not there yet; it appears when it is whole')
    .option('-u, --user <name>', 'of this user alone (default: everybody)')
    .action(async (file: string, options: BackupOptions) => {
      if (existsSync(file)) throw new CliError(`${file} is there already; name another file.`);
      const query = options.user === undefined ? '' : `?user=${encodeURIComponent(options.user)}`;
      const response = await connect(options).open(`/api/store/backup${query}`);
      const part = `${file}.part`;
      const progress = showProgress('backup');
      let bytesDone = 0;
      let tail = '';
      const metered = async function* (source: AsyncIterable<Buffer>) {
        for await (const chunk of source) {
          bytesDone += chunk.length;
          tail = (tail + chunk.toString('latin1')).slice(-LAST_LINE);
          progress.update({ stage: 'writing', bytesDone, bytesTotal: undefined });
          yield chunk;
        }
      };
      try {
        await pipeline(response, metered, createWriteStream(part, { flags: 'wx', mode: 0o600 }));
        const end = endOf(tail);
        if (end === undefined) throw new CliError('the backup ended early; the log of the orchestrator says why.');
        await rename(part, file);
        progress.finish(`${file}: ${counted(end.records, 'record')}${amounts(end.parts)}, ${formatBytes(bytesDone)}`);
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
      'Adds what a backup has and the store has not: collections by name, documents by id and by their bytes, memories by id and by what they say. What is there stays as ' +
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
        const restored = await connect(options).json<Restored>('/api/store/restore', {
          upload: { contentType: 'application/jsonl', length: bytesTotal, bytes: bytes() },
        });
        progress.finish();
        const { added, kept, parts } = restored;
        process.stdout.write(
          options.json
            ? `${plainJson(restored)}\n`
            : `${counted(added, 'record')} added${amounts(parts)}; ${kept} were there already.\n`,
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
      const status = await connect(options).json<StoreStatusJson>('/api/store');
      process.stdout.write(`${options.json ? plainJson(status) : statusLines(status).join('\n')}\n`);
      if (status.state === 'degraded') process.exitCode = 1;
    });
}

function statusLines({ state, reason, store, users, counts, queued, embedding }: StoreStatusJson): string[] {
  const version = store.version === null ? '' : `, SurrealDB ${store.version}`;
  const lines = [`${state}${reason === null ? '' : `: ${reason}`}`, `store: ${store.kind}${version}`];
  if (users !== null) lines.push(counted(users, 'user'));
  if (counts) lines.push(...Object.entries(counts).flatMap(([what, count]) => (count > 0 ? `${what}: ${count}` : [])));
  if (queued > 0) lines.push(`${queued} documents wait to be read`);
  if (embedding) lines.push(`embedding: ${embedding.model}, ${embedding.waiting} passages wait`);
  return lines;
}

interface Restored {
  readonly added: number;
  readonly kept: number;
  readonly parts: Readonly<Record<string, number>>;
}

const LAST_LINE = 2_000;

/** The last line of a backup; undefined: it ended early. */
function endOf(tail: string): { records: number; parts: Readonly<Record<string, number>> } | undefined {
  const line = tail.trimEnd().split('\n').at(-1) ?? '';
  try {
    const {
      type,
      records,
      parts = {},
    } = JSON.parse(line) as { type?: string; records?: number; parts?: Restored['parts'] };
    return type === 'end' && records !== undefined ? { records, parts } : undefined;
  } catch {
    return undefined;
  }
}

/** ` (2 document, 20 chunk)` */
function amounts(parts: Readonly<Record<string, number>>): string {
  const entries = Object.entries(parts);
  return entries.length === 0 ? '' : ` (${entries.map(([type, count]) => `${count} ${type}`).join(', ')})`;
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    throw new CliError(`${file} cannot be read: ${messageOf(error)}`, 1, { cause: error });
  }
}
