/** Starts and ends the programs that are measured. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { request as httpRequest } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

export interface Program {
  readonly pid: number;
  readonly child: ChildProcess;
  /** The last output, for when something went wrong. */
  output(): string;
  /** SIGTERM, then SIGKILL after ten seconds; resolves when it has ended. */
  stop(): Promise<void>;
}

const running = new Set<Program>();
const STOP_MS = 10_000;
const OUTPUT_CHARACTERS = 20_000;

export function startProgram(
  argv: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Program {
  const [command = '', ...args] = argv;
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => (text = (text + chunk).slice(-OUTPUT_CHARACTERS)));
  }
  child.once('error', (error) => (text += `\n${error.message}`));
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', () => resolve());
  }).then(() => void running.delete(program));
  const program: Program = {
    pid: child.pid ?? 0,
    child,
    output: () => text,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return ended;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await ended;
      clearTimeout(timer);
    },
  };
  running.add(program);
  return program;
}

/** Everything that still runs, the latest first. */
export async function stopAll(): Promise<void> {
  for (const program of [...running].toReversed()) await program.stop();
}

/** Processor time that a process has used since it began, all threads together. The kernel counts in steps of 10 ms. */
export function cpuMicroseconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  /** Monotonic milliseconds of the first byte of the body. */
  readonly firstByteAt: number;
}

/** One request on a connection of its own. Rejects where nobody listens. */
export function ask(
  url: string,
  options: { body?: unknown; headers?: Record<string, string>; socketPath?: string; method?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const body = options.body === undefined ? undefined : JSON.stringify(options.body);
    const headers = { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...options.headers };
    const method = options.method ?? (body === undefined ? 'GET' : 'POST');
    const { socketPath } = options;
    const request = httpRequest(
      url,
      { method, headers, agent: false, ...(socketPath && { socketPath }) },
      (response) => {
        let text = '';
        let firstByteAt = 0;
        response.setEncoding('utf8').on('data', (chunk: string) => {
          firstByteAt ||= performance.now();
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text, firstByteAt }));
        response.on('error', reject);
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

/** Waits until a URL answers 200; asks every `everyMs`. Throws with the program's output when it has ended or a minute has passed. */
export async function untilAnswers(url: string, program: Program, everyMs = 2): Promise<void> {
  for (const deadline = performance.now() + 60_000; performance.now() < deadline; await delay(everyMs)) {
    const status = await ask(url).then(
      (answer) => answer.status,
      () => 0,
    );
    if (status === 200) return;
    if (program.child.exitCode !== null || program.pid === 0) break;
  }
  throw new Error(`${program.child.spawnargs.join(' ')} does not answer at ${url}:\n${program.output()}`);
}
