/** What each request field may hold. A check throws; a field without one is passed on as it is. */
import { AppError } from '../shared/errors.ts';
import { arrayOf, isObject, objectOf } from './json.ts';
import { checkGrammar, checkPattern, checkSchema } from './schema-check.ts';

export interface FieldLimits {
  /** The expert's context, tokens. */
  readonly context: number;
  /** Most tokens that a request may ask for. */
  readonly maxTokens: number;
}

export type FieldCheck = (value: unknown, name: string, limits: FieldLimits) => void;

const CHOICES = 8;
const PROBABILITIES = 100;
const BIASES = 1_024;
const STOPS = 16;
const STOP_LENGTH = 1_024;
const TOOLS = 256;
const SAMPLERS = 32;
const BREAKERS = 64;
const EXTRA_FILES = 1_024;
const TEMPLATE_VALUE_LENGTH = 4_096;

/** Arguments of the template call itself: setting them from a request rewrites the prompt or crashes the renderer. */
const RESERVED_TEMPLATE_KEYS = new Set([
  'messages',
  'conversation',
  'conversations',
  'tools',
  'documents',
  'add_generation_prompt',
  'continue_final_message',
  'bos_token',
  'eos_token',
  'tokenize',
  'chat_template',
  'padding',
  'truncation',
  'max_length',
  'return_tensors',
  'return_dict',
  'return_assistant_tokens_mask',
  'tokenizer_kwargs',
  '__proto__',
  'constructor',
  'prototype',
]);

const choices = integer(1, CHOICES, 'asks for too many answers to one prompt');
const probabilities = integer(0, PROBABILITIES, 'asks for more probabilities than an answer can carry');
const history: FieldCheck = (value, name, limits) => bounded(value, name, -1, limits.maxTokens, 'reaches too far back');
const tokens: FieldCheck = (value, name, limits) =>
  bounded(value, name, -1, limits.maxTokens, `is far beyond the context of ${limits.context} tokens`);
const forbidden: FieldCheck = (_value, name) => {
  throw refuse(name, `\`${name}\` cannot be set by a request: it changes the engine for others, or can crash it`);
};

export const FIELD_CHECKS: ReadonlyMap<string, FieldCheck> = new Map<string, FieldCheck>([
  ['model', text],
  ['user', text],
  ['suffix', text],
  ['stream', flag],
  ['echo', (value, name) => (typeof value === 'boolean' ? undefined : wrongType(name, 'true or false'))],
  ['stream_options', object],
  ['temperature', number],
  ['top_p', number],
  ['top_k', number],
  ['min_p', number],
  ['frequency_penalty', number],
  ['presence_penalty', number],
  ['repeat_penalty', number],
  ['n', choices],
  ['n_cmpl', choices],
  ['best_of', choices],
  ['max_tokens', tokens],
  ['max_completion_tokens', tokens],
  ['max_output_tokens', tokens],
  ['n_predict', tokens],
  ['min_tokens', tokens],
  ['thinking_budget_tokens', tokens],
  ['n_keep', history],
  ['n_discard', (value, name, limits) => bounded(value, name, 0, limits.maxTokens, 'discards more than there is')],
  ['repeat_last_n', history],
  ['dry_penalty_last_n', history],
  ['n_indent', integer(0, 1_024, 'is no indentation')],
  ['min_keep', integer(0, 1_000_000, 'keeps more tokens than a vocabulary has')],
  ['n_probs', probabilities],
  ['top_logprobs', probabilities],
  ['prompt_logprobs', probabilities],
  ['logprobs', (value, name) => (typeof value === 'boolean' ? undefined : checkProbabilities(value, name))],
  ['grammar', (value, name) => checkGrammar(value, name)],
  ['guided_grammar', (value, name) => checkGrammar(value, name)],
  ['guided_regex', (value, name) => checkPattern(value, name)],
  ['guided_json', schemaOrText],
  ['json_schema', (value, name) => checkSchema(value, name)],
  ['structured_outputs', structuredOutputs],
  ['response_format', (value, name) => checkSchema(objectField(value, name), name)],
  ['text', (value, name) => (isObject(value) ? checkSchema(value, name) : undefined)],
  ['output_config', (value, name) => checkSchema(objectField(value, name), name)],
  ['output_format', (value, name) => checkSchema(objectField(value, name), name)],
  ['tools', toolList],
  ['functions', toolList],
  ['chat_template_kwargs', templateArguments],
  ['logit_bias', (value, name) => sized(value, name, BIASES)],
  ['stop', stops],
  ['stop_sequences', stops],
  ['samplers', (value, name) => strings(value, name, SAMPLERS, 64)],
  ['dry_sequence_breakers', (value, name) => strings(value, name, BREAKERS, STOP_LENGTH)],
  ['input_extra', (value, name) => sized(value, name, EXTRA_FILES)],
  ['thinking', object],
  ['metadata', object],
  ['chat_template', forbidden],
  ['prompt_embeds', forbidden],
  ['lora', forbidden],
  ['lora_adapters', forbidden],
  ['adapter', forbidden],
  ['id_slot', forbidden],
  ['slot_id', forbidden],
  ['kv_transfer_params', forbidden],
  ['vllm_xargs', forbidden],
  ['logits_processors', forbidden],
  ['media_io_kwargs', forbidden],
  ['mm_processor_kwargs', forbidden],
]);

function text(value: unknown, name: string): void {
  if (typeof value !== 'string') wrongType(name, 'a string');
}

function flag(value: unknown, name: string): void {
  if (typeof value !== 'boolean') wrongType(name, 'true or false');
}

function number(value: unknown, name: string): void {
  if (typeof value !== 'number') wrongType(name, 'a number');
}

function object(value: unknown, name: string): void {
  if (!isObject(value)) wrongType(name, 'an object');
}

function objectField(value: unknown, name: string): unknown {
  return isObject(value) ? value : wrongType(name, 'an object');
}

function checkProbabilities(value: unknown, name: string): void {
  bounded(value, name, 0, PROBABILITIES, 'asks for more probabilities than an answer can carry');
}

function integer(least: number, most: number, why: string): FieldCheck {
  return (value, name) => bounded(value, name, least, most, why);
}

function bounded(value: unknown, name: string, least: number, most: number, why: string): void {
  if (typeof value !== 'number') wrongType(name, 'a whole number');
  else if (!Number.isInteger(value) || value < least || value > most) {
    throw refuse(name, `\`${name}\`: ${value} ${why}; allowed are whole numbers from ${least} to ${most}`);
  }
}

function sized(value: unknown, name: string, most: number): void {
  if (typeof value !== 'object' || value === null) wrongType(name, 'an object or an array');
  else {
    const size = Array.isArray(value) ? value.length : Object.keys(value).length;
    if (size > most) throw refuse(name, `\`${name}\` has ${size} entries; at most ${most} are allowed`);
  }
}

function stops(value: unknown, name: string): void {
  strings(value, name, STOPS, STOP_LENGTH);
}

function strings(value: unknown, name: string, most: number, longest: number): void {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length > most) throw refuse(name, `\`${name}\` has ${list.length} entries; at most ${most} are allowed`);
  for (const entry of list) {
    if (typeof entry !== 'string') wrongType(name, 'a string or an array of strings');
    else if (entry.length > longest) {
      throw refuse(name, `\`${name}\` has an entry of ${entry.length} characters; at most ${longest} are allowed`);
    }
  }
}

function toolList(value: unknown, name: string): void {
  if (!Array.isArray(value)) wrongType(name, 'an array');
  const list = arrayOf(value);
  if (list.length > TOOLS) throw refuse(name, `\`${name}\` has ${list.length} entries; at most ${TOOLS} are allowed`);
  for (let index = 0; index < list.length; index += 1) {
    const tool = list[index];
    if (!isObject(tool)) wrongType(`${name}[${index}]`, 'an object');
    const { parameters, input_schema: inputSchema, function: definition } = objectOf(tool);
    if (parameters !== undefined) checkSchema(parameters, `${name}[${index}].parameters`);
    if (inputSchema !== undefined) checkSchema(inputSchema, `${name}[${index}].input_schema`);
    if (definition !== undefined) {
      checkSchema(objectOf(definition)['parameters'], `${name}[${index}].function.parameters`);
    }
  }
}

function templateArguments(value: unknown, name: string): void {
  if (!isObject(value)) return wrongType(name, 'an object');
  for (const [key, entry] of Object.entries(value)) {
    const param = `${name}.${key}`;
    if (RESERVED_TEMPLATE_KEYS.has(key)) throw refuse(param, `\`${param}\` is set by the engine and not by a request`);
    if (typeof entry === 'object' && entry !== null) {
      throw refuse(param, `\`${param}\` must be a string, a number, true, false or null`);
    }
    if (typeof entry === 'string' && entry.length > TEMPLATE_VALUE_LENGTH) {
      throw refuse(param, `\`${param}\` is longer than ${TEMPLATE_VALUE_LENGTH} characters`);
    }
  }
  return undefined;
}

function schemaOrText(value: unknown, name: string): void {
  if (typeof value !== 'string') return checkSchema(value, name);
  return checkSchema(parsed(value, name), name);
}

function parsed(value: string, name: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return wrongType(name, 'a JSON schema');
  }
}

function structuredOutputs(value: unknown, name: string): void {
  const { grammar, regex, json } = objectOf(objectField(value, name));
  if (grammar !== undefined && grammar !== null) checkGrammar(grammar, `${name}.grammar`);
  if (regex !== undefined && regex !== null) checkPattern(regex, `${name}.regex`);
  if (json !== undefined && json !== null) schemaOrText(json, `${name}.json`);
}

function refuse(param: string, message: string): AppError {
  return new AppError('parameter_refused', message, { param });
}

function wrongType(param: string, expected: string): never {
  throw new AppError('invalid_request', `\`${param}\` must be ${expected}`, { param });
}
