import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { beforeEach, describe, expect, it } from 'vitest';

import { DEFAULT_SETTINGS, predictGguf } from '../../../src/models/footprint.ts';
import { correctByOracle, oracleArgs, oracleBeside, parseOracle } from '../../../src/models/oracle.ts';
import type { OracleQuestion } from '../../../src/models/oracle.ts';
import { readShape } from '../../../src/models/read-shape.ts';
import { buildGguf } from '../../../scripts/build-gguf.ts';
import { temporaryFolder } from './support.ts';

const MiB = 2 ** 20;

describe('an answer of llama-fit-params', () => {
  it('is read line by line, each number up to the next MiB', () => {
    expect(parseOracle('build: 1\nCUDA0 4100 1024 300 \nHost 500 0 20 \n')).toEqual([
      { name: 'CUDA0', model: 4_101 * MiB, context: 1_025 * MiB, compute: 301 * MiB },
      { name: 'Host', model: 501 * MiB, context: 0, compute: 21 * MiB },
    ]);
    expect(parseOracle('-c 4096 -ngl 33\n')).toBeUndefined();
  });

  it('is asked for with the server’s arguments that it knows, for one slot', () => {
    const args = ['--model', 'm', '--host', 'x.sock', '--ctx-size', '512', '--parallel', '2', '--no-kv-unified'];
    expect(oracleArgs([...args, '--metrics', '-t', '4', '-ub', '64', '-nr'], 2)).toEqual([
      '--model',
      'm',
      '--ctx-size',
      '256',
      '-ub',
      '64',
      '-nr',
    ]);
  });
});

describe('a prediction', () => {
  let folder = '';
  let oracle = '';
  let asked: OracleQuestion;
  /** What stands for the program: it notes each question, and answers or does not. */
  const answers = (script: string) => {
    writeFileSync(oracle, `#!/bin/sh\necho "$CUDA_VISIBLE_DEVICES: $*" >>${folder}/asked\n${script}\n`);
    chmodSync(oracle, 0o755);
  };
  const questions = () => readFileSync(join(folder, 'asked'), 'utf8').trim().split('\n');
  const onGpus = async (...pools: string[]) => {
    const path = join(folder, 'model.gguf');
    await buildGguf({ path });
    const devices = pools.map((pool) => ({ pool, share: 1 }));
    return predictGguf({ shape: await readShape(path), settings: { ...DEFAULT_SETTINGS, gpuLayers: 'all', devices } });
  };
  beforeEach(() => {
    folder = temporaryFolder();
    oracle = join(folder, 'llama-fit-params');
    asked = {
      program: { path: join(folder, 'llama-server'), version: '1', devices: [{ name: 'CUDA0', description: '' }] },
      launch: { args: ['--model', 'm.gguf', '--ctx-size', '1024'], env: { LLAMA_API_KEY: 'secret' } },
      parallel: 2,
      fileId: folder,
      timeoutMs: 400,
      paths: { cacheDir: folder },
      environment: process.env,
    };
  });

  it('gets the buffers of every device, each slot’s cache included, and keeps the rest', async () => {
    answers("printf 'CUDA0 10 20 30 \\nHost 1 0 4 \\n'");
    const own = await onGpus('gpu0');
    const better = await correctByOracle(own, asked);
    const of = (name: string, pool: string, parts = better.parts) =>
      parts.filter((one) => one.name === name && one.pool === pool).map(({ bytes }) => bytes);
    expect(of('weights', 'gpu0')).toEqual([11 * MiB]);
    expect(of('KV cache', 'gpu0')).toEqual([2 * 21 * MiB]);
    expect(of('compute buffer', 'gpu0')).toEqual([31 * MiB]);
    expect(of('compute buffer', 'ram')).toEqual([5 * MiB]);
    expect(of('vocabulary', 'ram')).toEqual(of('vocabulary', 'ram', own.parts));
    expect(better.footprint['gpu0']).toBe((11 + 42 + 31) * MiB + (of('GPU context', 'gpu0')[0] ?? 0));
    expect(better.mappedFileBytes).toBe(own.mappedFileBytes);
    expect(questions()).toEqual([': --model m.gguf --ctx-size 512 --fit off --fit-print on']);
  });

  it('is corrected in the pools that CUDA was shown', async () => {
    answers("printf 'CUDA0 10 0 0 \\nCUDA1 20 0 0 \\nHost 0 0 0 \\n'");
    const env = { CUDA_VISIBLE_DEVICES: '1,3', CUDA_DEVICE_ORDER: 'PCI_BUS_ID', LLAMA_API_KEY: 'secret' };
    const better = await correctByOracle(await onGpus('gpu1', 'gpu3'), { ...asked, launch: { ...asked.launch, env } });
    const weights = better.parts.filter(({ name, pool }) => name === 'weights' && pool.startsWith('gpu'));
    expect(weights.map(({ pool, bytes }) => [pool, bytes])).toEqual([
      ['gpu1', 11 * MiB],
      ['gpu3', 21 * MiB],
    ]);
    expect(questions()[0]).toMatch(/^1,3: /);
  });

  it('is corrected in the pool of a device by its place in the list, elsewhere than on CUDA', async () => {
    answers("printf 'Vulkan1 10 0 0 \\nHost 0 0 0 \\n'");
    const devices = ['Vulkan0', 'Vulkan1'].map((name) => ({ name, description: '' }));
    const better = await correctByOracle(await onGpus('gpu1'), { ...asked, program: { ...asked.program, devices } });
    expect(better.parts.find(({ name, pool }) => name === 'weights' && pool === 'gpu1')?.bytes).toBe(11 * MiB);
  });

  it('is asked for once for each version, file and setting', async () => {
    answers("printf 'CUDA0 10 20 30 \\nHost 1 0 4 \\n'");
    const own = await onGpus('gpu0');
    expect(await correctByOracle(own, { ...asked, keptOnly: true })).toBe(own);
    const better = await correctByOracle(own, asked);
    answers('exit 1');
    expect(await correctByOracle(own, asked)).toEqual(better);
    expect(await correctByOracle(own, { ...asked, keptOnly: true })).toEqual(better);
    expect(questions()).toHaveLength(1);
    expect(await correctByOracle(own, { ...asked, program: { ...asked.program, version: '2' } })).toBe(own);
    expect(await correctByOracle(own, { ...asked, parallel: 1 })).toBe(own);
    expect(questions()).toHaveLength(3);
  });

  it.each([
    ['hangs', 'sleep 60'],
    ['fails', "printf 'Host 1 1 1\\n'; exit 3"],
    ['says something else', 'echo "-c 4096 -ngl 33"'],
  ])('stays as it is where the oracle %s, which is not asked again', async (_name, script) => {
    answers(script);
    const own = await onGpus('gpu0');
    expect(await correctByOracle(own, asked)).toBe(own);
    expect(await correctByOracle(own, asked)).toBe(own);
    expect(questions()).toHaveLength(1);
  });

  it('stays as it is where the build has no oracle', async () => {
    const own = await onGpus('gpu0');
    expect(oracleBeside(asked.program.path)).toBeUndefined();
    expect(await correctByOracle(own, asked)).toBe(own);
    answers('exit 0');
    expect(oracleBeside(asked.program.path)).toBe(oracle);
    rmSync(oracle);
  });
});
