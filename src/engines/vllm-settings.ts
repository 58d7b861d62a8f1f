import { z } from 'zod';

import { loraFolderShape } from './lora.ts';
import { commonShape, Duration, FilePath, modelShape, ModelFolder, processShape, Size } from './settings.ts';

/**
 * Flags that the supervisor or another setting sets, or that reach files, code or the network: never from `flags`. One that ends in
 * `-` stands for all that begin so.
 */
const RESERVED_FLAGS = `
  --model --model-tag --tokenizer --hf- --revision --code-revision --tokenizer-revision --download-dir --config
  --served-model-name --host --port --uds --api-key --root-path --ssl- --enable-ssl-refresh --allow-credentials
  --allowed- --middleware --grpc --grpc-port --headless --api-server-count -asc --data-parallel- -dp --nnodes -n
  --node-rank -r --master-addr --master-port --distributed-executor-backend --tensor-parallel-size -tp
  --pipeline-parallel-size -pp --worker- --scheduler-cls --max-model-len --max-num-seqs --gpu-memory-utilization
  --device-memory-utilization --kv-cache-memory-bytes --kv-cache-dtype --quantization -q --dtype --device-ids
  --enforce-eager --trust- --logits-processors --tool-parser-plugin --reasoning-parser-plugin
  --io-processor-plugin --model-class-overrides --enable-sleep-mode --chat-template --tool-server --enable-lora --no-enable-lora
  --lora-modules --max-lora-rank --max-loras --default-mm-loras
  --log-config-file --logging-config --profiler-config --otlp-traces-endpoint --kv-transfer-config --ec-
  --kv-events-config --weight-transfer-config --enable-prompt-embeds --enable-mm-embeds --enable-log-requests
  --enable-log-outputs --enable-scale-out --enable-elastic-ep --mm-encoder-fp8-scale-save-path
`
  .trim()
  .split(/\s+/);

const name = z.string().regex(/^[\w.:-]+$/, 'a name has letters, digits and . : - _');

const own = z
  .strictObject({
    build: z.string().optional().describe('An installed build (`orchestrator engine list`); default: the newest'),
    venv: FilePath.optional().describe('A virtual environment that has vllm, in place of an installed build'),
    binary: FilePath.optional().describe('The `vllm` program by path, in place of an installed build'),
    dtype: z
      .enum(['auto', 'bfloat16', 'float16', 'float32'])
      .default('auto')
      .describe('Type of weights and activations'),
    quantization: name.optional().describe('Method the weights are quantised with; default: as the model says'),
    kvCacheDtype: name.default('auto').describe('Type of the KV cache; `fp8` halves it on Ada and newer'),
    kvCacheMemory: Size.optional().describe(
      'KV cache of each GPU by bytes, within gpuMemory; default: what is left of it',
    ),
    cpuKvCache: Size.prefault('4GiB').describe('KV cache of the CPU back end; whole GiB'),
    cpuThreads: z
      .string()
      .regex(
        /^(auto|nobind|\d+(-\d+)?(,\d+(-\d+)?)*(\|\d+(-\d+)?(,\d+(-\d+)?)*)*)$/,
        'auto, nobind, or cores as in 0-15,17',
      )
      .default('auto')
      .describe('Cores that the CPU back end binds its threads to'),
    cpuReserved: z.int().min(0).max(1_024).optional().describe('Cores that the CPU back end leaves free under `auto`'),
    maxNumSeqs: z.int().min(1).max(65_536).optional().describe('Sequences in one batch; default: parallel'),
    enforceEager: z.boolean().default(false).describe('No compilation and no graphs: starts sooner, answers slower'),
    tensorParallel: z.int().min(1).max(64).default(1).describe('GPUs that the model is split over'),
    devices: z
      .string()
      .regex(/^[\w,-]+$/)
      .optional()
      .describe('GPUs by index or UUID, as CUDA_VISIBLE_DEVICES takes them, where the budget counts none; else `gpus`'),
    toolParser: name.optional().describe('How the model writes tool calls (hermes, mistral, phi4_mini_json, …)'),
    reasoningParser: name.optional().describe('How the model writes its reasoning'),
    trustRemoteCode: z
      .boolean()
      .default(false)
      .describe('Run Python code that comes with the model. Off unless you read it'),
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
            message: `${flag} is not allowed here: the supervisor or another setting sets it, or it reaches files, code or the network`,
          });
        }
      }),
  })
  .refine(({ build, venv, binary }) => [build, venv, binary].filter((one) => one !== undefined).length < 2, {
    message: 'at most one of `build`, `venv` and `binary`',
  })
  .prefault({});

export const vllmSettings = z
  .strictObject({
    engine: z.literal('vllm').describe('vLLM'),
    ...commonShape,
    ...processShape,
    ...loraFolderShape,
    // Imports, profiling and graph capture pass without a line of log, and take minutes the first time.
    stallTimeout: Duration.prefault('3m').describe(processShape.stallTimeout.description ?? ''),
    startTimeout: Duration.prefault('15m').describe(processShape.startTimeout.description ?? ''),
    task: z.enum(['generate', 'embed', 'rerank', 'transcribe']).default('generate').describe('What the expert is for'),
    model: ModelFolder.describe('The folder of weights'),
    chatTemplate: modelShape.chatTemplate,
    gpus: modelShape.gpus.describe('GPUs it may use: one that has room, or as many as `tensorParallel` says'),
    gpuMemory: Size.optional().describe(
      'Reserved on each GPU by the engine, weights and KV cache together; needed on a GPU, unknown to the CPU back end',
    ),
    sleep: z
      .enum(['level1', 'level2', 'off'])
      .default('off')
      .describe(
        'When idle, sleep instead of unloading: level1 keeps the weights in RAM, level2 reads them again. Needs a GPU',
      ),
    vllm: own.describe('Settings of vLLM alone'),
  })
  .refine(({ gpus, vllm }) => gpus === 'auto' || vllm.devices === undefined, {
    message: '`gpus` names the GPUs already',
    path: ['vllm', 'devices'],
  });

/** argparse takes `_` for `-`, any unambiguous beginning of a long flag, a value stuck to a short one, and `--flag.key` for JSON. */
function isReserved(argument: string): boolean {
  if (!argument.startsWith('-')) return false;
  const flag = (argument.split(/[=.]/)[0] ?? '').replaceAll('_', '-');
  if (!flag.startsWith('--')) return RESERVED_FLAGS.some((name) => !name.startsWith('--') && flag.startsWith(name));
  return RESERVED_FLAGS.some((name) => name.startsWith(flag) || (name.endsWith('-') && flag.startsWith(name)));
}
