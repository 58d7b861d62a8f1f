/** The budget of a profile, held by the real llama-server: four models of 400 MiB, room for two, and requests as they come. */
import { expect, it } from 'vitest';

import { BUDGET_MODELS, budgetModels } from '../support/budget-models.ts';
import { type EventLog, followEvents } from '../support/event-log.ts';
import { sampleMemory, watchMemory } from '../support/engine-memory.ts';
import type { Orchestrator } from '../support/orchestrator.ts';
import { startOrchestrator } from '../support/orchestrator.ts';
import { profileOf } from '../support/profile.ts';
import { realEnvironment } from '../support/real-parts.ts';
import { times } from '../support/skip.ts';
import { collect } from '../support/sse.ts';
import { percentile, timed, until } from '../support/wait.ts';

const BUDGET = 2 ** 30;
const SECONDS = times(12, 600);
const CLIENTS = 4;
const SEED = 20_261;
const CONTEXT = 512;
/** What a request may be told that is not answered: it is a matter of room and of nothing else. */
const REASONS = new Set(['queue_timeout', 'queue_full', 'no_room', 'expert_stopped']);

it('stays within 1 GiB at every moment, answers or refuses every request with a reason, and explains every eviction', async () => {
  const paths = await budgetModels();
  const experts = BUDGET_MODELS.map((name, index) => [name, expertOf(paths[index] ?? '')]);
  await using orchestrator = await startOrchestrator({
    profile: profileOf(Object.fromEntries(experts), {
      budget: { ram: { capacity: '1GiB' }, minResidency: '500ms' },
      queue: { length: 20, age: '30s' },
      timeouts: { drain: '10s' },
    }),
    env: realEnvironment(),
  });
  const events = await followEvents(orchestrator);
  const over = new AbortController();
  const watch = watchMemory(orchestrator, BUDGET, (sample) => over.abort(new Error(describeSample(sample))));
  const outcomes: Outcome[] = [];
  const deadline = performance.now() + SECONDS * 1_000;
  const random = seeded(SEED);
  const client = async () => {
    while (performance.now() < deadline && !over.signal.aborted)
      outcomes.push(await oneRequest(orchestrator, random, over.signal));
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  over.signal.throwIfAborted();

  for (const name of BUDGET_MODELS)
    await until(`nothing is left at ${name}`, async () => {
      const { inFlight, queued } = await orchestrator.expert(name);
      return inFlight + queued === 0;
    });
  watch.stop();
  await events.stop();
  console.log(report(outcomes, watch, events));

  expect(watch.exceeded).toBeUndefined();
  expect(watch.samples, 'the watch was awake').toBeGreaterThan(SECONDS * 5);
  expect(watch.peak.engines.length, 'two fit together').toBeGreaterThanOrEqual(2);
  expect(outcomes.filter(({ how }) => how === 'unexplained')).toEqual([]);
  expect(outcomes.filter(({ how, detail }) => how === 'refused' && !REASONS.has(detail))).toEqual([]);
  expect(outcomes.filter(({ how }) => how === 'answered').length).toBeGreaterThan(SECONDS / 4);
  expectExplained(events, orchestrator.output);
}, 900_000);

it('charges a model file once, however many engines map it', async () => {
  const [first = '', second = ''] = await budgetModels();
  await using orchestrator = await startOrchestrator({
    profile: profileOf(
      { one: expertOf(first), again: expertOf(first), other: expertOf(second) },
      { budget: { ram: { capacity: '1GiB' } } },
    ),
    env: realEnvironment(),
  });
  for (const id of ['one', 'again', 'other'])
    expect((await orchestrator.chat('x', { model: id, max_tokens: 4 })).status).toBe(200);
  const sample = sampleMemory(orchestrator.pid);
  expect(sample.engines, 'all three at once').toHaveLength(3);
  expect(sample.total).toBeLessThanOrEqual(BUDGET);
  expect(sample.mapped, 'two files').toBeLessThan(900 * 2 ** 20);
});

/** Everything that was stopped was stopped for a reason with names and numbers, which the log tells as well. */
function expectExplained(events: EventLog, log: string): void {
  const evictions = events.plans('evict');
  const drains = [...events.moves('draining'), ...events.moves('stopping').filter(({ from }) => from === 'starting')];
  expect(evictions.length, 'something had to go').toBeGreaterThan(0);
  expect(drains.length, 'every stop is an eviction').toBe(evictions.length);
  expect(events.moves('backoff').concat(events.moves('failed'))).toEqual([]);
  const sizes = /ram has [\d.]+(?: [kMG]B)? of [\d.]+ [MG]B free/;
  const names = BUDGET_MODELS.join('|');
  for (const { reason, expert, victim } of evictions) {
    expect(reason).toMatch(sizes);
    expect(reason).toContain(`room for ${expert}`);
    expect(victim).toMatch(new RegExp(`^(?:${names})$`));
  }
  const logged = log.match(new RegExp(`(?:${names}) is evicted: room for (?:${names}): ${sizes.source}`, 'g'));
  expect(logged?.length, 'the log tells each of them').toBe(evictions.length);
}

interface Outcome {
  readonly expert: string;
  readonly kind: 'whole' | 'stream' | 'abandoned';
  readonly how: 'answered' | 'refused' | 'left' | 'unexplained';
  readonly ms: number;
  /** The code of a refusal, or what could not be explained. */
  readonly detail: string;
}

async function oneRequest(orchestrator: Orchestrator, random: () => number, over: AbortSignal): Promise<Outcome> {
  const expert = BUDGET_MODELS[zipf(random, BUDGET_MODELS.length)] ?? 'one';
  const kinds = ['whole', 'whole', 'stream', 'stream', 'abandoned'] as const;
  const kind = kinds[Math.floor(random() * kinds.length)] ?? 'whole';
  const stream = kind === 'stream' || (kind === 'abandoned' && random() < 0.5);
  const maxTokens = 1 + Math.floor(random() * 12);
  // One byte of text is one token of these models; a tenth of the prompts fill the context.
  const length = Math.floor(random() ** 4 * (CONTEXT - 64));
  const leaveAfter = Math.round(20 + random() * 1_500);
  const pause = random() < 0.2 ? random() * 1_000 : 0;
  await new Promise((done) => setTimeout(done, pause));
  const leave = kind === 'abandoned' ? AbortSignal.timeout(leaveAfter) : new AbortController().signal;
  const fields = { model: expert, max_tokens: maxTokens, stream };
  const { value, ms } = await timed(async () => {
    try {
      const signal = AbortSignal.any([leave, over]);
      return await outcomeOf(await orchestrator.chat('x'.repeat(length), fields, { signal }), stream, leave);
    } catch (error) {
      if (leave.aborted) return { how: 'left', detail: '' } as const;
      return { how: 'unexplained', detail: String(error) } as const;
    }
  });
  return { expert, kind, ms, ...value };
}

async function outcomeOf(
  response: Response,
  stream: boolean,
  leave: AbortSignal,
): Promise<Pick<Outcome, 'how' | 'detail'>> {
  if (response.status === 200 && stream) {
    const { done, finishReason, error, ended } = await collect(response);
    if (done && finishReason !== null) return { how: 'answered', detail: '' };
    if (leave.aborted) return { how: 'left', detail: '' };
    if (error && typeof error['code'] === 'string' && String(error['message']).length > 10)
      return { how: 'refused', detail: error['code'] };
    return { how: 'unexplained', detail: `a stream ${ended} without an end` };
  }
  const body = (await response.json()) as {
    choices?: { finish_reason?: string }[];
    error?: { code?: string; message?: string; source?: string };
  };
  if (response.status === 200 && body.choices?.[0]?.finish_reason) return { how: 'answered', detail: '' };
  const { code, message, source } = body.error ?? {};
  if (code && message && source === 'orchestrator') return { how: 'refused', detail: code };
  return { how: 'unexplained', detail: `${response.status} ${JSON.stringify(body).slice(0, 300)}` };
}

function expertOf(path: string): Record<string, unknown> {
  return {
    engine: 'llama-server',
    model: { path },
    context: CONTEXT,
    parallel: 2,
    threads: 1,
    idleUnload: 'never',
    'llama-server': { batch: 128, ubatch: 64 },
  };
}

/** The first is wanted most: 1, ½, ⅓, ¼. */
function zipf(random: () => number, count: number): number {
  const weights = Array.from({ length: count }, (_, index) => 1 / (index + 1));
  let left = random() * weights.reduce((sum, weight) => sum + weight, 0);
  return Math.max(
    0,
    weights.findIndex((weight) => (left -= weight) < 0),
  );
}

/** Mulberry32: the same requests in the same order, however long each takes. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function describeSample({
  atMs,
  total,
  private: own,
  mapped,
  engines,
}: ReturnType<typeof watchMemory>['peak']): string {
  const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  return `${mib(total)} after ${Math.round(atMs)} ms: ${mib(own)} private and ${mib(mapped)} mapped by ${engines.length} engines`;
}

function report(outcomes: readonly Outcome[], watch: ReturnType<typeof watchMemory>, events: EventLog): string {
  const count = (values: readonly string[]) =>
    [...new Set(values)].map((value) => `${value} ${values.filter((other) => other === value).length}`).join(', ');
  const answered = outcomes.filter(({ how }) => how === 'answered').map(({ ms }) => ms);
  return [
    `${outcomes.length} requests in ${SECONDS} s: ${count(outcomes.map(({ how }) => how))}`,
    `refused: ${count(outcomes.filter(({ how }) => how === 'refused').map(({ detail }) => detail)) || 'none'}`,
    `answered after p50 ${Math.round(percentile(answered, 0.5))} ms, p95 ${Math.round(percentile(answered, 0.95))} ms`,
    `${events.moves('ready').length} loads, ${events.plans('evict').length} evictions`,
    `${watch.samples} samples, ${Math.round(watch.longestGapMs)} ms apart at most; the most was ${describeSample(watch.peak)}`,
  ].join('\n');
}
