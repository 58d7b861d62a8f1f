/**
 * bitnet.cpp's llama-server: a fork of llama.cpp as it was in October 2024 (builds since July 2026 are newer), which alone reads
 * i2_s models. CPU only, one request at a time, no tools. What it answers is OpenAI's chat but for the differences named here.
 */
import { z } from 'zod';

import type { Canary, ExpertBase, LaunchContext, ProcessSettings, ProgramProbe } from './contract.ts';
import { defineProcessEngine } from './contract.ts';
import { extraFlags } from './llama-flags.ts';
import { OPENAI_FIELDS, openaiCanary } from './openai-base.ts';
import { generatedTextOf, nonsenseIn } from './output-check.ts';
import type { InferenceRoute } from './routes.ts';
import { commonShape, FilePath, modelShape, processShape } from './settings.ts';
import { I2_S, isForBitnet, tooNewFor2024 } from './ternary.ts';

const QUESTION = 'What is the capital of France? Answer in one sentence.';

const outputCheck = z
  .strictObject({
    prompt: z.string().min(1).default(QUESTION).describe('Question of the check'),
    answer: z.string().min(1).optional().describe('A word that a sound answer contains, e.g. Paris'),
    tokens: z.int().min(8).max(256).default(16).describe('Longest answer'),
    every: z.int().min(1).default(50).describe('Asked again after so many answers, at a moment without requests'),
  })
  .prefault({})
  .describe('What tells words from nonsense; without `answer` only repetition is found, not word salad');

const own = z
  .strictObject({
    build: z.string().optional().describe('An installed build (`orchestrator engine list`); default: the newest'),
    binary: FilePath.optional().describe('bitnet.cpp’s build/bin/llama-server by path, in place of an installed build'),
    template: z
      .string()
      .regex(/^[a-z0-9._-]+$/)
      .optional()
      .describe('Name of a chat format that the build knows (chatml, llama3, zephyr, …); default: the model’s own'),
    flashAttention: z.enum(['on', 'off']).default('off').describe('Flash attention'),
    outputCheck,
    flags: extraFlags,
  })
  .prefault({});

const { gpuLayers: _layers, gpus: _gpus, cpuMoe: _moe, ...cpuModelShape } = modelShape;

const settings = z.strictObject({
  engine: z.literal('bitnet').describe('bitnet.cpp’s server'),
  ...commonShape,
  ...processShape,
  ...cpuModelShape,
  task: z.enum(['generate', 'embed']).default('generate').describe('What the expert is for'),
  vision: z.literal(false).default(false).describe('It takes no images'),
  audio: z.literal(false).default(false).describe('It takes no audio'),
  tools: z.literal(false).default(false).describe('It takes no tools'),
  parallel: z.literal(1).default(1).describe('It serves one request at a time; more wait in the queue'),
  bitnet: own.describe('Settings of bitnet.cpp alone'),
});

type BitnetExpert = ExpertBase & ProcessSettings & z.output<typeof settings>;

/**
 * Fields that a server of 2024 refuses, or answers in a form of its own (its log probabilities are not OpenAI's); everything else
 * that today's llama-server knows it knows as well, or passes over.
 */
const UNKNOWN = [
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'logprobs',
  'top_logprobs',
  'chat_template_kwargs',
  'reasoning_effort',
  'reasoning_format',
  'thinking_budget_tokens',
  'enable_thinking',
  'add_generation_prompt',
  'continue_final_message',
  'echo',
  'modalities',
];
const CHAT_FIELDS = new Set([...OPENAI_FIELDS['/v1/chat/completions']].filter((field) => !UNKNOWN.includes(field)));

export const bitnet = defineProcessEngine<BitnetExpert>({
  kind: 'process',
  name: 'bitnet',
  description: 'bitnet.cpp’s server: 1.58-bit models (i2_s) on the CPU',
  settings,
  program: 'bitnet',
  build: (expert) => expert.bitnet.build,
  binary: (expert) => expert.bitnet.binary,
  routes: routesOf,
  knownFields: (_expert, route) => (route === '/v1/chat/completions' ? CHAT_FIELDS : OPENAI_FIELDS[route]),
  // An answer names whatever model the request did, and gpt-3.5-turbo-0613 where it named none.
  requestFields: (expert) => ({ model: expert.id }),
  fieldNames: { max_completion_tokens: 'max_tokens' },
  errorLines: true,
  listens: () => ['port'],
  preflight: (expert, program, { machine, header } = {}) => {
    const unfit = (message: string) => ({ code: 'engine_unfit', message }) as const;
    if (machine?.architecture === 'x64' && machine.cpuFlags.size > 0 && !machine.cpuFlags.has('avx2')) {
      return unfit(
        `${expert.id} needs a processor with AVX2, and this one has none: bitnet.cpp would write garbage here. ` +
          `Take a TQ2_0 or TQ1_0 file of the model, with engine: llama-server.`,
      );
    }
    if (machine && machine.architecture !== 'x64' && machine.architecture !== 'arm64') {
      return unfit(
        `${expert.id} cannot run here: bitnet.cpp has kernels for x86-64 and Arm alone, not ${machine.architecture}.`,
      );
    }
    if (expert.chatTemplate !== undefined && program && !program.flags.has('--chat-template-file')) {
      return unfit(
        `${program.path} (${program.version}) takes no template file. Remove chatTemplate of ${expert.id} and name a format that ` +
          `the build knows in bitnet.template (chatml, llama2, llama3, zephyr, phi3, gemma, …); without it, the template in the ` +
          `model is recognised where it is one of these, and ChatML otherwise.`,
      );
    }
    const stranger = header && isOfTwentyFour(program) ? tooNewFor2024(header) : undefined;
    if (stranger === undefined) return undefined;
    return unfit(
      `The model of ${expert.id} has tensors of ${stranger}, which bitnet.cpp (llama.cpp of 2024) does not know. ` +
        `Set engine: llama-server for it.`,
    );
  },
  advice: (expert, _program, { machine, header } = {}) => {
    if (machine?.architecture === 'arm64' && (!header || header.tensorTypes.has(I2_S))) {
      const missing = expert.bitnet.outputCheck.answer === undefined;
      return (
        `On Arm, bitnet.cpp after commit 404980e (January 2026) computes i2_s wrongly and writes word salad. ` +
        `orchestrator engine install bitnet --build builds that commit.` +
        (missing
          ? ` Give bitnet.outputCheck.answer (Paris, for the question it asks), so that salad is found out.`
          : '')
      );
    }
    if (header && !isForBitnet(header)) {
      return `The model of ${expert.id} has no i2_s tensors: engine: llama-server serves it with more features.`;
    }
    return undefined;
  },
  launch: (expert, context) => ({
    command: context.program?.path ?? 'llama-server',
    args: argv(expert, context),
    // The key travels by environment: argv is world-readable in /proc.
    env: { LLAMA_API_KEY: context.apiKey },
  }),
  health: () => '/health',
  canary: (expert) =>
    expert.task === 'embed' ? openaiCanary(expert, expert.id, routesOf(expert)) : wordsCanary(expert),
  provesIdentity: () => true,
  authorize: (_expert, apiKey) => ({ authorization: `Bearer ${apiKey}` }),
  metricsPath: () => '/metrics',
});

/** `/v1/completions` is not among them: a server of 2024 answers it in llama.cpp's own form. */
function routesOf(expert: BitnetExpert): readonly InferenceRoute[] {
  return expert.task === 'embed' ? ['/v1/embeddings'] : ['/v1/chat/completions'];
}

/** A build with Jinja is of 2025 or later. */
function isOfTwentyFour(program: ProgramProbe | undefined): boolean {
  return program !== undefined && !program.flags.has('--jinja');
}

function argv(expert: BitnetExpert, { program, files, listen, cores }: LaunchContext): string[] {
  const { template, flashAttention, flags } = expert.bitnet;
  const args: string[] = [];
  /** The first spelling that the probe found, with its values; nothing where the build has none of them. */
  const put = (spellings: readonly string[], ...values: (string | number)[]) => {
    const flag = spellings.find((spelling) => program === undefined || program.flags.has(spelling));
    if (flag) args.push(flag, ...values.map(String));
  };
  put(['--model', '-m'], files.model ?? '');
  put(['--alias', '-a'], expert.id);
  put(['--host'], '127.0.0.1');
  put(['--port'], listen.kind === 'port' ? listen.port : 0);
  put(['--ctx-size', '-c'], expert.context);
  put(['--parallel', '-np'], 1);
  // The scripts of bitnet.cpp cut every answer at 64 tokens.
  put(['--predict', '-n'], -1);
  put(['--n-gpu-layers', '-ngl'], 0);
  put(['--threads', '-t'], expert.threads ?? cores);
  // Shifting would drop the beginning of a prompt that is too long, without a word.
  put(['--no-context-shift']);
  put(['--cache-type-k', '-ctk'], expert.kvCache);
  put(['--cache-type-v', '-ctv'], expert.kvCache);
  // llama.cpp quantises the values only under flash attention. A bare switch in 2024, `on|off|auto` since autumn 2025.
  if (flashAttention === 'on' || expert.kvCache.startsWith('q')) {
    put(['--flash-attn', '-fa'], ...(/--flash-attn.*\[on\|off/.test(program?.help ?? '') ? ['on'] : []));
  }
  if (expert.task === 'embed') put(['--embeddings', '--embedding']);
  if (template !== undefined) put(['--chat-template'], template);
  else put(['--jinja']);
  if (files.chatTemplate !== undefined) put(['--chat-template-file'], files.chatTemplate);
  put(['--metrics']);
  // `/slots` shows prompts, and asks nobody for a key.
  put(['--no-slots']);
  put(['--no-ui', '--no-webui']);
  put(['--offline']);
  put(['--log-prefix']);
  put(['--log-timestamps']);
  args.push(...flags);
  return args;
}

/** A short answer instead of one token: with broken kernels only the words tell. */
function wordsCanary(expert: BitnetExpert): Canary {
  const { prompt, answer, tokens, every } = expert.bitnet.outputCheck;
  return {
    path: '/v1/chat/completions',
    body: {
      model: expert.id,
      messages: [{ role: 'user', content: prompt }],
      max_tokens: tokens,
      temperature: 0,
      seed: 1,
      // The tokens one by one.
      logprobs: true,
      top_logprobs: 1,
    },
    verify: (reply) =>
      generatedTextOf(reply) ? undefined : 'the answer to a chat has no `choices[0].message.content`',
    soundness: (reply) => {
      const generated = generatedTextOf(reply);
      return generated && nonsenseIn(generated, answer);
    },
    repeatAfter: every,
  };
}
