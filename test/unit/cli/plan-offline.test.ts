import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { planLines } from '../../../src/cli/budget-table.ts';
import { planOffline } from '../../../src/cli/plan-offline.ts';

/** A machine without any model file. */
const home = mkdtempSync(join(tmpdir(), 'orchestrator-plan-'));
const EMPTY = { HOME: home, PATH: '/nowhere', ORCHESTRATOR_CACHE_DIR: home, ORCHESTRATOR_STATE_DIR: home };
afterAll(() => rmSync(home, { recursive: true }));

const plan = (expert: string, loaded: readonly string[] = [], profile = 'rtx4080') =>
  planOffline(expert, { profile, loaded }, EMPTY);

describe('a plan for a profile', () => {
  it('shows the arithmetic from the shape records', async () => {
    const view = await plan('gemma3_multimodal');
    expect(view).toMatchObject({ action: 'start', placement: { name: 'gpu0', estimated: true } });
    expect(view.pools.map(({ id }) => id)).toEqual(['ram', 'gpu0']);
    const parts = view.placement?.parts.filter(({ pool }) => pool === 'gpu0') ?? [];
    expect(parts.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(view.placement?.footprint['gpu0']);
    const lines = planLines(view);
    expect(lines[0]).toMatch(/^would start gemma3_multimodal on gpu0: it needs .* of gpu0 \(.* free\)$/);
    expect(lines.join('\n')).toMatch(/gpu0 +KV cache q8_0 +[\d.]+ MB +52 layers/);
  });

  it('says why it knows nothing of the memory of an expert', async () => {
    const file = join(home, 'far.yaml');
    writeFileSync(
      file,
      'budget: { ram: { capacity: 1GiB, reserve: 0B } }\nexperts: { a: { model: { path: x.gguf } } }\n',
    );
    const notes: string[] = [];
    const view = await planOffline('a', { profile: file, loaded: [], note: (text) => void notes.push(text) }, EMPTY);
    expect(planLines(view)).toEqual(['would start a: how much memory it takes is not known yet']);
    expect(notes).toEqual([
      expect.stringMatching(/its model is not on this machine\. There is no such file: .*x\.gguf/),
    ]);
    expect((await plan('whisper', [], 'services')).sentence).toMatch(/^would start whisper: it needs/);
  });

  it('says who would go, were others loaded', async () => {
    const view = await plan('gemma3_multimodal', ['phi4_fast', 'mistral_balanced']);
    expect(view.action).toBe('evict');
    expect(view.victims.map(({ expert }) => expert).sort()).toEqual(['mistral_balanced', 'phi4_fast']);
    expect(view.pools[1]?.holders.map(({ expert }) => expert)).toEqual(['phi4_fast', 'mistral_balanced']);
    expect((await plan('phi4_fast', ['phi4_fast'])).action).toBe('serve');
  });

  it('refuses what the profile does not have, or cannot hold together', async () => {
    await expect(plan('nobody')).rejects.toThrow(/no expert "nobody"; it has phi4_fast/);
    await expect(plan('phi4_fast', ['gemma3_multimodal', 'mistral_balanced'])).rejects.toThrow(
      /^mistral_balanced does not fit beside/,
    );
    await expect(plan('phi4_fast', [], 'no-such-profile')).rejects.toMatchObject({ exitCode: 78 });
  });
});
