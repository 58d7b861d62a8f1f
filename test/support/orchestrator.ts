/** The real program as a child process, in a directory of its own, which it must leave clean. */
import type { ChildProcess } from 'node:child_process';
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { onTestFailed } from 'vitest';
import { stringify } from 'yaml';

import type { ExpertView, RuntimeFile } from '../../src/server/views.ts';
import type { LedgerEntry } from './fake-expert.ts';
import { DIRECTORY, readLedger } from './fake-expert.ts';
import { alive, kill, processesMarked, untilNoneMarked } from './processes.ts';
import { Hopeless, until } from './wait.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const MAIN = join(ROOT, 'src/cli/main.ts');

export interface OrchestratorOptions {
  /** YAML text, or an object that becomes it; `@DIR@` in any string stands for the test's directory. */
  profile: string | Record<string, unknown>;
  /** Further arguments of `up`. */
  args?: readonly string[];
  env?: Readonly<Record<string, string>>;
  /**
   * Keep V8's nursery small, so that the memory that is measured is memory that is kept: by default some 100 MB of garbage may
   * stand under load before any is collected.
   */
  smallNursery?: boolean;
  /** The directory of an earlier run, to start again in its state. */
  directory?: string;
  /** The state directory is a disk of its own of this size (`1m`), which only the orchestrator sees: needs `canMount`. */
  stateDisk?: string;
}

const OWN_MOUNTS = process.getuid?.() === 0 ? ['unshare', '-m'] : ['unshare', '-r', '-m'];

/** Whether a disk can be mounted that only one process and its children see. */
export const canMount = (): boolean => {
  const [program, ...args] = [...OWN_MOUNTS, 'mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', tmpdir()];
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
};

export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export class Orchestrator {
  readonly directory: string;
  readonly stateDir: string;
  readonly child: ChildProcess;
  readonly ended: Promise<Ending>;
  output = '';
  runtime!: RuntimeFile;
  ending: Ending | undefined;

  constructor(directory: string, child: ChildProcess, stateDisk = false) {
    this.directory = directory;
    // What it has mounted is seen through its own root alone.
    this.stateDir = join(stateDisk ? `/proc/${child.pid}/root` : '/', directory, 'state');
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
    this.ended = new Promise((done) => {
      child.once('exit', (code, signal) => {
        this.ending = { code, signal };
        done(this.ending);
      });
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get url(): string {
    return this.runtime.url;
  }

  get token(): string {
    return this.runtime.token;
  }

  /** A request with the administrator's token of this run. */
  request(path: string, options: RequestInit = {}): Promise<Response> {
    const headers = new Headers(options.headers);
    if (!headers.has('authorization')) headers.set('authorization', `Bearer ${this.token}`);
    return fetch(new URL(path, this.url), { ...options, headers });
  }

  post(path: string, body: unknown = {}, options: RequestInit = {}): Promise<Response> {
    const headers = new Headers(options.headers);
    headers.set('content-type', 'application/json');
    return this.request(path, { ...options, method: 'POST', body: JSON.stringify(body), headers });
  }

  /** A chat request with one user message. */
  chat(content: string, fields: Record<string, unknown> = {}, options: RequestInit = {}): Promise<Response> {
    return this.post('/v1/chat/completions', { messages: [{ role: 'user', content }], ...fields }, options);
  }

  async expert(id: string): Promise<ExpertView> {
    const response = await this.request(`/api/experts/${id}`);
    if (!response.ok) throw new Error(`GET /api/experts/${id}: ${response.status} ${await response.text()}`);
    return (await response.json()) as ExpertView;
  }

  untilState(id: string, state: ExpertView['state'], timeoutMs = 15_000): Promise<ExpertView> {
    return until(
      `${id} is ${state}`,
      async () => {
        const view = await this.expert(id);
        return view.state === state ? view : undefined;
      },
      timeoutMs,
    );
  }

  /** Loads the expert and waits until it is ready. */
  async load(id: string): Promise<ExpertView> {
    const response = await this.post(`/api/experts/${id}/load`);
    if (!response.ok) throw new Error(`load ${id}: ${response.status} ${await response.text()}`);
    await response.body?.cancel();
    return this.untilState(id, 'ready');
  }

  ledger(id: string): LedgerEntry[] {
    return readLedger(join(this.directory, `${id}.ledger`));
  }

  /** SIGTERM, and then nothing may be left: neither a process (I2) nor a file. */
  async stop(graceMs = 45_000): Promise<Ending> {
    if (!this.ending) this.child.kill('SIGTERM');
    const ending = await this.#endedWithin(graceMs);
    await untilNoneMarked(this.directory);
    return ending;
  }

  /** The end that cannot be prepared for. */
  async killHard(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.#endedWithin(5_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.stop();
    } finally {
      // What a failed test leaves must not disturb the next one.
      for (const { pid } of processesMarked(this.directory)) kill(pid);
      rmSync(this.directory, { recursive: true, force: true });
    }
  }

  async #endedWithin(milliseconds: number): Promise<Ending> {
    const ending = await Promise.race([this.ended, deadline(milliseconds)]);
    if (ending) return ending;
    this.child.kill('SIGKILL');
    throw new Error(`the orchestrator did not end within ${milliseconds} ms\n${this.output.slice(-4_000)}`);
  }
}

/** Starts `orchestrator up` from the sources on a free port and waits until it answers. */
export async function startOrchestrator(options: OrchestratorOptions): Promise<Orchestrator> {
  const orchestrator = launchOrchestrator(options);
  try {
    onTestFailed(() => console.error(`output of the orchestrator:\n${orchestrator.output.slice(-6_000)}`));
  } catch {
    // Started outside a test, in a hook: then the test prints what it needs.
  }
  try {
    orchestrator.runtime = await until('the runtime file', () => readRuntime(orchestrator), 20_000);
    await until('GET /healthz', async () => (await fetch(`${orchestrator.url}/healthz`)).ok);
    return orchestrator;
  } catch (error) {
    if (alive(orchestrator.pid)) orchestrator.child.kill('SIGKILL');
    rmSync(orchestrator.directory, { recursive: true, force: true });
    throw new Error(`the orchestrator did not come up\n${orchestrator.output.slice(-4_000)}`, { cause: error });
  }
}

/** Starts it without waiting: for starts that must fail. */
export function launchOrchestrator(options: OrchestratorOptions): Orchestrator {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'orchestrator-test-'));
  mkdirSync(join(directory, 'home'), { recursive: true });
  const text = typeof options.profile === 'string' ? options.profile : stringify(options.profile);
  const profile = join(directory, 'profile.yaml');
  writeFileSync(profile, text.replaceAll(DIRECTORY, directory));
  const args = ['up', '--profile', profile, '--port', '0', '--state-dir', join(directory, 'state')];
  const nodeArgs = options.smallNursery ? ['--max-semi-space-size=4'] : [];
  const argv = [process.execPath, ...nodeArgs, MAIN, ...args, ...(options.args ?? [])];
  const [program = '', ...rest] =
    options.stateDisk === undefined ? argv : onOwnDisk(directory, options.stateDisk, argv);
  const child = spawn(program, rest, {
    cwd: directory,
    env: environment(directory, options.env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return new Orchestrator(directory, child, options.stateDisk !== undefined);
}

/** The process that mounts becomes the program: one pid, and the disk is gone with it. */
function onOwnDisk(directory: string, size: string, argv: readonly string[]): string[] {
  mkdirSync(join(directory, 'state'), { recursive: true });
  const script = 'mount -t tmpfs -o size="$0",mode=700 tmpfs "$1" && shift && exec "$@"';
  return [...OWN_MOUNTS, 'sh', '-c', script, size, join(directory, 'state'), ...argv];
}

/** Runs one command of the program to its end; `directory` is that of a running orchestrator, or any other. */
export async function runCommand(
  directory: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: directory, env: environment(directory, env) });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const code = await new Promise<number | null>((done) => child.once('close', done));
  return { code, stdout, stderr };
}

/** Little, and the directory as a mark that every descendant inherits or carries in its arguments. */
function environment(directory: string, env: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: join(directory, 'home'),
    LANG: 'C.UTF-8',
    ORCHESTRATOR_STATE_DIR: join(directory, 'state'),
    ORCHESTRATOR_CACHE_DIR: join(directory, 'cache'),
    TEST_MARK: directory,
    ...env,
  };
}

function readRuntime(orchestrator: Orchestrator): RuntimeFile | undefined {
  if (orchestrator.ending) throw new Hopeless(`up ended with ${JSON.stringify(orchestrator.ending)}`);
  const file = JSON.parse(readFileSync(join(orchestrator.stateDir, 'runtime.json'), 'utf8')) as RuntimeFile;
  return file.pid === orchestrator.pid ? file : undefined;
}

function deadline(milliseconds: number): Promise<undefined> {
  return new Promise((done) => setTimeout(done, milliseconds, undefined).unref());
}
