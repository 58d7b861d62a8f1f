/** Experts on an engine host in memory, whose engines are one small local HTTP server each test can spoil. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Agent } from 'undici';
import { z } from 'zod';

import type { Listen, ProcessAdapter } from '../../../src/engines/contract.ts';
import type { Clock } from '../../../src/shared/clock.ts';
import { Redactor } from '../../../src/shared/redact.ts';
import type { BackoffPolicy } from '../../../src/supervisor/backoff.ts';
import { ExpertLog } from '../../../src/supervisor/expert-log.ts';
import { ExpertProcess, type ProcessDependencies } from '../../../src/supervisor/expert-process.ts';
import type { EngineEnd, EngineHost, HostedEngine, StartRequest, Upstream } from '../../../src/supervisor/host.ts';
import type { ProcessExpert } from '../../../src/supervisor/launcher.ts';
import type { Move } from '../../../src/supervisor/lifecycle.ts';
import { Memory } from '../../../src/supervisor/memory.ts';
import type { ExpertState } from '../../../src/telemetry/events.ts';
import type { Logger } from '../../../src/telemetry/logger.ts';

export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** A logger that keeps what it is told. */
export function recordingLogger(): Logger & { readonly messages: string[] } {
  const messages: string[] = [];
  const log = (message: string) => void messages.push(message);
  return { messages, debug: log, info: log, warn: log, error: log };
}

/** Time that stands until it is moved. */
export class ManualClock implements Clock {
  #ms = 1_000_000;
  now(): number {
    return this.#ms;
  }
  wallTime(): Date {
    return new Date(this.#ms);
  }
  advance(ms: number): void {
    this.#ms += ms;
  }
}

/** What all engines of a test do; changed while they run. */
export interface Habits {
  health: number;
  /** `silent`: accepted, never answered. */
  canary: 'token' | 'silent' | 'refused';
  provesIdentity: boolean;
  /** An engine that is told to stop ends only when the test says so. */
  ignoresStop: boolean;
  /** Ends at once, as by a crash while loading. */
  startsDead: (EngineEnd & { readonly says?: string }) | undefined;
}

export class FakeEngine implements HostedEngine {
  readonly pid: number;
  readonly request: StartRequest;
  readonly ended: Promise<EngineEnd>;
  readonly stops: number[] = [];
  exited = false;
  mark = 0;
  readonly #upstream: Upstream;
  readonly #habits: Habits;
  readonly #resolve: (end: EngineEnd) => void;

  constructor(pid: number, request: StartRequest, upstream: Upstream, habits: Habits) {
    this.pid = pid;
    this.request = request;
    this.#upstream = upstream;
    this.#habits = habits;
    const { promise, resolve } = Promise.withResolvers<EngineEnd>();
    this.ended = promise;
    this.#resolve = resolve;
  }

  /** The process ends. */
  exit(end: Partial<EngineEnd> & { says?: string } = {}): void {
    if (end.says) for (const line of end.says.split('\n')) this.request.onLine(line);
    this.exited = true;
    this.#resolve({ code: end.code ?? null, signal: end.signal ?? null, oomKilled: end.oomKilled ?? false });
  }

  upstream(): Upstream {
    return this.#upstream;
  }
  provesIdentity(): boolean {
    return this.#habits.provesIdentity;
  }
  progressMark(): string {
    return String(this.mark);
  }
  mappedBytes(): number {
    return 50;
  }
  processIds(): readonly number[] {
    return [this.pid];
  }
  memoryBytes(): number {
    return 1_000;
  }
  async stop(graceMs: number): Promise<void> {
    this.stops.push(graceMs);
    if (!this.#habits.ignoresStop) this.exit({ signal: graceMs === 0 ? 'SIGKILL' : 'SIGTERM' });
    await this.ended;
  }
}

export class FakeHost implements EngineHost {
  readonly engines: FakeEngine[] = [];
  readonly habits: Habits = {
    health: 200,
    canary: 'token',
    provesIdentity: true,
    ignoresStop: false,
    startsDead: undefined,
  };
  /** Set to make `start` fail or wait. */
  beforeStart: (() => Promise<void>) | undefined;
  canaries = 0;
  /** Starts at the number of a pid that no system hands out. */
  #pid = 5_000_000;
  readonly #server: Server;
  readonly #agent = new Agent();
  #origin = '';
  #port = 40_000;

  private constructor() {
    this.#server = createServer((incoming, outgoing) => {
      incoming.resume();
      if (incoming.url === '/health') outgoing.writeHead(this.habits.health).end();
      else {
        this.canaries += 1;
        if (this.habits.canary === 'silent') return;
        outgoing.writeHead(this.habits.canary === 'token' ? 200 : 500).end('{"token":"a"}');
      }
    });
  }

  static async open(): Promise<FakeHost> {
    const host = new FakeHost();
    await new Promise<void>((resolve) => host.#server.listen(0, '127.0.0.1', resolve));
    host.#origin = `http://127.0.0.1:${(host.#server.address() as AddressInfo).port}`;
    return host;
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  address(kinds: readonly Listen['kind'][]): Promise<Listen> {
    this.#port += 1;
    return Promise.resolve(
      kinds[0] === 'socket' ? { kind: 'socket', path: '/run/a' } : { kind: 'port', port: this.#port },
    );
  }

  async start(request: StartRequest): Promise<HostedEngine> {
    await this.beforeStart?.();
    this.#pid += 1;
    const upstream = { dispatcher: this.#agent, origin: this.#origin, headers: {} };
    const engine = new FakeEngine(this.#pid, request, upstream, this.habits);
    this.engines.push(engine);
    if (this.habits.startsDead) engine.exit(this.habits.startsDead);
    return engine;
  }

  get last(): FakeEngine {
    const engine = this.engines.at(-1);
    if (!engine) throw new Error('no engine was started');
    return engine;
  }
}

export const fakeAdapter: ProcessAdapter = {
  kind: 'process',
  name: 'fake',
  description: 'in memory',
  settings: z.strictObject({}),
  program: undefined,
  build: () => undefined,
  binary: () => undefined,
  routes: () => ['/v1/chat/completions'],
  knownFields: () => undefined,
  listens: () => ['port'],
  preflight: () => undefined,
  launch: (_expert, { listen }) => ({
    command: 'fake',
    args: [listen.kind === 'port' ? String(listen.port) : '-'],
    env: {},
  }),
  health: () => '/health',
  canary: () => ({ path: '/canary', body: {}, verify: () => undefined }),
  provesIdentity: () => true,
  authorize: () => ({}),
  metricsPath: () => undefined,
};

export const expertWith = (overrides: Partial<ProcessExpert> = {}): ProcessExpert => ({
  id: 'a',
  engine: 'fake',
  aliases: [],
  variants: {},
  task: 'generate',
  vision: false,
  audio: false,
  tools: true,
  context: 1_024,
  parallel: 2,
  request: {},
  strip: [],
  fit: {},
  languages: [],
  pin: false,
  priority: 5,
  idleUnload: 'never',
  stallTimeout: 60_000,
  startTimeout: 60_000,
  preload: false,
  ...overrides,
});

/** Every move, in order, and promises of moves to come. */
export class MoveLog {
  readonly moves: Move[] = [];
  readonly #waiting: { to: ExpertState; expert: string | undefined; resolve: () => void }[] = [];

  readonly record = (move: Move): void => {
    this.moves.push(move);
    for (const one of this.#waiting.slice()) {
      if (one.to !== move.to || (one.expert !== undefined && one.expert !== move.expert)) continue;
      this.#waiting.splice(this.#waiting.indexOf(one), 1);
      one.resolve();
    }
  };

  /** The next move into this state. */
  next(to: ExpertState, expert?: string): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ to, expert, resolve }));
  }

  get path(): string[] {
    return this.moves.map(({ from, to }) => `${from}→${to}`);
  }
}

/** Short enough to wait for, long enough to be looked at. */
export const QUICK_BACKOFF: BackoffPolicy = {
  baseMs: 10,
  capMs: 1_000,
  resetAfterMs: 600_000,
  giveUpAfter: 5,
  coolDownMs: 60_000,
};

/** A host, a clock, and what is needed to build experts on them; disposed of with `await using`. */
export class House implements AsyncDisposable {
  readonly host: FakeHost;
  readonly clock = new ManualClock();
  readonly log = new MoveLog();
  readonly logger = recordingLogger();
  readonly redactor = new Redactor();
  readonly processes: ExpertProcess[] = [];
  readonly cleanUps: (() => Promise<void>)[] = [];
  readonly #directory = mkdtempSync(join(tmpdir(), 'house-'));
  /** Counts nothing until it is given a budget. */
  readonly memory = new Memory({
    clock: this.clock,
    logger: this.logger,
    machine: () => ({ total: 2 ** 40, used: 0 }),
    gpus: undefined,
    learned: undefined,
  });
  onMove: (process: ExpertProcess, move: Move) => void = () => undefined;
  #secrets = 0;

  private constructor(host: FakeHost) {
    this.host = host;
  }

  static async open(): Promise<House> {
    return new House(await FakeHost.open());
  }

  expert(
    overrides: Partial<ProcessExpert> = {},
    dependencies: Partial<ProcessDependencies> = {},
    adapter: Partial<ProcessAdapter> = {},
  ): ExpertProcess {
    const expert = expertWith(overrides);
    const log = new ExpertLog({
      stateDir: this.#directory,
      expert: expert.id,
      maxBytes: 1 << 20,
      files: 2,
      redactor: this.redactor,
    });
    const process = new ExpertProcess(
      expert,
      { ...fakeAdapter, ...adapter },
      {
        host: this.host,
        prepare: () => Promise.resolve({ program: undefined, files: {}, modelBytes: 100, cores: 1 }),
        log,
        logger: this.logger,
        clock: this.clock,
        backoff: QUICK_BACKOFF,
        random: () => 0.5,
        hideSecret: (secret) => this.redactor.add(secret),
        newSecret: () => `a-secret-of-start-${(this.#secrets += 1)}`,
        probeTimeoutMs: 50,
        onMove: (moved, move) => {
          this.log.record(move);
          this.onMove(moved, move);
        },
        ...dependencies,
      },
    );
    this.processes.push(process);
    return process;
  }

  /** An expert that is ready. */
  async ready(...parameters: Parameters<House['expert']>): Promise<ExpertProcess> {
    const process = this.expert(...parameters);
    const ready = this.log.next('ready', process.id);
    process.start('a test');
    await ready;
    return process;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.host.habits.ignoresStop = false;
    for (const engine of this.host.engines) if (!engine.exited) engine.exit();
    await Promise.all(this.cleanUps.map((cleanUp) => cleanUp()));
    await Promise.all(this.processes.map((process) => process.stop('the test is over', 0)));
    await Promise.all(this.processes.map((process) => process.log.close()));
    await this.host.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
