/**
 * The inference routes of the outside (design section 6): the only method and path pairs that can reach an engine.
 * `task` is what `auto` means on the route.
 */
export const INFERENCE_ROUTES = {
  '/v1/chat/completions': { task: 'generate', body: 'json', dialect: 'openai' },
  '/v1/completions': { task: 'generate', body: 'json', dialect: 'openai' },
  '/v1/responses': { task: 'generate', body: 'json', dialect: 'openai' },
  '/v1/messages': { task: 'generate', body: 'json', dialect: 'anthropic' },
  '/v1/messages/count_tokens': { task: 'generate', body: 'json', dialect: 'anthropic' },
  '/infill': { task: 'generate', body: 'json', dialect: 'openai' },
  '/v1/embeddings': { task: 'embed', body: 'json', dialect: 'openai' },
  '/v1/rerank': { task: 'rerank', body: 'json', dialect: 'openai' },
  '/v1/audio/speech': { task: 'speech', body: 'json', dialect: 'openai' },
  '/v1/audio/transcriptions': { task: 'transcribe', body: 'multipart', dialect: 'openai' },
} as const satisfies Record<string, { task: Task; body: 'json' | 'multipart'; dialect: Dialect }>;

/** What an expert is for. */
export type Task = 'generate' | 'embed' | 'rerank' | 'speech' | 'transcribe';
export const TASKS = ['generate', 'embed', 'rerank', 'speech', 'transcribe'] as const satisfies readonly Task[];

/** Whose request and answer shapes an endpoint speaks. */
export type Dialect = 'openai' | 'anthropic';

/** A path of an inference route, always by `POST`. */
export type InferenceRoute = keyof typeof INFERENCE_ROUTES;
export const INFERENCE_PATHS = Object.keys(INFERENCE_ROUTES) as InferenceRoute[];

export function isInferenceRoute(path: string): path is InferenceRoute {
  return Object.hasOwn(INFERENCE_ROUTES, path);
}
