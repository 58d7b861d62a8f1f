import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { KnowledgeStatus } from '../../../src/knowledge/contract.ts';
import type { KnowledgeSetup, OpenKnowledge } from '../../../src/knowledge/setup.ts';
import { KnowledgeHolder } from '../../../src/server/knowledge-holder.ts';
import { createSettings, type Settings } from '../../../src/server/settings.ts';
import type { Fleet } from '../../../src/supervisor/fleet.ts';
import { Sandbox } from '../profiles/sandbox.ts';
import { silentLogger } from '../supervisor/house.ts';

const READY: KnowledgeStatus = {
  state: 'ready',
  reason: null,
  store: { kind: 'memory', version: null },
  queued: 0,
  embedding: null,
};

async function settingsOf(knowledge: string): Promise<Settings> {
  const sandbox = new Sandbox();
  const experts = 'experts:\n  a: { model: { path: a.gguf } }\n  minilm: { model: { path: m.gguf }, task: embed }\n';
  const profile = await sandbox.load(sandbox.write('p.yaml', `${experts}knowledge: ${knowledge}\n`));
  const fleet = { remote: () => undefined } as unknown as Fleet;
  return createSettings({ generation: 1, profile, fleet, keys: [], runToken: 't', host: 'localhost' });
}

class Opener {
  readonly log: string[] = [];
  failures = 0;
  last: KnowledgeSetup | undefined;

  readonly load = () => Promise.resolve({ open: this.open, close: () => Promise.resolve(void this.log.push('end')) });

  readonly open = (setup: KnowledgeSetup): Promise<OpenKnowledge> => {
    this.log.push('open');
    this.last = setup;
    if (this.failures-- > 0) return Promise.reject(new Error('the folder is locked by process 7'));
    const base = {
      status: () => READY,
      reconfigure: (changed: KnowledgeSetup) => {
        this.log.push('reconfigure');
        this.last = changed;
      },
      close: () => Promise.resolve(void this.log.push('close')),
    };
    return Promise.resolve(base as unknown as OpenKnowledge);
  };
}

describe('the holder of knowledge', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('opens, tells what changed, and closes, as each profile wants it', async () => {
    const opener = new Opener();
    const holder = new KnowledgeHolder({ logger: silentLogger, load: opener.load });
    expect(() => holder.get()).toThrow(/knowledge: \{ enabled: true \}/);
    holder.apply(await settingsOf('{ enabled: false }'));
    expect(holder.status().state).toBe('off');

    holder.apply(await settingsOf('{ enabled: true, embedding: minilm }'));
    expect(holder.status()).toMatchObject({ state: 'opening', store: { kind: 'embedded' } });
    expect(() => holder.get()).toThrow(/just being opened/);
    await vi.waitFor(() => expect(holder.peek()).toBeDefined());
    expect(holder.status()).toBe(READY);
    expect(opener.last?.embedding).toMatchObject({ expert: { id: 'minilm' }, path: '/v1/embeddings' });

    holder.apply(await settingsOf('{ enabled: true, topK: 3 }'));
    await vi.waitFor(() => expect(opener.log).toEqual(['open', 'reconfigure']));
    expect(opener.last).toMatchObject({ knowledge: { topK: 3 }, embedding: undefined });

    holder.apply(await settingsOf('{ enabled: false }'));
    await vi.waitFor(() => expect(opener.log).toEqual(['open', 'reconfigure', 'close']));
    expect(() => holder.get()).toThrow(/keeps no documents/);
    holder.apply(await settingsOf('{ enabled: true }'));
    await holder.close();
    expect(opener.log.filter((entry) => entry === 'open').length).toBe(
      opener.log.filter((entry) => entry === 'close').length,
    );
  });

  it('tries again what could not be opened, and says why meanwhile', async () => {
    const opener = new Opener();
    opener.failures = 2;
    const holder = new KnowledgeHolder({ logger: silentLogger, load: opener.load });
    holder.apply(await settingsOf('{ enabled: true }'));
    await vi.waitFor(() => expect(holder.status().state).toBe('degraded'));
    expect(() => holder.get()).toThrow(/locked by process 7/);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(opener.log).toEqual(['open', 'open']);
    await vi.advanceTimersByTimeAsync(4_000);
    expect(holder.get().status()).toBe(READY);
    await holder.close();
  });
});
