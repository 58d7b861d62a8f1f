import { describe, expect, it } from 'vitest';

import type { Gpu, LaunchContext, ProcessAdapter, ProgramProbe } from '../../../src/engines/contract.ts';
import type { VllmExpert } from '../../../src/engines/vllm.ts';
import { vllm } from '../../../src/engines/vllm.ts';
import { recordingsOf } from '../../contract/recordings.ts';

const adapter = vllm as ProcessAdapter<VllmExpert>;
const recordings = recordingsOf('vllm');
const cpu = recordings.probe('probe-cpu.json');
const cuda = recordings.probe('probe-gpu.json');
const GIB = 2 ** 30;
const gpu = (index: number, gib: number): Gpu => ({ index, uuid: `GPU-${index}a`, name: 'GPU', totalBytes: gib * GIB });

function expert(settings: Record<string, unknown> = {}): VllmExpert {
  const written = { engine: 'vllm', model: { path: '/models/tiny' }, context: 4_096, ...settings };
  return { id: 'qwen', ...vllm.settings.parse(written) } as unknown as VllmExpert;
}

const context = (program: ProgramProbe | undefined, more: Partial<LaunchContext> = {}): LaunchContext => ({
  program,
  files: { model: '/models/tiny' },
  listen: { kind: 'socket', path: '/state/s/qwen-1-1.sock' },
  apiKey: 'secret',
  cores: 4,
  ...more,
});

/** The value behind a flag; undefined where it is not given. */
function valueOf(args: readonly string[], flag: string): string | undefined {
  const at = args.indexOf(flag);
  return at < 0 ? undefined : args[at + 1];
}

const argvOf = (settings: Record<string, unknown>, program: ProgramProbe | undefined, gpus: readonly Gpu[] = []) =>
  adapter.launch(expert(settings), context(program, { gpus })).args;

describe('the reservation on a GPU', () => {
  it.each([
    ['one of 16 GiB', {}, [gpu(0, 16)], '0.3750'],
    ['the first of two', {}, [gpu(0, 16), gpu(1, 24)], '0.3750'],
    ['the one named by number', { devices: '1' }, [gpu(0, 16), gpu(1, 24)], '0.2500'],
    ['the one named by UUID', { devices: 'GPU-1a' }, [gpu(0, 16), gpu(1, 24)], '0.2500'],
    ['two, by the larger: more than asked on neither', { tensorParallel: 2 }, [gpu(0, 16), gpu(1, 24)], '0.2500'],
  ])('is bytes of %s', (_title, own, gpus, fraction) => {
    const args = argvOf({ gpuMemory: '6GiB', vllm: own }, cuda, gpus);
    expect(valueOf(args, '--gpu-memory-utilization')).toBe(fraction);
  });

  it('is on the one that the planner chose among those named', () => {
    const both = [gpu(0, 16), gpu(1, 24)];
    const { args, env } = adapter.launch(
      expert({ gpuMemory: '6GiB', vllm: { devices: '0,1' } }),
      context(cuda, { gpus: both, placement: { gpus: [{ index: 1, share: 24 }], gpuLayers: 'all' } }),
    );
    expect([env['CUDA_VISIBLE_DEVICES'], valueOf(args, '--gpu-memory-utilization')]).toEqual(['1', '0.2500']);
  });

  it('is on those that `gpus` names, where nobody plans', () => {
    const { args, env } = adapter.launch(
      expert({ gpuMemory: '6GiB', gpus: ['gpu1'] }),
      context(cuda, { gpus: [gpu(0, 16), gpu(1, 24)] }),
    );
    expect([env['CUDA_VISIBLE_DEVICES'], valueOf(args, '--gpu-memory-utilization')]).toEqual(['1', '0.2500']);
    expect(() => expert({ gpus: ['gpu1'], vllm: { devices: '1' } })).toThrow('`gpus` names the GPUs already');
  });

  it('is never rounded up', () => {
    const args = argvOf({ gpuMemory: '6GiB' }, cuda, [gpu(0, 15.9921875)]);
    expect(Number(valueOf(args, '--gpu-memory-utilization')) * 15.9921875).toBeLessThanOrEqual(6);
  });

  it('is refused where it cannot be, with what mends it', () => {
    const refusal = (settings: Record<string, unknown>, program: ProgramProbe, gpus?: readonly Gpu[]) =>
      adapter.preflight(expert(settings), program, { gpus })?.message;
    const six = { gpuMemory: '6GiB' };
    expect(refusal(six, cuda, [gpu(0, 16)])).toBeUndefined();
    expect(refusal({}, cpu, [])).toBeUndefined();
    expect(refusal(six, cuda, [])).toContain('--backend cpu');
    expect(refusal({}, cuda, [gpu(0, 16)])).toContain('gpuMemory: 6GiB');
    expect(refusal({ gpuMemory: '20GiB' }, cuda, [gpu(0, 16)])).toContain('16.0 GiB');
    expect(refusal({ ...six, vllm: { tensorParallel: 2 } }, cuda, [gpu(0, 16)])).toContain('tensorParallel');
    expect(refusal(six, cpu, [gpu(0, 16)])).toContain('--backend cuda');
    expect(refusal({ sleep: 'level1' }, cpu, [])).toContain('sleep');
    for (const missing of ['--enable-sleep-mode', '--uds']) {
      const old = { ...cuda, flags: new Set([...cuda.flags].filter((flag) => flag !== missing)) };
      expect(refusal({ ...six, sleep: 'level2' }, old, [gpu(0, 16)])).toMatch(new RegExp(`${missing}.*sleep: off`));
    }
  });
});

describe('the command line', () => {
  it('is whole on a CPU', () => {
    expect(argvOf({ vllm: { enforceEager: true, dtype: 'bfloat16' } }, cpu)).toEqual(
      [
        'serve /models/tiny --uds /state/s/qwen-1-1.sock --served-model-name qwen --max-model-len 4096 --max-num-seqs 2',
        '--dtype bfloat16 --kv-cache-dtype auto --enforce-eager --disable-uvicorn-access-log --disable-fastapi-docs',
      ]
        .join(' ')
        .split(' '),
    );
  });

  it('is bound to loopback where it is no socket', () => {
    const { args } = adapter.launch(expert(), context(cpu, { listen: { kind: 'port', port: 4_711 } }));
    expect([valueOf(args, '--host'), valueOf(args, '--port')]).toEqual(['127.0.0.1', '4711']);
  });

  it('trusts the model’s code only where the profile says so', () => {
    expect(argvOf({}, cpu)).not.toContain('--trust-remote-code');
    expect(argvOf({ vllm: { trustRemoteCode: true } }, cpu)).toContain('--trust-remote-code');
  });

  it('lets harmless flags through', () => {
    expect(argvOf({ vllm: { flags: ['--max-num-batched-tokens', '4096', '--seed=1'] } }, cpu).slice(-3)).toEqual([
      '--max-num-batched-tokens',
      '4096',
      '--seed=1',
    ]);
  });
});

describe('the environment', () => {
  const envOf = (settings: Record<string, unknown>, more: Partial<LaunchContext> = {}, program = cpu) =>
    adapter.launch(expert(settings), context(program, more)).env;

  it('keeps the markers readable, the hub unasked and nothing reported', () => {
    expect(envOf({})).toMatchObject({
      VLLM_API_KEY: 'secret',
      SPT_NOENV: '1',
      HF_HUB_OFFLINE: '1',
      VLLM_NO_USAGE_STATS: '1',
      VLLM_RPC_BASE_PATH: '/state/s',
    });
  });

  it('has the development routes only where it may sleep', () => {
    expect(envOf({})).not.toHaveProperty('VLLM_SERVER_DEV_MODE');
    const asleep = { gpuMemory: '6GiB', sleep: 'level1' };
    expect(envOf(asleep, {}, cuda)).toMatchObject({ VLLM_SERVER_DEV_MODE: '1' });
    expect(argvOf(asleep, cuda)).toContain('--enable-sleep-mode');
  });

  it('carries the settings of the CPU back end, in whole GiB', () => {
    expect(envOf({ vllm: { cpuKvCache: '1500MiB', cpuThreads: '0-3|4-7', cpuReserved: 1 } })).toMatchObject({
      VLLM_CPU_KVCACHE_SPACE: '2',
      VLLM_CPU_OMP_THREADS_BIND: '0-3|4-7',
      VLLM_CPU_NUM_OF_RESERVED_CPU: '1',
    });
  });

  it('keeps compiled graphs where the next start finds them', () => {
    expect(envOf({}, { cacheDir: '/cache/engines/vllm' })).toMatchObject({ VLLM_CACHE_ROOT: '/cache/engines/vllm' });
  });
});

describe('the progress of a start', () => {
  it.each([
    ['(Worker pid=1) INFO [m.py:68] Starting to load model /models/tiny...', 'reading the weights'],
    ['Loading safetensors checkpoint shards:  50% Completed | 1/2 [00:00<00:00, 167.24it/s]', 'weights 50 % read'],
    [
      '(EngineCore pid=1) INFO [c.py:133] Initializing a V1 LLM engine (v0.32.0) with config: model=x',
      'starting the workers',
    ],
    ['INFO CPU KV cache size: 524,288 tokens, Maximum concurrency', 'KV cache of 524,288 tokens made, warming up'],
    ['INFO something else', undefined],
  ])('%s', (line, stage) => {
    expect(adapter.stage?.(line)).toBe(stage);
  });
});
