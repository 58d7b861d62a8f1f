import { AppError } from '../../shared/errors.ts';
import { arrayOf, isObject, type JsonObject, numberOf, objectOf, stringOf } from '../json.ts';
import { openaiMessages } from './messages-to-openai.ts';
import { textOf } from './vocabulary.ts';

const READ = new Set([
  'model',
  'messages',
  'system',
  'max_tokens',
  'temperature',
  'top_p',
  'stop_sequences',
  'stream',
  'tools',
  'tool_choice',
  'thinking',
  'metadata',
  'output_config',
]);

/** Models that take no `max_tokens` any more. */
const NEW_LIMIT_MODELS = /(?:^|\/)(?:o\d|gpt-[5-9])/;
/** Thinking budgets, in tokens, up to which an effort is called low or medium. */
const LOW_BUDGET = 2_048;
const MEDIUM_BUDGET = 8_192;

/** A `/v1/messages` request as a chat completion request. Throws and drops as its counterpart does. */
export function requestToOpenai(body: JsonObject, model: string): { body: JsonObject; dropped: string[] } {
  const dropped = Object.keys(body).filter((key) => !READ.has(key) && body[key] !== null);
  const system = textOf(body['system'], '\n\n');
  const messages = openaiMessages(arrayOf(body['messages']), dropped);

  const result: JsonObject = {
    model,
    messages: system === '' ? messages : [{ role: 'system', content: system }, ...messages],
  };
  if (typeof body['max_tokens'] === 'number') {
    result[NEW_LIMIT_MODELS.test(model) ? 'max_completion_tokens' : 'max_tokens'] = body['max_tokens'];
  }
  for (const field of ['temperature', 'top_p']) if (typeof body[field] === 'number') result[field] = body[field];
  const stops = arrayOf(body['stop_sequences']);
  if (stops.length > 0) result['stop'] = stops;
  if (typeof body['stream'] === 'boolean') result['stream'] = body['stream'];
  // Anthropic's streams always end with the counts.
  if (body['stream'] === true) result['stream_options'] = { include_usage: true };
  addTools(body, result);
  const user = objectOf(body['metadata'])['user_id'];
  if (typeof user === 'string') result['user'] = user;
  addOutput(body, result, dropped);
  return { body: result, dropped: [...new Set(dropped)] };
}

function addTools(body: JsonObject, result: JsonObject): void {
  const tools = arrayOf(body['tools']).map((tool, index) => openaiTool(objectOf(tool), `tools[${index}]`));
  if (tools.length === 0) return;
  result['tools'] = tools;
  const { type, name, disable_parallel_tool_use: oneAtATime } = objectOf(body['tool_choice']);
  if (type === 'auto' || type === 'none') result['tool_choice'] = type;
  else if (type === 'any') result['tool_choice'] = 'required';
  else if (type === 'tool') result['tool_choice'] = { type: 'function', function: { name } };
  if (oneAtATime === true) result['parallel_tool_calls'] = false;
}

function openaiTool(tool: JsonObject, path: string): JsonObject {
  const { type, name, description, input_schema: schema, strict } = tool;
  if (type !== undefined && type !== null && type !== 'custom') {
    throw new AppError(
      'invalid_request',
      `\`${path}\` of type ${stringOf(type, 'unknown')} runs on Anthropic’s side, and this expert does not have it. Send tools with a name and an input_schema.`,
      { param: path },
    );
  }
  return {
    type: 'function',
    function: {
      name,
      ...(typeof description === 'string' ? { description } : {}),
      parameters: isObject(schema) ? schema : { type: 'object', properties: {} },
      ...(strict === true ? { strict } : {}),
    },
  };
}

function addOutput(body: JsonObject, result: JsonObject, dropped: string[]): void {
  const { effort, format } = objectOf(body['output_config']);
  const { type, budget_tokens: budget } = objectOf(body['thinking']);
  if (typeof effort === 'string') result['reasoning_effort'] = effort === 'max' ? 'xhigh' : effort;
  else if (type === 'enabled') result['reasoning_effort'] = effortOf(numberOf(budget, MEDIUM_BUDGET));
  else if (type !== undefined) dropped.push('thinking');
  const { type: formatType, schema } = objectOf(format);
  if (formatType === 'json_schema') {
    result['response_format'] = { type: 'json_schema', json_schema: { name: 'answer', schema, strict: true } };
  }
}

function effortOf(budget: number): string {
  if (budget <= LOW_BUDGET) return 'low';
  return budget <= MEDIUM_BUDGET ? 'medium' : 'high';
}
