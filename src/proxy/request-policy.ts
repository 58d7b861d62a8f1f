import type { ExpertBase, ExpertVariant } from '../engines/contract.ts';
import { INFERENCE_ROUTES, type InferenceRoute } from '../engines/routes.ts';
import { wantsTools } from '../router/conversation.ts';
import { AppError } from '../shared/errors.ts';
import { checkShape } from './body-shape.ts';
import { parseExtension, type RequestExtension } from './extension.ts';
import { FIELD_CHECKS, type FieldLimits } from './field-checks.ts';
import { isObject, type JsonObject } from './json.ts';
import { addDefaults } from './request-defaults.ts';

export interface PolicyInput {
  readonly route: InferenceRoute;
  /** The parsed body, whatever it turned out to be. */
  readonly body: unknown;
  readonly expert: ExpertBase;
  /** The variant by whose name the expert was asked for. */
  readonly variant?: ExpertVariant | undefined;
  /** Top-level fields that the engine knows on this route; undefined: all. */
  readonly knownFields: ReadonlySet<string> | undefined;
  /** Fields that the adapter sets in every request, e.g. `model` for a remote. */
  readonly set?: Readonly<Record<string, unknown>> | undefined;
  /** Fields that the engine knows by another name. */
  readonly fieldNames?: Readonly<Record<string, string>> | undefined;
}

export interface PolicyResult {
  /** The body for the engine: the very object that came in where nothing changed. */
  readonly body: JsonObject;
  /** False: the client's bytes can be forwarded as they are. */
  readonly changed: boolean;
  /** Fields that were taken out, to be named in `x-orchestrator-dropped`. */
  readonly dropped: readonly string[];
  readonly stream: boolean;
  /** Whether a stream is to carry a usage chunk (`stream_options.include_usage`). */
  readonly includeUsage: boolean;
  readonly extension: RequestExtension;
}

/** A request may ask for this many times the context before it is taken for an attack. */
const CONTEXT_FACTOR = 10;
/** The same where the endpoint is not described by the profile in such detail. */
const TOKENS_ELSEWHERE = 10_000_000;

/** Would choose another upstream, or whose money is spent there: never a client's to say. */
const OVERRIDES = new Set([
  'api_base',
  'api_key',
  'api_type',
  'api_version',
  'apiKey',
  'apiBase',
  'base_url',
  'baseURL',
  'baseUrl',
  'azure_endpoint',
  'custom_llm_provider',
  'extra_body',
  'extra_headers',
  'extra_query',
  'headers',
  'model_list',
  'organization',
  'project',
  'proxies',
  'proxy',
  '__proto__',
  'constructor',
  'prototype',
]);
const EXTENSION = 'orchestrator';
const NOTHING: RequestExtension = Object.freeze({});
const NONE: readonly string[] = Object.freeze([]);

/**
 * Decides what of a request reaches an engine: checks types, refuses what could harm it (`parameter_refused`,
 * `media_url_refused`, `invalid_request`, each with `param`), drops what it does not know, and fills in the profile's
 * defaults. Pure, and cheap where there is nothing to do: one pass over the top-level fields, no copy.
 */
export function applyRequestPolicy(input: PolicyInput): PolicyResult {
  const { route, body, expert, variant, knownFields } = input;
  if (!isObject(body)) throw notAnObject(body);

  const limits: FieldLimits = {
    context: expert.context,
    maxTokens: knownFields ? expert.context * CONTEXT_FACTOR : Math.max(expert.context, TOKENS_ELSEWHERE),
  };
  let dropped: string[] | undefined;
  let extension = NOTHING;
  for (const name in body) {
    if (name === EXTENSION) {
      extension = parseExtension(body[name]);
      continue;
    }
    const value = body[name];
    if (value !== null) FIELD_CHECKS.get(name)?.(value, name, limits);
    const unwanted =
      OVERRIDES.has(name) ||
      (knownFields !== undefined && !knownFields.has(name)) ||
      (expert.strip.length > 0 && expert.strip.includes(name)) ||
      (variant !== undefined && variant.strip.includes(name));
    if (unwanted) (dropped ??= []).push(name);
  }
  checkShape(route, body, {
    id: expert.id,
    vision: expert.vision,
    audio: expert.audio,
    documents: knownFields === undefined,
  });
  if (!expert.tools && wantsTools(body)) {
    throw new AppError(
      'parameter_refused',
      `${expert.id} takes no tools. Leave \`tools\` out, or name an expert that takes them (GET /v1/models tells which).`,
      { param: 'tools' },
    );
  }

  let result = body;
  if (dropped || Object.hasOwn(body, EXTENSION)) result = without(body, dropped ?? NONE);
  if (INFERENCE_ROUTES[route].task === expert.task) result = addDefaults(result, input);
  if (input.fieldNames) result = renamed(result, input.fieldNames);
  if (input.set) result = withFields(result, input.set);

  const streamOptions = result['stream_options'];
  return {
    body: result,
    changed: result !== body,
    dropped: dropped ?? NONE,
    stream: result['stream'] === true,
    includeUsage: isObject(streamOptions) && streamOptions['include_usage'] === true,
    extension,
  };
}

function without(body: JsonObject, names: readonly string[]): JsonObject {
  const result: JsonObject = {};
  for (const name in body) {
    if (name !== EXTENSION && !names.includes(name)) result[name] = body[name];
  }
  return result;
}

/** A field that is there under both names keeps the engine's. */
function renamed(body: JsonObject, names: Readonly<Record<string, string>>): JsonObject {
  if (!Object.keys(names).some((name) => Object.hasOwn(body, name))) return body;
  const result: JsonObject = {};
  for (const name in body) {
    const known = names[name];
    if (known === undefined) result[name] = body[name];
    else if (!Object.hasOwn(body, known)) result[known] = body[name];
  }
  return result;
}

function withFields(body: JsonObject, fields: Readonly<Record<string, unknown>>): JsonObject {
  for (const name in fields) {
    if (body[name] !== fields[name]) return { ...body, ...fields };
  }
  return body;
}

function notAnObject(body: unknown): AppError {
  const what = body === null ? 'null' : Array.isArray(body) ? 'an array' : `a ${typeof body}`;
  return new AppError(
    'invalid_json',
    body === undefined
      ? 'The request has no body; this route takes a JSON object.'
      : `The body is ${what}; this route takes a JSON object.`,
  );
}
