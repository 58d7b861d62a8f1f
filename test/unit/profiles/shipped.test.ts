import { describe, expect, it } from 'vitest';

import { plan } from '../../../src/planner/decide.ts';
import { fits } from '../../../src/planner/fits.ts';
import { schedule } from '../../../src/planner/schedule.ts';
import { ask, filled, leftOf, poolOf, shippedHouse, shippedProfiles, subsets } from './shipped-house.ts';

const GiB = 2 ** 30;
const MiB = 2 ** 20;
const FIVE = ['phi4_fast', 'mistral_balanced', 'qwen_coder', 'gemma3_multimodal', 'aya_expanse_multilingual'];

interface Promised {
  /** GiB of RAM of its machine, as the kernel counts it. */
  readonly ram: number;
  /** Sets that are loaded together, as the comment at the top of the profile says. */
  readonly together: readonly (readonly string[])[];
}

const PROMISES: Readonly<Record<string, Promised>> = {
  demo: {
    ram: 1.9,
    together: [
      ['general', 'coder', 'minilm'],
      ['general', 'spanish', 'minilm'],
    ],
  },
  'cpu-small': { ram: 7.6, together: [['phi4_fast', 'qwen_coder']] },
  rtx4080: {
    ram: 62,
    together: [
      ['phi4_fast', 'qwen_coder', 'mistral_balanced'],
      ['phi4_fast', 'qwen_coder', 'aya_expanse_multilingual'],
      ['gemma3_multimodal'],
    ],
  },
  'rtx4080-safe': {
    ram: 62,
    together: [
      ['phi4_fast', 'qwen_coder', 'mistral_balanced'],
      ['phi4_fast', 'qwen_coder', 'aya_expanse_multilingual'],
      ['gemma3_multimodal'],
    ],
  },
  'rtx4080-120b-like': { ram: 62, together: [['gpt_oss_120b', 'phi4_fast']] },
  axion: { ram: 123, together: [FIVE] },
  'axion-vllm': { ram: 123, together: [FIVE] },
  'bitnet-cpu': { ram: 7.6, together: [['bitnet_2b', 'falcon3_7b']] },
  'vllm-single': { ram: 31, together: [['qwen_vllm']] },
  services: { ram: 1.9, together: [['whisper']] },
};

const house = (name: string) => shippedHouse(name, (PROMISES[name]?.ram ?? 0) * GiB);
const NAMES = Object.keys(PROMISES);

describe('the shipped profiles', () => {
  it('each promise something', () => {
    expect(shippedProfiles().toSorted()).toEqual(NAMES.toSorted());
  });

  it.each(NAMES)('%s has a shape, a licence and room for each of its models', async (name) => {
    const { profile, world } = await house(name);
    expect(profile.description).toBeDefined();
    for (const { id, placements } of world.experts) {
      expect([id, fits(world, id)]).toEqual([id, undefined]);
      expect([id, placements[0]?.spill ?? false, placements.length > 0]).toEqual([id, false, true]);
    }
    for (const expert of profile.experts) {
      if (expert.kind !== 'process' || !expert.model) continue;
      expect([expert.id, expert.model.licence?.name]).toEqual([expert.id, expect.stringMatching(/./)]);
    }
  });

  it.each(NAMES.flatMap((name) => (PROMISES[name]?.together ?? []).map((set) => [name, set] as const)))(
    '%s has room for %j together',
    async (name, set) => {
      const { world } = await house(name);
      expect(ask(world, set).started).toEqual(set.toSorted());
    },
  );
});

describe('rtx4080', () => {
  it('has room for no more than it says', async () => {
    const { world } = await house('rtx4080');
    for (const set of subsets(FIVE)) {
      const others = set.filter((id) => id !== 'phi4_fast' && id !== 'qwen_coder');
      const small = !set.includes('gemma3_multimodal');
      // Mistral and Aya together have room for the coder, not for the generalist as well.
      const both = others.length === 2 && set.includes('phi4_fast');
      const together = small ? !both : set.length === 1;
      expect([set, ask(world, set).started.length === set.length]).toEqual([set, together]);
    }
  });

  it.each([['mistral_balanced'], ['aya_expanse_multilingual']])(
    'unloads all three others for gemma3_multimodal, %s among them, and says so',
    async (third) => {
      const { world } = await house('rtx4080');
      const loaded = ['phi4_fast', 'qwen_coder', third];
      const decision = plan(ask(world, loaded).world, 'gemma3_multimodal', { waitedMs: 0, background: false });
      if (decision.action !== 'evict') throw new Error(`it would ${decision.action}: ${decision.reason}`);
      expect(decision.victims.map(({ id }) => id).toSorted()).toEqual(loaded.toSorted());
      expect(decision.thenPlacement.name).toBe('gpu0');
      expect(decision.reason).toMatch(/^gpu0 has .* GiB/);
      expect(decision.frees['gpu0']).toBeGreaterThan(11 * GiB);
    },
  );

  it('brings the generalist back when gemma3_multimodal is gone, and not before', async () => {
    const { world } = await house('rtx4080');
    expect(schedule(ask(world, ['gemma3_multimodal']).world)).toEqual([]);
    expect(schedule(world)).toMatchObject([{ do: 'start', expert: 'phi4_fast' }]);
    expect(schedule(ask(world, ['qwen_coder', 'mistral_balanced']).world)).toMatchObject([{ expert: 'phi4_fast' }]);
  });
});

describe('rtx4080-safe', () => {
  it('keeps its margin whatever is loaded, and a GiB more beside gemma3_multimodal', async () => {
    const { world } = await house('rtx4080-safe');
    expect(poolOf(world, 'gpu0').reserve).toBe(2_376 * MiB);
    for (const set of subsets(FIVE)) {
      expect(leftOf(ask(world, set).world, 'gpu0')).toBeGreaterThanOrEqual(2_376 * MiB);
    }
    expect(leftOf(ask(world, ['gemma3_multimodal']).world, 'gpu0')).toBeGreaterThan(2_376 * MiB + GiB);
    expect(world.experts.some(({ preload }) => preload)).toBe(false);
  });
});

describe('axion', () => {
  it('holds all five in about half of its memory, and keeps them', async () => {
    const { world, profile } = await house('axion');
    const share = filled(ask(world, FIVE).world, 'ram');
    expect(share).toBeGreaterThan(0.35);
    expect(share).toBeLessThan(0.55);
    expect(profile.experts.map((expert) => expert.kind === 'process' && expert.idleUnload)).toEqual(
      FIVE.map(() => 'never'),
    );
  });

  it('holds them as vLLM has them too, with little room beside', async () => {
    const { world } = await house('axion-vllm');
    expect(filled(ask(world, FIVE).world, 'ram')).toBeGreaterThan(0.9);
  });
});

describe('rtx4080-120b-like', () => {
  it('counts the experts of the mixture in RAM and the rest on the card', async () => {
    const { world } = await house('rtx4080-120b-like');
    const [placement] = world.experts.find(({ id }) => id === 'gpt_oss_120b')?.placements ?? [];
    expect((placement?.mapped?.[0]?.bytes ?? 0) / GiB).toBeCloseTo(48, 0);
    expect((placement?.footprint['gpu0'] ?? 0) / GiB).toBeCloseTo(13, 0);
    // Long prompts are computed on the card, for which matrices of the experts are copied to it.
    expect(leftOf(ask(world, ['gpt_oss_120b']).world, 'gpu0')).toBeGreaterThan((1_400 + 1_024) * MiB);
  });
});

describe('vllm-single', () => {
  it('leaves a tenth of its reservation on the card when it sleeps, and the weights in RAM', async () => {
    const { appraisals } = await house('vllm-single');
    const { asleep, placements } = appraisals.get('qwen_vllm') ?? {};
    expect(placements?.[0]?.footprint['gpu0']).toBe(14 * GiB);
    expect((asleep?.['gpu0'] ?? 0) / GiB).toBeCloseTo(1.4, 1);
    expect((asleep?.['ram'] ?? 0) - (placements?.[0]?.footprint['ram'] ?? 0)).toBe(5.57e9);
  });
});
