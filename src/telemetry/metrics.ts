import { collectDefaultMetrics, Counter, Registry } from 'prom-client';

import type { EventBus } from './events.ts';
import { addGauges, type Observed } from './gauges.ts';
import { LimitMetrics } from './limit-metrics.ts';
import { KnowledgeMetrics } from './knowledge-metrics.ts';
import { MemoryMetrics } from './memory-metrics.ts';
import { RouteTally } from './route-tally.ts';
import { type Timing, Timings } from './timings.ts';

const SECONDS = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** What one finished request adds to the figures. */
export interface RequestFigures {
  readonly expert: string;
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
  readonly firstByteMs: number | undefined;
  readonly waitedMs: number;
  readonly promptTokens: number;
  readonly generatedTokens: number;
}

/** What was counted for one expert on one route; it becomes samples when somebody asks. */
interface Tally {
  readonly duration: Timing;
  readonly firstByte: Timing;
  readonly wait: Timing;
  /** Requests by status. */
  readonly requests: Map<number, number>;
  promptTokens: number;
  generatedTokens: number;
}

/** Every metric of the house. Names follow Prometheus' conventions: base units, `_total` on counters. */
export class Metrics {
  readonly registry = new Registry();
  readonly totals = { requests: 0, failed: 0, promptTokens: 0, generatedTokens: 0 };
  readonly #duration: Timings<'expert' | 'route'>;
  readonly #firstByte: Timings<'expert' | 'route'>;
  readonly #wait: Timings<'expert' | 'route'>;
  readonly #starts: Counter<'expert'>;
  readonly #crashes: Counter<'expert'>;
  readonly #evictions: Counter<'expert' | 'reason'>;
  readonly #plans: Counter<'action'>;
  readonly #refused: Counter<'code'>;
  readonly #caches: Counter<'expert' | 'action'>;
  readonly #fallbacks: Counter<'from' | 'to'>;
  readonly #routed = new RouteTally();
  /** By expert, then by route. */
  readonly #tallies = new Map<string, Map<string, Tally>>();
  #knowledge: KnowledgeMetrics | undefined;
  #memory: MemoryMetrics | undefined;

  constructor() {
    const registers = [this.registry];
    const labelNames = ['expert', 'route'] as const;
    const tallies = this.#tallies;
    const requests = new Counter({
      name: 'orchestrator_requests_total',
      help: 'Requests that reached an expert, by the status the client got',
      labelNames: ['expert', 'route', 'status'],
      registers: [],
      collect() {
        this.reset();
        for (const [expert, routes] of tallies)
          for (const [route, { requests }] of routes)
            for (const [status, count] of requests) this.inc({ expert, route, status: String(status) }, count);
      },
    });
    this.registry.registerMetric(requests);
    this.#duration = new Timings({
      name: 'orchestrator_request_duration_seconds',
      help: 'From the first byte of the request to the last of the answer',
      labelNames,
      buckets: SECONDS,
      registers,
    });
    this.#firstByte = new Timings({
      name: 'orchestrator_time_to_first_token_seconds',
      help: 'From the first byte of the request to the first byte of the answer, waiting and loading included',
      labelNames,
      buckets: SECONDS,
      registers,
    });
    this.#wait = new Timings({
      name: 'orchestrator_queue_wait_seconds',
      help: 'Wait for a slot, room or a load before the engine saw the request',
      labelNames,
      buckets: SECONDS,
      registers,
    });
    const tokens = (name: string, help: string, of: (tally: Tally) => number) =>
      new Counter({
        name,
        help,
        labelNames: ['expert'],
        registers,
        collect() {
          this.reset();
          for (const [expert, routes] of tallies) for (const tally of routes.values()) this.inc({ expert }, of(tally));
        },
      });
    tokens(
      'orchestrator_prompt_tokens_total',
      'Prompt tokens, as the engines count them',
      (tally) => tally.promptTokens,
    );
    tokens(
      'orchestrator_generated_tokens_total',
      'Generated tokens, as the engines count them',
      (tally) => tally.generatedTokens,
    );
    this.#starts = new Counter({
      name: 'orchestrator_engine_starts_total',
      help: 'Engine starts',
      labelNames: ['expert'],
      registers,
    });
    this.#crashes = new Counter({
      name: 'orchestrator_engine_crashes_total',
      help: 'Ends of engines that nobody asked for',
      labelNames: ['expert'],
      registers,
    });
    this.#evictions = new Counter({
      name: 'orchestrator_evictions_total',
      help: 'Unloads of the expert to make room for another, or because its memory was overdrawn or handed back (pause)',
      labelNames: ['expert', 'reason'],
      registers,
    });
    this.#plans = new Counter({
      name: 'orchestrator_plans_total',
      help: 'Plans that were carried out, by what they did',
      labelNames: ['action'],
      registers,
    });
    this.#refused = new Counter({
      name: 'orchestrator_refused_total',
      help: 'Requests refused before an expert was reached, by error code',
      labelNames: ['code'],
      registers,
    });
    this.#caches = new Counter({
      name: 'orchestrator_prompt_caches_total',
      help: 'Prompt caches that were to outlive their engine, by what became of them',
      labelNames: ['expert', 'action'],
      registers,
    });
    this.#fallbacks = new Counter({
      name: 'orchestrator_route_fallbacks_total',
      help: 'Routed requests that one expert refused and another was given',
      labelNames: ['from', 'to'],
      registers,
    });
    this.#routed.register(this.registry);
    collectDefaultMetrics({ register: this.registry });
  }

  /** Gauges that are read when somebody asks. */
  observe(house: Observed): void {
    addGauges(this.registry, house);
  }

  /** Made when it is first asked for: what is off is not shown. */
  get knowledge(): KnowledgeMetrics {
    return (this.#knowledge ??= new KnowledgeMetrics(this.registry));
  }

  /** Those of the memories, from when they are first switched on. */
  get memory(): MemoryMetrics {
    return (this.#memory ??= new MemoryMetrics(this.registry));
  }

  /** The same for limits. `users`: how many there are whose requests are under way. */
  limits(users: () => number): LimitMetrics {
    return new LimitMetrics(this.registry, users);
  }

  follow(bus: EventBus): void {
    bus.subscribe((event) => {
      if (event.type === 'plan') {
        const { action, expert, victim = expert, cause = 'room' } = event;
        this.#plans.inc({ action });
        if (action === 'evict') this.#evictions.inc({ expert: victim, reason: cause });
      }
      if (event.type === 'cache') this.#caches.inc({ expert: event.expert, action: event.action });
      if (event.type === 'route') {
        if (event.fallbackOf === null) this.#routed.count(event);
        else this.#fallbacks.inc({ from: event.fallbackOf, to: event.expert });
      }
      if (event.type !== 'lifecycle') return;
      if (event.to === 'starting') this.#starts.inc({ expert: event.expert });
      if (event.event === 'crash' || event.event === 'break') this.#crashes.inc({ expert: event.expert });
    });
  }

  refused(code: string): void {
    this.totals.requests += 1;
    this.totals.failed += 1;
    this.#refused.inc({ code });
  }

  finished(figures: RequestFigures): void {
    const { expert, route, status } = figures;
    this.totals.requests += 1;
    if (status >= 500) this.totals.failed += 1;
    this.totals.promptTokens += figures.promptTokens;
    this.totals.generatedTokens += figures.generatedTokens;
    const tally = this.#tallies.get(expert)?.get(route) ?? this.#newTally(expert, route);
    tally.requests.set(status, (tally.requests.get(status) ?? 0) + 1);
    tally.duration.observe(figures.durationMs / 1_000);
    tally.wait.observe(figures.waitedMs / 1_000);
    if (figures.firstByteMs !== undefined) tally.firstByte.observe(figures.firstByteMs / 1_000);
    tally.promptTokens += figures.promptTokens;
    tally.generatedTokens += figures.generatedTokens;
  }

  #newTally(expert: string, route: string): Tally {
    const tally = {
      duration: this.#duration.timing({ expert, route }),
      firstByte: this.#firstByte.timing({ expert, route }),
      wait: this.#wait.timing({ expert, route }),
      requests: new Map<number, number>(),
      promptTokens: 0,
      generatedTokens: 0,
    };
    const routes = this.#tallies.get(expert) ?? new Map<string, Tally>();
    this.#tallies.set(expert, routes.set(route, tally));
    return tally;
  }
}

/** Name, labels, value with its time: a line that is anything else would make the whole scrape unreadable. */
const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?(\s+(?:[+-]?(?:\d[\d.]*(?:[eE][+-]?\d+)?|Inf)|NaN)(?:\s+-?\d+)?)\s*$/;

/** Adds a label to every sample of a Prometheus text, and drops its comments: several engines of one kind share metric names. */
export function labelMetrics(text: string, label: string, value: string): string {
  const addition = `${label}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
  return text
    .split('\n')
    .flatMap((line) => {
      const match = SAMPLE.exec(line);
      if (!match) return [];
      const [, name = '', labels, rest = ''] = match;
      return [`${name}{${labels ? `${labels},` : ''}${addition}}${rest}`];
    })
    .join('\n');
}
