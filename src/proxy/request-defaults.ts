import type { ExpertBase, ExpertVariant } from '../engines/contract.ts';
import { INFERENCE_ROUTES, type InferenceRoute } from '../engines/routes.ts';
import { isObject, type JsonObject } from './json.ts';

interface DefaultsInput {
  readonly route: InferenceRoute;
  readonly expert: ExpertBase;
  readonly variant?: ExpertVariant | undefined;
  readonly knownFields: ReadonlySet<string> | undefined;
}

/** Names of one thing: where the client sets any of them, no default for another is put in. */
const TOKEN_LIMITS = ['max_tokens', 'max_completion_tokens', 'max_output_tokens', 'n_predict'] as const;
const TOKEN_LIMIT_NAMES: ReadonlySet<string> = new Set(TOKEN_LIMITS);
/** Counting takes the prompt alone; sampling fields would be refused there. */
const COUNTED = new Set(['system', 'tools', 'tool_choice', 'thinking', 'chat_template_kwargs']);

/** Fills in the profile's request fields where the client sets none; a variant's win over the expert's. */
export function addDefaults(body: JsonObject, { route, expert, variant, knownFields }: DefaultsInput): JsonObject {
  let result = body;
  const offer = (defaults: Readonly<Record<string, unknown>>) => {
    for (const given in defaults) {
      const name = nameOn(route, given);
      if (knownFields !== undefined && !knownFields.has(name)) continue;
      if (route === '/v1/messages/count_tokens' && !COUNTED.has(name)) continue;
      const value = valueFor(result, name, given, defaults[given]);
      if (value === undefined) continue;
      if (result === body) result = { ...body };
      result[name] = value;
    }
  };
  if (variant) offer(variant.request);
  offer(expert.request);
  return result;
}

/** Tokens that an expert's defaults let an answer have; undefined: they do not say. */
export function answerLimitOf(defaults: Readonly<Record<string, unknown>>): number | undefined {
  const limit = TOKEN_LIMITS.map((name) => defaults[name]).find((value) => typeof value === 'number');
  return limit !== undefined && limit > 0 ? limit : undefined;
}

/** What is to be put in; undefined where the client (or the variant) has said it already. */
function valueFor(body: JsonObject, name: string, given: string, fallback: unknown): unknown {
  const own = body[name];
  if (name === 'chat_template_kwargs' && isObject(own) && isObject(fallback)) {
    return Object.keys(fallback).every((key) => Object.hasOwn(own, key)) ? undefined : { ...fallback, ...own };
  }
  if (own !== undefined && own !== null) return undefined;
  if (TOKEN_LIMIT_NAMES.has(name) && TOKEN_LIMITS.some((other) => typeof body[other] === 'number')) return undefined;
  return name === 'stop_sequences' && given === 'stop' && typeof fallback === 'string' ? [fallback] : fallback;
}

/** The dialects and routes call the same thing by different names. */
function nameOn(route: InferenceRoute, name: string): string {
  if (TOKEN_LIMIT_NAMES.has(name)) {
    if (route === '/v1/responses') return 'max_output_tokens';
    if (INFERENCE_ROUTES[route].dialect === 'anthropic' || name === 'max_output_tokens') return 'max_tokens';
    return name;
  }
  if (INFERENCE_ROUTES[route].dialect === 'anthropic') return name === 'stop' ? 'stop_sequences' : name;
  return name === 'stop_sequences' ? 'stop' : name;
}
