import { describe, expect, it } from 'vitest';

import { classifyExit, type ExitFacts } from '../../../src/supervisor/exit-classes.ts';

const facts = (overrides: Partial<ExitFacts> = {}): ExitFacts => ({
  code: 1,
  signal: null,
  tail: [],
  cause: undefined,
  oomKilled: false,
  wasReady: false,
  ...overrides,
});

/** As real engines printed them (engines.md section 4), the decisive line among others. */
const RECORDED: readonly (readonly [string, boolean, string])[] = [
  [
    'gpu_oom',
    false,
    `ggml_backend_cuda_buffer_type_alloc_buffer: allocating 13285.50 MiB on device 0: cudaMalloc failed: out of memory
alloc_tensor_range: failed to allocate CUDA0 buffer of size 13930856448
llama_model_load: error loading model: unable to allocate CUDA0 buffer
llama_model_load_from_file_impl: failed to load model
srv    load_model: failed to load model, 'MODEL'
main: exiting due to model loading error`,
  ],
  ['gpu_oom', false, 'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.'],
  ['gpu_oom', false, 'ValueError: No available memory for the cache blocks. Try increasing gpu_memory_utilization.'],
  [
    'gpu_oom',
    false,
    'ValueError: To serve at least one request with the model’s max seq len (8192), 0.9 GiB KV cache is needed, which is larger than the available KV cache memory (0.5 GiB).',
  ],
  ['gpu_oom', false, 'ggml_vulkan: Device memory allocation failed: ErrorOutOfDeviceMemory'],
  [
    'host_oom',
    false,
    '0.00.100.000 E llama_init_from_model: failed to initialize the context: failed to allocate buffer for kv cache',
  ],
  ['host_oom', false, "terminate called after throwing an instance of 'std::bad_alloc'"],
  [
    'gpu_busy',
    true,
    'ValueError: Free memory on device (1.2/15.7 GiB) on startup is less than desired GPU memory utilization (0.9, 14.1 GiB).',
  ],
  ['gpu_unavailable', false, 'ggml_cuda_init: failed to initialize CUDA: no CUDA-capable device is detected'],
  ['gpu_unavailable', false, 'error: invalid device: CUDA7'],
  ['gpu_fault', true, 'CUDA error: an illegal memory access was encountered'],
  [
    'missing_library',
    false,
    'llama-server: error while loading shared libraries: libggml.so: cannot open shared object',
  ],
  ['model_missing', false, 'gguf_init_from_file: failed to open GGUF file (No such file or directory)'],
  ['model_gated', false, 'OSError: You are trying to access a gated repo.'],
  ['model_corrupt', false, "tensor 'blk.3.attn_q.weight' data is not within the file bounds, model is corrupted"],
  ['model_format', false, "error loading model: unknown model architecture: 'mamba9'"],
  ['model_format', false, "gguf_init_from_file_impl: invalid magic characters: '<htm', expected 'GGUF'"],
  [
    'adapter',
    false,
    `llama_adapter_lora_init_from_file_ptr: failed to apply lora adapter: tensor 'blk.0.ffn_down.weight' has incorrect shape (hint: maybe wrong base model?)
srv  llama_server: exiting due to model loading error`,
  ],
  ['adapter', false, "common_init_: failed to load lora adapter '/adapters/missing.gguf'"],
  ['port_in_use', true, "couldn't bind HTTP server socket, hostname: 127.0.0.1, port: 8080"],
  ['port_in_use', true, "OSError: [Errno 98] error while attempting to bind on address ('127.0.0.1', 8000)"],
  ['bad_arguments', false, 'error: invalid argument: --frobnicate'],
  ['bad_arguments', false, 'error while handling argument "-fa": expected on|off|auto'],
  [
    'context_too_long',
    false,
    'User-specified max_model_len (65536) is greater than the derived max_model_len (max_position_embeddings=8192)',
  ],
  ['template', false, 'common_chat_templates_init: Failed to parse template: unexpected token'],
  ['nan', true, "bitnet: Assertion `!isnan(x)' failed."],
  ['assertion', true, 'ggml.c:1234: GGML_ASSERT(n_dims == 4) failed'],
  ['engine_init', true, 'RuntimeError: Engine core initialization failed. See root cause above.'],
  ['crash', true, 'something that nobody has seen before'],
];

describe('the end of an engine', () => {
  it.each(RECORDED)('%s (tried again: %s)', (exitClass, retryable, said) => {
    const verdict = classifyExit('phi', facts({ tail: ['llama server starting', ...said.split('\n'), 'bye'] }));
    expect(verdict).toMatchObject({ class: exitClass, retryable });
    expect(verdict.sentence).toMatch(/^phi .*exit code 1.*\./s);
    if (exitClass !== 'crash') expect(said).toContain(verdict.line);
  });

  it.each([
    ['the supervisor knows the cause', { cause: 'stalled', tail: ['CUDA error:'] }, 'stalled'],
    ['the kernel counted an out-of-memory kill', { oomKilled: true, signal: 'SIGKILL', code: null }, 'host_oom'],
    ['a signal of the processor', { signal: 'SIGILL', code: null }, 'illegal_instruction'],
    ['the same through a shell', { code: 132 }, 'illegal_instruction'],
    ['a program that is not there', { code: 127 }, 'missing_library'],
    ['a program that may not be executed', { code: 126 }, 'not_executable'],
    ['a kill from outside', { signal: 'SIGKILL', code: null, tail: ['all is well'] }, 'killed'],
  ] as const)('%s', (_what, overrides, exitClass) => {
    expect(classifyExit('phi', facts(overrides)).class).toBe(exitClass);
  });

  it('says what the engine said last, where nothing else is known', () => {
    const verdict = classifyExit('phi', facts({ code: 3, tail: ['first', 'the dog ate the weights', ' '] }));
    expect(verdict.sentence).toBe('phi ended unexpectedly (exit code 3). The engine said: the dog ate the weights');
  });

  it.each([
    'Run serve --help for more information.',
    "Try 'serve --help'",
    'usage: serve [--help] [--port PORT]',
    'For more information, see the manual.',
  ])('says the reason, not where it is explained: %s', (pointer) => {
    const said = (...tail: string[]) => classifyExit('phi', facts({ code: 3, tail })).line;
    expect(said('the dog ate the weights', pointer)).toBe('the dog ate the weights');
    expect(said(pointer)).toBe(pointer);
  });

  it('bounds what it quotes', () => {
    expect(classifyExit('phi', facts({ tail: ['x'.repeat(10_000)] })).sentence.length).toBeLessThan(500);
  });

  it.each([
    'error: invalid argument: temperature',
    'jinja error: unknown filter',
    'prompt of 9000 tokens exceeds the max_model_len of 8192',
    '401 Client Error',
  ])('of one that was ready is not blamed on the answer to a request: %s', (line) => {
    const verdict = classifyExit('phi', facts({ wasReady: true, code: 139, tail: [line, 'bye'] }));
    expect(verdict).toMatchObject({ class: 'crash', retryable: true });
  });

  it('by memory, of one that had had enough until then, is tried again', () => {
    const tail = ['CUDA error: out of memory'];
    expect(classifyExit('phi', facts({ tail })).retryable).toBe(false);
    expect(classifyExit('phi', facts({ tail, wasReady: true })).retryable).toBe(true);
  });
});
