import { isAbsolute, relative } from 'node:path';

import { CliError } from '../shared/errors.ts';

/** Where something stands: in a file, or on the command line (then without a line). */
export interface Place {
  /** Absolute path, or the option, e.g. `--set budget.maxLoadedExperts`. */
  readonly file: string;
  /** What relative paths that stand here are relative to. */
  readonly directory: string;
  /** From 1. */
  readonly line?: number;
  readonly column?: number;
}

/** One thing that is wrong with a profile. Never carries a value that came from the environment. */
export interface Problem {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  /** The setting, e.g. `experts.general.context`; empty for the whole file. */
  readonly path: string;
  readonly message: string;
  /** What was probably meant. */
  readonly suggestion?: string;
}

/** `EX_CONFIG` of sysexits.h. */
export const EXIT_INVALID_PROFILE = 78;

/** All that is wrong with a profile, at once. Exit code 78. */
export class ProfileError extends CliError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const inOrder = sortProblems(problems);
    super(inOrder.map(formatProblem).join('\n'), EXIT_INVALID_PROFILE);
    this.problems = inOrder;
  }
}

/** File by file from top to bottom, each fault once, however many settings inherit it. */
function sortProblems(problems: readonly Problem[]): Problem[] {
  const files = [...new Set(problems.map(({ file }) => file))];
  const seen = new Set<string>();
  return problems
    .filter(({ file, line, column, path, message }) => {
      const fault = JSON.stringify([file, line, column, line === undefined ? path : '', message]);
      return !seen.has(fault) && seen.add(fault);
    })
    .sort((a, b) => {
      const byFile = files.indexOf(a.file) - files.indexOf(b.file);
      return byFile || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
    });
}

export function problemAt(place: Place, path: readonly string[], message: string, suggestion?: string): Problem {
  const { file, line, column } = place;
  return {
    file,
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
    path: path.join('.'),
    message,
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

/** `profiles/mine.yaml:12:5: experts.general.contxt: unknown key (did you mean "context"?)` */
export function formatProblem({ file, line, column, path, message, suggestion }: Problem): string {
  const where = [shortPath(file), line, column].filter((part) => part !== undefined).join(':');
  const what = path === '' || file.endsWith(` ${path}`) ? message : `${path}: ${message}`;
  return `${where}: ${what}${suggestion === undefined ? '' : ` (did you mean "${suggestion}"?)`}`;
}

function shortPath(file: string): string {
  if (!isAbsolute(file)) return file;
  const fromHere = relative(process.cwd(), file);
  return fromHere.startsWith('..') ? file : fromHere;
}
