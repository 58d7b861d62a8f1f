import { describe, expect, it } from 'vitest';

import type { ExpertBase, ProcessAdapter } from '../../../src/engines/contract.ts';
import { llamaServer } from '../../../src/engines/llama-server.ts';
import { adaptersOf, strengthsOf } from '../../../src/engines/lora.ts';
import type { VllmExpert } from '../../../src/engines/vllm.ts';
import { vllm } from '../../../src/engines/vllm.ts';
import { recordingsOf } from '../../contract/recordings.ts';

type LlamaExpert = Parameters<typeof llamaServer.launch>[0];

const llama = (settings: object) =>
  ({
    id: 'coder',
    ...llamaServer.settings.parse({ engine: 'llama-server', model: { path: 'm.gguf' }, ...settings }),
  }) as unknown as LlamaExpert;
const named = (expert: ExpertBase, name: string) => expert.variants[name];

const [A, B] = [{ path: 'a.gguf' }, { hf: 'o/r', file: 'b.gguf' }];
const VARIANTS = {
  sql: { lora: A },
  half: { lora: { ...A, scale: 0.5 } },
  both: { lora: [A, { ...B, scale: -1 }] },
  plain: { lora: 'none' },
  hot: { request: { temperature: 1 } },
};

describe('adapters', () => {
  it('are listed once each, in the order of the profile, whatever their strength', () => {
    const expert = llama({ variants: VARIANTS });
    expect(adaptersOf(expert)).toEqual([A, B]);
    expect(adaptersOf(llama({ lora: B, variants: VARIANTS }))[0]).toMatchObject(B);
    expect(adaptersOf(llama({}))).toEqual([]);
  });

  it('are as strong as the variant says, else as the expert says', () => {
    const expert = llama({ lora: { ...B, scale: 2 }, variants: VARIANTS });
    expect(strengthsOf(expert, undefined)).toEqual([2, 0]);
    expect(Object.keys(VARIANTS).map((name) => [name, strengthsOf(expert, named(expert, name))])).toEqual([
      ['sql', [0, 1]],
      ['half', [0, 0.5]],
      ['both', [-1, 1]],
      ['plain', [0, 0]],
      ['hot', [2, 0]],
    ]);
  });
});

describe('llama-server', () => {
  const recordings = recordingsOf('llama-server');
  const now = recordings.probe('probe.json');
  const before = recordings.probe('probe-2024.json');
  const argsOf = (settings: object, program = now) => {
    const expert = llama(settings);
    const loras = adaptersOf(expert).map((_, index) => ({ path: ['/l/a.gguf', '/l/b, "c".gguf'][index] ?? '' }));
    return llamaServer.launch(expert, {
      program,
      files: { model: '/m.gguf', draft: '/d.gguf', loras },
      listen: { kind: 'any-port' },
      apiKey: 'key',
      cores: 2,
    }).args;
  };

  it('gets all adapters in one list, as its command line reads lists', () => {
    const args = argsOf({ variants: VARIANTS });
    expect(args.filter((part) => part === '--lora')).toHaveLength(1);
    expect(args[args.indexOf('--lora') + 1]).toBe('/l/a.gguf,"/l/b, ""c"".gguf"');
    expect(args).toContain('--lora-init-without-apply');
    expect(argsOf({}).join(' ')).not.toContain('--lora');
  });

  it('gets a flag for each adapter from before there were lists', () => {
    const args = argsOf({ variants: VARIANTS }, before);
    expect(args.flatMap((part, index) => (part === '--lora' ? [args[index + 1]] : []))).toEqual([
      '/l/a.gguf',
      '/l/b, "c".gguf',
    ]);
  });

  it('is told the strength of every adapter with every request, of those that are off as well', () => {
    const expert = llama({ variants: VARIANTS });
    const fields = (name?: string) =>
      llamaServer.requestFields?.(expert, '/v1/chat/completions', name === undefined ? undefined : named(expert, name));
    expect(fields()).toEqual({
      lora: [
        { id: 0, scale: 0 },
        { id: 1, scale: 0 },
      ],
    });
    expect(fields('sql')).toEqual({
      lora: [
        { id: 0, scale: 1 },
        { id: 1, scale: 0 },
      ],
    });
    expect(llamaServer.requestFields?.(expert, '/v1/messages/count_tokens')).toBeUndefined();
    expect(llamaServer.requestFields?.(llama({}), '/v1/chat/completions')).toBeUndefined();
  });

  it('does not answer /v1/messages itself where it has adapters: it would forget them', () => {
    expect(llamaServer.routes(llama({}))).toContain('/v1/messages');
    expect(llamaServer.routes(llama({ variants: VARIANTS }))).not.toContain('/v1/messages');
    expect(llamaServer.routes(llama({ variants: VARIANTS }))).toContain('/v1/messages/count_tokens');
  });

  it('is refused where the build is too old to choose by request, or to guess', () => {
    const verdict = (settings: object, program = before) => llamaServer.preflight(llama(settings), program);
    expect(verdict({ lora: A })).toMatchObject({
      code: 'engine_unfit',
      message: expect.stringContaining('LoRA') as string,
    });
    expect(verdict({ draft: { model: A } })).toMatchObject({ code: 'engine_unfit' });
    expect([verdict({}), verdict({ lora: A }, now), verdict({ draft: { model: A } }, now)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('guesses with a draft model where the profile names one', () => {
    const draft = { model: { path: 'd.gguf' }, maxTokens: 5, minTokens: 1, minProbability: 0.25 };
    expect(argsOf({ draft, kvCache: 'q8_0', gpuLayers: 7 }).join(' ')).toContain(
      [
        ' --spec-draft-model /d.gguf --spec-type draft-simple --spec-draft-n-max 5 --spec-draft-n-min 1',
        '--spec-draft-p-min 0.25 --spec-draft-ngl 7 --spec-draft-type-k q8_0 --spec-draft-type-v q8_0 ',
      ].join(' '),
    );
    const layers = (settings: object) => {
      const args = argsOf({ draft: { ...draft, ...settings }, gpuLayers: 7 });
      return args[args.indexOf('--spec-draft-ngl') + 1];
    };
    expect([layers({ gpuLayers: 'all' }), layers({ gpuLayers: 3 }), layers({ gpuLayers: 0 })]).toEqual([
      '999',
      '3',
      '0',
    ]);
    expect(argsOf({ draft: { ...draft, gpuLayers: 'all' }, gpuLayers: 0 }).join(' ')).toContain('--spec-draft-ngl 0');
    expect(argsOf({}).join(' ')).not.toContain('draft');
  });
});

describe('vLLM', () => {
  const adapter = vllm as ProcessAdapter<VllmExpert>;
  const program = recordingsOf('vllm').probe('probe-cpu.json');
  const expertOf = (settings: object) => {
    const parsed = vllm.settings.parse({ engine: 'vllm', model: { path: '/m' }, ...settings });
    return { id: 'qwen', ...parsed } as unknown as VllmExpert;
  };
  const variants = {
    one: { lora: { path: '/a' } },
    too: { lora: { path: '/a' } },
    two: { lora: { hf: 'o/r' } },
    bare: { lora: 'none' },
  };
  const argsOf = (expert: VllmExpert, ranks: readonly number[]) =>
    adapter.launch(expert, {
      program,
      files: { model: '/m', loras: ranks.map((rank, index) => ({ path: `/l/${index}=,`, rank })) },
      listen: { kind: 'port', port: 1 },
      apiKey: 'key',
      cores: 2,
    }).args;
  const modelFor = (expert: VllmExpert, name?: string) =>
    adapter.requestFields?.(expert, '/v1/chat/completions', name === undefined ? undefined : named(expert, name));

  it('serves each adapter under the name of its variant', () => {
    const expert = expertOf({ parallel: 8, variants });
    const args = argsOf(expert, [4, 20]);
    const at = args.indexOf('--lora-modules');
    expect(args.slice(at + 1, at + 3).map((text) => JSON.parse(text) as unknown)).toEqual([
      { name: 'one', path: '/l/0=,' },
      { name: 'two', path: '/l/1=,' },
    ]);
    expect(args.join(' ')).toContain('--enable-lora --max-lora-rank 32 --max-loras 2 --lora-modules');
    expect(args[args.indexOf('--served-model-name') + 1]).toBe('qwen');
    expect([undefined, 'one', 'too', 'two', 'bare'].map((name) => modelFor(expert, name))).toEqual(
      ['qwen', 'one', 'one', 'two', 'qwen'].map((model) => ({ model })),
    );
  });

  it('serves an adapter of the expert by the expert’s id, and the base model by another', () => {
    const expert = expertOf({ parallel: 1, lora: { path: '/own' }, variants });
    const args = argsOf(expert, [8, 8, 8]);
    expect(args[args.indexOf('--served-model-name') + 1]).toBe('qwen@base');
    expect(args[args.indexOf('--lora-modules') + 1]).toContain('"name":"qwen"');
    expect(args.join(' ')).toContain('--max-lora-rank 8 --max-loras 1 ');
    expect([undefined, 'one', 'bare'].map((name) => modelFor(expert, name))).toEqual(
      ['qwen', 'one', 'qwen@base'].map((model) => ({ model })),
    );
    expect(argsOf(expertOf({}), []).join(' ')).not.toContain('lora');
  });
});
