/**
 * The process that reads files, so that whatever a file does to a parser is done to a process that can be killed. `reader-process.ts`
 * starts it: one job at a time by IPC; its argument is the pid of who started it.
 */
import { constants, setPriority } from 'node:os';

import { messageOf } from '../../shared/errors.ts';
import { Unreadable } from './extract-error.ts';
import type { Job, Report } from './job.ts';
import { runJob } from './run-job.ts';
import { watchParent } from './watch-parent.ts';

const PROGRESS_EVERY_MS = 200;

// Who asks a model something now goes before who adds a document.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
await watchParent(Number(process.argv[2]));
process.on('disconnect', () => process.exit());
process.on('message', (job: Job) => {
  void perform(job).then((report) => process.send?.(report));
});

async function perform(job: Job): Promise<Report> {
  let said = 0;
  const progress = (done: number) => {
    if (Date.now() - said < PROGRESS_EVERY_MS) return;
    said = Date.now();
    process.send?.({ kind: 'progress', done } satisfies Report);
  };
  try {
    return { kind: 'done', summary: await runJob(job, progress) };
  } catch (error) {
    return failure(error);
  }
}

function failure(error: unknown): Report {
  if (error instanceof Unreadable) return { kind: 'failed', reason: 'unreadable', says: error.message };
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') return { kind: 'failed', reason: 'disk-full', says: messageOf(error) };
  if (code === 'ERR_STRING_TOO_LONG')
    return { kind: 'failed', reason: 'unreadable', says: 'is longer than a text can be. Split it and add the parts.' };
  if (error instanceof RangeError && /call stack/.test(error.message))
    return {
      kind: 'failed',
      reason: 'unreadable',
      says: 'is nested too deeply to be read. Save it in a simpler form.',
    };
  return { kind: 'failed', reason: 'broken', says: messageOf(error) };
}
