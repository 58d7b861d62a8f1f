import { spawn } from 'node:child_process';

export interface TimeBoxOptions {
  /** The whole environment: nothing is inherited. */
  readonly env: NodeJS.ProcessEnv;
  /** Milliseconds. */
  readonly timeoutMs: number;
}

export type TimeBoxed =
  | {
      readonly kind: 'ended';
      readonly code: number | null;
      readonly signal: NodeJS.Signals | null;
      readonly text: string;
    }
  /** It could not be started. */
  | { readonly kind: 'absent'; readonly error: Error }
  /** Its whole group was killed; a driver can keep even that from ending it. */
  | { readonly kind: 'timeout'; readonly stillRunning: () => boolean };

const OUTPUT_CHARACTERS = 1 << 20;

/**
 * Standard output of a program that is waited for no longer than it is given, whatever holds it: one that even a kill does not end is
 * left behind. Never rejects.
 */
export function runTimeBoxed(program: string, args: readonly string[], options: TimeBoxOptions): Promise<TimeBoxed> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'], env: options.env, detached: true });
    // Who is waited for when we end has nobody to end it any more.
    const onExit = () => endGroup(child.pid);
    process.once('exit', onExit);
    let text = '';
    const finish = (outcome: TimeBoxed) => {
      clearTimeout(timer);
      process.off('exit', onExit);
      child.stdout.destroy();
      child.unref();
      resolve(outcome);
    };
    const timer = setTimeout(() => {
      endGroup(child.pid);
      finish({ kind: 'timeout', stillRunning: () => child.exitCode === null && child.signalCode === null });
    }, options.timeoutMs);
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      if (text.length < OUTPUT_CHARACTERS) text += chunk;
    });
    child.once('error', (error) => finish({ kind: 'absent', error }));
    child.once('close', (code, signal) => finish({ kind: 'ended', code, signal, text }));
  });
}

/** The whole group: a wrapper script may have started something that holds the pipe. */
function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended by itself in this moment.
  }
}
