import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

import { AppError, messageOf } from '../../shared/errors.ts';
import { formatDuration } from '../../shared/units.ts';
import { isAlive, residentBytes } from '../../supervisor/proc.ts';
import { displayName } from './display-name.ts';
import { formatLimit, unreadable } from './extract-error.ts';
import type { Job, JobSummary, Report } from './job.ts';

export interface ReaderOptions {
  /** Its working folder, and the only one that it may write to. */
  readonly folder: string;
  /** Bytes; beyond, it is killed. */
  readonly memory: number;
  /** For tests: another program that speaks the same. */
  readonly program?: string | undefined;
}

export interface RunOptions {
  /** Milliseconds; after them, it is killed. */
  readonly time: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number) => void) | undefined;
}

const MEMORY_CHECK_MS = 100;
/** Of the memory, for the heap of JavaScript: the bytes of a file lie outside of it. */
const HEAP_SHARE = 0.75;
/** Bytes; a process that holds on to more is not worth keeping. */
const MOST_KEPT = 256 << 20;
const KEPT_OF_STDERR = 4_096;
const EXIT_WAIT_MS = 2_000;

/** A process that reads files, one after the other. After a failure it is not used again. */
export class ReaderProcess {
  readonly memory: number;
  readonly #child: ChildProcess;
  #stderr = '';
  /** Why it was ended, where that is no fault of the file. */
  #because: AppError | undefined;
  /** Settles the job that runs, when the process is gone. */
  #ended: ((reason: string) => void) | undefined;

  constructor({ folder, memory, program = PROGRAM }: ReaderOptions) {
    this.memory = memory;
    this.#child = fork(program, [String(process.pid)], {
      cwd: folder,
      env: {},
      execArgv: [
        `--max-old-space-size=${Math.max(32, Math.floor((memory * HEAP_SHARE) / (1 << 20)))}`,
        '--permission',
        '--allow-fs-read=*',
        `--allow-fs-write=${folder}`,
        '--allow-worker',
        '--no-warnings',
      ],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'json',
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-KEPT_OF_STDERR);
    });
    this.#child.on('error', (error) => {
      this.#because ??= new AppError('internal', `The program that reads files did not start: ${messageOf(error)}.`);
      this.#ended?.(messageOf(error));
    });
    this.#child.on('exit', (code, signal) => this.#ended?.(signal ?? `exit code ${code}`));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Whether it can take another job. */
  get isFit(): boolean {
    const { pid, connected } = this.#child;
    return pid !== undefined && connected && isAlive(pid) && residentBytes(pid) < MOST_KEPT;
  }

  /**
   * @throws AppError `document_unreadable` with the reason; `storage_full`; the reason of the signal.
   */
  async run(job: Job, { time, signal, onProgress }: RunOptions): Promise<JobSummary> {
    signal?.throwIfAborted();
    this.#hold();
    const { promise, resolve, reject } = Promise.withResolvers<JobSummary>();
    const giveUp = (error: unknown) => {
      reject(error);
      this.#child.kill('SIGKILL');
    };
    const onMessage = (report: Report) => {
      if (report.kind === 'progress') onProgress?.(report.done);
      else if (report.kind === 'done') resolve(report.summary);
      else reject(failureOf(job, report));
    };
    const onAbort = () => giveUp(signal?.reason);
    const deadline = setTimeout(() => giveUp(tooSlow(job, time)), time);
    const watch = setInterval(() => {
      if (this.pid !== undefined && residentBytes(this.pid) > this.memory) giveUp(tooMuch(job, this.memory));
    }, MEMORY_CHECK_MS);
    this.#ended = (reason) => reject(this.#deathOf(job, reason));
    this.#child.on('message', onMessage);
    signal?.addEventListener('abort', onAbort);
    try {
      this.#child.send(job, (error) => error && giveUp(this.#deathOf(job, error.message)));
      return await promise;
    } finally {
      clearTimeout(deadline);
      clearInterval(watch);
      this.#ended = undefined;
      this.#child.off('message', onMessage);
      signal?.removeEventListener('abort', onAbort);
      this.#release();
    }
  }

  /** Resolves when it is gone, or does not go. What it was reading is rejected with `because`. */
  async end(because?: AppError): Promise<void> {
    this.#because = because;
    const { exitCode, signalCode, pid } = this.#child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    this.#child.ref();
    const gone = once(this.#child, 'exit', { signal: AbortSignal.timeout(EXIT_WAIT_MS) });
    this.#child.kill('SIGKILL');
    await gone.catch(() => undefined);
  }

  #deathOf(job: Job, reason: string): AppError {
    if (this.#because) return this.#because;
    if (reason === 'SIGKILL')
      return unreadable(
        job.name,
        'could not be read: the system killed the reader, which it does when memory runs out. Try again later.',
      );
    if (/heap limit|out of memory|allocation failed/i.test(this.#stderr)) return tooMuch(job, this.memory);
    const last = this.#stderr.trim().split('\n').at(-1)?.slice(0, 200) ?? '';
    return unreadable(
      job.name,
      `could not be read: the reader ended in the middle of it (${[reason, last].filter(Boolean).join(': ')}). The file may be damaged; open it, save it anew and add that.`,
    );
  }

  /** A process that waits keeps nobody from ending. */
  #release(): void {
    this.#child.unref();
    (this.#child.stderr as Socket | null)?.unref();
    this.#child.channel?.unref();
  }

  #hold(): void {
    this.#child.ref();
    this.#child.channel?.ref();
  }
}

const PROGRAM = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './reader-program.ts' : './reader-program.mjs', import.meta.url),
);

function failureOf({ name }: Job, { reason, says }: Extract<Report, { kind: 'failed' }>): AppError {
  if (reason === 'unreadable') return unreadable(name, says);
  if (reason === 'disk-full')
    return new AppError(
      'storage_full',
      `The disk has no room for the passages of “${displayName(name)}” (${says}). Make room and try again.`,
    );
  return unreadable(name, `could not be read (${says}). The file may be damaged; open it, save it anew and add that.`);
}

function tooSlow({ name }: Job, time: number): AppError {
  return unreadable(
    name,
    `took longer to read than the ${formatDuration(time)} that knowledge.limits.parseTime allows, and was given up. Split it, or raise the limit in the profile.`,
  );
}

function tooMuch({ name }: Job, memory: number): AppError {
  return unreadable(
    name,
    `needs more memory to read than the ${formatLimit(memory)} that knowledge.limits.parseMemory allows, and was given up. Split it, or raise the limit in the profile.`,
  );
}
