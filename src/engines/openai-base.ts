/** What the OpenAI-compatible engines share: the fields they know, and the requests that prove them ready. */
import type { Canary, ExpertBase } from './contract.ts';
import type { InferenceRoute, Task } from './routes.ts';

/** llama-server's own completion schema (`tools/server/server-schema.cpp`), without what is internal to it or pins a slot. */
const SAMPLING = [
  'temperature',
  'top_p',
  'top_k',
  'min_p',
  'top_n_sigma',
  'typical_p',
  'xtc_probability',
  'xtc_threshold',
  'dynatemp_range',
  'dynatemp_exponent',
  'seed',
  'stop',
  'frequency_penalty',
  'presence_penalty',
  'repeat_penalty',
  'repeat_last_n',
  'dry_multiplier',
  'dry_base',
  'dry_allowed_length',
  'dry_penalty_last_n',
  'dry_sequence_breakers',
  'mirostat',
  'mirostat_tau',
  'mirostat_eta',
  'adaptive_target',
  'adaptive_decay',
  'samplers',
  'logit_bias',
  'n_probs',
  'logprobs',
  'post_sampling_probs',
  'min_keep',
  'ignore_eos',
  'grammar',
  'json_schema',
] as const;

const COMMON = [
  'model',
  'stream',
  'stream_options',
  'n',
  'n_predict',
  'n_keep',
  'n_discard',
  'n_indent',
  't_max_predict_ms',
  'cache_prompt',
  'timings_per_token',
  'return_progress',
  'return_tokens',
  // No engine acts on these; leaving them where they are spares the body from being written anew.
  'user',
  'metadata',
  'store',
  'service_tier',
] as const;

const THINKING = [
  'chat_template_kwargs',
  'reasoning_effort',
  'reasoning_format',
  'thinking_budget_tokens',
  'enable_thinking',
] as const;

const COMPLETION = [...COMMON, ...SAMPLING, 'prompt', 'max_tokens', 'echo'] as const;

/** Top-level request fields per route that llama-server acts on, and harmless ones of OpenAI's. */
export const OPENAI_FIELDS: Readonly<Record<InferenceRoute, ReadonlySet<string>>> = {
  '/v1/chat/completions': new Set([
    ...COMMON,
    ...SAMPLING,
    ...THINKING,
    'messages',
    'max_tokens',
    'max_completion_tokens',
    'tools',
    'tool_choice',
    'parallel_tool_calls',
    'response_format',
    'top_logprobs',
    'add_generation_prompt',
    'continue_final_message',
    'echo',
    'modalities',
  ]),
  '/v1/completions': new Set(COMPLETION),
  '/infill': new Set([...COMPLETION, 'input_prefix', 'input_suffix', 'input_extra']),
  '/v1/responses': new Set([
    ...COMMON,
    ...SAMPLING,
    ...THINKING,
    'input',
    'instructions',
    'max_output_tokens',
    'tools',
    'tool_choice',
    'parallel_tool_calls',
    'reasoning',
    'text',
    'truncation',
    'previous_response_id',
    'include',
    'top_logprobs',
    'prompt_cache_key',
  ]),
  // llama-server translates these, and passes over every other field without a word.
  '/v1/messages': new Set([
    'model',
    'messages',
    'system',
    'max_tokens',
    'stop_sequences',
    'temperature',
    'top_p',
    'top_k',
    'stream',
    'tools',
    'tool_choice',
    'thinking',
    'metadata',
    'chat_template_kwargs',
  ]),
  '/v1/messages/count_tokens': new Set([
    'model',
    'messages',
    'system',
    'tools',
    'tool_choice',
    'thinking',
    'chat_template_kwargs',
  ]),
  '/v1/embeddings': new Set(['model', 'input', 'encoding_format', 'dimensions', 'user', 'embd_normalize']),
  '/v1/rerank': new Set(['model', 'query', 'documents', 'texts', 'top_n', 'return_documents', 'return_text']),
  '/v1/audio/speech': new Set(['model', 'input', 'voice', 'instructions', 'response_format', 'speed', 'stream_format']),
  '/v1/audio/transcriptions': new Set(),
};

/**
 * One generated token, vector or score, whichever the expert is for, on a route that its engine has; undefined for audio, which has
 * no cheap proof.
 */
export function openaiCanary(expert: ExpertBase, model: string, routes: readonly InferenceRoute[]): Canary | undefined {
  const canary = [CANARIES[expert.task], expert.task === 'generate' ? CHAT_CANARY : undefined].find(
    (candidate) => candidate !== undefined && routes.some((route) => route === candidate.path),
  );
  return canary && { ...canary, body: { model, ...canary.body } };
}

/** For servers that have chat alone. */
const CHAT_CANARY: Canary & { body: object } = {
  path: '/v1/chat/completions',
  body: { messages: [{ role: 'user', content: 'Hi' }], max_tokens: 1, temperature: 0 },
  verify: (answer) => {
    const { choices } = (answer ?? {}) as { choices?: { message?: unknown }[] };
    const message = Array.isArray(choices) ? choices[0]?.message : undefined;
    return message === undefined || message === null
      ? 'the answer to a one-token chat has no `choices[0].message`'
      : undefined;
  },
};

const CANARIES: Readonly<Record<Task, (Canary & { body: object }) | undefined>> = {
  generate: {
    path: '/v1/completions',
    body: { prompt: 'The', max_tokens: 1, temperature: 0 },
    verify: (answer) => {
      const { choices, usage } = (answer ?? {}) as {
        choices?: { text?: unknown }[];
        usage?: { completion_tokens?: unknown };
      };
      if (typeof (Array.isArray(choices) ? choices[0] : undefined)?.text !== 'string') {
        return 'the answer to a one-token completion has no `choices[0].text`';
      }
      return usage?.completion_tokens === 0 ? 'the answer to a one-token completion has no token' : undefined;
    },
  },
  embed: {
    path: '/v1/embeddings',
    body: { input: 'ready' },
    verify: (answer) => {
      const { data } = (answer ?? {}) as { data?: { embedding?: unknown }[] };
      const vector = data?.[0]?.embedding;
      const sound =
        Array.isArray(vector) &&
        vector.length > 0 &&
        vector.every((x) => Number.isFinite(x)) &&
        vector.some((x) => x !== 0);
      return sound ? undefined : 'the answer to one embedding has no usable vector';
    },
  },
  rerank: {
    path: '/v1/rerank',
    body: { query: 'cat', documents: ['a cat'] },
    verify: (answer) => {
      const { results } = (answer ?? {}) as { results?: { relevance_score?: unknown }[] };
      return Number.isFinite(results?.[0]?.relevance_score) ? undefined : 'the answer to one rerank has no score';
    },
  },
  speech: undefined,
  transcribe: undefined,
};
