import { describe, expect, it } from 'vitest';

import { convertLlamaSwap } from '../../../../src/profiles/llama-swap/convert.ts';
import type { Converted, ConvertOptions } from '../../../../src/profiles/llama-swap/convert.ts';
import { writeProfileYaml } from '../../../../src/profiles/write-profile.ts';
import { CliError } from '../../../../src/shared/errors.ts';
import { Sandbox } from '../sandbox.ts';

const OPTIONS: ConvertOptions = {
  environment: { HOME: '/home/ana', LAYERS: '20', HF_TOKEN: 'hf_secret' },
  pools: ['ram', 'gpu0', 'gpu1'],
  resolvePath: (path) => (path.startsWith('/') ? path : `/swap/${path}`),
  resolveHub: (repository, quantisation) => {
    if (repository === 'here/model') return Promise.resolve({ path: `/cache/${quantisation}.gguf` });
    if (repository === 'gone/model') return Promise.resolve(undefined);
    return Promise.resolve({ file: `m-${quantisation ?? 'Q4_K_M'}.gguf`, mmproj: 'mmproj-F16.gguf' });
  },
};

const convert = (text: string, options: Partial<ConvertOptions> = {}) =>
  convertLlamaSwap(text, 'config.yaml', { ...OPTIONS, ...options });

/** One model of a configuration with nothing else. */
async function one(lines: string, options: Partial<ConvertOptions> = {}) {
  const indented = lines.replaceAll('\n', '\n    ');
  const { experts, left } = await convert(`models:\n  m:\n    ${indented}\n`, options);
  return { ...(experts[0] ?? { settings: undefined, notes: [] }), left };
}

/** The profile that it becomes is read as one. */
async function read({ experts, content }: Converted) {
  const sandbox = new Sandbox();
  const budget = { ram: {}, gpu0: { capacity: '16GiB' }, gpu1: { capacity: '16GiB' } };
  const text = writeProfileYaml({
    schema: '/s.json',
    comment: [],
    content: { budget, ...content, experts: Object.fromEntries(experts.map(({ id, settings }) => [id, settings])) },
  });
  return sandbox.load(sandbox.write('p.yaml', text));
}

describe('a llama-server command', () => {
  it('becomes an expert with neutral settings, its own where they are its own, and flags for the rest', async () => {
    const { settings, notes } = await one(`cmd: |
  /opt/llama/llama-server --port \${PORT} --host 127.0.0.1
  -m models/coder-Q4_K_M.gguf --mmproj mmproj.gguf
  # one request each
  -c 32768 -np 4 -ngl 99 -fa on -ctk q8_0 -ctv q8_0 -t 8 -b 1024 -ub 256 --cache-ram 512 --ctx-checkpoints 4
  --jinja --no-webui --temp 0.6 --top-k 20 --seed -1 -n -1 --no-mmap -ot ".ffn_.*=CPU"
  --chat-template-file template.jinja`);
    expect(settings).toEqual({
      model: { path: '/swap/models/coder-Q4_K_M.gguf', mmproj: '/swap/mmproj.gguf' },
      vision: true,
      parallel: 4,
      context: 8_192,
      kvCache: 'q8_0',
      threads: 8,
      chatTemplate: '/swap/template.jinja',
      gpuLayers: 'all',
      request: { temperature: 0.6, top_k: 20 },
      idleUnload: 'never',
      'llama-server': {
        binary: '/opt/llama/llama-server',
        batch: 1_024,
        ubatch: 256,
        cacheRam: '512MiB',
        contextCheckpoints: 4,
        flashAttention: 'on',
        flags: ['--no-mmap', '-ot', '.ffn_.*=CPU'],
      },
    });
    expect(notes).toEqual([]);
  });

  it('says what of it is otherwise here, and repeats no key', async () => {
    const { settings, notes } = await one(
      'cmd: llama-server -m /m.gguf --port ${PORT} --fit on --api-key s3cret --chat-template chatml -cram -1 --slot-save-path /tmp -kvu -fa',
    );
    expect(settings).toMatchObject({
      model: { path: '/m.gguf' },
      parallel: 1,
      'llama-server': { flashAttention: 'on' },
    });
    expect(notes.map((line) => line.split(':')[0])).toEqual([
      '--fit on',
      '--api-key',
      '--chat-template chatml',
      '-cram -1',
      '--slot-save-path /tmp',
      '-kvu',
      'context',
    ]);
    expect(JSON.stringify([settings, notes])).not.toContain('s3cret');
  });

  it('keeps draft models, adapters and mixtures', async () => {
    const { settings } = await one(
      'cmd: llama-server -m /m.gguf -c 4096 -md d.gguf --draft-max 16 --draft-min 2 --draft-p-min 0.6 -ngld 99 --lora a.gguf --lora-scaled b.gguf:0.5 --n-cpu-moe 12 --cache-ram 100',
    );
    expect(settings).toMatchObject({
      cpuMoe: 12,
      draft: { model: { path: '/swap/d.gguf' }, maxTokens: 16, minTokens: 2, minProbability: 0.6, gpuLayers: 'all' },
      lora: [{ path: '/swap/a.gguf' }, { path: '/swap/b.gguf', scale: 0.5 }],
    });
    expect(settings).not.toHaveProperty('llama-server');
    const other = await one('cmd: llama-server -m /m.gguf -c 4096 --spec-type draft-mtp --spec-draft-n-max 3');
    expect(other.settings).toMatchObject({
      'llama-server': { flags: ['--spec-type', 'draft-mtp', '--spec-draft-n-max', '3'] },
    });
  });

  it('with -hf has the file that it means: here, on the hub, or, where nobody knows, the command as it was', async () => {
    const of = async (hf: string, more = '') =>
      (await one(`cmd: llama-server --port \${PORT} -hf ${hf} -c 4096 ${more}`)).settings;
    expect(await of('owner/model:Q8_0')).toMatchObject({
      model: { hf: 'owner/model', file: 'm-Q8_0.gguf', mmproj: 'mmproj-F16.gguf' },
      vision: true,
    });
    expect(await of('owner/model', '--no-mmproj')).toMatchObject({
      model: { hf: 'owner/model', file: 'm-Q4_K_M.gguf' },
    });
    expect(await of('here/model:Q6_K')).toMatchObject({ model: { path: '/cache/Q6_K.gguf' } });
    expect(await of('owner/model', '-hff x.gguf')).toMatchObject({ model: { hf: 'owner/model', file: 'x.gguf' } });
    expect(await of('gone/model')).toMatchObject({
      engine: 'command',
      command: { argv: ['llama-server', '--port', '{port}', '-hf', 'gone/model', '-c', '4096'] },
    });
  });

  it('has its task from its flags, else from its names', async () => {
    const task = async (words: string) => (await one(`cmd: llama-server -c 512 ${words}`)).settings?.['task'];
    expect(await task('-m /x.gguf --embeddings')).toBe('embed');
    expect(await task('-m /x.gguf --embedding --pooling rank')).toBe('rerank');
    expect(await task('-m /x.gguf --reranking')).toBe('rerank');
    expect(await task('-hf owner/bge-m3-GGUF')).toBe('embed');
    expect(await task('-m /x.gguf')).toBeUndefined();
  });

  it('sees the GPUs that its environment names, where they are counted', async () => {
    const text = 'cmd: env CUDA_VISIBLE_DEVICES=1 GGML_X=2 llama-server -m /m.gguf -c 4096 -ngl 20';
    expect((await one(text)).settings).toMatchObject({ gpus: ['gpu1'], gpuLayers: 20 });
    expect((await one(text)).notes).toEqual(['env GGML_X: an expert of llama-server has no environment of its own']);
    const elsewhere = await one(text, { pools: ['ram'] });
    expect(elsewhere.settings).not.toHaveProperty('gpus');
    expect(elsewhere.notes[1]).toContain('CUDA_VISIBLE_DEVICES=1: the budget does not count these GPUs');
  });
});

describe('any other command', () => {
  it('becomes a command expert whose port is a placeholder, wherever it stands', async () => {
    const docker = await one(`proxy: "http://127.0.0.1:\${PORT}"
cmd: docker run --rm --name \${MODEL_ID} -p \${PORT}:8080 image --model '/models/a b.gguf'
cmdStop: docker stop \${MODEL_ID}
concurrencyLimit: 3`);
    expect(docker.settings).toMatchObject({
      engine: 'command',
      parallel: 3,
      command: {
        argv: ['docker', 'run', '--rm', '--name', 'm', '-p', '{port}:8080', 'image', '--model', '/models/a b.gguf'],
        stop: ['docker', 'stop', 'm'],
        identity: 'off',
      },
    });
    const fixed = await one(`proxy: http://localhost:9503
cmd: vllm serve org/model --port 9503 --bind=0.0.0.0:9503 --seed 19503 --max-model-len 4096
checkEndpoint: /ready
useModelName: org/model
env: ["A=b c", "HF_TOKEN=\${env.HF_TOKEN}", "OTHER_KEY=literal"]
cmdStop: kill \${PID}`);
    expect(fixed.settings).toMatchObject({
      context: 4_096,
      parallel: 10,
      command: {
        argv: [
          'vllm',
          'serve',
          'org/model',
          '--port',
          '{port}',
          '--bind=0.0.0.0:{port}',
          '--seed',
          '19503',
          '--max-model-len',
          '4096',
        ],
        health: '/ready',
        model: 'org/model',
        env: { A: 'b c', HF_TOKEN: { text: '${HF_TOKEN:-}' }, OTHER_KEY: { text: '${OTHER_KEY:-}' } },
      },
    });
    expect(JSON.stringify(fixed)).not.toMatch(/hf_secret|literal/);
    expect(fixed.notes.map((line) => line.split(':')[0])).toEqual(['env OTHER_KEY', 'cmdStop']);
  });

  it('leaves what may be a secret in the environment, wherever the command says it', async () => {
    const { settings, notes } = await one(`proxy: "http://127.0.0.1:\${PORT}"
cmd: vllm serve \${env.HOME}/model --port \${PORT} --api-key \${env.HF_TOKEN} --header X-Key:\${env.HF_TOKEN}
env: ["AUTH=Bearer \${env.HF_TOKEN}"]`);
    expect(JSON.stringify(settings)).not.toContain('hf_secret');
    const command = settings?.['command'] as { argv: unknown[]; env: unknown };
    expect(command.argv.slice(-3)).toEqual([{ text: '${HF_TOKEN:-}' }, '--header', { text: 'X-Key:${HF_TOKEN:-}' }]);
    expect(command.env).toEqual({ AUTH: { text: 'Bearer ${HF_TOKEN:-}' } });
    expect(notes).toContain('HF_TOKEN: it comes from the environment of the orchestrator, and is not written here');
  });

  it('that cannot be run here is left out, with the reason', async () => {
    const { experts, left } = await convert(`models:
  noport: { cmd: ./server }
  elsewhere: { cmd: ssh box start, proxy: "http://192.168.1.5:8000" }
  unknown: { cmd: "llama-server \${nothing} \${env.NOT_SET}" }
  empty: { cmd: "# nothing" }
`);
    expect(experts).toEqual([]);
    expect(left.map(({ name, reason }) => `${name}: ${reason.slice(0, 44)}`)).toEqual([
      'noport: its command does not say where its port is: ',
      'elsewhere: its requests go to http://192.168.1.5:8000, ',
      'unknown: nothing stands for ${nothing}, ${env.NOT_SET',
      'empty: its command is empty',
    ]);
  });
});

describe('a configuration', () => {
  const WHOLE = `healthCheckTimeout: 5
globalTTL: 300
sendLoadingState: true
macros:
  models: \${env.HOME}/models
  layers: 99
  server: >
    llama-server --port \${PORT}
    -ngl \${layers}
apiKeys: [sk-literal, "\${env.CLIENT_KEY}"]
models:
  big:
    cmd: |
      # \${server} is a macro
      \${server} -m \${models}/big.gguf -c \${ctx} --temp 1 --chat-template-kwargs '{"keep": true}'
    macros: { ctx: 16384, layers: "\${env.LAYERS}", heat: 0.7 }
    name: Big one
    ttl: 60
    aliases: [gpt-4o, { id: "gpt-4o-mini" }]
    filters:
      stripParams: "top_k, model"
      setParams: { top_p: 0.9 }
      setParamsByID:
        \${MODEL_ID}: { chat_template_kwargs: { effort: medium } }
        "\${MODEL_ID}:high": { chat_template_kwargs: { effort: high }, temperature: "\${heat}" }
  org/small:1b:
    cmd: \${server} -m /small.gguf -c 8192
    ttl: 0
    unlisted: true
    metadata: { a: 1 }
  keep: { cmd: "\${server} -m /keep.gguf -c 4096" }
groups:
  forever: { persistent: true, members: [keep] }
hooks: { on_startup: { preload: [gpt-4o] } }
peers:
  router:
    proxy: https://router.example/api
    apiKey: \${env.ROUTER_KEY}
    models: [vendor/model-a, model-b]
    filters: { stripParams: temperature, setParams: { provider: { zdr: true } } }
  plain: { proxy: "http://10.0.0.2", apiKey: literal-secret, models: [c] }
`;

  it('becomes a profile: macros, names, times, filters, groups, peers', async () => {
    const converted = await convert(WHOLE);
    const profile = await read(converted);
    const byId = new Map(profile.experts.map((expert) => [expert.id, expert]));
    expect([...byId.keys()]).toEqual(['big', 'org-small-1b', 'keep', 'vendor-model-a', 'model-b', 'c']);
    expect(byId.get('big')).toMatchObject({
      description: 'Big one',
      aliases: ['gpt-4o', 'gpt-4o-mini'],
      model: { path: '/home/ana/models/big.gguf' },
      context: 16_384,
      gpuLayers: 20,
      idleUnload: 60_000,
      startTimeout: 15_000,
      preload: true,
      pin: false,
      strip: ['top_k', 'top_p', 'chat_template_kwargs'],
      request: { temperature: 1, top_p: 0.9, chat_template_kwargs: { keep: true, effort: 'medium' } },
      variants: {
        'big:high': {
          request: { chat_template_kwargs: { effort: 'high' }, temperature: 0.7 },
          strip: ['chat_template_kwargs', 'temperature'],
        },
      },
    });
    expect(byId.get('org-small-1b')).toMatchObject({
      aliases: ['org/small:1b'],
      idleUnload: 'never',
      gpuLayers: 'all',
    });
    expect(byId.get('keep')).toMatchObject({ pin: true, idleUnload: 300_000 });
    expect(byId.get('vendor-model-a')).toMatchObject({
      kind: 'remote',
      url: 'https://router.example/api',
      remoteModel: 'vendor/model-a',
      aliases: ['vendor/model-a'],
      keyEnv: 'ROUTER_KEY',
      strip: ['temperature', 'provider'],
      request: { provider: { zdr: true } },
    });
    expect(profile.compatibility.showLoading).toBe(true);
    expect(profile.security).toMatchObject({ auth: 'keys', keys: [{ env: 'CLIENT_KEY', admin: true }] });
  });

  it('says what is otherwise, and copies no key', async () => {
    const { experts, notes, content } = await convert(WHOLE);
    expect(notes.map((line) => line.split(':')[0])).toEqual([
      'apiKeys',
      'groups',
      'One at a time, as llama-swap has it without groups',
    ]);
    expect(experts[1]?.notes.map((line) => line.split(':')[0])).toEqual(['unlisted', 'metadata']);
    expect(experts.at(-1)?.notes[0]).toContain('a key is not written into a profile');
    expect(JSON.stringify([experts, notes, content])).not.toMatch(/sk-literal|literal-secret/);
  });

  it('with a matrix keeps what it costs to lose a model', async () => {
    const { experts, notes } = await convert(`models:
  a: { cmd: llama-server -m /a.gguf -c 512 }
  b: { cmd: llama-server -m /b.gguf -c 512 }
matrix: { vars: { x: a, y: b }, evict_costs: { x: 50 }, sets: { all: "x & y" } }
`);
    expect(experts.map(({ settings }) => settings['priority'])).toEqual([10, undefined]);
    expect(notes[0]).toMatch(/^matrix: which models/);
  });

  it('gives no name twice', async () => {
    const { experts } = await convert(`models:
  a b: { cmd: llama-server -m /a.gguf -c 512 -a same }
  a-b: { cmd: llama-server -m /b.gguf -c 512 --alias same }
  auto: { cmd: llama-server -m /c.gguf -c 512 }
`);
    expect(experts.map(({ id, settings }) => [id, settings['aliases']])).toEqual([
      ['a-b', ['same']],
      ['a-b-2', undefined],
      ['auto-2', undefined],
    ]);
    await read({ experts, content: {}, notes: [], left: [] });
  });

  it('that is none is refused', async () => {
    await expect(convert('a: [')).rejects.toThrow('config.yaml is not valid YAML');
    await expect(convert('models: { a: { cmd: 5 } }')).rejects.toThrow(
      /is no llama-swap configuration:[^]*models\.a\.cmd/,
    );
    await expect(convert('experts: {}')).rejects.toThrow('neither models nor peers');
    await expect(convert('')).rejects.toBeInstanceOf(CliError);
  });
});
