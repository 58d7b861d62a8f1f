import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';

import { buildGguf } from '../../../scripts/build-gguf.ts';
import { buildLora } from '../../../scripts/build-lora.ts';

const MAIN = resolve(import.meta.dirname, '../../../src/cli/main.ts');

describe('model inspect', () => {
  let folder = '';
  const at = (name: string) => join(folder, name);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'orchestrator-inspect-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  });

  async function inspect(...args: readonly string[]) {
    const env = { PATH: process.env['PATH'], ORCHESTRATOR_STATE_DIR: folder, ORCHESTRATOR_CACHE_DIR: at('cache') };
    const child = spawn(process.execPath, [MAIN, 'model', 'inspect', ...args], { env });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const code = await new Promise<number | null>((done) => child.once('close', done));
    return { code, stdout, stderr };
  }

  /** A folder as a hub has it, with weights of no content. */
  function safetensors(): string {
    mkdirSync(at('model'));
    const config = {
      architectures: ['Qwen2ForCausalLM'],
      torch_dtype: 'bfloat16',
      num_hidden_layers: 4,
      num_attention_heads: 4,
      num_key_value_heads: 2,
      hidden_size: 256,
      max_position_embeddings: 2_048,
    };
    writeFileSync(at('model/config.json'), JSON.stringify(config));
    const header = JSON.stringify({ a: { dtype: 'BF16', shape: [1_024, 1_024], data_offsets: [0, 2_097_152] } });
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    writeFileSync(at('model/model.safetensors'), Buffer.concat([length, Buffer.from(header), Buffer.alloc(2_097_152)]));
    return at('model');
  }

  it('shows all parts of a split file as one model, and where it would go', async () => {
    const whole = await buildGguf({ path: at('whole.gguf') });
    const { path } = await buildGguf({ path: at('split.gguf'), parts: 3 });
    const { stdout } = await inspect(path.replace('00001', '00002'), '--parallel', '1', '--tensors');
    expect(stdout).toMatch(/^file +.*split-00001-of-00003\.gguf$/m);
    expect(stdout).toMatch(/^files +3: the model is split$/m);
    expect(stdout).toMatch(/^ {2}blk\.1\.ffn_down\.weight/m);
    expect(stdout).toMatch(/^footprint on cpu: ram .*, mapped file /m);
    expect(stdout).toMatch(/KV cache f16 .* 2 layers × 8192 cells × 1 slot × /);
    const [one, all] = await Promise.all([inspect(whole.path, '--json'), inspect(path, '--json')]);
    const parsed = [one, all].map((answer) => JSON.parse(answer.stdout) as { parameters: number; footprint: unknown });
    expect(parsed[1]?.parameters).toBe(parsed[0]?.parameters);
    expect(parsed[1]?.footprint).toEqual(parsed[0]?.footprint);
  });

  it('shows a GPU’s part of it, and the settings that were asked for', async () => {
    const { path } = await buildGguf({ path: at('model.gguf') });
    const options = ['--gpu-layers', 'all', '--context', '1024', '--kv-cache', 'q8_0', '--ubatch', '64', '--json'];
    const { footprint } = JSON.parse((await inspect(path, ...options)).stdout) as {
      footprint: { placement: string; pools: object; parts: { name: string; pool: string; how: string }[] };
    };
    expect(footprint.placement).toBe('gpu0');
    expect(Object.keys(footprint.pools).toSorted()).toEqual(['gpu0', 'ram']);
    const cache = footprint.parts.find(({ name }) => name === 'KV cache q8_0');
    expect(cache?.pool).toBe('gpu0');
    expect(cache?.how).toContain('1024 cells × 2 slots');
    expect(footprint.parts.find(({ name }) => name === 'compute buffer')?.how).toContain('batch of 64');
  });

  it('says of an adapter that it is one', async () => {
    const { path } = await buildGguf({ path: at('model.gguf') });
    const { stdout } = await inspect((await buildLora({ path: at('adapter.gguf'), base: path })).path);
    expect(stdout).toMatch(/^kind +LoRA adapter/m);
    expect(stdout).not.toContain('footprint');
  });

  it('shows a folder of safetensors on vLLM, on a GPU and on the CPU', async () => {
    const path = safetensors();
    const { stdout } = await inspect(path);
    expect(stdout).toMatch(/^architecture +Qwen2ForCausalLM$/m);
    expect(stdout).toMatch(/^weights +2\.1 MB$/m);
    expect(stdout).toMatch(/^footprint on gpu0: ram .*, gpu0 /m);
    const { stdout: onCpu } = await inspect(path, '--gpu-layers', '0');
    expect(onCpu).toMatch(/^footprint on cpu: ram \S+ \S+$/m);
    expect(await inspect(path, '--ubatch', '64')).toMatchObject({ code: 2, stdout: '' });
  });

  it('shows an expert where its profile has it, by record while its model is not here', async () => {
    const { stdout, stderr } = await inspect('phi4_fast', '--profile', 'rtx4080');
    expect(stderr).toContain('Get it: orchestrator model pull phi4_fast --profile rtx4080');
    expect(stdout).toMatch(/^footprint on gpu0 \(estimated: the model file is not here\): /);
    const qwen = await inspect('qwen_vllm', '--profile', 'vllm-single', '--context', '400000');
    expect(qwen.stdout).toMatch(/^It would not start: 14\.0 GiB are reserved where /m);
  });

  it('says what is wrong with what is no model', async () => {
    writeFileSync(at('some.gguf'), '');
    const { code, stderr } = await inspect(folder);
    expect(code).toBe(1);
    expect(stderr).toMatch(/is a folder without config\.json, .* Name one of its files: some\.gguf\./);
    expect((await inspect(at('none.gguf'))).stderr).toContain('There is no file');
  });
});
