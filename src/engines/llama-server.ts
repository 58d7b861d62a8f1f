import { z } from 'zod';

import type { ExpertBase, LaunchContext, ProcessSettings, ProgramProbe } from './contract.ts';
import { defineProcessEngine } from './contract.ts';
import { OPENAI_FIELDS, openaiCanary } from './openai-base.ts';
import type { InferenceRoute } from './routes.ts';
import { commonShape, FilePath, modelShape, processShape, Size } from './settings.ts';

/**
 * Flags that the supervisor sets itself, or that reach files, shells or the network: never from `flags`. llama-server reads `_` as
 * `-`, so names are compared that way.
 */
const RESERVED_FLAGS = [
  /^(-m|--models?(-.*)?|-mu|-md|-a|--alias|--host|--port|--reuse-port|--path|--api-.*|-c|--ctx-size|-np|--parallel)$/,
  /^(-hf.*|--hf-.*|-dr|--docker-repo|--.*-hf|-mmu?|--mmproj(-url)?|--.*-(default|spec)|--rpc|--offline)$/,
  /^(--chat-template.*|--grammar-file|-jf|--json-schema-file|--ui-config-file|--webui-config-file|-lc[sd]|--lookup-cache-.*)$/,
  /^(--log-(file|prompts-dir|disable)|--slot-save-path|--media-path|--video-ffmpeg-dir|--ssl-.*|--cors-.*|--props)$/,
  /^(--tools.*|--agent|--mcp-.*|--(ui|webui)-mcp-proxy|--sleep-idle-seconds)$/,
];

function isReserved(argument: string): boolean {
  const name = (argument.split('=')[0] ?? '').replaceAll('_', '-');
  return RESERVED_FLAGS.some((pattern) => pattern.test(name));
}

const own = z
  .strictObject({
    build: z.string().optional().describe('An installed build (`orchestrator engine list`); default: the newest'),
    binary: FilePath.optional().describe('A llama-server by absolute path, in place of an installed build'),
    cacheRam: Size.prefault('0MiB').describe('Host memory for cached prompts of this process'),
    batch: z.int().min(32).max(16_384).default(2_048).describe('Logical batch, tokens'),
    ubatch: z
      .int()
      .min(32)
      .max(16_384)
      .default(512)
      .describe('Physical batch, tokens; an embedding input must fit one'),
    flashAttention: z.enum(['on', 'off', 'auto']).default('auto').describe('Flash attention'),
    pooling: z.enum(['mean', 'cls', 'last', 'rank']).optional().describe('Pooling of an embedding model'),
    device: z
      .string()
      .regex(/^[\w,.-]+$/)
      .optional()
      .describe('Devices as `engine probe` lists them, or `none`'),
    flags: z
      .array(z.string().regex(/^[^\0\n\r]*$/))
      .default([])
      .describe('Further arguments, passed as they are')
      .check((context) => {
        for (const [index, flag] of context.value.entries()) {
          if (!isReserved(flag)) continue;
          context.issues.push({
            code: 'custom',
            input: flag,
            path: [index],
            message: `${flag} is not allowed here: the supervisor sets it itself, or it reaches files, programs or the network`,
          });
        }
      }),
  })
  .prefault({});

const settings = z.strictObject({
  engine: z.literal('llama-server').describe('llama.cpp’s server'),
  ...commonShape,
  ...processShape,
  ...modelShape,
  'llama-server': own.describe('Settings of llama-server alone'),
});

type LlamaExpert = ExpertBase & ProcessSettings & z.output<typeof settings>;

const GENERATE_ROUTES: readonly InferenceRoute[] = [
  '/v1/chat/completions',
  '/v1/completions',
  '/v1/responses',
  '/v1/messages',
  '/v1/messages/count_tokens',
  '/infill',
];

export const llamaServer = defineProcessEngine<LlamaExpert>({
  kind: 'process',
  name: 'llama-server',
  description: 'llama.cpp’s server: GGUF models on CPU, CUDA and Vulkan',
  settings,
  program: 'llama-server',
  build: (expert) => expert['llama-server'].build,
  binary: (expert) => expert['llama-server'].binary,
  routes: routesOf,
  knownFields: (_expert, route) => OPENAI_FIELDS[route],
  listens: (_expert, program) => {
    const help = program?.help ?? '';
    if (/socket\b[^]*?\.sock/i.test(sectionOf(help, '--host'))) return ['socket', 'port'];
    return ['port'];
  },
  preflight: (expert, program) => {
    const wantsGpu = expert.gpuLayers === 'all' || (typeof expert.gpuLayers === 'number' && expert.gpuLayers > 0);
    if (!wantsGpu || !program || program.devices.length > 0) return undefined;
    return {
      code: 'gpu_unavailable',
      message:
        `${expert.id} asks for gpuLayers: ${expert.gpuLayers}, but ${program.path} (${program.version}) lists no GPU device. ` +
        `Install a build that has one (orchestrator engine install llama-server --backend cuda, or vulkan), or set gpuLayers: 0.`,
    };
  },
  launch: (expert, context) => ({
    command: context.program?.path ?? 'llama-server',
    args: argv(expert, context),
    // The key travels by environment: argv is world-readable in /proc.
    env: { LLAMA_API_KEY: context.apiKey },
  }),
  health: () => '/health',
  canary: (expert) => openaiCanary(expert, expert.id, routesOf(expert)),
  provesIdentity: () => true,
  authorize: (_expert, apiKey) => ({ authorization: `Bearer ${apiKey}` }),
  metricsPath: () => '/metrics',
  slotsPath: '/slots',
});

function routesOf(expert: LlamaExpert): readonly InferenceRoute[] {
  if (expert.task === 'embed') return ['/v1/embeddings'];
  if (expert.task === 'rerank') return ['/v1/rerank'];
  return expert.audio ? [...GENERATE_ROUTES, '/v1/audio/transcriptions'] : GENERATE_ROUTES;
}

function argv(expert: LlamaExpert, { program, files, listen, cores }: LaunchContext): string[] {
  const own = expert['llama-server'];
  const args: string[] = [];
  const has = (flag: string) => program === undefined || program.flags.has(flag);
  /** The first spelling that the probe found, with its values; nothing where the build has none of them. */
  const put = (flags: readonly string[], ...values: (string | number)[]) => {
    const flag = flags.find(has);
    if (flag) args.push(flag, ...values.map(String));
  };

  put(['--model', '-m'], files.model ?? '');
  put(['--alias', '-a'], expert.id);
  if (files.mmproj) put(['--mmproj'], files.mmproj);
  if (listen.kind === 'socket') put(['--host'], listen.path);
  else {
    put(['--host'], '127.0.0.1');
    put(['--port'], listen.kind === 'port' ? listen.port : 0);
  }
  // llama-server divides its context by its slots; a profile's `context` is what one request gets.
  put(['--ctx-size', '-c'], expert.context * expert.parallel);
  put(['--parallel', '-np'], expert.parallel);
  put(['--no-kv-unified', '-no-kvu']);
  put(['--batch-size', '-b'], own.batch);
  put(
    ['--ubatch-size', '-ub'],
    expert.task === 'generate' ? own.ubatch : Math.max(own.ubatch, Math.min(expert.context, own.batch)),
  );
  const numericLayers = { all: 999, auto: program && program.devices.length > 0 ? 999 : 0 };
  put(
    ['--n-gpu-layers', '-ngl'],
    typeof expert.gpuLayers === 'number' ? expert.gpuLayers : numericLayers[expert.gpuLayers],
  );
  if (own.device) put(['--device', '-dev'], own.device);
  put(['--fit', '-fit'], 'off');
  flashAttention(program, own.flashAttention, put);
  put(['--cache-type-k', '-ctk'], expert.kvCache);
  put(['--cache-type-v', '-ctv'], expert.kvCache);
  put(['--cache-ram', '-cram'], Math.round(own.cacheRam / 2 ** 20));
  put(['--threads', '-t'], expert.threads ?? cores);
  if (expert.task === 'embed') {
    put(['--embeddings', '--embedding']);
    if (own.pooling) put(['--pooling'], own.pooling);
  } else if (expert.task === 'rerank') {
    put(['--reranking', '--rerank']);
  } else {
    put(['--jinja']);
    if (files.chatTemplate) put(['--chat-template-file'], files.chatTemplate);
  }
  put(['--metrics']);
  put(['--slots']);
  put(['--no-ui', '--no-webui']);
  put(['--offline']);
  put(['--log-colors'], 'off');
  put(['--log-prefix']);
  put(['--log-timestamps']);
  put(['--log-verbosity', '-lv'], 4);
  args.push(...own.flags);
  return args;
}

/** `-fa` was a bare switch before autumn 2025 and takes `on|off|auto` since. */
function flashAttention(
  program: ProgramProbe | undefined,
  mode: 'on' | 'off' | 'auto',
  put: (flags: string[], ...values: string[]) => void,
): void {
  const takesValue = !program || /\[on\|off\|auto\]/.test(sectionOf(program.help, '--flash-attn'));
  if (takesValue) put(['--flash-attn', '-fa'], mode);
  else if (mode === 'on') put(['--flash-attn', '-fa']);
}

/** The lines of `--help` that describe one flag. */
function sectionOf(help: string, flag: string): string {
  const lines = help.split('\n');
  const start = lines.findIndex((line) => line.startsWith('-') && line.split(/[\s,]+/).includes(flag));
  if (start < 0) return '';
  const next = lines.findIndex((line, index) => index > start && line.startsWith('-'));
  return lines.slice(start, next < 0 ? undefined : next).join('\n');
}
