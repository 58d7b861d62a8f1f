import { styleText } from 'node:util';

import { CommanderError } from 'commander';

import { AppError, CliError, messageOf } from '../shared/errors.ts';

/**
 * Tells a person on stderr what went wrong and returns the exit code. A fault of the user is one sentence and a next step; a
 * fault of the system also names its cause; `ORCHESTRATOR_DEBUG=1` adds the stack.
 */
export function reportError(
  error: unknown,
  write: (text: string) => void = (text) => process.stderr.write(text),
  environment: NodeJS.ProcessEnv = process.env,
): number {
  if (error instanceof CommanderError) return usageExitCode(error);
  write(`${styleText('red', 'error:', { stream: process.stderr })} ${messageOf(error)}\n`);
  const debug = Boolean(environment['ORCHESTRATOR_DEBUG']);
  if (isSystemFault(error)) {
    for (const cause of causesOf(error)) write(`  because: ${cause}\n`);
  }
  if (debug && error instanceof Error) write(`${error.stack ?? ''}\n${causeStack(error)}`);
  else if (!isExpected(error)) write('  This is a defect; ORCHESTRATOR_DEBUG=1 shows where.\n');
  return exitCodeOf(error);
}

/** Commander has said it already; help and version that were asked for are no failure, and all else is wrong usage. */
function usageExitCode(error: CommanderError): number {
  return error.exitCode === 0 ? 0 : 2;
}

function exitCodeOf(error: unknown): number {
  const code = error instanceof Error && 'exitCode' in error ? error.exitCode : undefined;
  return typeof code === 'number' ? code : 1;
}

function isExpected(error: unknown): boolean {
  return (
    error instanceof CliError ||
    error instanceof AppError ||
    (error instanceof Error && ('exitCode' in error || 'syscall' in error))
  );
}

function isSystemFault(error: unknown): boolean {
  return !(error instanceof AppError && error.fault === 'user');
}

function causesOf(error: unknown): string[] {
  const causes: string[] = [];
  let shown = messageOf(error);
  for (let cause = error instanceof Error ? error.cause : undefined; cause !== undefined && causes.length < 5;) {
    const text = messageOf(cause);
    // A message that quotes its cause has said it already.
    if (!shown.includes(text)) causes.push(text);
    shown += text;
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return causes;
}

const causeStack = (error: Error) => (error.cause instanceof Error ? `caused by ${error.cause.stack ?? ''}\n` : '');
