import { z } from 'zod';

import type {
  ExpertBase,
  LaunchContext,
  LaunchPlacement,
  ModelHeader,
  ProcessSettings,
  ProgramProbe,
  Refusal,
} from './contract.ts';
import { defineProcessEngine } from './contract.ts';
import { Draft } from './draft.ts';
import { adapterFlags, draftFlags, refuseSharedCache } from './llama-extras.ts';
import { LLAMA_DEFAULTS } from './llama-defaults.ts';
import { extraFlags, sectionOf } from './llama-flags.ts';
import { LLAMA_SLOTS, savesSlots, slotArguments } from './llama-slots.ts';
import { adaptersOf, loraFilesShape, strengthsOf } from './lora.ts';
import { OPENAI_FIELDS, openaiCanary } from './openai-base.ts';
import type { InferenceRoute } from './routes.ts';
import { commonShape, FilePath, modelShape, processShape, Size } from './settings.ts';
import { I2_S, isForBitnet } from './ternary.ts';

const own = z
  .strictObject({
    build: z.string().optional().describe('An installed build (`orchestrator engine list`); default: the newest'),
    binary: FilePath.optional().describe('A llama-server by absolute path, in place of an installed build'),
    cacheRam: Size.prefault('0MiB').describe('Host memory for cached prompts of this process'),
    keepCache: Size.prefault('0MiB').describe(
      'Bytes on disk for prompt caches: saved when the expert is unloaded, given back to their user when he goes on. 0MiB keeps none',
    ),
    contextCheckpoints: z
      .int()
      .min(0)
      .max(256)
      .default(LLAMA_DEFAULTS.contextCheckpoints)
      .describe(
        'Earlier states that each slot keeps in host memory, for models with a sliding window (others need none); each is as large as the window',
      ),
    batch: z.int().min(32).max(16_384).default(LLAMA_DEFAULTS.batch).describe('Logical batch, tokens'),
    ubatch: z
      .int()
      .min(32)
      .max(16_384)
      .default(LLAMA_DEFAULTS.ubatch)
      .describe('Physical batch, tokens; an embedding input must fit one'),
    flashAttention: z.enum(['on', 'off', 'auto']).default('auto').describe('Flash attention'),
    pooling: z.enum(['mean', 'cls', 'last', 'rank']).optional().describe('Pooling of an embedding model'),
    device: z
      .string()
      .regex(/^[\w,.-]+$/)
      .optional()
      .describe('Devices as `engine probe` lists them, or `none`'),
    flags: extraFlags,
  })
  .prefault({});

const settings = z
  .strictObject({
    engine: z.literal('llama-server').describe('llama.cpp’s server'),
    ...commonShape,
    ...processShape,
    ...modelShape,
    ...loraFilesShape,
    draft: Draft.optional().describe('A small model that guesses ahead (speculative decoding)'),
    'llama-server': own.describe('Settings of llama-server alone'),
  })
  .refine(({ task, draft }) => task === 'generate' || draft === undefined, {
    message: 'a draft model is for experts that generate',
    path: ['draft'],
  })
  .refine(({ task, 'llama-server': own }) => task === 'generate' || own.keepCache === 0, {
    message: 'only experts that generate have prompt caches to keep',
    path: ['llama-server', 'keepCache'],
  })
  .refine(({ model, 'llama-server': own }) => model.mmproj === undefined || own.keepCache === 0, {
    message: 'llama-server cannot save the caches of a model with a projector (mmproj)',
    path: ['llama-server', 'keepCache'],
  })
  .check(refuseSharedCache);

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
  requestFields: (expert, route, variant) => {
    if (route === '/v1/messages/count_tokens') return undefined;
    // Every adapter is named in every request: with an empty list llama-server applies all of them, in full, upon what it has cached
    // for another.
    const scales = strengthsOf(expert, variant);
    return scales.length === 0 ? undefined : { lora: scales.map((scale, id) => ({ id, scale })) };
  },
  listens: (_expert, program) => {
    const help = program?.help ?? '';
    if (/socket\b[^]*?\.sock/i.test(sectionOf(help, '--host'))) return ['socket', 'port'];
    return ['port'];
  },
  preflight: (expert, program, { header } = {}) => {
    if (header && isForBitnet(header)) return needsBitnet(expert.id, header);
    const lacking = program && lackingFor(expert, program);
    if (lacking) return lacking;
    const wantsGpu = expert.gpuLayers === 'all' || (typeof expert.gpuLayers === 'number' && expert.gpuLayers > 0);
    if (!wantsGpu || !program || program.devices.length > 0) return undefined;
    return {
      code: 'gpu_unavailable',
      message:
        `${expert.id} asks for gpuLayers: ${expert.gpuLayers}, but ${program.path} finds no GPU. ` +
        `If there is one: orchestrator engine install llama-server --backend cuda (or vulkan). If not: set gpuLayers: auto, ` +
        `or take a profile for the CPU (orchestrator profile list).`,
    };
  },
  advice: (expert, program) =>
    expert['llama-server'].keepCache > 0 && !savesSlots(program)
      ? `keepCache has no effect on ${expert.id}: ${program?.path} (${program?.version}) cannot save its slots. Install a newer build (orchestrator engine install llama-server).`
      : undefined,
  launch: (expert, context) => ({
    command: context.program?.path ?? 'llama-server',
    args: argv(expert, context),
    // The key travels by environment: argv is world-readable in /proc.
    env: { LLAMA_API_KEY: context.apiKey, ...visibleGpus(expert, context) },
  }),
  health: () => '/health',
  canary: (expert) => openaiCanary(expert, expert.id, routesOf(expert)),
  provesIdentity: () => true,
  authorize: (_expert, apiKey) => ({ authorization: `Bearer ${apiKey}` }),
  metricsPath: () => '/metrics',
  slotsPath: '/slots',
  slots: (expert, program) => {
    const maxBytes = expert['llama-server'].keepCache;
    return maxBytes > 0 && savesSlots(program) ? { protocol: LLAMA_SLOTS, maxBytes } : undefined;
  },
});

function needsBitnet(id: string, { architecture, tensorTypes }: ModelHeader): Refusal {
  const what = tensorTypes.has(I2_S) ? 'has i2_s tensors' : `is of the architecture ${architecture}`;
  return {
    code: 'engine_unfit',
    message:
      `The model of ${id} ${what}, which only bitnet.cpp reads: set engine: bitnet ` +
      `(orchestrator engine install bitnet). For llama-server, take a TQ2_0 or TQ1_0 file of the model where there is one.`,
  };
}

/** What the expert is made of and this build cannot take, which would leave its answers without it. */
function lackingFor(expert: LlamaExpert, { flags, path, version }: ProgramProbe): Refusal | undefined {
  const refuse = (what: string): Refusal => ({
    code: 'engine_unfit',
    message: `${expert.id} has ${what}, which ${path} (${version}) does not take. Install a newer build: orchestrator engine install llama-server.`,
  });
  // A choice of adapters by request came in January 2025, some days before Jinja; an older build passes over it without a word.
  if (adaptersOf(expert).length > 0 && !(flags.has('--lora') && flags.has('--jinja'))) return refuse('LoRA adapters');
  if (expert.draft && !flags.has('--model-draft') && !flags.has('--spec-draft-model')) return refuse('a draft model');
  return undefined;
}

function routesOf(expert: LlamaExpert): readonly InferenceRoute[] {
  if (expert.task === 'embed') return ['/v1/embeddings'];
  if (expert.task === 'rerank') return ['/v1/rerank'];
  const routes = expert.audio ? [...GENERATE_ROUTES, '/v1/audio/transcriptions' as const] : GENERATE_ROUTES;
  if (adaptersOf(expert).length === 0 && expert['llama-server'].keepCache === 0) return routes;
  // Forms cannot say which adapters and which slot they want, and llama-server's own translation of Anthropic's dialect loses both;
  // ours keeps them.
  return routes.filter((route) => route !== '/v1/messages' && route !== '/v1/audio/transcriptions');
}

function argv(expert: LlamaExpert, { program, files, listen, cores, placement, slotsDir }: LaunchContext): string[] {
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
  const layers = placement?.gpuLayers ?? expert.gpuLayers;
  const onGpu = typeof layers === 'number' ? layers : numericLayers[layers];
  put(['--n-gpu-layers', '-ngl'], onGpu);
  const devices = own.device ?? placedDevices(program, gpusOf(expert, placement));
  if (devices !== undefined) put(['--device', '-dev'], devices);
  if (placement && placement.gpus.length > 1) {
    put(['--split-mode', '-sm'], 'layer');
    put(['--tensor-split', '-ts'], placement.gpus.map(({ share }) => Number(share.toPrecision(3))).join(','));
  }
  if (expert.draft && files.draft !== undefined)
    draftFlags(expert.draft, { ...expert, path: files.draft, onGpu, program, put });
  if (files.loras) adapterFlags(files.loras, program, put);
  if (expert.cpuMoe === true) put(['--cpu-moe', '-cmoe']);
  else if (expert.cpuMoe !== false) put(['--n-cpu-moe', '-ncmoe'], expert.cpuMoe);
  put(['--fit', '-fit'], 'off');
  flashAttention(program, own.flashAttention, put);
  put(['--cache-type-k', '-ctk'], expert.kvCache);
  put(['--cache-type-v', '-ctv'], expert.kvCache);
  put(['--cache-ram', '-cram'], Math.round(own.cacheRam / 2 ** 20));
  put(['--ctx-checkpoints', '-ctxcp', '--swa-checkpoints'], own.contextCheckpoints);
  put(['--checkpoint-min-step', '-cms'], LLAMA_DEFAULTS.checkpointSpacing);
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
  if (slotsDir !== undefined) args.push(...slotArguments(slotsDir));
  put(['--no-ui', '--no-webui']);
  put(['--offline']);
  // A bare switch that turns colours on, in builds before autumn 2025.
  if (takesChoice(program, '--log-colors')) put(['--log-colors'], 'off');
  put(['--log-prefix']);
  put(['--log-timestamps']);
  // Builds without named levels print whole prompts at 4.
  if (!program || /3: info/.test(sectionOf(program.help, '--log-verbosity'))) put(['--log-verbosity', '-lv'], 4);
  args.push(...own.flags);
  return args;
}

/** Indices as `nvidia-smi` counts; undefined: whatever the program finds. */
function gpusOf(expert: LlamaExpert, placement: LaunchPlacement | undefined): readonly number[] | undefined {
  if (placement) return placement.gpus.map(({ index }) => index);
  return expert.gpus === 'auto' ? undefined : expert.gpus.map((pool) => Number(pool.slice('gpu'.length)));
}

/**
 * CUDA counts by speed unless it is told otherwise. What it may see is also all that it makes a context on, which takes hundreds of
 * megabytes of each device.
 */
function visibleGpus(expert: LlamaExpert, { program, placement }: LaunchContext): Readonly<Record<string, string>> {
  const gpus = gpusOf(expert, placement);
  if (gpus === undefined || expert['llama-server'].device !== undefined || !isCuda(program)) return {};
  return { CUDA_DEVICE_ORDER: 'PCI_BUS_ID', CUDA_VISIBLE_DEVICES: gpus.join(',') };
}

/** Where the environment cannot say it: on the CPU alone, and on Vulkan. */
function placedDevices(program: ProgramProbe | undefined, gpus: readonly number[] | undefined): string | undefined {
  if (gpus === undefined || !program || program.devices.length === 0) return undefined;
  if (gpus.length === 0) return 'none';
  if (isCuda(program)) return undefined;
  const names = gpus.map((index) => program.devices[index]?.name).filter((name) => name !== undefined);
  return names.length === gpus.length ? names.join(',') : undefined;
}

function isCuda(program: ProgramProbe | undefined): boolean {
  return program?.devices.some(({ name }) => name.startsWith('CUDA')) ?? false;
}

function takesChoice(program: ProgramProbe | undefined, flag: string): boolean {
  return !program || /\[on\|off\|auto\]/.test(sectionOf(program.help, flag));
}

/** `-fa` was a bare switch before autumn 2025 and takes `on|off|auto` since. */
function flashAttention(
  program: ProgramProbe | undefined,
  mode: 'on' | 'off' | 'auto',
  put: (flags: string[], ...values: string[]) => void,
): void {
  if (takesChoice(program, '--flash-attn')) put(['--flash-attn', '-fa'], mode);
  else if (mode === 'on') put(['--flash-attn', '-fa']);
}
