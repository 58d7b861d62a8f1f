import { describe, expect, it } from 'vitest';

import { loadProfile } from '../../../src/profiles/load.ts';
import { ProfileError } from '../../../src/profiles/problems.ts';
import { MINIMAL, Sandbox } from './sandbox.ts';

describe('a profile', () => {
  it('gets its name from the file, its defaults from the schema, and durations and sizes as numbers', async () => {
    const sandbox = new Sandbox();
    const profile = await sandbox.load(sandbox.write('mine.yaml', MINIMAL));
    expect(profile).toMatchObject({
      name: 'mine',
      directory: sandbox.directory,
      budget: { pools: {}, spillToCpu: 'refuse', minResidency: 2_000, maxLoadedExperts: undefined },
      defaultExpert: 'a',
      security: { auth: 'none', keys: [], allowedHosts: [] },
      timeouts: { body: 30_000, firstByte: 300_000, betweenBytes: 60_000, total: 1_800_000, drain: 30_000 },
      queue: { length: 100, age: 60_000 },
      limits: { bodySize: 2 ** 25, bodyDepth: 64, connectionsPerAddress: 256 },
      logs: { fileSize: 10 * 2 ** 20, files: 5 },
      compatibility: { stripBillingHeader: true, showLoading: false },
    });
    expect(profile.experts[0]).toMatchObject({ id: 'a', kind: 'process', engine: 'llama-server', idleUnload: 300_000 });
  });

  it('is frozen to its leaves', async () => {
    const profile = await loadProfile('demo', { environment: {} });
    const everything: unknown[] = [profile];
    for (const value of everything) {
      if (typeof value !== 'object' || value === null) continue;
      expect(Object.isFrozen(value)).toBe(true);
      everything.push(...Object.values(value));
    }
    expect(everything.length).toBeGreaterThan(100);
  });

  it('gives `defaults` to every expert whose engine knows them and that does not set them itself', async () => {
    const sandbox = new Sandbox();
    const { experts } = await sandbox.load(
      sandbox.write(
        'p.yaml',
        `defaults: { engine: remote, context: 4096, idleUnload: never, request: { temperature: 0, seed: 1 } }
experts:
  far: { url: "http://x.example/v1", request: { seed: 2 } }
  near: { engine: llama-server, model: { path: a.gguf }, context: 1024 }
`,
      ),
    );
    expect(experts[0]).toMatchObject({ kind: 'remote', context: 4096, request: { temperature: 0, seed: 2 } });
    expect(experts[0]).not.toHaveProperty('idleUnload');
    expect(experts[1]).toMatchObject({ kind: 'process', context: 1024, idleUnload: 'never' });
  });

  it('has file names relative to the file that says them, and from home by ~/', async () => {
    const sandbox = new Sandbox();
    sandbox.write('base/t.jinja', '{{ messages }}');
    sandbox.write(
      'base/base.yaml',
      'experts: { a: { model: { path: a.gguf, mmproj: m.gguf }, chatTemplate: t.jinja, llama-server: { binary: bin/ls } } }',
    );
    const file = sandbox.write('p.yaml', 'extends: base/base.yaml\nexperts: { b: { model: { path: ~/b.gguf } } }');
    const { experts } = await sandbox.load(file);
    expect(experts[0]).toMatchObject({
      model: { path: `${sandbox.directory}/base/a.gguf`, mmproj: `${sandbox.directory}/base/m.gguf` },
      chatTemplate: `${sandbox.directory}/base/t.jinja`,
      'llama-server': { binary: `${sandbox.directory}/base/bin/ls` },
    });
    expect(experts[1]).toMatchObject({ model: { path: `${sandbox.directory}/home/b.gguf` } });
  });

  it('has adapters and draft models relative to its file, and takes over those of another as a whole', async () => {
    const sandbox = new Sandbox();
    sandbox.write(
      'base/base.yaml',
      `experts:
  a:
    model: { path: a.gguf }
    draft: { model: { path: d.gguf } }
    lora: [{ path: l.gguf }, { hf: o/r, file: l.gguf }]
    variants: { "a.b": { lora: { path: v.gguf, scale: 2 } }, plain: { lora: none } }`,
    );
    const file = sandbox.write(
      'p.yaml',
      'extends: base/base.yaml\nexperts: { a: { variants: { "a.b": { lora: { hf: o/r, file: w.gguf } } } } }',
    );
    const { experts } = await sandbox.load(file);
    const base = `${sandbox.directory}/base`;
    expect(experts[0]).toMatchObject({
      draft: { model: { path: `${base}/d.gguf` } },
      lora: [{ path: `${base}/l.gguf`, scale: 1 }, { hf: 'o/r' }],
      variants: { 'a.b': { lora: { hf: 'o/r', file: 'w.gguf', scale: 1 } }, plain: { lora: 'none' } },
    });
  });

  it('is found by name: the person’s own before the shipped one, which it may extend', async () => {
    const sandbox = new Sandbox();
    sandbox.write('home/.config/orchestrator/profiles/demo.yaml', 'extends: demo\nbudget: { maxLoadedExperts: 1 }');
    const profile = await sandbox.load('demo');
    expect(profile.file).toContain(sandbox.directory);
    expect(profile.budget.maxLoadedExperts).toBe(1);
    expect(profile.experts.map(({ id }) => id)).toEqual(['general', 'coder', 'spanish', 'minilm']);
  });

  it('that no file has is refused with the known names', async () => {
    const sandbox = new Sandbox();
    const [problem] = await sandbox.refuseFile('dmeo');
    expect(problem).toMatchObject({ message: expect.stringContaining('demo'), suggestion: 'demo' });
  });
});

describe('extends', () => {
  it('merges deeply, and null takes away', async () => {
    const sandbox = new Sandbox();
    sandbox.write(
      'home/.config/orchestrator/profiles/base.yaml',
      `name: base\ndescription: below\nqueue: { length: 7, age: 5s }\n${MINIMAL}  b: { model: { hf: o/r, file: f.gguf } }\n`,
    );
    const file = sandbox.write(
      'child.yaml',
      'extends: base\nqueue: { length: null, age: 6s }\nexperts:\n  a: null\n  b: { model: { path: b.gguf }, context: 512 }\n',
    );
    const profile = await sandbox.load(file);
    expect(profile).toMatchObject({ name: 'child', description: undefined, queue: { length: 100, age: 6_000 } });
    expect(profile.experts).toHaveLength(1);
    expect(profile.experts[0]).toMatchObject({ id: 'b', context: 512, model: { path: `${sandbox.directory}/b.gguf` } });
    expect(profile.experts[0]).not.toHaveProperty('model.hf');
  });

  it('names the file that is wrong', async () => {
    const sandbox = new Sandbox();
    const base = sandbox.write('base.yaml', `${MINIMAL}    contxt: 5\n`);
    const [problem] = await sandbox.refuse('extends: ./base.yaml\n');
    expect(problem).toMatchObject({ file: base, line: 4, column: 5, suggestion: 'context' });
  });

  it.each([
    ['itself', 'extends: ./bad.yaml\n'],
    ['what extends it', 'extends: ./other.yaml\n'],
  ])('of %s is refused', async (_what, content) => {
    const sandbox = new Sandbox();
    sandbox.write('other.yaml', 'extends: bad.yaml\n');
    const [problem] = await sandbox.refuse(content);
    expect(problem).toMatchObject({ path: 'extends', line: 1, message: expect.stringContaining('circle') });
  });

  it('of names that go round is refused as a circle', async () => {
    const sandbox = new Sandbox();
    sandbox.write('home/.config/orchestrator/profiles/x.yaml', 'extends: y\n');
    sandbox.write('home/.config/orchestrator/profiles/y.yaml', 'extends: x\n');
    expect((await sandbox.refuseFile('x'))[0]?.message).toMatch(/circle: x.yaml → y.yaml → x.yaml/);
  });

  it('of something unknown is refused where it says so', async () => {
    const sandbox = new Sandbox();
    const [problem] = await sandbox.refuse('name: x\nextends: dem\n');
    expect(problem).toMatchObject({ line: 2, column: 10, suggestion: 'demo' });
  });
});

describe('the environment', () => {
  const withEnvironment = async (value: string, environment: NodeJS.ProcessEnv) => {
    const sandbox = new Sandbox();
    const file = sandbox.write('p.yaml', `experts: { a: { model: { path: a.gguf }, ${value} } }`);
    return (await sandbox.load(file, { environment: { ...sandbox.environment, ...environment } })).experts[0];
  };

  it.each([
    ['context: "${CTX:-4096}"', {}, { context: 4096 }],
    ['context: "${CTX:-4096}"', { CTX: '' }, { context: 4096 }],
    ['context: "${CTX:-4096}"', { CTX: '512' }, { context: 512 }],
    ['preload: "${P}"', { P: 'true' }, { preload: true }],
    ['idleUnload: "${N}m"', { N: '2' }, { idleUnload: 120_000 }],
    ['description: "$${CTX}, ${A}-${B:-b}"', { A: 'a' }, { description: '${CTX}, a-b' }],
    ['llama-server: { build: "${BUILD}" }', { BUILD: '11669' }, { 'llama-server': { build: '11669' } }],
    ['description: "${D}"', { D: '{a: 1}' }, { description: '{a: 1}' }],
  ])('is put into %s', async (value, environment, expected) => {
    expect(await withEnvironment(value, environment)).toMatchObject(expected);
  });

  it.each([
    ['context: ${CTX}', /the environment has no CTX/],
    ['description: "${CTX:?no}"', /is no reference/],
    ['description: "${CTX"', /is no reference/],
  ])('refuses %s at its place', async (value, message) => {
    const sandbox = new Sandbox();
    const problems = await sandbox.refuse(`experts:\n  a:\n    model: { path: a.gguf }\n    ${value}\n`);
    expect(problems[0]).toMatchObject({ line: 4, message: expect.stringMatching(message) });
  });

  it('is never repeated in a message', async () => {
    const sandbox = new Sandbox();
    const secret = 'hunter2-canary';
    const content = `name: "a \${S}"
security: { auth: "\${S}", keys: [{ env: "\${S}", user: "\${S}!" }], allowedHosts: ["\${S}/"] }
queue: { length: "\${S}", age: "\${S}" }
experts:
  a: { model: { path: "\${S}", sha256: "\${S}" }, chatTemplate: "\${S}", gpuLayers: "\${S}", kvCache: "\${S}", engine: "\${S}" }
  b: { model: { hf: "\${S}", file: "../\${S}" }, gpuLayers: "\${S}", kvCache: "\${S}", aliases: ["\${S} x"] }
`;
    const environment = { ...sandbox.environment, S: secret };
    const problems = await sandbox.refuse(content, { environment });
    expect(problems.length).toBeGreaterThan(9);
    expect(JSON.stringify(problems) + new ProfileError(problems).message).not.toContain(secret);
    const [template] = await sandbox.refuse(`${MINIMAL}    chatTemplate: "\${S}.jinja"\n`, { environment });
    expect(template?.message).toBe('there is no such file: ${S}.jinja');
  });
});

describe('--set', () => {
  it('lays values upon the file: numbers, words, maps, list items, quoted keys, null', async () => {
    const sandbox = new Sandbox();
    const file = sandbox.write(
      'p.yaml',
      `queue: { length: 5 }\n${MINIMAL}    aliases: [x, y]\n  a.b: { model: { path: b.gguf } }\n`,
    );
    const set = [
      'budget.maxLoadedExperts=1',
      'experts.a.description=two = words',
      'experts.a.aliases.1=z',
      'experts.a.model={path: c.gguf}',
      'experts."a.b".context=256',
      'queue.length=null',
    ];
    const profile = await sandbox.load(file, { set });
    expect(profile).toMatchObject({ budget: { maxLoadedExperts: 1 }, queue: { length: 100 } });
    expect(profile.experts).toMatchObject([
      { description: 'two = words', aliases: ['x', 'z'], model: { path: `${sandbox.directory}/c.gguf` } },
      { id: 'a.b', context: 256 },
    ]);
  });

  it.each([
    ['nothing', /write --set key.path=value/],
    ['=1', /write --set key.path=value/],
    ['a..b=1', /write --set key.path=value/],
    ['queue.length=[', /not valid YAML/],
    ['queue.length=many', /expected a number, but this is text/],
    ['queue.lenght=1', /unknown key/],
    ['experts.a.model.path.x=1', /neither a map nor a list/],
    ['experts.a.aliases.7=x', /neither a map nor a list/],
  ])('%s is refused', async (setting, message) => {
    const sandbox = new Sandbox();
    const problems = await sandbox.refuse(`${MINIMAL}    aliases: [x]\n`, { set: [setting] });
    expect(problems).toHaveLength(1);
    expect(problems[0]?.message).toMatch(message);
    expect(problems[0]?.file).toMatch(/^--set/);
    expect(problems[0]?.line).toBeUndefined();
  });
});

describe('the demo profile', () => {
  it('loads within 30 ms once the program is warm', async () => {
    const times: number[] = [];
    for (let i = 0; i < 5; i++) {
      const start = performance.now();
      await loadProfile('demo', { environment: {} });
      times.push(performance.now() - start);
    }
    expect(Math.min(...times)).toBeLessThan(30);
  });

  it('has three experts of one file and one that embeds documents, and room for two beside that', async () => {
    const { experts, budget, defaultExpert, knowledge } = await loadProfile('demo', { environment: {} });
    expect(experts.map(({ id, task }) => [id, task])).toEqual([
      ['general', 'generate'],
      ['coder', 'generate'],
      ['spanish', 'generate'],
      ['minilm', 'embed'],
    ]);
    const models = experts.map((expert) => (expert.kind === 'process' ? expert.model?.sha256 : undefined));
    expect(new Set(models.slice(0, 3)).size).toBe(1);
    expect([budget.maxLoadedExperts, defaultExpert]).toEqual([3, 'general']);
    expect(knowledge).toMatchObject({ enabled: true, embedding: 'minilm' });
    expect(experts[0]?.variants).toHaveProperty('general-creative');
  });
});
