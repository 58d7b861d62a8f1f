import { AppError } from '../../shared/errors.ts';
import { arrayOf, isObject, type JsonObject, numberOf, objectOf, stringOf } from '../json.ts';
import { anthropicMessages } from './messages-to-anthropic.ts';
import { DEFAULT_MAX_TOKENS } from './vocabulary.ts';

const EFFORTS: Readonly<Record<string, string>> = {
  minimal: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'xhigh',
  max: 'max',
};

/** Fields that are read here; every other one is dropped and named. */
const READ = new Set([
  'model',
  'messages',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'top_k',
  'stop',
  'stream',
  'stream_options',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'user',
  'reasoning_effort',
  'response_format',
  'n',
]);

/**
 * A chat completion request as a request for `/v1/messages`. Throws `invalid_request` where leaving a field out would change
 * what the client gets; the rest that Anthropic has no word for is dropped and named.
 */
export function requestToAnthropic(body: JsonObject, model: string): { body: JsonObject; dropped: string[] } {
  refuseInexpressible(body);
  const dropped = Object.keys(body).filter((key) => !READ.has(key) && body[key] !== null);
  const { system, messages } = anthropicMessages(arrayOf(body['messages']), dropped);

  const result: JsonObject = { model, max_tokens: maxTokens(body), messages };
  if (system.length > 0) result['system'] = system;
  if (typeof body['stream'] === 'boolean') result['stream'] = body['stream'];
  addSampling(body, result, dropped);
  addTools(body, result);
  if (typeof body['user'] === 'string') result['metadata'] = { user_id: body['user'] };
  addOutput(body, result, dropped);
  return { body: result, dropped: [...new Set(dropped)] };
}

function refuseInexpressible(body: JsonObject): void {
  if (numberOf(body['n'], 1) > 1) throw inexpressible('n', 'it gives one answer to a prompt');
  for (const field of ['functions', 'function_call', 'audio']) {
    if (body[field] !== undefined && body[field] !== null) {
      throw inexpressible(field, field === 'audio' ? 'it does not speak' : 'use `tools` and `tool_choice`');
    }
  }
  if (objectOf(body['response_format'])['type'] === 'json_object') {
    throw inexpressible('response_format', 'use the type json_schema, or ask for JSON in the prompt');
  }
}

function maxTokens(body: JsonObject): number {
  const asked = numberOf(body['max_completion_tokens'], numberOf(body['max_tokens']));
  return asked > 0 ? asked : DEFAULT_MAX_TOKENS;
}

function addSampling(body: JsonObject, result: JsonObject, dropped: string[]): void {
  const { temperature, top_p: topP, top_k: topK, stop } = body;
  if (typeof temperature === 'number') {
    // OpenAI's scale ends at 2, Anthropic's at 1.
    result['temperature'] = Math.min(1, temperature);
    if (temperature > 1) dropped.push('temperature');
  }
  // 1 is the neutral value that clients send unasked, and some models refuse it beside a temperature.
  if (typeof topP === 'number' && topP !== 1) result['top_p'] = topP;
  if (typeof topK === 'number' && topK > 0) result['top_k'] = topK;
  const stops = (typeof stop === 'string' ? [stop] : arrayOf(stop)).filter((word) => typeof word === 'string');
  const usable = stops.filter((word) => word.trim() !== '');
  if (usable.length > 0) result['stop_sequences'] = usable;
  if (usable.length < stops.length) dropped.push('stop');
}

function addTools(body: JsonObject, result: JsonObject): void {
  const tools = arrayOf(body['tools']).map((tool, index) => anthropicTool(tool, `tools[${index}]`));
  if (tools.length === 0) return;
  result['tools'] = tools;
  const choice = anthropicToolChoice(body['tool_choice']);
  const oneAtATime = body['parallel_tool_calls'] === false;
  if (choice && choice['type'] !== 'none' && oneAtATime) choice['disable_parallel_tool_use'] = true;
  if (choice) result['tool_choice'] = choice;
  else if (oneAtATime) result['tool_choice'] = { type: 'auto', disable_parallel_tool_use: true };
}

function anthropicTool(tool: unknown, path: string): JsonObject {
  const { type, function: definition } = objectOf(tool);
  if (type !== 'function' || !isObject(definition)) throw inexpressible(path, 'only tools of type function are');
  const { name, description, parameters, strict } = definition;
  return {
    name,
    ...(typeof description === 'string' ? { description } : {}),
    input_schema: isObject(parameters) ? { type: 'object', ...parameters } : { type: 'object', properties: {} },
    ...(strict === true ? { strict } : {}),
  };
}

function anthropicToolChoice(choice: unknown): JsonObject | undefined {
  if (choice === undefined || choice === null) return undefined;
  if (choice === 'auto' || choice === 'none') return { type: choice };
  if (choice === 'required') return { type: 'any' };
  const named = objectOf(objectOf(choice)['function'])['name'];
  if (typeof named === 'string') return { type: 'tool', name: named };
  throw inexpressible('tool_choice', 'use auto, none, required or one function');
}

function addOutput(body: JsonObject, result: JsonObject, dropped: string[]): void {
  const output: JsonObject = {};
  const effort = body['reasoning_effort'];
  if (effort === 'none') result['thinking'] = { type: 'disabled' };
  else if (typeof effort === 'string') {
    const level = EFFORTS[effort];
    if (level) output['effort'] = level;
    else dropped.push('reasoning_effort');
  }
  const format = objectOf(body['response_format']);
  if (format['type'] === 'json_schema') {
    output['format'] = { type: 'json_schema', schema: objectOf(format['json_schema'])['schema'] ?? {} };
  } else if (format['type'] !== undefined && format['type'] !== 'text') {
    throw inexpressible('response_format', `it knows no type ${stringOf(format['type'])}`);
  }
  if (Object.keys(output).length > 0) result['output_config'] = output;
}

function inexpressible(param: string, hint: string): AppError {
  return new AppError(
    'invalid_request',
    `\`${param}\` cannot be put into words for this expert, which speaks Anthropic’s dialect: ${hint}.`,
    { param },
  );
}
