import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';

import { KnowledgeMetrics } from '../../../src/telemetry/knowledge-metrics.ts';

describe('the figures of the documents', () => {
  it('say whether the store answers, and nothing while they are off', async () => {
    const registry = new Registry();
    const metrics = new KnowledgeMetrics(registry);
    const shown = async () =>
      /^orchestrator_knowledge_store_ready\{kind="server"\} (\S+)$/m.exec(await registry.metrics())?.[1];
    expect(await shown()).toBeUndefined();
    let state = 'ready';
    metrics.observe({
      documents: () => Promise.resolve([['ready', 2]]),
      chunks: () => Promise.resolve(7),
      waiting: () => 0,
      queued: () => 0,
      indexBytes: () => 0,
      store: () => ({ kind: 'server', state }),
    });
    expect(await shown()).toBe('1');
    state = 'degraded';
    expect(await shown()).toBe('0');
    expect(await registry.metrics()).toContain('orchestrator_knowledge_documents{state="ready"} 2');
    metrics.observe(undefined);
    expect(await shown()).toBeUndefined();
  });
});
