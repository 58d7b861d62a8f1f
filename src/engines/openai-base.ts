/** What the OpenAI-compatible engines share: the fields they know, and the requests that prove them ready. */
import type { Canary, ExpertBase } from './contract.ts';
import type { InferenceRoute } from './routes.ts';

const SAMPLING = [
  'temperature',
  'top_p',
  'top_k',
  'min_p',
  'typical_p',
  'seed',
  'stop',
  'frequency_penalty',
  'presence_penalty',
  'repeat_penalty',
  'repeat_last_n',
  'logit_bias',
  'mirostat',
  'mirostat_tau',
  'mirostat_eta',
  'dry_multiplier',
  'dry_base',
  'dry_allowed_length',
  'dry_penalty_last_n',
  'dry_sequence_breakers',
  'xtc_probability',
  'xtc_threshold',
  'dynatemp_range',
  'dynatemp_exponent',
  'samplers',
  'n_probs',
  'min_keep',
  'ignore_eos',
  'top_n_sigma',
] as const;

const COMMON = [
  'model',
  'stream',
  'stream_options',
  'user',
  'metadata',
  'cache_prompt',
  'timings_per_token',
  'return_progress',
  'n',
] as const;

const CHAT = [
  ...COMMON,
  ...SAMPLING,
  'messages',
  'max_tokens',
  'max_completion_tokens',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'functions',
  'function_call',
  'response_format',
  'json_schema',
  'grammar',
  'logprobs',
  'top_logprobs',
  'chat_template_kwargs',
  'reasoning_effort',
  'reasoning_format',
  'thinking_budget_tokens',
  'enable_thinking',
  'add_generation_prompt',
  'modalities',
  'service_tier',
  'store',
  'n_predict',
] as const;

const COMPLETION = [
  ...COMMON,
  ...SAMPLING,
  'prompt',
  'suffix',
  'max_tokens',
  'n_predict',
  'logprobs',
  'echo',
  'best_of',
  'grammar',
  'json_schema',
  'response_format',
  'input_prefix',
  'input_suffix',
  'input_extra',
  'n_indent',
] as const;

/** Top-level request fields per route, as llama-server's and OpenAI's documentation list them. */
export const OPENAI_FIELDS: Readonly<Record<InferenceRoute, ReadonlySet<string>>> = {
  '/v1/chat/completions': new Set(CHAT),
  '/v1/completions': new Set(COMPLETION),
  '/infill': new Set(COMPLETION),
  '/v1/responses': new Set([
    ...COMMON,
    ...SAMPLING,
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
    'store',
    'top_logprobs',
    'chat_template_kwargs',
    'service_tier',
    'prompt_cache_key',
  ]),
  '/v1/messages': new Set([
    ...COMMON,
    ...SAMPLING,
    'messages',
    'system',
    'max_tokens',
    'stop_sequences',
    'tools',
    'tool_choice',
    'thinking',
    'chat_template_kwargs',
    'service_tier',
    'output_config',
  ]),
  '/v1/messages/count_tokens': new Set(['model', 'messages', 'system', 'tools', 'tool_choice', 'thinking']),
  '/v1/embeddings': new Set(['model', 'input', 'encoding_format', 'dimensions', 'user']),
  '/v1/rerank': new Set(['model', 'query', 'documents', 'texts', 'top_n', 'return_documents', 'return_text']),
  '/v1/audio/speech': new Set(['model', 'input', 'voice', 'instructions', 'response_format', 'speed', 'stream_format']),
  '/v1/audio/transcriptions': new Set(),
};

/** One generated token, vector or score, whichever the expert is for; undefined for audio, which has no cheap proof. */
export function openaiCanary(expert: ExpertBase, model: string): Canary | undefined {
  switch (expert.task) {
    case 'generate':
      return {
        path: '/v1/completions',
        body: { model, prompt: 'The', max_tokens: 1, temperature: 0 },
        verify: (answer) =>
          Array.isArray((answer as { choices?: unknown }).choices)
            ? undefined
            : 'the answer to a one-token completion has no `choices`',
      };
    case 'embed':
      return {
        path: '/v1/embeddings',
        body: { model, input: 'ready' },
        verify: (answer) => {
          const vector = (answer as { data?: { embedding?: unknown }[] }).data?.[0]?.embedding;
          const sound =
            Array.isArray(vector) &&
            vector.length > 0 &&
            vector.every((x) => Number.isFinite(x)) &&
            vector.some((x) => x !== 0);
          return sound ? undefined : 'the answer to one embedding has no usable vector';
        },
      };
    case 'rerank':
      return {
        path: '/v1/rerank',
        body: { model, query: 'cat', documents: ['a cat'] },
        verify: (answer) => {
          const score = (answer as { results?: { relevance_score?: unknown }[] }).results?.[0]?.relevance_score;
          return Number.isFinite(score) ? undefined : 'the answer to one rerank has no score';
        },
      };
    case 'speech':
    case 'transcribe':
      return undefined;
  }
}
