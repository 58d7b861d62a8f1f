/** What the shipped models take, against the tables of the engine reference (GiB), which were cross-checked with published logs. */
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import type { Model } from '../../../src/engines/settings.ts';
import { writeGguf } from '../../../src/models/gguf-writer.ts';
import { DEFAULT_SETTINGS, predictGguf } from '../../../src/models/footprint.ts';
import type { GgufSettings } from '../../../src/models/footprint.ts';
import { settingsOfExpert } from '../../../src/models/expert-footprint.ts';
import { placeGguf } from '../../../src/models/placements.ts';
import { readShape } from '../../../src/models/read-shape.ts';
import { repackedTypes } from '../../../src/models/repack.ts';
import { recordedFolder, recordedShape } from '../../../src/models/shape-record.ts';
import type { RecordedShape } from '../../../src/models/shape-record.ts';
import { loadProfile } from '../../../src/profiles/load.ts';
import { temporaryFolder } from '../models/support.ts';
import { poolOf, shippedHouse } from './shipped-house.ts';

const GiB = 2 ** 30;
const MiB = 2 ** 20;

async function modelOf(profile: string, id: string): Promise<Model> {
  const { experts } = await loadProfile(profile, { environment: { HOME: '/nonexistent' } });
  const expert = experts.find((one) => one.id === id);
  if (expert?.kind !== 'process' || !expert.model) throw new Error(`${profile} has no model for ${id}`);
  return expert.model;
}

async function recordOf(profile: string, id: string): Promise<RecordedShape> {
  const recorded = recordedShape(await modelOf(profile, id));
  if (!recorded) throw new Error(`no record of ${id} in ${profile}`);
  return recorded;
}

/** As the tables are computed: one slot, physical batches of 512, logits for every token of one, no host memory for later. */
const TABLE: Partial<GgufSettings> = { parallel: 1, logitsPerToken: true, contextCheckpoints: 0 };

describe('on an RTX 4080', () => {
  const devices = [{ pool: 'gpu0', share: 1 }];

  it.each([
    ['rtx4080', 'phi4_fast', 8_192, 4.2, 3.7],
    ['rtx4080', 'phi4_fast', 32_768, 7.2, 5.3],
    ['rtx4080', 'mistral_balanced', 8_192, 5.6, 5.1],
    ['rtx4080', 'mistral_balanced', 32_768, 8.6, 6.7],
    ['rtx4080', 'qwen_coder', 8_192, 2.5, 2.4],
    ['rtx4080', 'qwen_coder', 32_768, 3.2, 2.8],
    ['rtx4080', 'aya_expanse_multilingual', 8_192, 6.7, 6.2],
    ['rtx4080', 'gemma3_multimodal', 8_192, 14.7, 14.1],
    ['rtx4080-safe', 'gemma3_multimodal', 8_192, 13.6, 13.0],
  ] as const)(
    '%s: %s with %d tokens takes %d GiB, %d with a cache of eight bits',
    async (profile, id, context, f16, q8) => {
      const { shape } = await recordOf(profile, id);
      for (const [type, wanted] of [
        ['f16', f16],
        ['q8_0', q8],
      ] as const) {
        const settings = { ...DEFAULT_SETTINGS, ...TABLE, gpuLayers: 'all' as const, devices, context };
        const { footprint } = predictGguf({ shape, settings: { ...settings, kvCacheK: type, kvCacheV: type } });
        expect(Math.abs((footprint['gpu0'] ?? 0) / GiB / wanted - 1)).toBeLessThan(0.05);
      }
    },
  );

  it.each(['rtx4080', 'rtx4080-safe'])(
    'the sets of %s fit together on builds that keep the logits of every token, too',
    async (name) => {
      const { world, profile } = await shippedHouse(name, 62 * GiB);
      const takes = async (id: string) => {
        const expert = profile.experts.find((one) => one.id === id);
        if (!expert) throw new Error(`no ${id}`);
        const { shape } = await recordOf(name, id);
        const settings = { ...settingsOfExpert(expert, devices), logitsPerToken: true };
        return predictGguf({ shape, settings }).footprint['gpu0'] ?? 0;
      };
      const { capacity, reserve } = poolOf(world, 'gpu0');
      for (const set of [
        ['phi4_fast', 'qwen_coder', 'mistral_balanced'],
        ['phi4_fast', 'qwen_coder', 'aya_expanse_multilingual'],
        ['gemma3_multimodal'],
      ]) {
        let sum = 0;
        for (const id of set) sum += await takes(id);
        expect([set, sum <= capacity - reserve]).toEqual([set, true]);
      }
    },
  );
});

describe('on 32 Axion cores', () => {
  const repacked = repackedTypes('arm64', new Set(['asimddp', 'i8mm']));

  it.each([
    ['axion', 'phi4_fast', 32_768, 6.8],
    ['axion', 'mistral_balanced', 32_768, 8.1],
    ['axion', 'qwen_coder', 32_768, 2.8],
    ['axion', 'gemma3_multimodal', 32_768, 18.4],
    ['axion', 'aya_expanse_multilingual', 8_192, 6.2],
    ['bitnet-cpu', 'bitnet_2b', 4_096, 1.7],
    ['bitnet-cpu', 'falcon3_7b', 32_768, 7.0],
  ] as const)('%s: %s with %d tokens takes %d GiB', async (profile, id, context, wanted) => {
    const { shape } = await recordOf(profile, id);
    // The table counts a tied embedding once, not its repacked twin as well.
    const once = { ...shape, tied: false };
    const { parts } = predictGguf({ shape: once, settings: { ...DEFAULT_SETTINGS, ...TABLE, context, repacked } });
    const sum = parts.reduce((total, { bytes }) => total + bytes, 0);
    expect(Math.abs(sum / GiB / wanted - 1)).toBeLessThan(0.08);
  });
});

describe('bitnet.cpp', () => {
  it('computes on the CPU, whatever GPUs the budget counts', async () => {
    const { shape } = await recordOf('bitnet-cpu', 'bitnet_2b');
    const { experts } = await loadProfile('bitnet-cpu', { environment: { HOME: '/nonexistent' } });
    const expert = experts.find(({ id }) => id === 'bitnet_2b');
    if (!expert) throw new Error('no bitnet_2b');
    const placements = placeGguf(expert, { shape }, [{ id: 'gpu0', capacity: 16 * GiB }]);
    expect(placements).toMatchObject([{ name: 'cpu', spill: false, launch: { gpus: [], gpuLayers: 0 } }]);
  });
});

describe('a mixture', () => {
  it('lies where a published log of gpt-oss 120B says', async () => {
    // llama-server -ngl 999 -ncmoe 26: 42,065 MiB on the CPU, 587 MiB for the embedding, 17,787 MiB on the GPU.
    const { shape } = await recordOf('rtx4080-120b-like', 'gpt_oss_120b');
    const { experts } = await loadProfile('rtx4080-120b-like', { environment: { HOME: '/nonexistent' } });
    const expert = experts.find(({ id }) => id === 'gpt_oss_120b');
    if (!expert) throw new Error('no gpt_oss_120b');
    const [placement] = placeGguf({ ...expert, cpuMoe: 26 }, { shape }, [{ id: 'gpu0', capacity: 24 * GiB }]);
    const weights = placement?.parts.find(({ name, pool }) => name === 'weights' && pool === 'gpu0')?.bytes ?? 0;
    expect(Math.abs((placement?.mapped.main ?? 0) / MiB / (42_065 + 587) - 1)).toBeLessThan(0.01);
    expect(Math.abs(weights / MiB / 17_787 - 1)).toBeLessThan(0.01);
    expect(shape.layers.filter(({ sliding }) => sliding)).toHaveLength(18);
    expect(shape.mixture).toEqual({ used: 4, feedForward: 2_880 });
  });
});

describe('a header of gpt-oss', () => {
  it('names a window and no pattern: every other layer slides', async () => {
    const path = join(temporaryFolder(), 'model.gguf');
    const number = (value: number) => ({ type: 'u32', value }) as const;
    const metadata = {
      'general.architecture': { type: 'string', value: 'gpt-oss' },
      'gpt-oss.block_count': number(4),
      'gpt-oss.context_length': number(131_072),
      'gpt-oss.attention.sliding_window': number(128),
    } as const;
    await writeGguf(path, { metadata, tensors: [] });
    const { layers, slidingWindow } = await readShape(path);
    expect(layers.map(({ sliding }) => sliding)).toEqual([true, false, true, false]);
    expect(slidingWindow).toBe(128);
  });
});

describe('a folder of weights', () => {
  it.each([
    ['phi4_fast', 128],
    ['mistral_balanced', 128],
    ['qwen_coder', 28],
    ['aya_expanse_multilingual', 128],
  ])('%s takes %d KiB for a token', async (id, kib) => {
    const shape = recordedFolder(await modelOf('axion-vllm', id));
    expect(2 * 2 * (shape?.layers ?? 0) * (shape?.headsKv ?? 0) * (shape?.headLength ?? 0)).toBe(kib * 1_024);
    expect(shape?.estimated).toBe(true);
  });

  it('that nobody knows has no record', () => {
    expect(recordedFolder({ hf: 'someone/else', revision: 'main' })).toBeUndefined();
    expect(recordedFolder({ path: '/models/gemma-3-27b-it/' })).toMatchObject({
      slidingLayers: 52,
      slidingWindow: 1_024,
    });
  });
});
