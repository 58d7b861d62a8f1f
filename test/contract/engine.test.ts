import { describe, expect, it } from 'vitest';

import type {
  Adapter,
  ExpertBase,
  LaunchContext,
  Listen,
  ProcessAdapter,
  ProcessSettings,
  ProgramProbe,
  RemoteAdapter,
} from '../../src/engines/contract.ts';
import { adaptersOf } from '../../src/engines/lora.ts';
import { ENGINE_NAMES, ENGINES } from '../../src/engines/registry.ts';
import { INFERENCE_PATHS, INFERENCE_ROUTES } from '../../src/engines/routes.ts';
import { SseParser } from '../../src/proxy/sse.ts';
import { recordingsOf } from './recordings.ts';

type Expert = ExpertBase & ProcessSettings;

const KEY = 'k-1f3c9a-canary';
const RUBBISH: unknown[] = [
  null,
  undefined,
  [],
  {},
  'ok',
  5,
  { choices: [] },
  { data: [] },
  { error: { message: 'x' } },
];

const LISTENS: Readonly<Record<Listen['kind'], Listen>> = {
  socket: { kind: 'socket', path: '/run/orchestrator/e1.sock' },
  'any-port': { kind: 'any-port' },
  port: { kind: 'port', port: 41_234 },
};
const PLACES: Readonly<Record<Listen['kind'], string>> = {
  socket: '/run/orchestrator/e1.sock',
  'any-port': '0',
  port: '41234',
};

const parse = (adapter: Adapter, settings: object): Expert =>
  ({ id: 'sample', ...adapter.settings.parse(settings) }) as unknown as Expert;

/** Every expert that the recordings have settings for. */
const EXPERTS = ENGINE_NAMES.flatMap((engine) => {
  const adapter: Adapter = ENGINES[engine];
  const recordings = recordingsOf(engine);
  return recordings.experts.map(({ settings, probes, canary, answers }) => {
    const written = recordings.json(settings) as object;
    const programs = probes.length === 0 ? [undefined] : probes.map((file) => recordings.probe(file));
    const expert = parse(adapter, written);
    return { title: `${engine} with ${settings}`, adapter, recordings, written, expert, programs, canary, answers };
  });
});
const PROCESSES = EXPERTS.flatMap((entry) =>
  entry.adapter.kind === 'process' ? [{ ...entry, adapter: entry.adapter }] : [],
);
const REMOTES = EXPERTS.flatMap((entry) =>
  entry.adapter.kind === 'remote' ? [{ ...entry, adapter: entry.adapter }] : [],
);

const contextFor = (expert: Expert, program: ProgramProbe | undefined, kind: Listen['kind']): LaunchContext => ({
  program,
  files: {
    model: '/models/sample.gguf',
    chatTemplate: '/models/sample.jinja',
    ...(expert.draft && { draft: '/models/draft.gguf' }),
    loras: adaptersOf(expert).map((_, index) => ({ path: `/models/adapter-${index}.gguf` })),
  },
  listen: LISTENS[kind],
  apiKey: KEY,
  cores: 4,
  gpus: [0, 1].map((index) => ({ index, uuid: `GPU-${index}`, name: 'GPU', totalBytes: 16 * 2 ** 30 })),
  cacheDir: '/var/cache/engine',
});

/** Every way in which an expert can be launched: each recorded build with each listener that it offers. */
const launchesOf = (adapter: ProcessAdapter, expert: Expert, programs: readonly (ProgramProbe | undefined)[]) =>
  programs.flatMap((program) =>
    adapter.listens(expert, program).map((kind) => {
      const context = contextFor(expert, program, kind);
      return { program, kind, context, launch: adapter.launch(expert, context) };
    }),
  );

describe.each(ENGINE_NAMES)('engine %s', (engine) => {
  const adapter: Adapter = ENGINES[engine];
  const recordings = recordingsOf(engine);

  it('is known by one name everywhere', () => {
    expect(adapter.name).toBe(engine);
    expect(adapter.description.length).toBeGreaterThan(10);
    expect(adapter.settings.safeParse({ engine: 'another' }).success).toBe(false);
  });

  it.each(recordings.refused)('J1: refuses settings with $why', ({ settings }) => {
    const sound = recordings.json(recordings.experts[0]?.settings ?? '') as object;
    expect(adapter.settings.safeParse(sound).error).toBeUndefined();
    expect(adapter.settings.safeParse({ ...sound, ...settings }).success).toBe(false);
  });
});

describe.each(EXPERTS)('$title', ({ adapter, expert, recordings, answers }) => {
  it('serves known routes, those of its task among them', () => {
    const routes = adapter.routes(expert);
    expect(INFERENCE_PATHS).toEqual(expect.arrayContaining([...routes]));
    expect(routes.map((route) => INFERENCE_ROUTES[route].task)).toContain(expert.task);
  });

  it('knows the fields without which its routes make no sense', () => {
    const needed = { generate: 'model', embed: 'input', rerank: 'query', speech: 'input', transcribe: undefined };
    const missing = adapter.routes(expert).filter((route) => {
      const field = needed[INFERENCE_ROUTES[route].task];
      return field !== undefined && adapter.knownFields(expert, route)?.has(field) === false;
    });
    expect(missing).toEqual([]);
  });

  it.each(answers)('gives a whole answer on $route ($body)', ({ route, body }) => {
    expect(adapter.routes(expert)).toContain(route);
    expect(recordings.json(body)).toMatchObject({ model: expect.any(String) as string, usage: {} });
  });

  it.each(answers.filter((answer) => answer.stream !== undefined))(
    'gives a stream on $route that says when it is over ($stream)',
    ({ route, stream }) => {
      const parser = new SseParser();
      const events = parser.push(Buffer.from(recordings.text(stream ?? ''))).filter((item) => item.kind === 'event');
      expect(parser.incomplete).toBe(false);
      expect(events.length).toBeGreaterThan(2);
      const last = events.at(-1);
      const sign = INFERENCE_ROUTES[route].dialect === 'anthropic' ? last?.event : last?.data;
      expect(['[DONE]', 'message_stop']).toContain(sign);
    },
  );
});

describe.each(PROCESSES)('$title as a process', ({ adapter, expert, programs }) => {
  const launches = launchesOf(adapter, expert, programs);

  it('is launched the same way every time', () => {
    expect(launches.length).toBeGreaterThan(0);
    for (const { context, launch } of launches) expect(adapter.launch(expert, context)).toEqual(launch);
  });

  it('is told where to listen, and nothing that is undefined', () => {
    for (const { kind, launch } of launches) {
      const all = [launch.command, ...launch.args, ...Object.values(launch.env), ...(launch.stop ?? [])];
      expect(all.join(' ')).toContain(PLACES[kind]);
      expect(all.filter((part) => typeof part !== 'string' || /undefined|NaN|\{\w+\}/.test(part))).toEqual([]);
    }
  });

  it('is given everything that it is made of', () => {
    const forgotten = launches.flatMap(({ context, launch }) => {
      const { model, draft, loras = [] } = context.files;
      const paths = [expert.model && model, draft, ...loras.map((adapter) => adapter.path)];
      return paths.filter((path) => path !== undefined && !launch.args.join(' ').includes(path));
    });
    expect(forgotten).toEqual([]);
  });

  it('is given only flags that its build has', () => {
    const unknown = launches.flatMap(({ program, launch }) =>
      launch.args.filter((part) => /^--?[a-z]/i.test(part) && program !== undefined && !program.flags.has(part)),
    );
    expect(unknown).toEqual([]);
  });

  it('K1: gets its key where other users cannot read it', () => {
    for (const { launch } of launches) {
      expect([launch.command, ...launch.args, ...(launch.stop ?? [])].join(' ')).not.toContain(KEY);
      expect(Object.values(adapter.authorize(expert, KEY)).join(' ')).toContain(KEY);
    }
  });

  it('says where its health can be asked', () => {
    expect(adapter.health(expert)).toMatch(/^\//);
  });

  it('starts on every recorded build', () => {
    for (const program of programs) expect(adapter.preflight(expert, program)).toBeUndefined();
  });
});

const GPU_CASES = PROCESSES.filter(
  ({ adapter }) => adapter.program !== undefined && 'gpuLayers' in adapter.settings.shape,
);
describe.each(GPU_CASES)('$title and a GPU', ({ adapter, written, programs }) => {
  it('never starts on a build that shows no such device', () => {
    const wanting = parse(adapter, { ...written, gpuLayers: 'all' });
    const verdicts = programs.map((program) => ({
      devices: program?.devices.length ?? 0,
      code: adapter.preflight(wanting, program)?.code,
    }));
    expect(verdicts).toEqual(
      verdicts.map(({ devices }) => ({ devices, code: devices > 0 ? undefined : 'gpu_unavailable' })),
    );
  });
});

const PROOFS = PROCESSES.flatMap((entry) => {
  const proof = entry.adapter.canary(entry.expert);
  return proof ? [{ ...entry, proof }] : [];
});
describe.each(PROOFS)('$title when it is ready', ({ proof, canary, recordings, adapter, expert }) => {
  it('proves itself by an answer, and by nothing less', () => {
    expect(adapter.routes(expert)).toContain(proof.path);
    expect(canary, 'index.json names no `canary` recording').toBeDefined();
    expect(proof.verify(recordings.json(canary ?? ''))).toBeUndefined();
    for (const rubbish of RUBBISH) expect(proof.verify(rubbish)).toEqual(expect.any(String));
  });
});

describe.each(REMOTES)('$title as an endpoint elsewhere', ({ adapter, expert }) => {
  it('is reached at an address, with a key that comes from the environment', () => {
    const remote: RemoteAdapter = adapter;
    expect(remote.origin(expert)).toMatch(/^https?:\/\/[^/]+(\/.*[^/])?$/);
    for (const route of remote.routes(expert)) expect(remote.upstreamPath(expert, route)).toMatch(/^\//);
    const names = remote.requiredEnvironment(expert);
    expect(names.length).toBeGreaterThan(0);
    const environment = Object.fromEntries(names.map((variable) => [variable, KEY]));
    expect(Object.values(remote.authorize(expert, environment)).join(' ')).toContain(KEY);
    expect(Object.values(remote.authorize(expert, {})).join(' ')).not.toContain(KEY);
  });
});
