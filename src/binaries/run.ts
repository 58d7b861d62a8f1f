import { spawn } from 'node:child_process';

export interface RunOptions {
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Milliseconds after which the whole process group is killed; absent: as long as it takes. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** Each whole line of standard output and standard error as it comes, for work that takes long. */
  readonly onLine?: (line: string) => void;
}

export interface Outcome {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** More than any `--help`; a program that prints for ever must not fill our memory. */
const OUTPUT_LIMIT = 8 * 2 ** 20;

/**
 * Runs a program to its end: argv only, in a process group of its own, which dies as a whole on time-out and abort.
 * Rejects with the `ErrnoException` of a program that cannot be started, and with the signal's reason when it is aborted.
 */
export function run(command: string, args: readonly string[], options: RunOptions): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    if (options.signal?.aborted) return reject(reasonOf(options.signal));
    const child = spawn(command, args, {
      env: options.env,
      cwd: options.cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let timedOut = false;
    const killGroup = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        child.kill('SIGKILL');
      }
    };
    const timer = setTimeout(
      () => {
        timedOut = true;
        killGroup();
      },
      options.timeoutMs ?? 2 ** 31 - 1,
    );
    options.signal?.addEventListener('abort', killGroup, { once: true });
    const read = collect(child.stdout, options.onLine);
    const readError = collect(child.stderr, options.onLine);

    const finish = () => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', killGroup);
    };
    child.once('error', (error) => {
      finish();
      reject(error);
    });
    // `exit` rather than `close`: a daemon that inherited the pipe would hold `close` back for ever.
    child.once('exit', (exitCode, signal) => {
      const settle = () => {
        clearTimeout(grace);
        finish();
        if (options.signal?.aborted) return reject(reasonOf(options.signal));
        resolve({ exitCode, signal, timedOut, stdout: read(), stderr: readError() });
      };
      const grace = setTimeout(settle, 500);
      child.once('close', settle);
    });
  });
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('aborted');
}

function collect(stream: NodeJS.ReadableStream, onLine: ((line: string) => void) | undefined): () => string {
  let text = '';
  let tail = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    if (text.length < OUTPUT_LIMIT) text += chunk;
    if (!onLine) return;
    const lines = (tail + chunk).split(/\r?\n|\r/);
    tail = (lines.pop() ?? '').slice(0, 10_000);
    for (const line of lines) if (line.trim()) onLine(line);
  });
  return () => text;
}
