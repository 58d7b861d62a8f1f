import type { z } from 'zod';

import type {
  ExpertBase,
  Gpu,
  LaunchContext,
  LaunchPlacement,
  PreflightFacts,
  ProcessSettings,
  ProgramProbe,
  Refusal,
} from './contract.ts';
import { defineProcessEngine } from './contract.ts';
import { adaptersOf } from './lora.ts';
import { openaiCanary } from './openai-base.ts';
import type { InferenceRoute, Task } from './routes.ts';
import { adapterArgs, baseName, servedName } from './vllm-adapters.ts';
import { VLLM_FIELDS } from './vllm-fields.ts';
import { sleepProtocol } from './vllm-sleep.ts';
import { vllmSettings } from './vllm-settings.ts';

export type VllmExpert = ExpertBase & ProcessSettings & z.output<typeof vllmSettings>;

const TASK_ROUTES: Readonly<Record<Task, readonly InferenceRoute[]>> = {
  generate: ['/v1/chat/completions', '/v1/completions', '/v1/responses', '/v1/messages', '/v1/messages/count_tokens'],
  embed: ['/v1/embeddings'],
  rerank: ['/v1/rerank'],
  speech: [],
  transcribe: ['/v1/audio/transcriptions'],
};

/** What vLLM's log says of the way to ready, in the order in which it comes (0.32; the words change between versions). */
const STAGES: readonly (readonly [RegExp, string | undefined])[] = [
  [/Loading safetensors checkpoint shards:\s+(\d+)%/, 'weights $1 % read'],
  [/Capturing CUDA graphs.*?(\d+)%/, 'graphs $1 % captured'],
  [/non-default args:/, 'reading the configuration'],
  [/Resolved architecture: (\w+)/, 'starting the engine for $1'],
  [/Initializing a V\d LLM engine/, 'starting the workers'],
  [/Starting to load model/, 'reading the weights'],
  [/(Model loading|Loading weights) took/, 'weights read'],
  [/torch\.compile takes|Compiling a graph|Dynamo bytecode transform/, 'compiling'],
  [/KV cache size: ([\d,]+) tokens/, 'KV cache of $1 tokens made, warming up'],
  [/init engine .*took/, 'starting the server'],
];

/** A unix socket's path holds 107 bytes; vLLM puts a UUID behind the folder. */
const LONGEST_RPC_FOLDER = 70;

export const vllm = defineProcessEngine<VllmExpert>({
  kind: 'process',
  name: 'vllm',
  description: 'vLLM: folders of safetensors, many requests at once, on CUDA or a CPU',
  settings: vllmSettings,
  program: 'vllm',
  // Each question imports all of PyTorch.
  probe: { version: ['--version'], help: ['serve', '--help=all'], devices: undefined, timeoutMs: 240_000 },
  modelForm: 'folder',
  readsGpus: true,
  build: (expert) => expert.vllm.build,
  binary: ({ vllm: own }) => own.binary ?? (own.venv === undefined ? undefined : `${own.venv}/bin/vllm`),
  routes: (expert) => TASK_ROUTES[expert.task],
  knownFields: (_expert, route) => VLLM_FIELDS[route],
  // vLLM answers 404 to any other name; a LoRA adapter has one of its own.
  requestFields: (expert, _route, variant) => ({ model: servedName(expert, variant) }),
  listens: (expert, program) => {
    // The routes that put it to sleep ask for no key, and one of them runs anything: on a port every user of the machine reaches them.
    if (expert.sleep !== 'off') return ['socket'];
    return program === undefined || program.flags.has('--uds') ? ['socket', 'port'] : ['port'];
  },
  preflight,
  launch: (expert, context) => ({
    command: context.program?.path ?? 'vllm',
    args: argv(expert, context),
    env: environment(expert, context),
  }),
  health: () => '/health',
  canary: (expert) => openaiCanary(expert, expert.id, TASK_ROUTES[expert.task]),
  provesIdentity: () => true,
  stage: (line) => {
    for (const [pattern, words] of STAGES) {
      const match = pattern.exec(line);
      if (match) return words?.replace('$1', match[1] ?? '');
    }
    return undefined;
  },
  sleep: (expert) => sleepProtocol(expert.sleep),
  authorize: (_expert, apiKey) => ({ authorization: `Bearer ${apiKey}` }),
  metricsPath: () => '/metrics',
});

function preflight(
  expert: VllmExpert,
  program: ProgramProbe | undefined,
  facts: PreflightFacts = {},
): Refusal | undefined {
  const refuse = (message: string): Refusal => ({ code: 'gpu_unavailable', message });
  if (!program) return undefined;
  if (adaptersOf(expert).length > 0 && !program.flags.has('--lora-modules')) {
    return {
      code: 'engine_unfit',
      message: `${expert.id} has LoRA adapters, which ${program.path} (${program.version}) does not take. Install a newer build: orchestrator engine install vllm.`,
    };
  }
  const gpus = facts.gpus && gpusOf(expert, facts.gpus);
  if (isCpuBuild(program)) {
    const wish = expert.gpuMemory !== undefined ? 'gpuMemory' : expert.sleep !== 'off' ? 'sleep' : undefined;
    if (wish === undefined) return undefined;
    return refuse(
      `${expert.id} asks for ${wish}, but ${program.path} (${program.version}) computes on the CPU. Install the GPU build ` +
        `(orchestrator engine install vllm --backend cuda), or take ${wish} out of the profile.`,
    );
  }
  if (gpus === undefined) return undefined;
  if (gpus.length === 0) {
    return refuse(
      `${expert.id} needs a GPU: ${program.path} (${program.version}) is built for one, and nvidia-smi shows none. ` +
        `Install the CPU build: orchestrator engine install vllm --backend cpu.`,
    );
  }
  if (gpus.length < expert.vllm.tensorParallel) {
    return refuse(
      `${expert.id} is to be split over ${expert.vllm.tensorParallel} GPUs (tensorParallel), and there are ${gpus.length}.`,
    );
  }
  if (expert.gpuMemory === undefined) {
    return refuse(
      `${expert.id} names no gpuMemory: vLLM would take nine tenths of the GPU. Say how much it may have, such as gpuMemory: 6GiB.`,
    );
  }
  const smallest = Math.min(...gpus.map(({ totalBytes }) => totalBytes));
  if (expert.gpuMemory > smallest) {
    return refuse(
      `${expert.id} reserves ${gibibytes(expert.gpuMemory)} GiB of GPU memory (gpuMemory), and a GPU has ${gibibytes(smallest)} GiB.`,
    );
  }
  const lacking = ['--enable-sleep-mode', '--uds'].find((flag) => !program.flags.has(flag));
  if (expert.sleep !== 'off' && lacking !== undefined) {
    return refuse(
      `${expert.id} is to sleep, but ${program.path} (${program.version}) has no ${lacking}, without which it cannot sleep, or not ` +
        `out of reach of others. Set sleep: off.`,
    );
  }
  return undefined;
}

function argv(expert: VllmExpert, { program, files, listen, gpus, placement }: LaunchContext): string[] {
  const { vllm: own } = expert;
  const args = ['serve', files.model ?? ''];
  const has = (flag: string) => program === undefined || program.flags.has(flag);
  /** Nothing where the probe did not find the flag. */
  const put = (flag: string, ...values: (string | number)[]) => {
    if (has(flag)) args.push(flag, ...values.map(String));
  };
  if (listen.kind === 'socket') put('--uds', listen.path);
  else {
    put('--host', '127.0.0.1');
    put('--port', listen.kind === 'port' ? listen.port : 0);
  }
  put('--served-model-name', baseName(expert));
  put('--max-model-len', expert.context);
  put('--max-num-seqs', own.maxNumSeqs ?? expert.parallel);
  put('--dtype', own.dtype);
  put('--kv-cache-dtype', own.kvCacheDtype);
  if (expert.task === 'embed' || expert.task === 'rerank') put('--runner', 'pooling');
  adapterArgs(expert, files.loras ?? [], put);
  if (own.quantization) put('--quantization', own.quantization);
  if (own.tensorParallel > 1) put('--tensor-parallel-size', own.tensorParallel);
  if (own.enforceEager) put('--enforce-eager');
  if (program === undefined || !isCpuBuild(program)) {
    // One fraction holds for all of them: by the largest, it is more than was asked for on none.
    const total = Math.max(0, ...gpusOf(expert, gpus ?? [], placement).map(({ totalBytes }) => totalBytes));
    if (expert.gpuMemory !== undefined && total > 0) put('--gpu-memory-utilization', share(expert.gpuMemory, total));
    if (own.kvCacheMemory !== undefined) put('--kv-cache-memory-bytes', own.kvCacheMemory);
    if (expert.sleep !== 'off') put('--enable-sleep-mode');
  }
  if (files.chatTemplate) put('--chat-template', files.chatTemplate);
  if (own.toolParser && expert.tools && has('--enable-auto-tool-choice')) {
    put('--enable-auto-tool-choice');
    put('--tool-call-parser', own.toolParser);
  }
  if (own.reasoningParser) put('--reasoning-parser', own.reasoningParser);
  if (own.trustRemoteCode) put('--trust-remote-code');
  put('--disable-uvicorn-access-log');
  put('--disable-fastapi-docs');
  args.push(...own.flags);
  return args;
}

function environment(
  expert: VllmExpert,
  { apiKey, cacheDir, listen, program, placement }: LaunchContext,
): Record<string, string> {
  const { vllm: own } = expert;
  const devices = namesOf(expert, placement)?.join(',');
  const cpu = program === undefined || isCpuBuild(program);
  const folder = listen.kind === 'socket' ? listen.path.slice(0, listen.path.lastIndexOf('/')) : '';
  return {
    VLLM_API_KEY: apiKey,
    VLLM_NO_USAGE_STATS: '1',
    DO_NOT_TRACK: '1',
    HF_HUB_OFFLINE: '1',
    // Without it the titles that EngineCore and Worker give themselves overwrite the markers in their environment.
    SPT_NOENV: '1',
    ...(cacheDir === undefined
      ? {}
      : { VLLM_CACHE_ROOT: cacheDir, TRITON_CACHE_DIR: `${cacheDir}/triton`, XDG_CACHE_HOME: cacheDir }),
    // Its own sockets beside ours, where they are cleared away, and not in the common folder for temporary files.
    ...(folder !== '' && folder.length <= LONGEST_RPC_FOLDER ? { VLLM_RPC_BASE_PATH: folder } : {}),
    ...(cpu
      ? {
          VLLM_CPU_KVCACHE_SPACE: String(Math.max(1, Math.ceil(own.cpuKvCache / 2 ** 30))),
          VLLM_CPU_OMP_THREADS_BIND: own.cpuThreads,
          ...(own.cpuReserved === undefined ? {} : { VLLM_CPU_NUM_OF_RESERVED_CPU: String(own.cpuReserved) }),
        }
      : {}),
    CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
    ...(devices ? { CUDA_VISIBLE_DEVICES: devices } : {}),
    ...(expert.sleep === 'off' ? {} : { VLLM_SERVER_DEV_MODE: '1' }),
  };
}

/** `0.32.0+cpu`: wheels for CUDA name their CUDA version there, or nothing. */
function isCpuBuild(program: ProgramProbe): boolean {
  return /\+cpu\b/.test(program.version);
}

/** The devices that the engine will use: where the planner wants it, else those named, else the first ones of the machine. */
function gpusOf(expert: VllmExpert, gpus: readonly Gpu[], placement?: LaunchPlacement): readonly Gpu[] {
  const names = namesOf(expert, placement);
  const visible = names
    ? names.flatMap((name) => gpus.filter(({ index, uuid }) => name === String(index) || uuid.startsWith(name)))
    : gpus;
  return visible.slice(0, expert.vllm.tensorParallel);
}

/** By index or UUID; undefined: any. */
function namesOf({ gpus, vllm: own }: VllmExpert, placement: LaunchPlacement | undefined): string[] | undefined {
  // Of those named the planner has chosen; it has not where it counts none of them.
  if (placement && placement.gpus.length > 0) return placement.gpus.map(({ index }) => String(index));
  return gpus === 'auto' ? own.devices?.split(',') : gpus.map((pool) => pool.slice('gpu'.length));
}

/** The fraction of a device that is at most so many bytes; more digits than vLLM's own rounding needs. */
function share(bytes: number, total: number): string {
  return (Math.floor((bytes / total) * 10_000) / 10_000).toFixed(4);
}

function gibibytes(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(1);
}
