import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { vllm } from '../../../src/engines/vllm.ts';
import { type PlaceableVllm, placeVllm } from '../../../src/models/placements.ts';
import { predictVllm, readSafetensorsShape, vllmCacheBytes } from '../../../src/models/vllm-footprint.ts';
import { temporaryFolder } from './support.ts';

const GiB = 2 ** 30;
const mistral = {
  weightBytes: 14.5e9,
  layers: 32,
  slidingLayers: 0,
  slidingWindow: undefined,
  headsKv: 8,
  headLength: 128,
  contextTrained: 32_768,
};
const settings = { context: 8_192, parallel: 4, kvElementBytes: 2, pools: ['gpu0'] } as const;

describe('a folder of safetensors', () => {
  const config = { num_hidden_layers: 2, num_attention_heads: 4, num_key_value_heads: 2, hidden_size: 64 };

  it('is read by its index, the numbers of multimodal models from text_config', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ text_config: { ...config, head_dim: 32 } }));
    writeFileSync(join(folder, 'model.safetensors.index.json'), '{"metadata":{"total_size":1234},"weight_map":{}}');
    expect(await readSafetensorsShape(folder)).toMatchObject({
      weightBytes: 1_234,
      layers: 2,
      headsKv: 2,
      headLength: 32,
    });
  });

  it('without an index is summed from the headers', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
    const header = Buffer.from(JSON.stringify({ one: { dtype: 'F16', shape: [4], data_offsets: [0, 8] } }));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    writeFileSync(join(folder, 'model.safetensors'), Buffer.concat([length, header, Buffer.alloc(8)]));
    expect(await readSafetensorsShape(folder)).toMatchObject({ weightBytes: 8, headLength: 16 });
  });

  it('that is not one is refused by name', async () => {
    const folder = temporaryFolder();
    await expect(readSafetensorsShape(folder)).rejects.toThrow(/config\.json cannot be used/);
    writeFileSync(join(folder, 'config.json'), '{}');
    await expect(readSafetensorsShape(folder)).rejects.toMatchObject({ code: 'model_unavailable' });
  });
});

describe('a vLLM', () => {
  it('counts what it reserves, whatever it needs', () => {
    const { footprint, problem } = predictVllm(mistral, { ...settings, reservation: 18 * GiB });
    expect(footprint['gpu0']).toBe(18 * GiB);
    expect(problem).toBeUndefined();
  });

  it('says when the reservation cannot hold one request', () => {
    const { problem, neededPerDevice } = predictVllm(mistral, { ...settings, reservation: 14 * GiB });
    expect(problem).toMatch(/14\.0 GiB are reserved where weights/);
    expect(neededPerDevice).toBeGreaterThan(14.5e9 + vllmCacheBytes(mistral, 8_192, 2));
  });

  it('takes 128 KiB for a token of Mistral 7B, and half with fp8', () => {
    expect(vllmCacheBytes(mistral, 1, 2)).toBe(128 * 1_024);
    expect(vllmCacheBytes(mistral, 1, 1)).toBe(64 * 1_024);
    expect(vllmCacheBytes({ ...mistral, slidingLayers: 16, slidingWindow: 1_024 }, 4_096, 2)).toBe(64 * 1_024 * 5_120);
  });

  it('shares weights and cache between devices, and on a CPU lies in ram', () => {
    const two = predictVllm(mistral, { ...settings, pools: ['gpu0', 'gpu1'] }).footprint;
    const one = predictVllm(mistral, settings).footprint;
    expect(two['gpu0']).toBe(two['gpu1']);
    expect(two['gpu0']).toBeLessThan(one['gpu0'] ?? 0);
    const cpu = predictVllm(mistral, { ...settings, pools: [], reservation: 4 * GiB });
    expect(Object.keys(cpu.footprint)).toEqual(['ram']);
    expect(cpu.footprint['ram']).toBeGreaterThan(14.5e9 + 4 * GiB);
  });
});

describe('placements of a vLLM', () => {
  const pools = ['gpu0', 'gpu1', 'gpu2'].map((id) => ({ id, capacity: 24 * GiB }));
  const placed = (own: Record<string, unknown>) => {
    const written = { engine: 'vllm', model: { path: '/m' }, gpuMemory: '6GiB', ...own };
    const expert = { id: 'a', ...vllm.settings.parse(written) } as unknown as PlaceableVllm;
    return placeVllm(expert, mistral, pools).map(({ name }) => name);
  };

  it('are on the GPUs that the expert may use, each or as many together as it is split over', () => {
    expect(placed({})).toEqual(['gpu0', 'gpu1', 'gpu2']);
    expect(placed({ gpus: ['gpu1', 'gpu2'] })).toEqual(['gpu1', 'gpu2']);
    expect(placed({ vllm: { devices: '2' } })).toEqual(['gpu2']);
    expect(placed({ gpus: ['gpu1', 'gpu2'], vllm: { tensorParallel: 2 } })).toEqual(['gpu1+gpu2']);
  });
});
