/** What an ended engine died of, from how it ended and what it printed (engines.md section 4), and whether trying again can help. */
export type ExitClass =
  | 'gpu_oom'
  | 'gpu_busy'
  | 'gpu_fault'
  | 'gpu_unavailable'
  | 'model_missing'
  | 'model_gated'
  | 'model_format'
  | 'model_corrupt'
  | 'adapter'
  | 'port_in_use'
  | 'bad_arguments'
  | 'context_too_long'
  | 'template'
  | 'nan'
  | 'assertion'
  | 'host_oom'
  | 'illegal_instruction'
  | 'missing_library'
  | 'not_executable'
  | 'engine_init'
  | 'worker_died'
  | 'unresponsive'
  | 'stalled'
  | 'start_timeout'
  | 'not_ready'
  | 'degenerate_output'
  | 'foreign_listener'
  | 'killed'
  | 'crash';

export interface ExitFacts {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last lines of both streams, oldest first. */
  readonly tail: readonly string[];
  /** What the supervisor knows better than any pattern: it ended the engine itself, and why. */
  readonly cause: ExitClass | undefined;
  /** The kernel's out-of-memory killer counted up in the engine's cgroup. */
  readonly oomKilled: boolean;
  /** It had proven itself before it ended: what it was started with is sound, and what it printed since is about requests. */
  readonly wasReady: boolean;
}

export interface ExitVerdict {
  readonly class: ExitClass;
  readonly sentence: string;
  /** False: not tried again until the configuration changes or a person asks. */
  readonly retryable: boolean;
  /** The line that told. */
  readonly line: string | undefined;
}

interface Rule {
  readonly class: ExitClass;
  readonly pattern: RegExp;
}

/**
 * What can end an engine that was ready. The other patterns speak of the start; later the same words are an answer to somebody's
 * request (a bad template argument, a prompt that is too long), and a client must not be able to make a crash look permanent.
 */
const WHILE_SERVING: ReadonlySet<ExitClass> = new Set([
  'gpu_oom',
  'host_oom',
  'gpu_fault',
  'nan',
  'assertion',
  'worker_died',
  'degenerate_output',
]);

/** In order, first match wins. */
const RULES: readonly Rule[] = [
  {
    class: 'gpu_oom',
    pattern:
      /cudaMalloc failed: out of memory|unable to allocate \w*(CUDA|Vulkan)\d+ buffer|failed to allocate (CUDA|Vulkan)\d+ buffer|CUDA error: out of memory|CUDA out of memory|torch\.(cuda\.)?OutOfMemoryError|No available memory for the cache blocks|larger than the (available KV cache memory|maximum number of tokens that can be stored in KV cache)|ErrorOutOfDeviceMemory/i,
  },
  {
    class: 'host_oom',
    pattern:
      /failed to allocate (buffer for kv cache|compute (pp )?buffers)|std::bad_alloc|DefaultCPUAllocator: can't allocate memory|mlock.*Cannot allocate memory/i,
  },
  { class: 'gpu_busy', pattern: /Free memory on device .*is less than desired GPU memory utilization/i },
  {
    class: 'gpu_unavailable',
    pattern:
      /no CUDA-capable device|CUDA driver version is insufficient|Failed to infer device type|ggml_cuda_init: failed|error: invalid device/i,
  },
  { class: 'gpu_fault', pattern: /CUDA error:|an illegal memory access|device-side assert|CUBLAS_STATUS/i },
  { class: 'missing_library', pattern: /error while loading shared libraries/i },
  {
    class: 'model_missing',
    pattern:
      /failed to open GGUF file|gguf_init_from_file.*failed to open|is not a local folder and is not a valid model identifier|Repository Not Found|failed to open .*\.gguf/i,
  },
  { class: 'model_gated', pattern: /gated repo|401 Client Error|Access to model .* is restricted/i },
  {
    class: 'model_corrupt',
    pattern: /data is not within the file bounds|unexpectedly reached end of file|InvalidHeaderDeserialization/i,
  },
  // The reason where there is one, else that it failed.
  { class: 'adapter', pattern: /failed to apply lora adapter/i },
  { class: 'adapter', pattern: /failed to load lora adapter|Loading lora \S+ failed|LoRA rank \d+ is greater than/i },
  {
    class: 'port_in_use',
    pattern:
      /couldn't bind HTTP server socket|exiting due to HTTP server error|Address already in use|EADDRINUSE|Errno 98|error while attempting to bind/i,
  },
  {
    class: 'bad_arguments',
    pattern:
      /error: invalid argument|error while handling argument|unrecognized arguments|the argument has been removed/i,
  },
  {
    class: 'context_too_long',
    pattern: /exceeds .*max_model_len|max_model_len .* is greater than the derived max_model_len/i,
  },
  { class: 'template', pattern: /Failed to parse (chat )?template|jinja.*(error|exception)/i },
  {
    class: 'model_format',
    pattern:
      /invalid ggml type|failed to read tensor info|REMOVED, use|unknown model architecture|invalid magic|wrong number of tensors|missing tensor|Model architectures .* (are not supported|failed to be inspected)|error loading model/i,
  },
  { class: 'nan', pattern: /Assertion .*isnan/i },
  { class: 'assertion', pattern: /GGML_ASSERT\(|GGML_ABORT/ },
  {
    class: 'worker_died',
    pattern: /EngineDeadError|Engine ?core proc\S* \S* ?died|EngineCore\S* (died|encountered)|Worker proc \S+ died/i,
  },
  { class: 'engine_init', pattern: /Engine core initialization failed/i },
];

const PERMANENT: ReadonlySet<ExitClass> = new Set([
  'gpu_oom',
  'gpu_unavailable',
  'model_missing',
  'model_gated',
  'model_format',
  'model_corrupt',
  'adapter',
  'bad_arguments',
  'context_too_long',
  'template',
  'host_oom',
  'illegal_instruction',
  'missing_library',
  'not_executable',
  'foreign_listener',
  // The same kernels on the same processor compute the same nonsense.
  'degenerate_output',
]);

const SENTENCES: Readonly<Record<ExitClass, string>> = {
  gpu_oom: 'ran out of GPU memory; lower context, parallel or gpuLayers, or choose a smaller quantisation',
  gpu_busy: 'found the GPU memory taken; another program or an expert that is just ending holds it',
  gpu_fault: 'met a GPU fault; if it comes back, look at the kernel log for Xid lines',
  gpu_unavailable: 'found no usable GPU; check the driver (nvidia-smi) or set gpuLayers: 0',
  model_missing: 'did not find the model file; fetch it with: orchestrator model pull',
  model_gated: 'may not read the model: its licence must be accepted on the hub, and HF_TOKEN set',
  model_format: 'does not understand the model file; it needs another engine, a newer build, or another quantisation',
  model_corrupt: 'found the model file cut short; remove it and fetch it again with: orchestrator model pull',
  adapter: 'could not apply a LoRA adapter; it may be made for another base model',
  port_in_use: 'could not bind its port',
  bad_arguments: 'refused its command line; the settings do not fit this build (orchestrator engine probe)',
  context_too_long: 'refused the context length; lower context',
  template: 'could not read the chat template; check chatTemplate',
  nan: 'computed NaN; the build or the model is broken for this processor',
  assertion: 'failed an internal assertion',
  host_oom: 'ran out of memory; lower context or parallel, or unload other experts',
  illegal_instruction: 'was built for another processor (illegal instruction); install a build for this machine',
  missing_library: 'lacks a shared library; reinstall it with: orchestrator engine install --force',
  not_executable: 'could not be started; check the path and its permissions',
  worker_died: 'lost one of its own processes, which computes for it',
  engine_init: 'failed to initialise; the cause stands above in its log',
  unresponsive: 'accepted requests and did not answer, not even a one-token probe, and was replaced',
  stalled: 'showed no sign of progress while loading for stallTimeout and was ended',
  start_timeout: 'was not ready within startTimeout and was ended',
  not_ready: 'said it was healthy, but did not generate a token',
  degenerate_output:
    'answers in good health, but with nonsense (see its log): its build is wrong for this processor or this model; take another build',
  foreign_listener: 'is not the process that listens on its address; another program holds the port',
  killed: 'was killed from outside',
  crash: 'ended unexpectedly',
};

/** What many programs say after the reason. */
const POINTS_TO_HELP = /^\W*(?:run|see|try|use|usage|for)\b.*(?:--help|usage|more information)/i;

/** More memory may help where it ran out of it, and others may hold what it lacked. */
export function ranOutOfMemory(exitClass: string | undefined): boolean {
  return exitClass === 'gpu_oom' || exitClass === 'host_oom';
}

export function classifyExit(expert: string, facts: ExitFacts): ExitVerdict {
  const { exitClass, line } = findClass(facts);
  const how = facts.signal
    ? `signal ${facts.signal}`
    : facts.code === null
      ? 'no exit code'
      : `exit code ${facts.code}`;
  const ended = facts.cause === undefined ? ` (${how})` : '';
  return {
    class: exitClass,
    sentence: `${expert} ${SENTENCES[exitClass]}${ended}.${line === undefined ? '' : ` The engine said: ${line.trim().slice(0, 300)}`}`,
    // Memory that sufficed until one large request will suffice again.
    retryable: !PERMANENT.has(exitClass) || (facts.wasReady && WHILE_SERVING.has(exitClass)),
    line,
  };
}

function findClass(facts: ExitFacts): { exitClass: ExitClass; line?: string } {
  if (facts.cause) return { exitClass: facts.cause };
  if (facts.oomKilled) return { exitClass: 'host_oom' };
  if (facts.signal === 'SIGILL' || facts.code === 132) return { exitClass: 'illegal_instruction' };
  for (const rule of RULES) {
    if (facts.wasReady && !WHILE_SERVING.has(rule.class)) continue;
    const line = facts.tail.findLast((text) => rule.pattern.test(text));
    if (line !== undefined) return { exitClass: rule.class, line };
  }
  if (facts.code === 127 && !facts.wasReady) return { exitClass: 'missing_library' };
  if (facts.code === 126 && !facts.wasReady) return { exitClass: 'not_executable' };
  // The last thing an engine says before an exit code of its own is usually the reason, whatever its wording.
  const lines = facts.tail.filter((text) => text.trim() !== '');
  const last = lines.findLast((text) => !POINTS_TO_HELP.test(text)) ?? lines.at(-1);
  const said = last === undefined ? {} : { line: last };
  if (facts.signal === 'SIGKILL') return { exitClass: 'killed' };
  return { exitClass: 'crash', ...said };
}
