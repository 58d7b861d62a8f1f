/** Faults, group J: the boundary between what clients and profiles say, and what engines are told. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { acceptances, DIRECTORY, fakeExpert } from '../../support/fake-expert.ts';
import type { Orchestrator } from '../../support/orchestrator.ts';
import { launchOrchestrator, startOrchestrator } from '../../support/orchestrator.ts';
import { descendants, environmentOf, listenersOf } from '../../support/processes.ts';
import { profileOf } from '../../support/profile.ts';

const full = { 'ledger-full': true } as const;
const HOSTILE = [
  '--log-file',
  '-m ../../etc/passwd',
  'a --log-file /tmp/x',
  'a\n--log-file',
  '$(touch pwned)',
  '`touch pwned`',
  ';touch pwned',
  '../../a',
  'a/../../b',
  'a\u0000b',
  '__proto__',
  'constructor',
  'toString',
  '',
  ' ',
  'x'.repeat(10_000),
];

/** A server that must never hear anything. */
async function startTrap(): Promise<{ url: string; heard: string[]; [Symbol.dispose](): void }> {
  const heard: string[] = [];
  const server: Server = createServer((request, response) => {
    heard.push(`${request.method} ${request.url}`);
    response.end('{}');
  });
  server.on('connection', () => heard.push('a connection'));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    heard,
    [Symbol.dispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

describe('J1 flags from input', () => {
  it('J1 a hostile model or expert name is unknown, starts nothing and touches nothing', async () => {
    await using orchestrator = await startOrchestrator({ profile: profileOf({ a: fakeExpert(full) }) });
    for (const name of HOSTILE) {
      const chat = await orchestrator.chat('x', { model: name });
      expect([400, 404], JSON.stringify(name.slice(0, 40))).toContain(chat.status);
      await chat.body?.cancel();
      for (const action of ['load', 'unload']) {
        const response = await orchestrator.post(`/api/experts/${encodeURIComponent(name)}/${action}`);
        expect(response.status, `${action} ${JSON.stringify(name.slice(0, 40))}`).toBeGreaterThanOrEqual(400);
        expect(response.status).toBeLessThan(500);
        await response.body?.cancel();
      }
    }
    expect(orchestrator.ledger('a')).toEqual([]);
    expect(filesIn(orchestrator.directory).some((name) => name.includes('pwned'))).toBe(false);
  });

  it.each([
    ['an expert id with a flag', { '--log-file': fakeExpert() }],
    ['an expert id with a path', { '../a': fakeExpert() }],
    ['an expert id with a line break', { 'a\nb': fakeExpert() }],
    ['an alias with a space', { a: fakeExpert({}, { settings: { aliases: ['a --log-file x'] } }) }],
    ['an alias with a command', { a: fakeExpert({}, { settings: { aliases: ['$(touch pwned)'] } }) }],
    ['a reserved flag', llama({ flags: ['--log-file', `${DIRECTORY}/pwned`] })],
    ['a reserved flag with its value', llama({ flags: ['--host=0.0.0.0'] })],
    ['a short reserved flag', llama({ flags: ['-m', '../../etc/passwd'] })],
    ['a port', llama({ flags: ['--port', '80'] })],
    ['a key', llama({ flags: ['--api-key', 'known'] })],
    ['a flag with a line break', llama({ flags: ['--verbose\n--log-file'] })],
    ['a flag that is no text', llama({ flags: [5] })],
    ['a device with a command', llama({ device: '$(touch pwned)' })],
    ['a negative context', { a: { ...llama({}).a, context: -1 } }],
    ['a thread count with a flag', { a: { ...llama({}).a, threads: '4 --log-file x' } }],
    ['a cache type with a flag', { a: { ...llama({}).a, kvCache: 'f16 --log-file x' } }],
  ] as [string, Record<string, unknown>][])(
    'J1 %s is refused by the profile, with its place',
    async (_what, experts) => {
      const attempt = launchOrchestrator({ profile: profileOf(experts) });
      const { code } = await attempt.ended;
      try {
        expect(code).toBe(78);
        expect(attempt.output).toMatch(/profile\.yaml:\d+:\d+/);
        expect(existsSync(join(attempt.directory, 'pwned'))).toBe(false);
      } finally {
        await attempt[Symbol.asyncDispose]();
      }
    },
  );

  it('J1 what a profile says reaches the engine as one argument, never through a shell', async () => {
    const odd = `$(touch ${DIRECTORY}/pwned) \`touch ${DIRECTORY}/pwned\` ; touch ${DIRECTORY}/pwned && "quoted" 'x' --port 1`;
    const expert = {
      ...fakeExpert({ ...full, stderr: odd }),
      model: { path: `${DIRECTORY}/x --log-file y $(touch pwned).gguf` },
    };
    (expert as unknown as { command: { argv: string[] } }).command.argv.push('--stderr', '{model}');
    const directory = launchDirectory();
    writeFileSync(join(directory, 'x --log-file y $(touch pwned).gguf'), 'GGUF');
    await using orchestrator = await startOrchestrator({ profile: profileOf({ a: expert }), directory });
    await orchestrator.load('a');
    const argv = orchestrator.ledger('a').find(({ event }) => event === 'start')?.argv ?? [];
    expect(argv).toContain(odd.replaceAll(DIRECTORY, orchestrator.directory));
    expect(argv.at(-1)).toBe(join(orchestrator.directory, 'x --log-file y $(touch pwned).gguf'));
    expect(filesIn(orchestrator.directory).filter((name) => name === 'pwned')).toEqual([]);
  });

  function llama(own: Record<string, unknown>): { a: Record<string, unknown> } {
    return { a: { engine: 'llama-server', model: { path: `${DIRECTORY}/m.gguf` }, 'llama-server': own } };
  }

  function filesIn(directory: string): string[] {
    return readdirSync(directory, { recursive: true, encoding: 'utf8' });
  }

  function launchDirectory(): string {
    const directory = join(process.env['TMPDIR'] ?? '/tmp', `orchestrator-test-j1-${process.pid}`);
    mkdirSync(directory, { recursive: true });
    return directory;
  }
});

describe('J2 killer parameters', () => {
  const grammar = `root ::= ${'('.repeat(60_000)}"a"${')'.repeat(60_000)}`;
  const nest = (depth: number): unknown =>
    depth === 0 ? { type: 'string' } : { type: 'object', properties: { a: nest(depth - 1) } };
  const dangerous: [string, Record<string, unknown>][] = [
    ['n', { n: 1_000_000 }],
    ['n', { n: -1 }],
    ['best_of', { best_of: 1e9 }],
    ['n_discard', { n_discard: -5 }],
    ['max_tokens', { max_tokens: 1e12 }],
    ['max_tokens', { max_tokens: -100 }],
    ['max_tokens', { max_tokens: 1.5e308 }],
    ['max_completion_tokens', { max_completion_tokens: 1e12 }],
    ['n_predict', { n_predict: 1e12 }],
    ['n_probs', { n_probs: 1e9 }],
    ['top_logprobs', { top_logprobs: 1e9 }],
    ['grammar', { grammar }],
    [
      'response_format',
      { response_format: { type: 'json_schema', json_schema: { schema: { type: 'string', pattern: '^((((' } } } },
    ],
    ['json_schema', { json_schema: { type: 'string', pattern: '^(a+)+$'.repeat(5_000) } }],
    ['nested', { response_format: { type: 'json_schema', json_schema: { schema: nest(40) } } }],
    ['json_schema', { json_schema: { type: 'string', minLength: 1e12 } }],
    ['chat_template', { chat_template: '{{ x }}' }],
    ['chat_template_kwargs', { chat_template_kwargs: { messages: [] } }],
    ['chat_template_kwargs', { chat_template_kwargs: { tokenize: true } }],
    ['chat_template_kwargs', { chat_template_kwargs: { add_generation_prompt: false } }],
    ['chat_template_kwargs', { chat_template_kwargs: { nested: { a: 1 } } }],
    ['chat_template_kwargs', { chat_template_kwargs: [1] }],
    ['prompt_embeds', { prompt_embeds: 'AAAA' }],
    ['id_slot', { id_slot: 0 }],
    ['stop', { stop: Array.from({ length: 10_000 }, String) }],
    ['logit_bias', { logit_bias: Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [i, 1])) }],
    ['tools', { tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'string', pattern: '[' } } }] }],
  ];

  it('J2 each is refused with 400 that names the field, and no engine hears of it', async () => {
    await using orchestrator = await startOrchestrator({ profile: profileOf({ a: fakeExpert(full) }) });
    await orchestrator.load('a');
    for (const [field, fields] of dangerous) {
      const response = await orchestrator.chat('x', { model: 'a', ...fields });
      const where = `${field}: ${JSON.stringify(fields).slice(0, 80)}`;
      expect(response.status, where).toBe(400);
      const { error } = (await response.json()) as { error: { param: string | null; message: string } };
      expect(`${error.param} ${error.message}`, where).toContain(field);
    }
    expect(acceptances(orchestrator.ledger('a'))).toEqual([]);
  });

  it('J2 thinking toggles and ordinary values pass untouched', async () => {
    await using orchestrator = await startOrchestrator({ profile: profileOf({ a: fakeExpert(full) }) });
    const fields = {
      chat_template_kwargs: { enable_thinking: false, effort: 'low', budget: 5 },
      max_tokens: 7,
      n: 1,
      temperature: 0.5,
      stop: ['\n'],
      response_format: {
        type: 'json_schema',
        json_schema: {
          name: 'x',
          schema: { type: 'object', properties: { a: { type: 'string', pattern: '^[a-z]{1,9}$' } } },
        },
      },
    };
    expect((await orchestrator.chat('x', { model: 'a', ...fields })).status).toBe(200);
    const [accepted] = acceptances(orchestrator.ledger('a'));
    expect(JSON.parse(accepted?.body ?? '{}')).toMatchObject(fields);
  });
});

describe('J3 media by URL', () => {
  it('J3 an address in an image or audio part is refused, and nobody connects; bytes pass', async () => {
    using trap = await startTrap();
    const expert = fakeExpert(full, { settings: { vision: true, audio: true } });
    await using orchestrator = await startOrchestrator({ profile: profileOf({ a: expert }) });
    await orchestrator.load('a');
    const urls = [
      `${trap.url}/image.png`,
      trap.url.replace('127.0.0.1', 'localhost'),
      'file:///etc/passwd',
      'FILE:///etc/passwd',
      'http://169.254.169.254/latest/meta-data/',
      'ftp://127.0.0.1/x',
      '//127.0.0.1/x',
      '/etc/passwd',
      ' http://127.0.0.1/x',
      'gopher://127.0.0.1:1',
    ];
    for (const url of urls) {
      const parts: unknown[] = [
        { type: 'image_url', image_url: { url } },
        { type: 'image_url', image_url: url },
        { type: 'input_image', image_url: url },
        { type: 'input_audio', input_audio: { url } },
        { type: 'video_url', video_url: { url } },
      ];
      for (const part of parts) {
        const response = await send(orchestrator, part);
        expect(response.status, JSON.stringify(part)).toBe(400);
        await response.body?.cancel();
      }
      const body = {
        model: 'a',
        max_tokens: 5,
        messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'url', url } }] }],
      };
      expect((await orchestrator.post('/v1/messages', body)).status, url).toBe(400);
    }
    expect(trap.heard).toEqual([]);
    expect(acceptances(orchestrator.ledger('a'))).toEqual([]);
    const bytes = await send(orchestrator, {
      type: 'image_url',
      image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' },
    });
    expect(bytes.status).toBe(200);
  });

  function send(orchestrator: Orchestrator, part: unknown): Promise<Response> {
    return orchestrator.post('/v1/chat/completions', {
      model: 'a',
      messages: [{ role: 'user', content: [{ type: 'text', text: 'x' }, part] }],
    });
  }
});

describe('J4 another upstream', () => {
  it('J4 no field, query or header chooses where a request goes', async () => {
    using trap = await startTrap();
    await using orchestrator = await startOrchestrator({ profile: profileOf({ a: fakeExpert(full) }) });
    await orchestrator.load('a');
    const fields = [
      'api_base',
      'base_url',
      'baseURL',
      'api_url',
      'endpoint',
      'url',
      'upstream',
      'proxy',
      'custom_llm_provider',
      'extra_headers',
      'headers',
      'litellm_params',
    ];
    for (const field of fields) {
      for (const value of [trap.url, { url: trap.url, api_base: trap.url }]) {
        const response = await orchestrator.chat('x', { model: 'a', [field]: value });
        expect([200, 400], field).toContain(response.status);
        await response.body?.cancel();
      }
      const query = `/v1/chat/completions?${field}=${encodeURIComponent(trap.url)}`;
      const response = await orchestrator.post(query, { model: 'a', messages: [{ role: 'user', content: 'x' }] });
      expect([200, 400], query).toContain(response.status);
      await response.body?.cancel();
    }
    for (const header of [
      'x-api-base',
      'x-base-url',
      'x-upstream',
      'x-original-url',
      'x-rewrite-url',
      'x-forwarded-host',
      'x-orchestrator-expert',
      'x-orchestrator-upstream',
      'openai-base-url',
    ]) {
      const response = await orchestrator.chat('x', { model: 'a' }, { headers: { [header]: trap.url } });
      expect([200, 400], header).toContain(response.status);
      await response.body?.cancel();
    }
    expect(trap.heard).toEqual([]);
    for (const { url, body } of acceptances(orchestrator.ledger('a'))) {
      expect(url).toBe('/v1/chat/completions');
      expect(Object.keys(JSON.parse(body ?? '{}') as object)).not.toEqual(expect.arrayContaining(['api_base']));
    }
  });
});

describe('J5 the exposure of engines', () => {
  const KEY = 'a-key-of-sufficient-length-0123456789';
  const CANARY = 'canary-7c1d-in-the-environment';

  it('J5 engines listen on loopback alone, with a key of their own at every start, and inherit next to nothing', async () => {
    const security = { auth: 'keys', keys: [{ env: 'TEST_KEY', user: 'ana', admin: true }] };
    await using orchestrator = await startOrchestrator({
      profile: profileOf({ a: fakeExpert({ dump: `${DIRECTORY}/dump.json` }) }, { security }),
      args: ['--host', '0.0.0.0'],
      env: {
        TEST_KEY: KEY,
        OPENAI_API_KEY: CANARY,
        AWS_SECRET_ACCESS_KEY: CANARY,
        HF_TOKEN: CANARY,
        LD_PRELOAD_TEST: CANARY,
      },
    });
    orchestrator.runtime.url = orchestrator.url.replace('0.0.0.0', '127.0.0.1');
    const keys: string[] = [];
    for (let round = 0; round < 2; round++) {
      const { pid } = await orchestrator.load('a');
      const listeners = listenersOf(pid ?? 0);
      expect(listeners).toHaveLength(1);
      expect(listeners[0]).toMatch(/^127\.0\.0\.1:/);
      const env = environmentOf(pid ?? 0);
      const allowed = /^(PATH|HOME|LANG|FAKE_KEY|FAKE_MARK|ORCHESTRATOR_\w+)$/;
      expect(Object.keys(env).filter((name) => !allowed.test(name))).toEqual([]);
      expect(JSON.stringify(env)).not.toContain(CANARY);
      expect(JSON.stringify(env)).not.toContain(KEY);
      expect(JSON.stringify(env)).not.toContain(orchestrator.token);
      expect(env['FAKE_KEY']?.length).toBeGreaterThanOrEqual(20);
      keys.push(env['FAKE_KEY'] ?? '');
      const bare = await fetch(`http://${listeners[0]}/v1/models`);
      expect(bare.status, 'without the key nobody is served').toBe(401);
      await bare.body?.cancel();
      await orchestrator.post('/api/experts/a/unload');
      await orchestrator.untilState('a', 'stopped');
    }
    expect(new Set(keys).size, 'a key for each start').toBe(2);
    const dump = JSON.parse(readFileSync(join(orchestrator.directory, 'dump.json'), 'utf8')) as { argv: string[] };
    expect(dump.argv.join(' ')).not.toContain(keys[1]);
    const open = [orchestrator.pid, ...descendants(orchestrator.pid).map(({ pid }) => pid)].flatMap(listenersOf);
    expect(open.filter((address) => !address.startsWith('127.'))).toEqual([expect.stringMatching(/^0\.0\.0\.0:/)]);
  });
});
