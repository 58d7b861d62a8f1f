import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { readdir, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { CliError } from '../shared/errors.ts';
import { formatBytes } from '../shared/units.ts';

/** Records of all, and bytes of those that were copied; at the end how much of everything there is. */
export type RewriteNews =
  | { readonly done: number; readonly total: number; readonly bytesDone: number }
  | { readonly counts: Readonly<Record<string, number>> };

export interface Rewritten {
  readonly counts: Readonly<Record<string, number>>;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

/** Beside the store: the copy while it grows, the copy when it is whole, and the old one on its way out. */
const namesOf = (directory: string) => ({
  growing: `${directory}.rewriting`,
  whole: `${directory}.rewritten`,
  old: `${directory}.old`,
});

const PROGRAM = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './rewrite-program.ts' : './rewrite-program.mjs', import.meta.url),
);
const LAST_WORDS = 2_000;

/**
 * Writes an embedded store anew from its own records and puts the copy in its place: what was deleted is in none of its files then. The old
 * one stays until the copy is whole; `finishRewrite` goes on where this was cut off. Nobody may have it open.
 * @throws CliError that says what is in the way; the store is as it was.
 */
export async function rewriteStore(directory: string, onNews: (news: RewriteNews) => void): Promise<Rewritten> {
  finishRewrite(directory);
  const { growing, whole } = namesOf(directory);
  const bytesBefore = await sizeOf(directory);
  const { bavail, bsize } = await statfs(dirname(directory));
  if (bavail * bsize < bytesBefore * 1.2) {
    throw new CliError(
      `The copy needs about ${formatBytes(bytesBefore)}, and the disk of ${directory} has ${formatBytes(bavail * bsize)} left. Make room and try again.`,
    );
  }
  const counts = await copy(directory, growing, onNews);
  renameSync(growing, whole);
  syncDirectory(dirname(directory));
  finishRewrite(directory);
  return { counts, bytesBefore, bytesAfter: await sizeOf(directory) };
}

/** Finishes a rewrite that was cut off, or takes away what it left. Before the store is opened, while nobody has it open. */
export function finishRewrite(directory: string): void {
  const { growing, whole, old } = namesOf(directory);
  if (existsSync(whole)) {
    if (existsSync(directory)) {
      rmSync(old, { recursive: true, force: true });
      renameSync(directory, old);
      syncDirectory(dirname(directory));
    }
    renameSync(whole, directory);
    syncDirectory(dirname(directory));
  }
  rmSync(growing, { recursive: true, force: true });
  if (existsSync(directory)) rmSync(old, { recursive: true, force: true });
}

async function copy(
  from: string,
  to: string,
  onNews: (news: RewriteNews) => void,
): Promise<Readonly<Record<string, number>>> {
  const child = spawn(process.execPath, [PROGRAM, from, to], { stdio: 'pipe' });
  const exited = once(child, 'exit') as Promise<[code: number | null, signal: string | null]>;
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = `${said}${text}`.slice(-LAST_WORDS)));
  let counts: Readonly<Record<string, number>> | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    const news = JSON.parse(line) as RewriteNews;
    if ('counts' in news) counts = news.counts;
    onNews(news);
  }
  const [code, signal] = await exited;
  if (code === 0 && counts !== undefined) return counts;
  rmSync(to, { recursive: true, force: true });
  throw new CliError(
    `The store was not rewritten, and is as it was: ${said.trim() || `the copying ended with ${signal ?? code}`}`,
  );
}

/** Of the files in it. */
async function sizeOf(directory: string): Promise<number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

/** A rename is on the disk when its directory is. */
function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
