import { describe, expect, it } from 'vitest';

import { cpuFlagsOf } from '../../../src/binaries/processor.ts';
import { bitnet } from '../../../src/engines/bitnet.ts';
import type { ExpertBase, Machine, ModelHeader, ProcessSettings } from '../../../src/engines/contract.ts';
import { llamaServer } from '../../../src/engines/llama-server.ts';
import { recordingsOf } from '../../contract/recordings.ts';

type Expert = ExpertBase & ProcessSettings;

const recordings = recordingsOf('bitnet');
const OLD = recordings.probe('probe.json');
const NEWER = recordings.probe('probe-2026.json');
const MODEL = { path: 'ternary.gguf' };

const expertOf = (settings: object = {}) =>
  ({ id: 'b', ...bitnet.settings.parse({ engine: 'bitnet', model: MODEL, ...settings }) }) as unknown as Expert;
const mainline = {
  id: 'm',
  ...llamaServer.settings.parse({ engine: 'llama-server', model: MODEL }),
} as unknown as Expert;

const argvOf = (settings: object = {}, program = OLD, files: { chatTemplate?: string } = {}) =>
  bitnet.launch(expertOf(settings), {
    program,
    files: { model: '/m/b.gguf', ...files },
    listen: { kind: 'port', port: 41_234 },
    apiKey: 'secret',
    cores: 4,
  }).args;

describe('the command line of a build of 2024', () => {
  it('is made of what its help knows, and of nothing that came later', () => {
    expect(argvOf({ context: 4_096 }).join(' ')).toBe(
      '--model /m/b.gguf --alias b --host 127.0.0.1 --port 41234 --ctx-size 4096 --parallel 1 --predict -1 ' +
        '--n-gpu-layers 0 --threads 4 --no-context-shift --cache-type-k f16 --cache-type-v f16 --metrics --no-slots ' +
        '--log-prefix --log-timestamps',
    );
  });

  it('has -fa as a bare switch, also where the KV cache needs it', () => {
    const after = (args: readonly string[]) => args[args.indexOf('--flash-attn') + 1];
    for (const settings of [{ bitnet: { flashAttention: 'on' } }, { kvCache: 'q8_0' }]) {
      expect(argvOf(settings)).toContain('--flash-attn');
      expect(after(argvOf(settings))).toMatch(/^--/);
    }
    expect(after(argvOf({ kvCache: 'q8_0' }, NEWER))).toBe('on');
    expect(argvOf()).not.toContain('--flash-attn');
  });

  it('names a chat format, where the profile does; a newer build takes Jinja', () => {
    expect(argvOf({ bitnet: { template: 'zephyr' } }).join(' ')).toContain('--chat-template zephyr');
    expect(argvOf()).not.toContain('--jinja');
    expect(argvOf({}, NEWER, { chatTemplate: '/t.jinja' }).join(' ')).toContain(
      '--jinja --chat-template-file /t.jinja',
    );
  });

  it('of an embedding model asks for embeddings', () => {
    expect(argvOf({ task: 'embed' })).toContain('--embeddings');
    expect(bitnet.routes(expertOf({ task: 'embed' }))).toEqual(['/v1/embeddings']);
  });
});

describe('llama-server as an engine, in a build of 2024', () => {
  it('gets no value after what was a bare switch, and no level that prints prompts', () => {
    const { args } = llamaServer.launch(mainline, {
      program: OLD,
      files: { model: '/m/a.gguf' },
      listen: { kind: 'port', port: 1 },
      apiKey: 'k',
      cores: 1,
    });
    for (const flag of ['--log-colors', '--log-verbosity', '--flash-attn', '--slots']) expect(args).not.toContain(flag);
  });
});

const header = (architecture: string, ...types: number[]): ModelHeader => ({
  architecture,
  tensorTypes: new Set(types),
});
const [F32, F16, TQ2_0, I2_S, MXFP4] = [0, 1, 35, 36, 39];
const x86 = (...flags: string[]): Machine => ({ architecture: 'x64', cpuFlags: new Set(flags) });
const ARM: Machine = { architecture: 'arm64', cpuFlags: new Set(['asimd', 'asimddp']) };

describe('which engine reads which model', () => {
  it.each([
    ['i2_s', header('llama', F32, I2_S), 'i2_s tensors'],
    ['BitNet 2B 4T', header('bitnet-b1.58', F32, I2_S), 'i2_s tensors'],
    ['its architecture alone', header('bitnet-b1.58', F32, F16), 'architecture bitnet-b1.58'],
    ['its first upload', header('bitnet-25', F32), 'architecture bitnet-25'],
  ])('llama-server refuses %s and names bitnet', (_what, facts, said) => {
    const refusal = llamaServer.preflight(mainline, undefined, { header: facts });
    expect(refusal).toMatchObject({ code: 'engine_unfit' });
    expect(refusal?.message).toContain(said);
    expect(refusal?.message).toContain('engine: bitnet');
    expect(bitnet.preflight(expertOf(), OLD, { header: facts })).toBeUndefined();
  });

  it('both take the ternary types of llama.cpp, and bitnet says that there is a better engine', () => {
    const facts = { header: header('llama', F32, F16, TQ2_0) };
    expect(llamaServer.preflight(mainline, undefined, facts)).toBeUndefined();
    expect(bitnet.preflight(expertOf(), OLD, facts)).toBeUndefined();
    expect(bitnet.advice?.(expertOf(), OLD, facts)).toContain('engine: llama-server');
    expect(bitnet.advice?.(expertOf(), OLD, { header: header('llama', I2_S), machine: x86('avx2') })).toBeUndefined();
  });

  it('bitnet of 2024 refuses what is newer, and a newer build does not', () => {
    for (const facts of [header('gpt-oss', F32, MXFP4), header('llama', 41)]) {
      const refusal = bitnet.preflight(expertOf(), OLD, { header: facts });
      expect(refusal).toMatchObject({ code: 'engine_unfit' });
      expect(refusal?.message).toContain('engine: llama-server');
      expect(bitnet.preflight(expertOf(), NEWER, { header: facts })).toBeUndefined();
    }
  });
});

describe('which processor bitnet runs on', () => {
  const facts = (machine: Machine) => ({ machine, header: header('bitnet-b1.58', I2_S) });

  it('needs AVX2 on x86-64', () => {
    expect(bitnet.preflight(expertOf(), OLD, facts(x86('sse2', 'avx')))?.message).toContain('AVX2');
    expect(bitnet.preflight(expertOf(), OLD, facts(x86('sse2', 'avx', 'avx2')))).toBeUndefined();
    expect(bitnet.preflight(expertOf(), OLD, facts(x86()))).toBeUndefined();
  });

  it('warns on Arm, and tells of the answer that finds word salad where none is given', () => {
    expect(bitnet.preflight(expertOf(), OLD, facts(ARM))).toBeUndefined();
    const advice = bitnet.advice?.(expertOf(), OLD, facts(ARM)) ?? '';
    expect(advice).toContain('404980e');
    expect(advice).toContain('outputCheck.answer');
    const answered = expertOf({ bitnet: { outputCheck: { answer: 'Paris' } } });
    expect(bitnet.advice?.(answered, OLD, facts(ARM))).not.toContain('outputCheck.answer');
  });

  it('has no kernels for anything else', () => {
    const machine = { architecture: 'riscv64', cpuFlags: new Set<string>() };
    expect(bitnet.preflight(expertOf(), OLD, { machine })?.code).toBe('engine_unfit');
  });

  it('reads the flags of x86 and of Arm', () => {
    expect([...cpuFlagsOf('processor\t: 0\nflags\t\t: fpu avx2\nbugs\t: x\n')]).toEqual(['fpu', 'avx2']);
    expect([...cpuFlagsOf('processor\t: 0\nFeatures\t: fp asimd\n')]).toEqual(['fp', 'asimd']);
    expect(cpuFlagsOf('').size).toBe(0);
  });
});

it('a template file is refused by a build that takes none, with what to do', () => {
  const expert = expertOf({ chatTemplate: '/t.jinja' });
  expect(bitnet.preflight(expert, OLD)?.message).toMatch(/takes no template file.*bitnet\.template/);
  expect(bitnet.preflight(expert, NEWER)).toBeUndefined();
});

describe('requests', () => {
  it('carry the expert as their model, and the limit under its old name', () => {
    expect(bitnet.requestFields?.(expertOf(), '/v1/chat/completions')).toEqual({ model: 'b' });
    expect(bitnet.fieldNames).toEqual({ max_completion_tokens: 'max_tokens' });
    const known = bitnet.knownFields(expertOf(), '/v1/chat/completions');
    for (const field of ['tools', 'tool_choice', 'logprobs', 'top_logprobs']) expect(known?.has(field)).toBe(false);
    for (const field of ['max_completion_tokens', 'response_format', 'grammar']) expect(known?.has(field)).toBe(true);
  });
});

describe('the check of the output', () => {
  const canaryOf = (settings: object = {}) => bitnet.canary(expertOf({ bitnet: { outputCheck: settings } }));

  it('asks a question with the tokens one by one, as often as the profile says', () => {
    const canary = canaryOf({ prompt: 'Capital?', tokens: 12, every: 7 });
    expect(canary).toMatchObject({ path: '/v1/chat/completions', repeatAfter: 7 });
    expect(canary?.body).toMatchObject({ messages: [{ content: 'Capital?' }], max_tokens: 12, temperature: 0 });
  });

  it('passes what a server with random weights writes, and finds its line breaks', () => {
    expect(canaryOf()?.soundness?.(recordings.json('canary.json'))).toBeUndefined();
    expect(canaryOf()?.soundness?.(recordings.json('degenerate.json'))).toContain('16 tokens, of which 1 are distinct');
  });

  it('finds word salad by the word that is missing', () => {
    const salad = canaryOf({ answer: 'Paris' })?.soundness?.(recordings.json('canary.json'));
    expect(salad).toContain('does not contain "Paris"');
  });
});
