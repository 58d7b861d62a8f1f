import { describe, expect, it } from 'vitest';

import { EventBus } from '../../../src/telemetry/events.ts';
import { labelMetrics, Metrics } from '../../../src/telemetry/metrics.ts';

const figures = {
  expert: 'a',
  route: '/v1/chat/completions',
  status: 200,
  durationMs: 1_500,
  firstByteMs: 100,
  waitedMs: 0,
  promptTokens: 7,
  generatedTokens: 3,
};

describe('the figures', () => {
  it('of finished and refused requests', async () => {
    const metrics = new Metrics();
    metrics.finished(figures);
    metrics.finished({ ...figures, status: 504, firstByteMs: undefined, promptTokens: 0, generatedTokens: 0 });
    metrics.refused('queue_full');
    expect(metrics.totals).toEqual({ requests: 3, failed: 2, promptTokens: 7, generatedTokens: 3 });
    const text = await metrics.registry.metrics();
    expect(text).toContain('orchestrator_requests_total{expert="a",route="/v1/chat/completions",status="200"} 1');
    expect(text).toContain('orchestrator_requests_total{expert="a",route="/v1/chat/completions",status="504"} 1');
    expect(text).toContain('orchestrator_request_duration_seconds_sum{expert="a",route="/v1/chat/completions"} 3');
    expect(text).toContain('orchestrator_time_to_first_token_seconds_count{expert="a",route="/v1/chat/completions"} 1');
    expect(text).toContain('orchestrator_generated_tokens_total{expert="a"} 3');
    expect(text).toContain('orchestrator_refused_total{code="queue_full"} 1');
  });

  it('of what happens to experts', async () => {
    const metrics = new Metrics();
    const bus = new EventBus((error) => {
      throw error;
    });
    metrics.follow(bus);
    const move = { type: 'lifecycle', at: '', expert: 'a', reason: null } as const;
    bus.publish({ ...move, from: 'stopped', to: 'starting', event: 'start' });
    bus.publish({ ...move, from: 'starting', to: 'backoff', event: 'crash' });
    bus.publish({ ...move, from: 'starting', to: 'failed', event: 'break' });
    bus.publish({
      type: 'plan',
      at: '',
      expert: 'a',
      action: 'evict',
      victim: 'b',
      cause: 'room',
      reason: 'room for a',
    });
    bus.publish({ type: 'plan', at: '', expert: 'b', action: 'evict', cause: 'pause', reason: 'gpu0 is handed back' });
    bus.publish({ type: 'plan', at: '', expert: 'a', action: 'start', reason: 'gpu0 has room' });
    const text = await metrics.registry.metrics();
    expect(text).toContain('orchestrator_engine_starts_total{expert="a"} 1');
    expect(text).toContain('orchestrator_engine_crashes_total{expert="a"} 2');
    expect(text).toContain('orchestrator_evictions_total{expert="b",reason="room"} 1');
    expect(text).toContain('orchestrator_evictions_total{expert="b",reason="pause"} 1');
    expect(text).toContain('orchestrator_plans_total{action="evict"} 2');
    expect(text).toContain('orchestrator_plans_total{action="start"} 1');
  });

  it('of the moment somebody asks', async () => {
    const metrics = new Metrics();
    let queued = 1;
    let pools = [
      { id: 'gpu0', capacity: 10, usable: 8, held: 9, free: -1, foreign: 2, quarantined: 1 },
      { id: 'gpu1', capacity: 4, usable: 4, held: 0, free: 4, foreign: 0, quarantined: 0 },
    ];
    metrics.observe({
      states: () => [['a', 'ready']],
      pools: () => pools,
      held: () => [['a', 'gpu0', 5]],
      queued: () => [['a', queued]],
      inFlight: () => [['a', 2]],
      logDrops: () => [['a', 0]],
    });
    await metrics.registry.metrics();
    queued = 5;
    pools = pools.slice(0, 1);
    const text = await metrics.registry.metrics();
    expect(text).toContain('orchestrator_expert_state{expert="a",state="ready"} 1');
    expect(text).toContain('orchestrator_expert_state{expert="a",state="stopped"} 0');
    expect(text).toContain('orchestrator_queue_length{expert="a"} 5');
    for (const figure of ['capacity_bytes{pool="gpu0"} 10', 'usable_bytes{pool="gpu0"} 8', 'held_bytes{pool="gpu0"} 9'])
      expect(text).toContain(`orchestrator_pool_${figure}`);
    for (const figure of ['free_bytes{pool="gpu0"} -1', 'foreign_bytes{pool="gpu0"} 2'])
      expect(text).toContain(`orchestrator_pool_${figure}`);
    expect(text).toContain('orchestrator_pool_quarantined_bytes{pool="gpu0"} 1');
    expect(text, 'what a reload took out').not.toContain('gpu1');
    expect(text).toContain('orchestrator_expert_held_bytes{expert="a",pool="gpu0"} 5');
  });
});

describe('the metrics of an engine', () => {
  it('get a label, and lose their comments', () => {
    const text = [
      '# HELP llamacpp:tokens_total Tokens',
      '# TYPE llamacpp:tokens_total counter',
      'llamacpp:tokens_total 5',
      'vllm:e2e_bucket{le="+Inf",model="a{b}"} 1e+03 1700000000',
      'empty{} NaN',
      'this is no sample line at all',
      '<html>',
      '',
    ].join('\n');
    expect(labelMetrics(text, 'expert', 'a"b\\c').split('\n')).toEqual([
      'llamacpp:tokens_total{expert="a\\"b\\\\c"} 5',
      'vllm:e2e_bucket{le="+Inf",model="a{b}",expert="a\\"b\\\\c"} 1e+03 1700000000',
      'empty{expert="a\\"b\\\\c"} NaN',
    ]);
  });
});

describe('the bus', () => {
  it('reaches every listener, also behind one that fails, until it leaves', () => {
    const errors: unknown[] = [];
    const bus = new EventBus((error) => errors.push(error));
    const heard: string[] = [];
    const defect = new Error('a defect in a listener');
    bus.subscribe(() => {
      throw defect;
    });
    const leave = bus.subscribe(({ type }) => heard.push(type));
    bus.publish({ type: 'reload', at: '', ok: true, message: '' });
    leave();
    bus.publish({ type: 'reload', at: '', ok: true, message: '' });
    expect(heard).toEqual(['reload']);
    expect(errors).toEqual([defect, defect]);
  });
});
