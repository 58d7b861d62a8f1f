import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { z } from 'zod';

import type { ProbeQuestions, ProgramDevice, ProgramProbe } from '../engines/contract.ts';
import { writeFileAtomic } from '../shared/atomic-file.ts';
import { AppError, messageOf } from '../shared/errors.ts';
import type { Paths } from '../shared/paths.ts';
import { elfMachine, fingerprintOf } from './fingerprint.ts';
import { parseDevices, parseFlags, parseVersion } from './parse.ts';
import { type Outcome, run } from './run.ts';

export interface ProbeOptions {
  /** What was found out is kept in the cache folder. */
  readonly paths: Pick<Paths, 'cacheDir'>;
  readonly signal?: AbortSignal | undefined;
  /** Ask the program again whatever is kept. */
  readonly fresh?: boolean | undefined;
  /** Milliseconds for each of the three questions, in place of what the questions themselves say. */
  readonly timeoutMs?: number | undefined;
  /** Undefined: as llama-server is asked. */
  readonly questions?: ProbeQuestions | undefined;
}

/** How llama-server and all of its age and kin are asked. */
const DEFAULT_QUESTIONS: ProbeQuestions = {
  version: ['--version'],
  help: ['--help'],
  devices: ['--list-devices'],
  timeoutMs: 10_000,
};
const ELF_MACHINES: Partial<Record<string, number>> = { x64: 62, arm64: 183, ia32: 3, arm: 40, riscv64: 243 };
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const Kept = z.strictObject({
  fingerprint: z.string(),
  path: z.string(),
  version: z.string(),
  flags: z.array(z.string()),
  help: z.string(),
  devices: z.array(z.strictObject({ name: z.string(), description: z.string() })),
});

/**
 * What a program is: version, flags and devices, found out by running it, and kept as long as neither the program nor the GPU
 * drivers change (a kept answer costs some stats and small reads). Throws `engine_missing` where it cannot be run.
 */
export async function probeProgram(path: string, options: ProbeOptions): Promise<ProgramProbe> {
  const asked = options.questions ? JSON.stringify(options.questions) : '';
  const fingerprint = `${identify(path)}${asked}`;
  const file = join(
    options.paths.cacheDir,
    'probes',
    `${createHash('sha256').update(path).digest('hex').slice(0, 16)}.json`,
  );
  const latest = options.fresh ? undefined : answers.get(file);
  if (latest?.fingerprint === fingerprint) return latest.probe;
  const kept = options.fresh ? undefined : readKept(file);
  if (kept?.fingerprint === fingerprint && kept.path === path) {
    const probe = { ...withoutFingerprint(kept), flags: new Set(kept.flags) };
    answers.set(file, { fingerprint, probe });
    return probe;
  }

  const found = await inspectProgram(path, options);
  mkdirSync(dirname(file), { recursive: true });
  writeFileAtomic(file, JSON.stringify({ fingerprint, ...found, flags: [...found.flags] }));
  return found;
}

/** By file: the experts of one program share its answer. */
const answers = new Map<string, { readonly fingerprint: string; readonly probe: ProgramProbe }>();

/** The same without keeping anything. */
export async function inspectProgram(path: string, options: ProbeOptions): Promise<ProgramProbe> {
  refuseOtherProcessors(path);
  const questions = options.questions ?? DEFAULT_QUESTIONS;
  const ask = async (question: readonly string[]): Promise<Outcome> => {
    const answer = await start(path, question, { ...options, timeoutMs: options.timeoutMs ?? questions.timeoutMs });
    const problem = problemOf(path, question.join(' '), answer);
    if (problem) throw new AppError('engine_missing', problem);
    return answer;
  };
  const versionAnswer = await ask(questions.version);
  const version = parseVersion(textOf(versionAnswer));
  if (version === undefined && versionAnswer.exitCode !== 0) {
    throw new AppError(
      'engine_missing',
      `${path} ${questions.version.join(' ')} ended with exit code ${versionAnswer.exitCode} and names no version` +
        `${quoted(textOf(versionAnswer))}. Give the path of an engine program, or install one: orchestrator engine install llama-server.`,
    );
  }
  const helpAnswer = await ask(questions.help);
  const help = textOf(helpAnswer);
  const flags = new Set(parseFlags(help));
  if (flags.size === 0 && helpAnswer.exitCode !== 0) {
    throw new AppError(
      'engine_missing',
      `${path} ${questions.help.join(' ')} ended with exit code ${helpAnswer.exitCode} and names no flag${quoted(help)}. Run it by hand to see why, or take another build: orchestrator engine list.`,
    );
  }
  return {
    path,
    version: version ?? firstLine(textOf(versionAnswer)) ?? 'unknown',
    flags,
    help,
    devices: questions.devices && flags.has(questions.devices[0] ?? '') ? devicesOf(await ask(questions.devices)) : [],
  };
}

/** Said here, because the system would hand a program that it cannot execute to the shell, which complains about its bytes. */
function refuseOtherProcessors(path: string): void {
  const machine = elfMachine(path);
  if (machine === undefined || machine === ELF_MACHINES[process.arch]) return;
  const name = Object.entries(ELF_MACHINES).find(([, number]) => number === machine)?.[0] ?? `ELF machine ${machine}`;
  throw new AppError(
    'engine_missing',
    `${path} is built for ${name}, and this machine is ${process.arch}. Take one that is built for it, or install one: orchestrator engine install llama-server.`,
  );
}

/** A build that does not know the question answers with an error, and has no devices to offer. */
function devicesOf(answer: Outcome): ProgramDevice[] {
  return answer.exitCode === 0 ? parseDevices(textOf(answer)) : [];
}

function identify(path: string): string {
  try {
    return fingerprintOf(path);
  } catch (error) {
    throw new AppError('engine_missing', cannotStart(path, error), { cause: error });
  }
}

async function start(
  path: string,
  question: readonly string[],
  options: ProbeOptions & { readonly timeoutMs: number },
): Promise<Outcome> {
  try {
    return await run(path, question, {
      env: { PATH: SYSTEM_PATH, HOME: options.paths.cacheDir, LANG: 'C.UTF-8' },
      timeoutMs: options.timeoutMs,
      signal: options.signal,
    });
  } catch (error) {
    options.signal?.throwIfAborted();
    throw new AppError('engine_missing', cannotStart(path, error), { cause: error });
  }
}

function cannotStart(path: string, error: unknown): string {
  const fix = 'or install one: orchestrator engine install llama-server.';
  switch ((error as NodeJS.ErrnoException).code ?? '') {
    case 'ENOENT':
    case 'ENOTDIR':
      return `There is no program at ${path}. Correct the path, ${fix}`;
    case 'EACCES':
    case 'EPERM':
      return `${path} may not be executed. Make it executable (chmod +x ${path}; a file system mounted noexec does not help), ${fix}`;
    case 'EISDIR':
      return `${path} is not a program but a folder or a device. Name the program itself, ${fix}`;
    default:
      return `${path} could not be started: ${messageOf(error)}. Correct that, ${fix}`;
  }
}

/** Why a program that was started is of no use, for a person; undefined when it answered. */
function problemOf(path: string, flag: string, answer: Outcome): string | undefined {
  const text = textOf(answer);
  const other =
    'or install a build that brings its libraries along: orchestrator engine install llama-server --source debian.';
  if (answer.timedOut) {
    return `${path} ${flag} did not end in time and was killed. Run it by hand to see what it waits for, ${other}`;
  }
  const library = /error while loading shared libraries: ([^\s:]+)/.exec(text)?.[1];
  if (library) {
    return `${path} does not start: the library ${library} is missing or damaged. Install the package that has it, ${other}`;
  }
  const symbol = /version `([^']+)' not found/.exec(text)?.[1];
  if (symbol)
    return `${path} does not start: it was built for a newer system (${symbol} is missing here). Take an older build, ${other}`;
  if (answer.signal === 'SIGILL' || answer.exitCode === 132) {
    return `${path} ${flag} died of an instruction that this processor does not have (SIGILL): it was built for another one. Build it here (orchestrator engine install llama-server --build), ${other}`;
  }
  if (answer.signal)
    return `${path} ${flag} died of ${answer.signal}${quoted(text)}. Take another build: orchestrator engine list.`;
  if (answer.exitCode === 126 || answer.exitCode === 127) {
    return `${path} ${flag} ended with exit code ${answer.exitCode}: what it starts is missing or may not be executed${quoted(text)}. Install it again: orchestrator engine install llama-server --force.`;
  }
  return undefined;
}

const textOf = (answer: Outcome) =>
  `${answer.stdout}${answer.stdout && !answer.stdout.endsWith('\n') ? '\n' : ''}${answer.stderr}`;
const firstLine = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .find(Boolean);

/** A Python program says what went wrong in its last line. */
function quoted(text: string): string {
  const line = /^Traceback/m.test(text) ? firstLine(text.trim().split('\n').at(-1) ?? '') : firstLine(text);
  return line ? `, saying “${line.slice(0, 200)}”` : '';
}

function readKept(file: string): z.output<typeof Kept> | undefined {
  try {
    return Kept.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

function withoutFingerprint({ path, version, help, devices }: z.output<typeof Kept>): Omit<ProgramProbe, 'flags'> {
  return { path, version, help, devices };
}
