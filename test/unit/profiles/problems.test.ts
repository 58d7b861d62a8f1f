import { mkdirSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { formatProblem, ProfileError } from '../../../src/profiles/problems.ts';
import { MINIMAL, Sandbox } from './sandbox.ts';

/** What follows `experts: { a:` on line 3 and after. */
const expert = (lines: string) => `experts:\n  a:\n${lines.replace(/^/gm, '    ')}\n`;
const withModel = (lines: string) => expert(`model: { path: a.gguf }\n${lines}`);

describe('F1: a bad profile', () => {
  it.each<[string, string, string, RegExp, string?]>([
    ['an unknown key', `colour: red\n${MINIMAL}`, '1:1', /^unknown key$/],
    ['a misspelt key', withModel('contxt: 5'), '4:5', /unknown key/, 'context'],
    [
      'a misspelt key of the engine',
      withModel('llama-server: { flashAttenton: on }'),
      '4:21',
      /unknown key/,
      'flashAttention',
    ],
    ['a misspelt default', `defaults: { idle_unload: 5m }\n${MINIMAL}`, '1:13', /unknown key/, 'idleUnload'],
    ['a key of another engine', expert('engine: remote\nurl: http://x\ngpuLayers: 5'), '5:5', /for the engine remote/],
    [
      'an unknown engine',
      expert('engine: lama-server'),
      '3:13',
      /expected "llama-server", .*"command" or "remote"/,
      'llama-server',
    ],
    ['an unknown default engine', `defaults: { engine: tgi }\n${MINIMAL}`, '1:21', /expected "llama-server"/],
    ['a misspelt value', withModel('kvCache: q8'), '4:14', /expected "f16".* but this is other text/, 'q8_0'],
    ['text for a number', withModel('context: many'), '4:14', /expected a number, but this is text/],
    ['a fraction for a whole number', withModel('context: 1.5'), '4:14', /expected a whole number/],
    ['a number out of bounds', withModel('context: 1'), '4:14', /at least 128/],
    ['a list for a word', withModel('description: [a]'), '4:18', /expected text, but this is a list/],
    ['a word for a list', withModel('aliases: a'), '4:14', /expected a list, but this is text/],
    ['nothing for a map', 'experts:\n  a:\n', '2:3', /expected a map of keys, but this is empty/],
    ['a duration without a unit', `queue: { age: 60 }\n${MINIMAL}`, '1:15', /a duration has a number and a unit/],
    ['a duration in words', withModel('idleUnload: 5 minutes'), '4:17', /expected "never" or text \(a duration/],
    ['one of several forms, misspelt', withModel('gpuLayers: alll'), '4:16', /"all", "auto" or a number/, 'all'],
    ['one of several forms, out of bounds', withModel('gpuLayers: -1'), '4:16', /^at least 0$/],
    ['a size without a unit', `limits: { bodySize: 32 }\n${MINIMAL}`, '1:21', /a size has a number and a unit/],
    ['no model', expert('context: 512'), '2:3', /is missing: The model file/],
    ['two kinds of model', expert('model: { path: a, hf: o/r, file: f }'), '3:12', /exactly one of/],
    [
      'a source without its file',
      expert('model: { sources: [{ hf: o/r, fil: x }], file: f, size: 1, sha256: x }'),
      '3:24',
      /is missing/,
    ],
    ['no experts', 'name: x\n', '1:1', /is missing: The experts by id/],
    ['an empty list of experts', 'experts: {}\n', '1:10', /at least one expert/],
    ['a list for everything', '- a\n', '1:1', /a map of keys/],
    ['a bad expert id', 'experts:\n  a/b: { model: { path: a } }\n', '2:3', /an expert id begins with/],
    [
      'a key for an expert that is not there',
      `security: { auth: keys, keys: [{ env: K, user: ana, experts: [b] }] }\n${MINIMAL}`,
      '1:63',
      /no expert has this id/,
      'a',
    ],
    ['a default expert that is not there', `router: { default: b }\n${MINIMAL}`, '1:20', /no expert has this id/, 'a'],
    ['a default expert that embeds', `router: { default: a }\n${withModel('task: embed')}`, '1:20', /must generate/],
    [
      'a misspelt domain',
      withModel('fit: { codng: 1 }'),
      '4:12',
      /no such domain; it has general, .*multimodal\. One of your own/,
      'coding',
    ],
    [
      'a domain without examples',
      `router: { domains: { legal: { utterances: [sue] } } }\n${withModel('fit: { leagl: 1 }')}`,
      '5:12',
      /no such domain/,
      'legal',
    ],
    [
      'a domain that is told by no example',
      `router: { domains: { multilingual: { utterances: [hola] } } }\n${MINIMAL}`,
      '1:22',
      /told by the language: examples change nothing/,
    ],
    ['examples of images', withModel('utterances: { multimodal: [look] }'), '4:19', /told by an image/],
    [
      'a domain with no examples',
      `router: { domains: { legal: { utterances: [] } } }\n${MINIMAL}`,
      '1:43',
      /at least 1 in the list/,
    ],
    ['a bias out of bounds', `router: { keepLoadedBias: 2 }\n${MINIMAL}`, '1:27', /at most 1/],
    ['keys asked for and none named', `security: { auth: keys }\n${MINIMAL}`, '1:19', /nobody could get in/],
    [
      'a key named twice',
      `security: { keys: [{ env: K, user: a }, { env: K, user: b }] }\n${MINIMAL}`,
      '1:48',
      /twice/,
    ],
    ['a template that is not there', withModel('chatTemplate: t.jinja'), '4:19', /there is no such file: .*t\.jinja/],
    ['an alias that is auto', withModel('aliases: [auto]'), '4:15', /"auto" is taken/],
    ['an id that is auto', 'experts:\n  auto: { model: { path: a } }\n', '2:3', /"auto" is taken/],
    ['an alias that is an id', `${withModel('aliases: [b]')}  b: { model: { path: b } }\n`, '4:15', /the expert b/],
    [
      'an alias that is there twice',
      `${withModel('aliases: [x]')}  b: { model: { path: b }, aliases: [x] }\n`,
      '5:38',
      /an alias of a/,
    ],
    [
      'a pattern that is there twice',
      `${withModel('aliases: ["x*"]')}  b: { model: { path: b }, aliases: ["x*"] }\n`,
      '5:38',
      /an alias of a/,
    ],
    [
      'a variant that is an id',
      `${withModel('variants: { b: {} }')}  b: { model: { path: b } }\n`,
      '4:17',
      /the expert b/,
    ],
  ])('with %s is refused at its place', async (_what, content, at, message, suggestion) => {
    const problems = await new Sandbox().refuse(content);
    const found = problems.find((problem) => message.test(problem.message));
    expect(found && [`${found.line}:${found.column}`, found.suggestion]).toEqual([at, suggestion]);
  });

  it.each(['sleep', 'gpuMemory'])('with %s, which this engine does not obey, is refused', async (key) => {
    const problems = await new Sandbox().refuse(withModel(`${key}: 1`));
    expect(problems).toMatchObject([{ path: `experts.a.${key}`, message: expect.stringContaining('unknown key') }]);
  });

  it.each([
    ['gpus: [gpu1]', 'experts.a.gpus.0', /no pool gpu1 \(it has ram, gpu0\)/],
    ['footprint: { gpu1: 1GiB }', 'experts.a.footprint.gpu1', /no pool gpu1/],
    ['priority: 11', 'experts.a.priority', /10/],
  ])('with %s beside a budget of ram and gpu0 is refused', async (setting, path, message) => {
    const budget = 'budget: { ram: { capacity: 8GiB }, gpu0: { capacity: auto, reserve: 1GiB } }\n';
    const problems = await new Sandbox().refuse(budget + withModel(setting));
    expect(problems).toMatchObject([{ path, message: expect.stringMatching(message) }]);
  });

  it.each([
    ['model: { path: a.gguf, mmproj: b.gguf }', /projector \(mmproj\)/],
    ['model: { path: a.gguf }\ntask: embed', /only experts that generate/],
  ])('with caches to be kept of %s is refused', async (settings, message) => {
    const problems = await new Sandbox().refuse(expert(`${settings}\nllama-server: { keepCache: 1GiB }`));
    expect(problems).toMatchObject([
      { path: 'experts.a.llama-server.keepCache', message: expect.stringMatching(message) },
    ]);
  });

  it.each([
    ['{ embedding: a }', 'knowledge.embedding', /the task of a is generate; it must embed/],
    ['{ rerank: { expert: none } }', 'knowledge.rerank.expert', /no expert has this id/],
    ['{ web: { allow: [http://x.org] } }', 'knowledge.web.allow.0', /a host is a name/],
    ['{ store: rocksdb }', 'knowledge.store', /./],
  ])('with knowledge: %s is refused', async (settings, path, message) => {
    const problems = await new Sandbox().refuse(`knowledge: ${settings}\n${MINIMAL}`);
    expect(problems).toMatchObject([{ path, message: expect.stringMatching(message) }]);
  });

  it.each([
    ['{ id: none }', /no expert has this id/],
    ['{ id: e }', /the task of e is embed; it must generate/],
    ['{ id: far }', /runs elsewhere and would see what every user says/],
  ])('with memory: { expert: %s } is refused: nobody would be asked', async (settings, message) => {
    const others = `${MINIMAL}  e: { model: { path: m.gguf }, task: embed }\n  far: { engine: remote, url: "http://x.example" }\n`;
    const problems = await new Sandbox().refuse(`memory: { expert: ${settings} }\n${others}`);
    expect(problems).toMatchObject([{ path: 'memory.expert.id', message: expect.stringMatching(message) }]);
  });

  it('with knowledge: an expert elsewhere sees no document unless it is said that it may', async () => {
    const far = `${MINIMAL}  far: { engine: remote, url: "http://x.example", task: embed, endpoints: [/v1/embeddings] }\n`;
    const sandbox = new Sandbox();
    const problems = await sandbox.refuse(`knowledge: { embedding: far }\n${far}`);
    expect(problems).toMatchObject([
      { path: 'knowledge.embedding', message: expect.stringMatching(/see every document/) },
    ]);
    const allowed = `knowledge: { embedding: far, remoteExperts: allow }\n${far}`;
    expect(await sandbox.load(sandbox.write('q.yaml', allowed))).toMatchObject({ knowledge: { embedding: 'far' } });
  });

  it('is told everything at once, from top to bottom, each fault once', async () => {
    const sandbox = new Sandbox();
    const content = `colour: red
queue: { length: \${NOT_SET}, length: 3 }
experts:
  a: { model: &m { path: "", hff: x } }
  b: { model: *m, contxt: 1 }
`.replace('${NOT_SET}', '"${NOT_SET}"');
    const problems = await sandbox.refuse(content);
    expect(problems.map(({ line, path }) => [line, path])).toEqual([
      [1, 'colour'],
      [2, 'queue.length'],
      [2, 'queue.length'],
      [2, 'queue.length'],
      [4, 'experts.a.model.path'],
      [4, 'experts.a.model.hff'],
      [5, 'experts.b.contxt'],
    ]);
  });

  it('ends a command with 78 and lines that an editor can jump to', async () => {
    const sandbox = new Sandbox();
    const [problem] = await sandbox.refuse(withModel('contxt: 5'));
    const error = new ProfileError(problem ? [problem] : []);
    expect(error.exitCode).toBe(78);
    expect(error.message).toMatch(
      /bad\.yaml:4:5: experts\.a\.contxt: unknown key for the engine llama-server \(did you mean "context"\?\)$/,
    );
    expect(problem && formatProblem(problem)).toBe(error.message);
  });

  it.each<[string, Buffer, RegExp]>([
    ['not UTF-8', Buffer.from([0x61, 0x3a, 0xff, 0xfe]), /not UTF-8/],
    ['larger than 1 MiB', Buffer.alloc(2 ** 20 + 1, '#'), /larger than 1 MiB/],
  ])('that is %s is refused', async (_what, content, message) => {
    expect((await new Sandbox().refuse(content))[0]?.message).toMatch(message);
  });

  it('that is a folder, a device or missing is refused', async () => {
    const sandbox = new Sandbox();
    mkdirSync(`${sandbox.directory}/folder.yaml`);
    for (const file of ['folder.yaml', './missing']) {
      expect((await sandbox.refuseFile(file))[0]?.message).toMatch(/cannot be read/);
    }
    expect((await sandbox.refuseFile('/dev/zero'))[0]?.message).toMatch(/larger than 1 MiB/);
  });

  it('is refused within 200 ms even where it is 100 kB of aliases', async () => {
    const sandbox = new Sandbox();
    const levels = 'abcdefghi'.split('');
    const nine = (value: string) => `[${Array(9).fill(value).join(',')}]`;
    const bomb = levels.map((name, i) => `${name}: &${name} ${nine(i === 0 ? 'x' : `*${levels[i - 1]}`)}`).join('\n');
    const file = sandbox.write('bomb.yaml', `${MINIMAL}${bomb}\n#${' '.repeat(100_000)}`);
    await sandbox.refuseFile('./missing');
    const start = performance.now();
    const problems = await sandbox.refuseFile(file);
    expect(performance.now() - start).toBeLessThan(200);
    expect(problems[0]?.message).toMatch(/the aliases stand for more than/);
  });
});

describe('J1: what would become an argument of an engine', () => {
  it.each<[string, string]>([
    ['a flag that the supervisor sets', 'llama-server: { flags: [--host, 0.0.0.0] }'],
    ['a flag with its value', 'llama-server: { flags: ["--port=1"] }'],
    ['a flag that opens files', 'llama-server: { flags: [--log-file, /x] }'],
    ['a flag with a newline', 'llama-server: { flags: ["--a\\n--b"] }'],
    ['a flag with NUL', 'llama-server: { flags: ["--a\\0"] }'],
    ['a device that is more than a name', 'llama-server: { device: "CUDA0 --host" }'],
    ['a template with a newline', 'chatTemplate: "a\\nb"'],
    ['an alias with a newline', 'aliases: ["a\\nb"]'],
    ['an alias with a command', 'aliases: ["$(touch x)"]'],
    ['a variant with NUL', 'variants: { "a\\0": {} }'],
  ])('is refused: %s', async (_what, line) => {
    expect(await new Sandbox().refuse(withModel(line))).toHaveLength(1);
  });

  it.each<[string, string]>([
    ['a model with a newline', 'model: { path: "a\\nb" }'],
    ['a model with NUL', 'model: { path: "a\\0b" }'],
    ['a hub file that climbs out', 'model: { hf: o/r, file: ../../etc/passwd }'],
    ['a hub file that is absolute', 'model: { hf: o/r, file: /etc/passwd }'],
    ['a repository that climbs out', 'model: { hf: "../..", file: f }'],
    ['a revision that is an option', 'model: { hf: o/r, file: f, revision: --x }'],
    ['a projector that climbs out', 'model: { hf: o/r, file: f, mmproj: ../m }'],
    [
      'a package that is an option',
      `model: { file: f, size: 1, sha256: "${'0'.repeat(64)}", sources: [{ pypi: [--index-url==1], member: x }] }`,
    ],
    ['an argv with NUL', 'engine: command\ncommand: { argv: ["a\\0b"] }'],
  ])('is refused: %s', async (_what, line) => {
    expect(await new Sandbox().refuse(expert(line))).toHaveLength(1);
  });

  it.each(['a\\nb', 'a\\0b', '$(x)', '-m', '../..', '.', ' ', 'a b', 'x'.repeat(65)])('an expert id %j', async (id) => {
    expect(await new Sandbox().refuse(`experts: { "${id}": { model: { path: a } } }`)).toHaveLength(1);
  });
});
