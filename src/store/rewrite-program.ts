/**
 * A process of its own: `rewrite-program FROM TO` copies an embedded store, record by record, into a directory that is not there yet,
 * and compares what both have. RocksDB gives a directory back only when its process ends, so whoever swaps them does it after this.
 * Tells of its progress as lines of JSON; ends with 0 only where both are the same.
 */
import { isDeepStrictEqual } from 'node:util';

import { delay } from '../shared/clock.ts';
import { messageOf } from '../shared/errors.ts';
import { backup } from './backup.ts';
import type { Connection } from './connection.ts';
import { counts } from './counts.ts';
import { connectEmbedded } from './embedded.ts';
import { prepare } from './prepare.ts';
import { restore } from './restore.ts';
import type { RewriteNews } from './rewrite.ts';

const LIMITS = { connectMs: 60_000, callMs: 300_000 };
const NEWS_MS = 250;

// It ends with whoever started it: that one may be killed.
process.stdin.resume().once('close', () => process.exit(1));

const [from = '', to = ''] = process.argv.slice(2);
try {
  tell({ counts: await copy(from, to) });
  // The engine has threads of its own, which nothing ends.
  process.exit(0);
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exit(1);
}

async function copy(fromDirectory: string, toDirectory: string): Promise<Readonly<Record<string, number>>> {
  const old = await connectEmbedded({ kind: 'embedded', directory: fromDirectory }, LIMITS);
  await prepare(old);
  const wanted = await counts(old);
  const total = Object.values(wanted).reduce((sum, count) => sum + count, 0);
  const fresh = await connectEmbedded({ kind: 'embedded', directory: toDirectory }, LIMITS);
  await prepare(fresh);
  await restore(fresh, counted(backup(old), total));
  await copyLogins(old, fresh);
  const found = await counts(fresh);
  if (isDeepStrictEqual(found, wanted)) return found;
  throw new Error(`the copy has ${JSON.stringify(found)} where the store has ${JSON.stringify(wanted)}`);
}

/** They are in no backup: who is logged in stays so. */
async function copyLogins(old: Connection, fresh: Connection): Promise<void> {
  const rows = await old.run<readonly Record<string, unknown>[]>('SELECT *, record::id(id) AS id FROM login');
  if (rows.length > 0) await fresh.run('INSERT INTO login $rows RETURN NONE', { rows });
}

async function* counted(lines: AsyncIterable<string>, total: number): AsyncGenerator<string> {
  let done = 0;
  let bytesDone = 0;
  let toldAt = 0;
  for await (const line of lines) {
    yield line;
    done += 1;
    bytesDone += line.length;
    if (performance.now() - toldAt < NEWS_MS) continue;
    toldAt = performance.now();
    tell({ done: Math.min(done, total), total, bytesDone });
    // What is written is on its way before the next batch.
    await delay(0);
  }
}

function tell(news: RewriteNews): void {
  process.stdout.write(`${JSON.stringify(news)}\n`);
}
