import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

export const FAKE_ENGINE = resolve(import.meta.dirname, '../fixtures/fake-engine.mjs');

/** `startOrchestrator` puts the test's own directory in its place. */
export const DIRECTORY = '@DIR@';

/** Flags of the fake engine (`test/fixtures/fake-engine/flags.mjs`); `true` is a flag without a value. */
export type Habits = Readonly<Record<string, string | number | true>>;

export interface FakeExpertOptions {
  /** Keys of the expert beside `engine` and `command`. */
  settings?: Record<string, unknown>;
  /** Keys of `command` beside `argv` and `env`. */
  command?: Record<string, unknown>;
  env?: Record<string, string>;
  /** sh → node → its workers, as vLLM and `uv run` start. */
  wrapped?: boolean;
  /** Listen on a unix socket. */
  socket?: boolean;
}

/** An `engine: command` entry of a profile that runs the fake engine with these habits. */
export function fakeExpert(habits: Habits = {}, options: FakeExpertOptions = {}): Record<string, unknown> {
  const where = options.socket ? ['--socket', '{socket}'] : ['--port', '{port}'];
  const program = [process.execPath, FAKE_ENGINE, ...where, '--ledger', `${DIRECTORY}/{id}.ledger`, ...flagsOf(habits)];
  const wrapper = options.wrapped ? ['/bin/sh', '-c', '"$0" "$@"; exit $?'] : [];
  return {
    engine: 'command',
    ...options.settings,
    command: {
      argv: [...wrapper, ...program],
      env: { FAKE_KEY: '{key}', FAKE_MARK: DIRECTORY, ...options.env },
      ...options.command,
    },
  };
}

export function flagsOf(habits: Habits): string[] {
  return Object.entries(habits).flatMap(([name, value]) =>
    value === true ? [`--${name}`] : [`--${name}`, String(value)],
  );
}

/** One line of the ledger of a fake engine. */
export interface LedgerEntry {
  at: number;
  event: 'start' | 'ready' | 'term' | 'accept' | 'end' | 'denied' | 'spewed' | 'sleep' | 'wake' | 'rpc' | 'disturbed';
  pid?: number;
  argv?: string[];
  id?: string;
  path?: string;
  url?: string;
  method?: string;
  /** The one-token request of the supervisor. */
  probe?: boolean;
  headers?: string[];
  values?: Record<string, string>;
  body?: string;
  digest?: string;
  how?: 'complete' | 'aborted';
  tokens?: number;
  worstGapMs?: number;
  megabytes?: number;
}

export function readLedger(file: string): LedgerEntry[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  return text
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as LedgerEntry);
}

/** The requests of clients that an engine accepted, without the supervisor's own. */
export function acceptances(entries: readonly LedgerEntry[]): LedgerEntry[] {
  return entries.filter(({ event, probe }) => event === 'accept' && !probe);
}

const LETTERS = ['w', 'ñ', '€', '😀'];

/** What a fake engine says when asked for so many tokens. */
export function fakeText(tokens: number): string {
  return Array.from({ length: tokens }, (_, index) => `${LETTERS[index % LETTERS.length]}${index} `).join('');
}
