import type { LaunchPlacement, ProcessAdapter, SleepProtocol } from '../engines/contract.ts';
import { type Clock, delay } from '../shared/clock.ts';
import { messageOf } from '../shared/errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import { classifyExit, type ExitClass, type ExitVerdict } from './exit-classes.ts';
import type { ExpertLog } from './expert-log.ts';
import type { EngineEnd, EngineHost, HostedEngine, Upstream } from './host.ts';
import type { CachePlan, KeptCaches } from './kept-caches.ts';
import type { Prepare, Prepared, ProcessExpert } from './launcher.ts';
import { Liveness, type Uselessness } from './liveness.ts';
import { waitUntilReady } from './readiness.ts';
import { fallAsleep, wakeUp } from './sleep.ts';
import type { SlotKeeper } from './slot-keeper.ts';

/** Marks a line of ours in an engine's log. */
const OWN_LINE = '[orchestrator]';
/**
 * Addresses that one start may try. A port can be taken between the choice and the bind; a stranger that answers in the engine's
 * place is no chance any more after a few, but the way the engine is started.
 */
const ADDRESSES: Readonly<Partial<Record<ExitClass, number>>> = { port_in_use: 10, foreign_listener: 3 };

/** A connection breaks a moment before the end of its process is known. */
const DEATH_SHOWS_MS = 1_000;

export interface AttemptDependencies {
  readonly host: EngineHost;
  readonly prepare: Prepare;
  readonly log: ExpertLog;
  readonly logger: Logger;
  readonly clock: Clock;
  /** A secret that must not appear in any sink from now on, until the function that comes back is called. */
  readonly hideSecret: (secret: string) => () => void;
  readonly newSecret: () => string;
  readonly probeTimeoutMs?: number;
  /** Undefined: no prompt cache outlives its engine. */
  readonly caches?: KeptCaches;
}

/** Whose start it is; settings may be adopted anew while the engine runs. */
export interface AttemptOwner {
  readonly expert: ProcessExpert;
  readonly adapter: ProcessAdapter;
}

/** One start, and the engine that came of it. It knows the child and nothing of states: what is done with its news is the owner's. */
export class Attempt {
  readonly #owner: AttemptOwner;
  readonly #deps: AttemptDependencies;
  readonly #givenUp = new AbortController();
  /** Where the planner wants it. */
  readonly #placement: LaunchPlacement | undefined;
  readonly liveness: Liveness;
  readonly startedAt: number;
  /** Resolves when nothing of it is left; never rejects. */
  done: Promise<void> = Promise.resolve();
  engine?: HostedEngine | undefined;
  #over: AbortSignal = this.#givenUp.signal;
  upstream?: Upstream;
  /** Which way a sleeping engine is just going. */
  turn?: 'asleep' | 'awake' | undefined;
  readyAt?: number;
  /** Why we ended it ourselves, where nobody asked for it. */
  cause?: ExitClass | undefined;
  #modelBytes = 0;
  #addressesTried = 0;
  #lines = 0;
  /** How far the start has come, where the engine's output says so. */
  #stage: string | undefined;
  #forgetKey: (() => void) | undefined;
  #cachePlan: CachePlan | undefined;
  #keeper: SlotKeeper | undefined;

  /** `onUseless`: the engine is to be replaced; it may be called after its end. */
  constructor(
    owner: AttemptOwner,
    deps: AttemptDependencies,
    placement: LaunchPlacement | undefined,
    onUseless: (detail: string, cause: Uselessness) => void,
  ) {
    this.#placement = placement;
    this.#owner = owner;
    this.#deps = deps;
    this.liveness = new Liveness({
      canary: () => owner.adapter.canary(owner.expert),
      probeTimeoutMs: deps.probeTimeoutMs,
      onUseless,
    });
    this.startedAt = deps.clock.now();
  }

  /** Aborted when nobody wants the start any more. */
  get givenUp(): AbortSignal {
    return this.#givenUp.signal;
  }

  /** Aborted when the start is given up, or its engine has ended. */
  get over(): AbortSignal {
    return this.#over;
  }

  /** Says which slot serves whom, where the expert's prompt caches are kept and it is ready. */
  get keeper(): SlotKeeper | undefined {
    return this.#keeper;
  }

  giveUp(): void {
    this.#givenUp.abort();
  }

  /** A line of ours in the engine's log. */
  note(line: string): void {
    this.#deps.log.write(`${OWN_LINE} ${line}`);
  }

  /** Looks up what the launch needs. Rejects with an `AppError` where something is missing. */
  async prepare(): Promise<Prepared> {
    const { expert, adapter } = this.#owner;
    const prepared = await this.#deps.prepare(expert, adapter);
    this.#modelBytes = prepared.modelBytes;
    if (prepared.advice !== undefined) {
      this.#deps.logger.warn(prepared.advice, { expert: expert.id });
      this.note(prepared.advice);
    }
    this.#cachePlan = this.#planCaches(prepared);
    return prepared;
  }

  /** Without a place for its caches an expert is as good as any other. */
  #planCaches(prepared: Prepared): CachePlan | undefined {
    try {
      return this.#deps.caches?.plan(this.#owner, prepared);
    } catch (error) {
      const detail = messageOf(error);
      this.#deps.logger.warn('the prompt caches cannot be kept', { expert: this.#owner.expert.id, detail });
      return undefined;
    }
  }

  /** Rejects where the program cannot be executed or no address is to be had. */
  async spawn(prepared: Prepared): Promise<HostedEngine> {
    const { host, newSecret, hideSecret, log } = this.#deps;
    const { expert, adapter } = this.#owner;
    this.#addressesTried += 1;
    this.cause = undefined;
    this.engine = undefined;
    const apiKey = newSecret();
    this.#forgetKey = hideSecret(apiKey);
    const listen = await host.address(adapter.listens(expert, prepared.program), expert.id);
    const launch = adapter.launch(expert, {
      program: prepared.program,
      files: prepared.files,
      listen,
      apiKey,
      cores: prepared.cores,
      ...(this.#placement ? { placement: this.#placement } : {}),
      ...(prepared.gpus ? { gpus: prepared.gpus } : {}),
      ...(prepared.cacheDir === undefined ? {} : { cacheDir: prepared.cacheDir }),
      ...(this.#cachePlan ? { slotsDir: this.#cachePlan.dir } : {}),
    });
    this.#lines = 0;
    this.note(`starting: ${[launch.command, ...launch.args].map(quoted).join(' ')}`);
    this.engine = await host.start({
      expert: expert.id,
      launch,
      listen,
      headers: adapter.authorize(expert, apiKey),
      connections: expert.parallel + 4,
      onLine: (line) => {
        this.#lines += 1;
        const stage = this.readyAt === undefined ? adapter.stage?.(line) : undefined;
        if (stage !== undefined) this.#stage = stage;
        log.write(line);
      },
    });
    const ended = new AbortController();
    void this.engine.ended.then(() => ended.abort());
    this.#over = AbortSignal.any([this.givenUp, ended.signal]);
    if (this.givenUp.aborted) void this.engine.stop(0);
    return this.engine;
  }

  /** How to reach the engine once it has proven itself; undefined when that is over, or was ended for what was wrong with it. */
  async becomeReady(engine: HostedEngine): Promise<Upstream | undefined> {
    const { expert, adapter } = this.#owner;
    const readiness = await waitUntilReady({
      engine,
      healthPath: adapter.health(expert),
      canary: adapter.canary(expert),
      provesIdentity: adapter.provesIdentity(expert),
      stallTimeoutMs: expert.stallTimeout,
      startTimeoutMs: expert.startTimeout,
      lines: () => this.#lines,
      signal: this.#over,
    });
    if (this.#over.aborted) return undefined;
    if (readiness.ready) return readiness.upstream;
    const { cause, detail } = readiness;
    if (cause !== 'aborted') this.cause = cause;
    this.#deps.logger.warn('an engine did not become ready', { expert: expert.id, cause, detail });
    this.note(detail);
    await engine.stop(0);
    return undefined;
  }

  /** Answers what went wrong, which may be the first sign of a crash; undefined when the engine sleeps. */
  async fallAsleep(protocol: SleepProtocol): Promise<string | undefined> {
    return this.upstream && this.#letDeathShow(await fallAsleep(this.upstream, protocol));
  }

  /** Answers what went wrong, which may be the first sign of a crash; undefined when the engine is ready again. */
  async wakeUp(protocol: SleepProtocol): Promise<string | undefined> {
    const { expert, adapter } = this.#owner;
    return this.upstream && this.#letDeathShow(await wakeUp(this.upstream, protocol, adapter.canary(expert)));
  }

  async #letDeathShow(wrong: string | undefined): Promise<string | undefined> {
    if (wrong !== undefined) await Promise.race([this.engine?.ended, delay(DEATH_SHOWS_MS)]);
    return wrong;
  }

  /** The engine has proven itself. */
  ready(upstream: Upstream, at: number): void {
    this.upstream = upstream;
    this.readyAt = at;
    this.#keeper = this.#cachePlan?.keeper(upstream);
  }

  /** What the ended engine died of. */
  verdict(end: EngineEnd): ExitVerdict {
    // What this process said: the log also holds our own lines, and those of the engines before it.
    const said = this.#deps.log.buffer.tail(200).filter((line) => !line.startsWith(OWN_LINE));
    return classifyExit(this.#owner.expert.id, {
      code: end.code,
      signal: end.signal,
      tail: this.#lines === 0 ? [] : said.slice(-this.#lines),
      cause: this.cause,
      oomKilled: end.oomKilled,
      wasReady: this.readyAt !== undefined,
    });
  }

  /** Whether another address may help a start that ended so. */
  mayTryAgain(verdict: ExitVerdict): boolean {
    return this.#addressesTried < (ADDRESSES[verdict.class] ?? 1);
  }

  /** The key of an ended engine opens nothing and is searched for no more. */
  forgetKey(): void {
    this.#forgetKey?.();
  }

  /** How far the start has come, for a person. */
  progress(): string {
    const seconds = Math.round((this.#deps.clock.now() - this.startedAt) / 1_000);
    const mapped = this.engine?.mappedBytes() ?? 0;
    const share =
      this.#modelBytes > 0
        ? `${Math.min(100, Math.round((100 * mapped) / this.#modelBytes))} % of the model read, `
        : '';
    return `loading: ${this.#stage === undefined ? share : `${this.#stage}, `}${seconds} s`;
  }
}

function quoted(part: string): string {
  return /^[\w./:=@,+-]+$/.test(part) ? part : JSON.stringify(part);
}
