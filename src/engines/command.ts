import { z } from 'zod';

import type { ExpertBase, LaunchContext, ProcessSettings } from './contract.ts';
import { defineProcessEngine } from './contract.ts';
import { openaiCanary } from './openai-base.ts';
import type { InferenceRoute, Task } from './routes.ts';
import { commonShape, Endpoint, FilePath, Model, modelShape, processShape } from './settings.ts';

const Argument = z.string().regex(/^[^\0]*$/, 'an argument cannot contain NUL');

const settings = z.strictObject({
  engine: z.literal('command').describe('Any OpenAI-compatible server, started by an argv template'),
  ...commonShape,
  ...processShape,
  model: Model.optional().describe('A model file that `{model}` stands for'),
  chatTemplate: modelShape.chatTemplate,
  endpoints: z.array(Endpoint).min(1).optional().describe('Routes that the server answers; default: those of the task'),
  command: z
    .strictObject({
      argv: z
        .array(Argument)
        .min(1)
        .describe(
          'Program and arguments, never a shell. Placeholders: {port} {socket} {model} {id} {context} {parallel} {threads} {key} {chatTemplate}',
        ),
      stop: z
        .array(Argument)
        .min(1)
        .optional()
        .describe('An argv that stops the server in place of SIGTERM; the same placeholders'),
      env: z
        .record(z.string().regex(/^[A-Za-z_]\w*$/), z.string())
        .default({})
        .describe('Environment of the server; nothing else is inherited'),
      cwd: FilePath.optional().describe('Working directory'),
      health: z.string().startsWith('/').default('/health').describe('Path that answers 200 when the model is loaded'),
      identity: z.enum(['on', 'off']).default('on').describe('off where the listener is not our child (docker run)'),
      canary: z.enum(['on', 'off']).default('on').describe('off where the server cannot answer a one-token request'),
      model: z.string().optional().describe('Model name that the server expects in requests'),
      metrics: z.string().startsWith('/').optional().describe('Path of Prometheus metrics'),
    })
    .describe('How the server is run'),
});

type CommandExpert = ExpertBase & ProcessSettings & z.output<typeof settings>;

const TASK_ROUTES: Readonly<Record<Task, readonly InferenceRoute[]>> = {
  generate: ['/v1/chat/completions', '/v1/completions'],
  embed: ['/v1/embeddings'],
  rerank: ['/v1/rerank'],
  speech: ['/v1/audio/speech'],
  transcribe: ['/v1/audio/transcriptions'],
};

export const command = defineProcessEngine<CommandExpert>({
  kind: 'process',
  name: 'command',
  description: 'Any OpenAI-compatible server, started by an argv from the profile',
  settings,
  program: undefined,
  build: () => undefined,
  binary: () => undefined,
  ownProgram: ({ command: { argv, cwd, env } }) => {
    const [name = ''] = argv;
    const { PATH: path } = env;
    return name.includes('{') ? undefined : { name, ...(cwd ? { cwd } : {}), ...(path ? { path } : {}) };
  },
  routes: routesOf,
  knownFields: () => undefined,
  requestFields: (expert) => (expert.command.model === undefined ? undefined : { model: expert.command.model }),
  listens: (expert) => (expert.command.argv.some((part) => part.includes('{socket}')) ? ['socket'] : ['port']),
  preflight: () => undefined,
  launch: (expert, context) => {
    const fill = (parts: readonly string[]) => parts.map((part) => substitute(part, expert, context));
    const [program = '', ...args] = fill(expert.command.argv);
    const { cwd, stop } = expert.command;
    const env = Object.fromEntries(
      Object.entries(expert.command.env).map(([name, value]) => [name, substitute(value, expert, context)]),
    );
    return { command: program, args, env, ...(cwd ? { cwd } : {}), ...(stop ? { stop: fill(stop) } : {}) };
  },
  health: (expert) => expert.command.health,
  canary: (expert) =>
    expert.command.canary === 'off'
      ? undefined
      : openaiCanary(expert, expert.command.model ?? expert.id, routesOf(expert)),
  provesIdentity: (expert) => expert.command.identity === 'on',
  authorize: (_expert, apiKey) => ({ authorization: `Bearer ${apiKey}` }),
  metricsPath: (expert) => expert.command.metrics,
});

function routesOf(expert: CommandExpert): readonly InferenceRoute[] {
  return expert.endpoints ?? TASK_ROUTES[expert.task];
}

/** One argument stays one argument: a value is put in as text and never parsed again. */
function substitute(part: string, expert: CommandExpert, { listen, files, apiKey, cores }: LaunchContext): string {
  const values: Record<string, string> = {
    port: listen.kind === 'port' ? String(listen.port) : '',
    socket: listen.kind === 'socket' ? listen.path : '',
    model: files.model ?? '',
    chatTemplate: files.chatTemplate ?? '',
    id: expert.id,
    context: String(expert.context),
    parallel: String(expert.parallel),
    threads: String(cores),
    key: apiKey,
  };
  return part.replace(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? (values[name] ?? '') : whole,
  );
}
