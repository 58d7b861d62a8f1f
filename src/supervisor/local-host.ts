import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { Pool } from 'undici';

import { findOwnProgram } from '../binaries/builds.ts';
import type { Launch, Listen } from '../engines/contract.ts';
import { AppError } from '../shared/errors.ts';
import { createLineSplitter } from '../telemetry/log-buffer.ts';
import type { Logger } from '../telemetry/logger.ts';
import { baseEnvironment } from './base-environment.ts';
import { createCgroup, findCgroupBase, oomKills, removeCgroup } from './cgroup.ts';
import { DirectDispatcher } from './direct-dispatcher.ts';
import { type Guardian, RUN_VARIABLE } from './guardian.ts';
import type { EngineEnd, EngineHost, HostedEngine, StartRequest, Upstream } from './host.ts';
import type { Ledger } from './ledger.ts';
import { OomWatch } from './oom-watch.ts';
import {
  findFamily,
  listeningPort,
  listensOnPort,
  listensOnSocket,
  mappedBytes,
  progressMark,
  readStat,
  residentBytes,
} from './proc.ts';
import { askToEnd, killFamily, noteSegments, runStopCommand, signalFamily } from './terminate.ts';

/** Marks every process of one start: children that left the group and the session are still found. */
const START_VARIABLE = 'ORCHESTRATOR_START';

/** A short name: the path of a unix socket holds 108 bytes, the final NUL and some engines' suffixes included. */
const SOCKETS = 's';
const LONGEST_SOCKET_PATH = 100;

/** How long output may keep flowing after the process has ended: a grandchild that holds the pipe must not hold us. */
const OUTPUT_WAIT_MS = 500;

/** After health: what an engine shares among its processes is there by then, and the cold start is over. */
const SETTLED_MS = 500;

/** How often the family of a loading engine is looked for: a walk over all of /proc costs milliseconds. */
const PROGRESS_EVERY_MS = 500;

export interface LocalHostOptions {
  readonly stateDir: string;
  readonly run: string;
  readonly guardian: Guardian;
  readonly ledger: Ledger;
  readonly logger: Logger;
  readonly environment: NodeJS.ProcessEnv;
}

interface EngineOptions extends LocalHostOptions {
  readonly oomWatch: OomWatch;
}

/** Engines as child processes of this one: own session, own marker, own cgroup where there is one, watched by the guardian. */
export class LocalHost implements EngineHost {
  readonly #options: LocalHostOptions;
  readonly #cgroupBase: string | undefined;
  #counter = 0;
  readonly #portsInUse = new Set<number>();
  readonly #oomWatch = new OomWatch();

  constructor(options: LocalHostOptions) {
    this.#options = options;
    this.#cgroupBase = findCgroupBase(options.environment);
    // Sockets of earlier runs: the state directory is ours alone, so nobody listens on them.
    rmSync(join(options.stateDir, SOCKETS), { recursive: true, force: true });
  }

  async address(kinds: readonly Listen['kind'][], expert: string): Promise<Listen> {
    for (const kind of kinds) {
      if (kind === 'any-port') return { kind };
      if (kind === 'port') return { kind, port: await this.#freePort() };
      const path = this.#socketPath(expert);
      if (Buffer.byteLength(path) <= LONGEST_SOCKET_PATH) return { kind, path };
    }
    throw new AppError(
      'engine_start_failed',
      `${expert} listens on a unix socket, and below ${this.#options.stateDir} its path is too long for one. Choose a shorter state directory with --state-dir.`,
    );
  }

  /** Short, unguessable and new at every start: a stale file would make the bind fail. */
  #socketPath(expert: string): string {
    const directory = join(this.#options.stateDir, SOCKETS);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.#counter += 1;
    const path = join(directory, `${expert.replaceAll(/\W/g, '').slice(0, 12)}-${process.pid}-${this.#counter}.sock`);
    rmSync(path, { force: true });
    return path;
  }

  start(request: StartRequest): Promise<HostedEngine> {
    const { launch, expert } = request;
    this.#counter += 1;
    const cgroup =
      this.#cgroupBase === undefined
        ? undefined
        : createCgroup(this.#cgroupBase, `engine-${process.pid}-${this.#counter}`);
    // With a cgroup, a shell joins it and becomes the engine: no descendant can be born outside.
    const [command, args] = cgroup
      ? ['/bin/sh', ['-c', 'echo $$ >"$0/cgroup.procs"; exec "$@"', cgroup, launch.command, ...launch.args]]
      : [launch.command, [...launch.args]];
    const { environment, stateDir, run } = this.#options;
    const startId = `${run}-${this.#counter}`;
    const env: NodeJS.ProcessEnv = { ...baseEnvironment(environment, stateDir), ...launch.env };
    const refuse = (error: NodeJS.ErrnoException): AppError => {
      if (cgroup) removeCgroup(cgroup);
      this.#releasePort(request.listen);
      const message = `${expert}: ${whyNot(launch, error)}. Correct it in the profile, or install what is missing.`;
      return new AppError('engine_missing', message, { cause: error });
    };
    // What the shell does not find it says in its own words, as an engine that ended.
    if (cgroup && !canRun(launch, env))
      return Promise.reject(refuse(Object.assign(new Error('ENOENT'), { code: 'ENOENT' })));
    const child = spawn(command, args, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(launch.cwd ? { cwd: launch.cwd } : {}),
      env: { ...env, [RUN_VARIABLE]: run, [START_VARIABLE]: startId },
    });
    if (child.pid === undefined)
      return new Promise((_resolve, reject) => child.once('error', (error) => reject(refuse(error))));
    const startTicks = readStat(child.pid)?.startTicks ?? 0;
    this.#options.guardian.watchGroup(child.pid, startTicks);
    if (cgroup) this.#options.guardian.watchCgroup(cgroup);
    if (launch.stop) this.#options.guardian.watchStop(child.pid, launch.stop);
    this.#options.ledger.add({ expert, pid: child.pid, startTicks, cgroup, stop: launch.stop });
    const engine = new LocalEngine(child, child.pid, cgroup, request, `${START_VARIABLE}=${startId}`, {
      ...this.#options,
      oomWatch: this.#oomWatch,
    });
    void engine.ended.then(() => this.#releasePort(request.listen));
    return Promise.resolve(engine);
  }

  #releasePort(listen: Listen): void {
    if (listen.kind === 'port') this.#portsInUse.delete(listen.port);
  }

  /** A port outside the range that the kernel hands out to connections: nobody gets it by chance between here and the bind. */
  async #freePort(): Promise<number> {
    const [low = 32_768, high = 60_999] = readRange();
    for (;;) {
      const below = Math.max(0, low - 20_000);
      const above = 65_535 - high;
      const pick = Math.floor(Math.random() * (below + above));
      const port = pick < below ? 20_000 + pick : high + 1 + (pick - below);
      if (this.#portsInUse.has(port) || !(await canBind(port))) continue;
      this.#portsInUse.add(port);
      return port;
    }
  }
}

class LocalEngine implements HostedEngine {
  readonly pid: number;
  readonly ended: Promise<EngineEnd>;
  readonly #child: ChildProcess;
  readonly #request: StartRequest;
  readonly #marker: string;
  readonly #cgroup: string | undefined;
  readonly #options: LocalHostOptions;
  #upstream: OwnUpstream | undefined;
  #exited = false;
  #stopping: Promise<void> | undefined;
  #stopCommand: Promise<void> | undefined;
  #progress: { readonly atMs: number; readonly family: readonly number[]; readonly mark: string };

  constructor(
    child: ChildProcess,
    pid: number,
    cgroup: string | undefined,
    request: StartRequest,
    marker: string,
    options: EngineOptions,
  ) {
    options.oomWatch.begin();
    this.#child = child;
    this.pid = pid;
    this.#cgroup = cgroup;
    this.#request = request;
    this.#marker = marker;
    this.#options = options;
    this.#progress = { atMs: performance.now(), family: [pid], mark: '' };
    if (request.listen.kind !== 'any-port') {
      this.#upstream = createUpstream(request.listen, request.headers, request.connections);
    }
    const closed = this.#drainOutput();
    this.ended = new Promise<EngineEnd>((resolve) => {
      child.once('exit', (code, signal) => {
        this.#exited = true;
        const struck = options.oomWatch.end() && signal === 'SIGKILL';
        void this.#tidyUp(closed)
          .catch((error: unknown) => options.logger.error('tidying up after an engine failed', { pid, error }))
          .then(() => {
            resolve({ code, signal, oomKilled: cgroup === undefined ? struck : oomKills(cgroup) > 0 || struck });
            if (cgroup) removeCgroup(cgroup);
          });
      });
    });
  }

  get exited(): boolean {
    return this.#exited;
  }

  upstream(): Upstream | undefined {
    if (this.#upstream || this.#exited) return this.#upstream;
    // It chose the port itself: its own listeners say which.
    const port = listeningPort(this.#progress.family);
    if (port === undefined) return undefined;
    const { headers, connections } = this.#request;
    this.#upstream = createUpstream({ kind: 'port', port }, headers, connections);
    return this.#upstream;
  }

  provesIdentity(): boolean {
    const { listen } = this.#request;
    // A port that was found among its own listeners is its own.
    if (listen.kind === 'any-port') return this.#upstream !== undefined;
    const check = (pids: number[]) =>
      listen.kind === 'socket' ? listensOnSocket(pids, listen.path) : listensOnPort(pids, listen.port);
    // A worker that is killed from outside leaves shared memory that nobody has mapped by the time the others have ended.
    setTimeout(() => this.#exited || noteSegments(this.pid, findFamily(this.pid, this.#marker)), SETTLED_MS).unref();
    // The leader alone in the common case: a walk over all of /proc costs milliseconds of a cold start.
    return check([this.pid]) || check(findFamily(this.pid, this.#marker));
  }

  /** Of the whole family: behind `sh` or a launcher the leader itself does nothing. */
  progressMark(): string {
    const now = performance.now();
    if (now - this.#progress.atMs >= PROGRESS_EVERY_MS) {
      const family = findFamily(this.pid, this.#marker);
      this.#progress = { atMs: now, family, mark: progressMark(family) };
    }
    return this.#progress.mark;
  }

  /** Of whichever of the family holds the most: siblings that map the same file share its pages. */
  mappedBytes(): number {
    return Math.max(0, ...this.#progress.family.map(mappedBytes));
  }

  processIds(): readonly number[] {
    return findFamily(this.pid, this.#marker);
  }

  memoryBytes(): number {
    return findFamily(this.pid, this.#marker).reduce((sum, pid) => sum + residentBytes(pid), 0);
  }

  stop(graceMs: number): Promise<void> {
    this.#stopping ??= this.#stop(graceMs);
    if (graceMs === 0) this.#kill();
    return this.#stopping;
  }

  async #stop(graceMs: number): Promise<void> {
    if (graceMs > 0 && !this.#exited) {
      // The signal reaches workers too, which leave their shared memory where it ends them.
      noteSegments(this.pid, findFamily(this.pid, this.#marker));
      if (this.#request.launch.stop) void this.#runStopCommand(this.#request.launch.stop);
      else askToEnd(this.pid);
      await withTimeout(this.ended, graceMs);
    }
    this.#kill();
    await this.ended;
  }

  /** Once the process is gone, its number may be somebody else's. */
  #kill(): void {
    if (!this.#exited) signalFamily(this.pid, this.#marker, 'SIGKILL');
  }

  /** Once, whoever asks first. */
  #runStopCommand(argv: readonly string[]): Promise<void> {
    const { environment, stateDir, logger } = this.#options;
    const env = { ...baseEnvironment(environment, stateDir), ...this.#request.launch.env };
    this.#stopCommand ??= runStopCommand(argv, env, logger);
    return this.#stopCommand;
  }

  /** The process has ended: its family follows it, whoever ended it, and every trace of the address is removed. */
  async #tidyUp(closed: Promise<void>): Promise<void> {
    const left = await killFamily(this.pid, this.#marker, this.#cgroup);
    if (left.length > 0)
      this.#options.logger.error('processes of an engine do not end', { expert: this.#request.expert, pids: left });
    // A container outlives its client, however that ended.
    if (this.#request.launch.stop) await this.#runStopCommand(this.#request.launch.stop);
    await withTimeout(closed, OUTPUT_WAIT_MS);
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
    this.#options.guardian.forget(this.pid, this.#cgroup);
    this.#options.ledger.remove(this.pid);
    if (this.#request.listen.kind === 'socket') rmSync(this.#request.listen.path, { force: true });
    void this.#upstream?.dispatcher.destroy().catch(() => undefined);
  }

  /** Both streams are read at all times, whoever listens: an engine must never wait on a full pipe. */
  #drainOutput(): Promise<void> {
    const streams = [this.#child.stdout, this.#child.stderr].filter((stream) => stream !== null);
    return Promise.all(
      streams.map((stream) => {
        const splitter = createLineSplitter(this.#request.onLine);
        stream.on('data', (chunk: Buffer) => splitter.write(chunk));
        return new Promise<void>((resolve) => {
          stream.once('error', () => resolve());
          stream.once('close', () => {
            splitter.end();
            resolve();
          });
        });
      }),
    ).then(() => undefined);
  }
}

interface OwnUpstream extends Upstream {
  readonly dispatcher: DirectDispatcher;
}

function createUpstream(
  listen: Extract<Listen, { kind: 'socket' | 'port' }>,
  headers: Readonly<Record<string, string>>,
  connections: number,
): OwnUpstream {
  const origin = listen.kind === 'port' ? `http://127.0.0.1:${listen.port}` : 'http://engine';
  const other = new Pool(origin, {
    connections,
    pipelining: 1,
    // Deadlines are the proxy's, per request and by phase; undici's own would cut a long prefill.
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: 4_000,
    ...(listen.kind === 'socket' ? { socketPath: listen.path } : {}),
  });
  const address = listen.kind === 'socket' ? { path: listen.path } : { host: '127.0.0.1', port: listen.port };
  const dispatcher = new DirectDispatcher({ address, host: new URL(origin).host, connectTimeoutMs: 10_000, other });
  return { dispatcher, origin, headers };
}

async function withTimeout(promise: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([
    promise,
    new Promise((resolve) => {
      timer = setTimeout(resolve, ms);
    }),
  ]);
  clearTimeout(timer);
}

function readRange(): number[] {
  try {
    return readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').trim().split(/\s+/).map(Number);
  } catch {
    return [];
  }
}

function canBind(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

function canRun({ command, cwd }: Launch, env: NodeJS.ProcessEnv): boolean {
  if (cwd !== undefined && !existsSync(cwd)) return false;
  return findOwnProgram({ name: command, ...(cwd === undefined ? {} : { cwd }) }, env) !== undefined;
}

function whyNot({ command, cwd }: Launch, error: NodeJS.ErrnoException): string {
  // Of a working directory that is not there the system says the same.
  if (cwd !== undefined && !existsSync(cwd)) return `there is no folder ${cwd} to run ${command} in`;
  return error.code === 'ENOENT'
    ? `there is no program ${command}`
    : `${command} cannot be executed (${error.message})`;
}
