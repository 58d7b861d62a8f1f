/** A fake engine by itself, without an orchestrator around it. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Habits, LedgerEntry } from './fake-expert.ts';
import { FAKE_ENGINE, flagsOf, readLedger } from './fake-expert.ts';
import { kill, listenersOf } from './processes.ts';
import { until } from './wait.ts';

export interface LoneEngine {
  readonly child: ChildProcess;
  readonly directory: string;
  readonly url: string;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  output(): string;
  ledger(): LedgerEntry[];
  chat(content: string, fields?: Record<string, unknown>, options?: RequestInit): Promise<Response>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts the program; where it comes to listen, `url` says where. */
export async function startFakeEngine(
  habits: Habits = {},
  env: Record<string, string> = {},
  listens = true,
): Promise<LoneEngine> {
  const directory = mkdtempSync(join(tmpdir(), 'fake-engine-'));
  const file = join(directory, 'ledger');
  const args = [FAKE_ENGINE, '--port', '0', '--ledger', file, ...flagsOf(habits)];
  const child = spawn(process.execPath, args, { env: { PATH: process.env['PATH'], ...env } });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part: string) => (text += part));
  }
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((done) => {
    child.once('exit', (code, signal) => done({ code, signal }));
  });
  const pid = child.pid ?? 0;
  const url = listens ? `http://${await until('a listener', () => listenersOf(pid)[0])}` : '';
  return {
    child,
    directory,
    url,
    ended,
    output: () => text,
    ledger: () => readLedger(file),
    chat: (content, fields = {}, options = {}) =>
      fetch(`${url}/v1/chat/completions`, {
        method: 'POST',
        body: JSON.stringify({ messages: [{ role: 'user', content }], ...fields }),
        ...options,
      }),
    async [Symbol.asyncDispose]() {
      kill(pid);
      await ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
