import { describe, expect, it } from 'vitest';

import { nameExperts } from '../../../../src/cli/init/expert-names.ts';
import { fitExpert } from '../../../../src/cli/init/fit.ts';
import { planHouse } from '../../../../src/cli/init/house.ts';
import type { MeasuredMachine } from '../../../../src/cli/init/machine.ts';
import type { ExaminedModel } from '../../../../src/models/examine.ts';
import { readShapeRecords, shapeFromRecord } from '../../../../src/models/shape-record.ts';
import type { Pool } from '../../../../src/planner/world.ts';

const GiB = 2 ** 30;

function machine(ram: number, ...gpus: number[]): MeasuredMachine {
  const pool = (id: string, capacity: number): Pool => ({
    id,
    capacity,
    reserve: GiB,
    foreign: 0,
    quarantined: 0,
    paused: false,
  });
  const devices = gpus.map((size, index) => pool(`gpu${index}`, size * GiB));
  return {
    budget: {},
    pools: [pool('ram', ram * GiB), ...devices],
    gpus: devices.map(({ id, capacity }) => ({ id, capacity })),
    gpuNames: {},
    gpuAnswer: { problem: { kind: 'absent', message: 'none' } },
    notes: [],
  };
}

/** A model of the shipped shape records, as if its file were here. */
function model(record: string, quantisation: string, more: Partial<ExaminedModel> = {}): ExaminedModel {
  const found = readShapeRecords().get(record);
  if (!found) throw new Error(`no record ${record}: ${[...readShapeRecords().keys()].join(', ')}`);
  return {
    found: {
      path: `/m/${record}.gguf`,
      mmproj: undefined,
      name: `${record}-${quantisation}`,
      alsoCalled: [],
      store: 'test',
    },
    engine: 'llama-server',
    task: 'generate',
    pooling: undefined,
    shape: { ...shapeFromRecord(found, quantisation), estimated: false },
    mmproj: undefined,
    chatTemplate: true,
    ...more,
  };
}

const records = readShapeRecords();
const nameOf = (pattern: RegExp) => [...records.keys()].find((name) => pattern.test(name)) ?? '';
const quantOf = (name: string) => Object.keys(records.get(name)?.files ?? {})[0] ?? '';
const of = (pattern: RegExp) => model(nameOf(pattern), quantOf(nameOf(pattern)));
const small = () => of(/qwen.*1\.5b/i);
const large = () => of(/gemma.*27b/i);

describe('the settings of an expert', () => {
  it('are the usual ones where it fits on the GPU, or in RAM without one', () => {
    for (const place of [machine(64, 16), machine(64)])
      expect(fitExpert(small(), place)).toMatchObject({ settings: { context: 8_192, parallel: 2 } });
    expect(fitExpert(small(), machine(64, 16))).toMatchObject({ placements: [{ name: 'gpu0' }] });
  });

  it('shrink requests and context before layers leave the GPU', () => {
    const roomy = fitExpert(of(/phi/i), machine(64, 48));
    const usual = 'placements' in roomy ? (roomy.placements[0].footprint['gpu0'] ?? 0) / GiB : 0;
    const fit = fitExpert(of(/phi/i), machine(64, usual + 1 - 0.1));
    expect(fit).toMatchObject({ placements: [{ name: 'gpu0' }] });
    expect('settings' in fit && fit.settings.gpuLayers).toBeUndefined();
    expect('settings' in fit && fit.settings.parallel).toBe(1);
  });

  it('keep as many layers on the GPU as it takes, and say so; then run on the CPU; then not at all', () => {
    const part = fitExpert(large(), machine(64, 12));
    const layers = large().shape.layers.length;
    expect('settings' in part && part.settings.gpuLayers).toBeGreaterThan(layers / 2);
    expect('settings' in part && part.settings.gpuLayers).toBeLessThan(layers);
    expect(fitExpert(large(), machine(64, 2))).toMatchObject({
      settings: { gpuLayers: 0 },
      placements: [{ name: 'cpu' }],
    });
    expect(fitExpert(large(), machine(8, 2))).toEqual({
      why: expect.stringMatching(
        /^even with a context of 2048 tokens it needs .* GiB of ram, which offers 7\.0 GiB$/,
      ) as string,
    });
  });

  it('put the experts of a mixture into RAM, of no more layers than must be', () => {
    const name = [...records].find(([, record]) => record.mixture)?.[0] ?? '';
    const mixture = model(name, quantOf(name));
    const fit = fitExpert(mixture, machine(128, 16));
    const { cpuMoe } = 'settings' in fit ? fit.settings : {};
    expect(cpuMoe).toBeGreaterThan(0);
    expect(cpuMoe).toBeLessThan(mixture.shape.layers.length);
    expect(fitExpert(mixture, machine(128, 200))).toMatchObject({ settings: { parallel: 2 } });
  });

  it('of an embedding model keep to what it was trained for', () => {
    const embedder = { ...small(), task: 'embed' as const };
    expect(fitExpert(embedder, machine(64))).toMatchObject({ settings: { context: 2_048, parallel: 2 } });
    const short = { ...embedder, shape: { ...embedder.shape, contextTrained: 512 } };
    expect(fitExpert(short, machine(64))).toMatchObject({ settings: { context: 512 } });
    const tiny = { ...embedder, shape: { ...embedder.shape, contextTrained: 256 } };
    expect(fitExpert(tiny, machine(64))).toMatchObject({ settings: { context: 256 } });
  });

  it('of bitnet.cpp are for one request on the CPU', () => {
    expect(fitExpert({ ...small(), engine: 'bitnet' }, machine(64, 16))).toMatchObject({
      settings: { parallel: 1 },
      placements: [{ name: 'cpu' }],
    });
  });
});

describe('a house', () => {
  const three = () => [small(), of(/phi/i), large()];

  it('says that all fit together where they do', () => {
    const house = planHouse(three(), machine(64, 48));
    expect(house.together).toEqual([house.experts.map(({ id }) => id)]);
    expect(house.experts.every(({ beside }) => beside.length === 2)).toBe(true);
    expect(house.defaultExpert).toBe(house.experts[2]?.id);
  });

  it('says who fits beside whom where not, and which is only alone', () => {
    const house = planHouse(three(), machine(64, 16.5));
    const [a, b, c] = house.experts.map(({ id }) => id);
    expect(house.together).toEqual([[a, b], [c]]);
    expect(house.experts.map(({ beside }) => beside)).toEqual([[b], [a], []]);
  });

  it('leaves out what cannot be used or never fits, with the reason', () => {
    const broken = { found: { ...small().found, path: '/m/broken.gguf' }, reason: 'it was cut' };
    const odd = { ...small(), found: { ...small().found, path: '/m/a\nb.gguf' } };
    const { experts, leftOut } = planHouse([broken, odd, large(), small()], machine(8));
    expect(experts).toHaveLength(1);
    expect(leftOut.map(({ reason }) => reason)).toEqual([
      'it was cut',
      'its path has control characters',
      expect.stringMatching(/^it does not fit here: .* of ram/) as string,
    ]);
  });

  it('spreads over several GPUs', () => {
    const { experts, together } = planHouse(
      [large(), { ...large(), found: { ...large().found, path: '/m/2.gguf' } }],
      machine(64, 20, 20),
    );
    expect(together).toEqual([experts.map(({ id }) => id)]);
  });

  it('answers by the largest that is not slow where there is no GPU', () => {
    expect(planHouse(three(), machine(128)).defaultExpert).toMatch(/phi/i);
    expect(planHouse([{ ...small(), task: 'embed' }], machine(64)).defaultExpert).toBeUndefined();
  });
});

describe('the names of experts', () => {
  const names = (...list: string[]) => nameExperts(list.map((name) => ({ name, alsoCalled: [] }))).map(({ id }) => id);

  it('are short, and each there once', () => {
    expect(names('Qwen2.5-Coder-7B-Instruct-Q4_K_M', 'auto', '(?)', 'Mein Modell')).toEqual([
      'qwen2.5-coder-7b-instruct',
      'auto-2',
      'model',
      'mein-modell',
    ]);
    expect(names('phi-Q4_K_M', 'phi-Q8_0', 'phi-Q8_0')).toEqual(['phi-q4_k_m', 'phi-q8_0', 'phi-q8_0-2']);
  });

  it('keep those of Ollama as aliases', () => {
    expect(
      nameExperts([
        { name: 'llama3.2:3b', alsoCalled: ['llama3.2'] },
        { name: 'llama3.2', alsoCalled: [] },
      ]),
    ).toEqual([
      { id: 'llama3.2-3b', aliases: ['llama3.2:3b'] },
      { id: 'llama3.2', aliases: [] },
    ]);
    expect(nameExperts([{ name: 'hf.co/a/b:Q4_K_M', alsoCalled: ['b'] }])).toEqual([
      { id: 'hf.co-a-b:Q4_K_M'.toLowerCase().replace(':', '-'), aliases: ['hf.co/a/b:Q4_K_M', 'b'] },
    ]);
  });
});
