import { existsSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { buildGguf } from '../../../scripts/build-gguf.ts';
import { computeBuffer } from '../../../src/models/compute-buffer.ts';
import { bitnet } from '../../../src/engines/bitnet.ts';
import { llamaServer } from '../../../src/engines/llama-server.ts';
import { settingsOfExpert } from '../../../src/models/expert-footprint.ts';
import type { GgufExpert } from '../../../src/models/expert-footprint.ts';
import { DEFAULT_SETTINGS, predictGguf } from '../../../src/models/footprint.ts';
import type { GgufSettings, Prediction } from '../../../src/models/footprint.ts';
import type { GgufShape } from '../../../src/models/gguf-shape.ts';
import { F32, writeGguf } from '../../../src/models/gguf-writer.ts';
import { checkpointBytes, layerCacheBytes } from '../../../src/models/kv-cache.ts';
import { fileIdentity, LearnedFootprints } from '../../../src/models/learned.ts';
import { placeLayers } from '../../../src/models/placement.ts';
import { readShape } from '../../../src/models/read-shape.ts';
import { parseCpuFlags, repackedTypes } from '../../../src/models/repack.ts';
import { readShapeRecords, recordedShape, shapeFromRecord } from '../../../src/models/shape-record.ts';
import { temporaryFolder } from './support.ts';

const MiB = 2 ** 20;
const GiB = 2 ** 30;

/** The generated model that the real server's log was read for, 4 layers of 512 with 8 heads of which 4 keep keys and values. */
function shapeOf(changes: Partial<GgufShape> & { blocks?: number; headsKv?: number; group?: number } = {}): GgufShape {
  const { blocks = 4, headsKv = 4, group = 1, ...rest } = changes;
  const weights = Array.from({ length: blocks }, (_, place) => ({
    place,
    type: 'F16',
    bytes: 4 * MiB,
    expert: false,
    repackable: true,
  }));
  return {
    architecture: 'llama',
    estimated: false,
    layers: Array.from({ length: blocks }, (_, index) => ({
      headsKv,
      sliding: group > 1 && index % group < group - 1,
    })),
    embedding: 512,
    feedForward: 1_536,
    gated: true,
    heads: 8,
    keyLength: 64,
    valueLength: 64,
    vocabulary: 1_000,
    merges: 5,
    slidingWindow: group > 1 ? 512 : undefined,
    mixture: undefined,
    causal: true,
    tied: false,
    weights: [
      { place: 'embedding', type: 'F16', bytes: MiB, expert: false, repackable: true },
      ...weights,
      { place: 'output', type: 'F16', bytes: MiB, expert: false, repackable: true },
    ],
    fileBytes: 18 * MiB,
    contextTrained: 131_072,
    ...rest,
  };
}

const mixed = (used: number, feedForward: number) => ({ mixture: { used, feedForward }, feedForward });

const mamba = (embedding: number, state: number) => ({
  embedding,
  feedForward: 0,
  headsKv: 0,
  keyLength: embedding,
  valueLength: embedding,
  heads: 1,
  recurrent: { inner: 2 * embedding, state },
});

const settingsOf = (changes: Partial<GgufSettings> = {}): GgufSettings => ({
  ...DEFAULT_SETTINGS,
  context: 2_048,
  parallel: 1,
  contextCheckpoints: 0,
  ...changes,
});

const part = (prediction: Prediction, name: string, pool = 'ram') =>
  prediction.parts.filter((one) => one.name === name && one.pool === pool).reduce((sum, { bytes }) => sum + bytes, 0);

describe('the compute buffer', () => {
  // Name, shape, settings, MiB in the log of llama-server 0.7.0 (build 11669) on a CPU.
  it.each<[string, Parameters<typeof shapeOf>[0], Partial<GgufSettings>, number]>([
    ['feed-forward', {}, {}, 16.02],
    ['a short context', {}, { context: 512 }, 14.52],
    ['a long context', {}, { context: 65_536 }, 78.02],
    ['four slots', {}, { parallel: 4 }, 16.02],
    ['a small batch', {}, { ubatch: 128 }, 4],
    ['a large batch', {}, { ubatch: 1_024 }, 32.04],
    ['a wide feed-forward', { feedForward: 8_192 }, {}, 55.02],
    ['a wide embedding', { embedding: 1_024, keyLength: 128, valueLength: 128 }, {}, 21.02],
    ['attention', { feedForward: 32 }, {}, 8.02],
    ['attention with every head', { feedForward: 32, headsKv: 8 }, {}, 9.02],
    ['attention with one head', { feedForward: 32, headsKv: 1 }, {}, 8.02],
    ['no flash attention', {}, { flashAttention: false }, 43.01],
    ['no flash attention, long', {}, { flashAttention: false, context: 8_192 }, 151.01],
    ['no flash attention, every head', { feedForward: 32, headsKv: 8 }, { flashAttention: false }, 44.01],
    ['sliding layers alone', { group: 6 }, { context: 8_192 }, 15.02],
    ['eight of many small experts', mixed(8, 32), { context: 512 }, 13.52],
    ['eight experts too wide for a hole', mixed(8, 128), { context: 512 }, 19.52],
    ['eight experts of a third', mixed(8, 192), { context: 512 }, 22.52],
    ['eight experts of a half', mixed(8, 256), {}, 19.02],
    ['two small experts', mixed(2, 64), { context: 512 }, 7.52],
    ['two experts', mixed(2, 512), {}, 13.02],
    ['a Mamba', mamba(512, 16), {}, 15.08],
    ['a Mamba with a large state', mamba(512, 64), { parallel: 2 }, 15.53],
    ['a wide Mamba', mamba(1_024, 128), {}, 31.03],
    ['two masks', { group: 6, blocks: 12, slidingWindow: 1_024 }, { context: 8_192 }, 23.53],
  ])('is what the engine reserves for %s', (_name, shape, settings, logged) => {
    const { bytes } = computeBuffer(shapeOf(shape), settingsOf(settings));
    expect(Math.abs(bytes / MiB - logged)).toBeLessThan(0.1);
  });

  it('of an encoder is smaller: no gate, fewer residuals', () => {
    // all-MiniLM-L6-v2 logs 8.02 MiB.
    const encoder = {
      causal: false,
      gated: false,
      embedding: 384,
      heads: 12,
      keyLength: 32,
      valueLength: 32,
      headsKv: 12,
    };
    expect(computeBuffer(shapeOf(encoder), settingsOf({ context: 512 })).bytes / MiB).toBeCloseTo(8.02, 1);
  });

  it('grows with logits of every token in builds that reserve them', () => {
    const shape = shapeOf({ vocabulary: 128_256, embedding: 4_096, feedForward: 14_336 });
    const { bytes } = computeBuffer(shape, settingsOf({ logitsPerToken: true }));
    // An 8B Llama 3 logged 258.5 MiB without its masks.
    expect(bytes / MiB).toBeCloseTo(258.5 + 2, 0);
  });
});

describe('the cache', () => {
  it('is the log’s for full and sliding layers', () => {
    const shape = shapeOf({ group: 6, blocks: 12, slidingWindow: 1_024 });
    const settings = settingsOf({ context: 8_192 });
    const sum = shape.layers.reduce((total, layer) => total + layerCacheBytes(shape, layer, settings), 0);
    expect(sum).toBe(31 * MiB);
  });

  it('takes 34 bytes for 32 elements of q8_0, and nothing in an encoder', () => {
    const [layer = { headsKv: 0, sliding: false }] = shapeOf().layers;
    expect(layerCacheBytes(shapeOf(), layer, settingsOf({ kvCacheK: 'q8_0', kvCacheV: 'q8_0' })) * 4).toBe(4.25 * MiB);
    expect(layerCacheBytes(shapeOf({ causal: false }), layer, settingsOf())).toBe(0);
  });

  it('leaves a window’s worth in each checkpoint', () => {
    // Gemma 3 270M: 15 sliding layers of one head of 256, a window of 512.
    const shape = shapeOf({ blocks: 18, group: 6, headsKv: 1, keyLength: 256, valueLength: 256, slidingWindow: 512 });
    expect(checkpointBytes(shape, settingsOf())).toBe(7.5 * MiB);
    const kept = (changes: Partial<GgufSettings>) => {
      const bytes = part(predictGguf({ shape, settings: settingsOf(changes) }), 'context checkpoints');
      // Half of one is left in the heap.
      return bytes === 0 ? 0 : bytes / (7.5 * MiB) / (changes.parallel ?? 1) - 0.5;
    };
    expect(kept({ contextCheckpoints: 32, checkpointSpacing: 0, parallel: 2 })).toBe(32);
    // The first, the last and the new one: what lies between them is too close together, and the fourth place stays free.
    expect(kept({ contextCheckpoints: 4, context: 8_192 })).toBe(3);
    expect(kept({ contextCheckpoints: 4, context: 20_000 })).toBe(4);
    expect(kept({ contextCheckpoints: 32, context: 20_000 })).toBe(31);
    expect(kept({ contextCheckpoints: 2 })).toBe(2);
    expect(kept({ contextCheckpoints: 0 })).toBe(0);
  });
});

describe('weights', () => {
  it('stay in the mapped file on a CPU, and become private where they are repacked', () => {
    const mapped = predictGguf({ shape: shapeOf(), settings: settingsOf() });
    expect(mapped.mappedFileBytes).toBe(18 * MiB);
    expect(part(mapped, 'weights')).toBe(0);
    const quantised = shapeOf();
    const shape = { ...quantised, weights: quantised.weights.map((group) => ({ ...group, type: 'Q4_0' })) };
    const repacked = predictGguf({ shape, settings: settingsOf({ repacked: new Set(['Q4_0']) }) });
    // The embedding is looked up, not multiplied.
    expect(repacked.mappedFileBytes).toBe(MiB);
    expect(part(repacked, 'weights')).toBe(17 * MiB);
    const tied = predictGguf({
      shape: { ...shape, tied: true, weights: shape.weights.filter(({ place }) => place !== 'output') },
      settings: settingsOf({ repacked: new Set(['Q4_0']) }),
    });
    expect([tied.mappedFileBytes, part(tied, 'weights')]).toEqual([MiB, 17 * MiB]);
  });

  it('are read into private memory without mmap', () => {
    const prediction = predictGguf({ shape: shapeOf(), settings: settingsOf({ mmap: false }) });
    expect([prediction.mappedFileBytes, part(prediction, 'weights')]).toEqual([0, 18 * MiB]);
  });

  it('go to the GPU layer by layer, the output first, a tied embedding twice', () => {
    const devices = [{ pool: 'gpu0', share: 1 }];
    const all = predictGguf({ shape: shapeOf(), settings: settingsOf({ gpuLayers: 'all', devices }) });
    expect([part(all, 'weights', 'gpu0'), all.mappedFileBytes]).toEqual([17 * MiB, MiB]);
    expect(part(all, 'KV cache f16', 'gpu0')).toBe(8 * MiB);
    const two = predictGguf({ shape: shapeOf(), settings: settingsOf({ gpuLayers: 2, devices }) });
    expect([part(two, 'weights', 'gpu0'), part(two, 'KV cache f16', 'gpu0')]).toEqual([5 * MiB, 2 * MiB]);
    expect([part(two, 'compute buffer'), part(two, 'compute buffer', 'gpu0')].every((bytes) => bytes > 0)).toBe(true);
    const tied = predictGguf({
      shape: { ...shapeOf({ tied: true }), weights: shapeOf().weights.filter(({ place }) => place !== 'output') },
      settings: settingsOf({ gpuLayers: 'all', devices }),
    });
    expect([part(tied, 'weights', 'gpu0'), tied.mappedFileBytes]).toEqual([17 * MiB, MiB]);
  });

  it('are dealt out over devices by their shares', () => {
    const devices = [
      { pool: 'gpu0', share: 3 },
      { pool: 'gpu1', share: 1 },
    ];
    expect(placeLayers(7, { gpuLayers: 'all', devices })).toEqual({
      layers: ['gpu0', 'gpu0', 'gpu0', 'gpu0', 'gpu0', 'gpu0', 'gpu1'],
      output: 'gpu1',
    });
    expect(placeLayers(3, { gpuLayers: 0, devices })).toEqual({ layers: ['ram', 'ram', 'ram'], output: 'ram' });
  });

  it('of experts stay in host memory where the profile says so', () => {
    const base = shapeOf({ mixture: { used: 2, feedForward: 512 } });
    const experts = base.layers.map((_, place) => ({
      place,
      type: 'F16',
      bytes: 10 * MiB,
      expert: true,
      repackable: true,
    }));
    const shape = { ...base, weights: [...base.weights, ...experts] };
    const devices = [{ pool: 'gpu0', share: 1 }];
    const gpu = (cpuMoe: boolean | number) =>
      part(predictGguf({ shape, settings: settingsOf({ gpuLayers: 'all', devices, cpuMoe }) }), 'weights', 'gpu0') /
      MiB;
    expect([gpu(false), gpu(3), gpu(true)]).toEqual([57, 27, 17]);
  });

  it('of experts leave room in the host’s compute buffer for their results', () => {
    const shape = shapeOf({ mixture: { used: 2, feedForward: 512 } });
    const settings = settingsOf({ gpuLayers: 'all', devices: [{ pool: 'gpu0', share: 1 }] });
    const host = (cpuMoe: boolean) =>
      part(predictGguf({ shape, settings: { ...settings, cpuMoe } }), 'compute buffer', 'ram');
    expect(host(true) - host(false)).toBe(2 * 3 * 512 * 512 * 4);
  });

  it('of a draft model, a projector and adapters are counted too', () => {
    const settings = settingsOf();
    const alone = predictGguf({ shape: shapeOf(), settings });
    const more = predictGguf({
      shape: shapeOf(),
      settings,
      mmproj: { bytes: 50 * MiB },
      loras: [3 * MiB],
      draft: { shape: shapeOf({ estimated: true }) },
    });
    expect(more.mapped).toEqual({ main: 18 * MiB, draft: 18 * MiB });
    expect(more.estimated).toBe(true);
    expect((more.footprint['ram'] ?? 0) - (alone.footprint['ram'] ?? 0)).toBeGreaterThan(53 * MiB + 8 * MiB);
  });
});

describe('a shape', () => {
  it('tells recurrent layers from those with a cache', async () => {
    const path = join(temporaryFolder(), 'hybrid.gguf');
    const u32 = (value: number) => ({ type: 'u32', value }) as const;
    const own = { block_count: 3, embedding_length: 512, 'attention.head_count': 8, 'attention.head_count_kv': 2 };
    const ssm = { conv_kernel: 4, inner_size: 1_024, state_size: 64, group_count: 2 };
    const tensor = (name: string) => ({ name, dims: [1], type: F32, data: () => [new Uint8Array(4)] });
    await writeGguf(path, {
      metadata: {
        'general.architecture': { type: 'string', value: 'x' },
        ...Object.fromEntries(Object.entries(own).map(([key, value]) => [`x.${key}`, u32(value)])),
        ...Object.fromEntries(Object.entries(ssm).map(([key, value]) => [`x.ssm.${key}`, u32(value)])),
      },
      tensors: [
        ...['blk.0.ssm_in.weight', 'blk.0.attn_qkv.weight', 'blk.1.attn_k.weight'].map(tensor),
        ...['blk.2.ssm_in.weight', 'blk.2.attn_k.weight'].map(tensor),
      ],
    });
    const shape = await readShape(path);
    const stateBytes = 4 * (3 * (1_024 + 2 * 2 * 64) + 1_024 * 64);
    expect(shape.layers).toEqual([
      { headsKv: 0, sliding: false, stateBytes },
      { headsKv: 2, sliding: false },
      { headsKv: 2, sliding: false, stateBytes },
    ]);
    const prediction = predictGguf({ shape, settings: settingsOf({ parallel: 2, contextCheckpoints: 2 }) });
    expect(part(prediction, 'recurrent state')).toBe(2 * 2 * stateBytes);
    expect(part(prediction, 'context checkpoints')).toBe(2.5 * 2 * 2 * stateBytes);
  });

  it('is the same of a mixture in one file and in three', async () => {
    const path = join(temporaryFolder(), 'mixture.gguf');
    const options = { path, experts: 4, expertsUsed: 2, weights: 'q8_0' } as const;
    await buildGguf(options);
    const parts = await buildGguf({ ...options, parts: 3 });
    expect(parts.path).toMatch(/mixture-00001-of-00003\.gguf$/);
    const [whole, split] = [await readShape(path), await readShape(parts.path)];
    expect(whole.mixture).toEqual({ used: 2, feedForward: 128 });
    expect(whole.weights.filter(({ expert }) => expert)).toHaveLength(2);
    expect({ ...split, fileBytes: whole.fileBytes }).toEqual(whole);
    expect(split.fileBytes).toBe(parts.bytes);
    // From any of its parts, also from one that does not say what it is a part of.
    expect(await readShape(parts.path.replace('00001', '00003'))).toEqual(split);
  });

  it('comes from the header of a generated model', async () => {
    const path = join(temporaryFolder(), 'model.gguf');
    await buildGguf({ path, architecture: 'gemma3', blockCount: 7, weights: 'q4_0', slidingWindow: 256 });
    const shape = await readShape(path);
    expect(shape).toMatchObject({
      architecture: 'gemma3',
      tied: true,
      slidingWindow: 256,
      causal: true,
      estimated: false,
    });
    expect(shape.layers.map(({ sliding }) => sliding)).toEqual([true, true, true, true, true, false, true]);
    const tensors = shape.weights.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(tensors).toBeLessThanOrEqual(statSync(path).size);
    expect(shape.weights.find(({ place }) => place === 'embedding')).toMatchObject({ type: 'Q4_0' });
  });

  it('of an encoder keeps no cache', async () => {
    const path = join(temporaryFolder(), 'model.gguf');
    await buildGguf({ path, architecture: 'bert' });
    const prediction = predictGguf({ shape: await readShape(path), settings: settingsOf() });
    expect(prediction.parts.filter(({ name }) => name.startsWith('KV'))).toEqual([]);
  });

  it('comes from a record while the file is not here, and agrees with the tables of the reference', () => {
    const model = {
      hf: 'bartowski/google_gemma-3-27b-it-GGUF',
      file: 'google_gemma-3-27b-it-Q4_K_M.gguf',
      mmproj: 'mmproj.gguf',
    };
    const recorded = recordedShape(model);
    expect(recorded).toMatchObject({ name: 'gemma-3-27b-it', quantisation: 'Q4_K_M', mmproj: 860_000_000 });
    const shape = recorded?.shape ?? shapeOf();
    expect(shape.estimated).toBe(true);
    expect(shape.layers.filter(({ sliding }) => !sliding)).toHaveLength(10);
    const settings = settingsOf({ context: 32_768 });
    const cache = shape.layers.reduce((sum, layer) => sum + layerCacheBytes(shape, layer, settings), 0);
    expect(cache).toBe(32_768 * 80 * 1_024 + 624 * MiB);
    expect(recordedShape({ hf: 'someone/else', file: 'other-Q4_K_M.gguf' })).toBeUndefined();
  });

  it.each([
    ['phi-4-mini-instruct', 'Q4_K_M', 8_192, 4.2],
    ['mistral-7b-instruct-v0.2', 'Q4_K_M', 32_768, 8.6],
    ['qwen2.5-coder-1.5b-instruct', 'Q8_0', 8_192, 2.5],
    ['aya-expanse-8b', 'Q4_K_M', 8_192, 6.7],
  ] as const)('of %s needs about the table’s memory on a GPU', (name, quantisation, context, gib) => {
    const record = readShapeRecords().get(name);
    if (!record) throw new Error(`no record of ${name}`);
    const settings = settingsOf({
      context,
      gpuLayers: 'all',
      devices: [{ pool: 'gpu0', share: 1 }],
      logitsPerToken: true,
    });
    const { footprint } = predictGguf({ shape: shapeFromRecord(record, quantisation), settings });
    expect(Math.abs((footprint['gpu0'] ?? 0) / GiB / gib - 1)).toBeLessThan(0.08);
  });
});

describe('what a processor repacks', () => {
  it('follows its features', () => {
    const flags = parseCpuFlags('processor\t: 0\nflags\t\t: fpu avx2 avx512f fma\n');
    expect([...repackedTypes('x64', flags)].toSorted()).toEqual(['IQ4_NL', 'MXFP4', 'Q2_K', 'Q4_0', 'Q4_K']);
    expect(repackedTypes('x64', parseCpuFlags('flags : sse2')).size).toBe(0);
    expect(repackedTypes('arm64', parseCpuFlags('Features\t: fp asimd asimddp i8mm')).has('Q8_0')).toBe(true);
  });
});

describe('the settings of an expert', () => {
  it('are read with the flags that change memory', () => {
    const expert: GgufExpert = {
      id: 'one',
      engine: 'llama-server',
      fit: {},
      languages: [],
      aliases: [],
      variants: {},
      vision: false,
      audio: false,
      tools: false,
      request: {},
      strip: [],
      task: 'generate',
      context: 4_096,
      parallel: 3,
      kvCache: 'q8_0',
      gpuLayers: 'auto',
      'llama-server': { cacheRam: 5, flags: ['-ctxcp', '4', '--no-mmap', '-ncmoe', '7', '--no-repack'] },
    };
    expect(settingsOfExpert(expert)).toMatchObject({
      context: 4_096,
      parallel: 3,
      kvCacheK: 'q8_0',
      contextCheckpoints: 4,
      mmap: false,
      cpuMoe: 7,
      cacheRamBytes: 5,
      repacked: new Set(),
      gpuLayers: 'all',
      ubatch: 512,
    });
    expect(settingsOfExpert({ ...expert, task: 'embed' }).ubatch).toBe(2_048);
    const flags = [
      '-ub',
      '64',
      '-ctv',
      'q4_0',
      '-cram',
      '8',
      '-fa',
      'off',
      '-t',
      '3',
      '-cmoe',
      '-ub',
      '96',
      '-ctxcp',
      'x',
    ];
    expect(settingsOfExpert({ ...expert, 'llama-server': { contextCheckpoints: 9, flags } })).toMatchObject({
      ubatch: 96,
      kvCacheK: 'q8_0',
      kvCacheV: 'q4_0',
      cacheRamBytes: 8 * MiB,
      flashAttention: false,
      threads: 3,
      cpuMoe: true,
      contextCheckpoints: 9,
    });
  });

  it('have the defaults of the schema', () => {
    const parsed = llamaServer.settings.parse({ engine: 'llama-server', model: { path: 'm.gguf' } });
    const expert = { id: 'one', ...parsed } as unknown as GgufExpert;
    const { threads: _threads, repacked: _repacked, gpuLayers: _gpuLayers, ...defaults } = DEFAULT_SETTINGS;
    expect(settingsOfExpert(expert)).toMatchObject(defaults);
  });

  it('are those of a server of 2024 for bitnet.cpp', () => {
    const parsed = bitnet.settings.parse({
      engine: 'bitnet',
      model: { path: 'm.gguf' },
      kvCache: 'q8_0',
      bitnet: { flags: ['-ub', '128'] },
    });
    const expert = { id: 'one', ...parsed } as unknown as GgufExpert;
    expect(settingsOfExpert(expert, [{ pool: 'gpu0', share: 1 }])).toMatchObject({
      parallel: 1,
      ubatch: 128,
      devices: [],
      flashAttention: true,
      repacked: new Set(),
      contextCheckpoints: 0,
    });
    expect(settingsOfExpert({ ...expert, kvCache: 'f16' }).flashAttention).toBe(false);
  });
});

describe('learned footprints', () => {
  const key = { files: ['a:1:2'], engine: '0.7.0', settings: { context: 512, repacked: new Set(['Q4_0', 'Q4_K']) } };

  it('are the most of the latest runs, survive a restart and tell settings apart', () => {
    const path = join(temporaryFolder(), 'deep', 'learned.json');
    const memory = new LearnedFootprints(path);
    expect(memory.find(key)).toBeUndefined();
    memory.record(key, { ram: 100 }, new Date(0));
    memory.record(key, { ram: 90.4, gpu0: 5 }, new Date(1));
    expect(new LearnedFootprints(path).find(key)).toEqual({ ram: 100, gpu0: 5 });
    expect(memory.find({ ...key, settings: { repacked: new Set(['Q4_K', 'Q4_0']), context: 512 } })).toBeDefined();
    expect(memory.find({ ...key, settings: { context: 513 } })).toBeUndefined();
    expect(memory.find({ ...key, engine: '0.7.1' })).toBeUndefined();
    for (let run = 0; run < 8; run += 1) memory.record(key, { ram: 50 }, new Date(2));
    expect(memory.find(key)).toEqual({ ram: 50 });
  });

  it('stay few: the oldest are forgotten', () => {
    const path = join(temporaryFolder(), 'learned.json');
    const entries = Array.from({ length: 512 }, (_, index) => [
      `key${index}`,
      { runs: [{ ram: 1 }], at: `2026-01-01T00:00:00.${String(index).padStart(3, '0')}Z` },
    ]);
    writeFileSync(path, JSON.stringify({ version: 1, entries: Object.fromEntries(entries) }));
    const memory = new LearnedFootprints(path);
    memory.record(key, { ram: 7 }, new Date());
    const kept = JSON.parse(readFileSync(path, 'utf8')) as { entries: Record<string, unknown> };
    expect(Object.keys(kept.entries)).toHaveLength(512);
    expect(kept.entries['key0']).toBeUndefined();
    expect(memory.find(key)).toEqual({ ram: 7 });
  });

  it.each(['', '{', '{"version":2,"entries":{}}', '{"version":1,"entries":{"a":{"runs":[],"at":"x"}}}', '[]'])(
    'begin anew over a file that says %j',
    (content) => {
      const path = join(temporaryFolder(), 'learned.json');
      writeFileSync(path, content);
      const memory = new LearnedFootprints(path);
      memory.record(key, { ram: 1 }, new Date());
      expect(new LearnedFootprints(path).find(key)).toEqual({ ram: 1 });
    },
  );

  it('know a file by its size and time', () => {
    const path = join(temporaryFolder(), 'model.gguf');
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, 'abc');
    utimesSync(path, 1, 1);
    expect(existsSync(path)).toBe(true);
    expect(fileIdentity(path, statSync(path))).toBe(`${path}:3:1000`);
  });
});
