import { AppError } from '../../shared/errors.ts';
import { arrayOf, type JsonObject, objectOf, parseObject, stringOf } from '../json.ts';
import { anthropicUsage, openaiCounts, stopReason, textOf } from './vocabulary.ts';

/** A chat completion as an Anthropic message. Throws `engine_answer_invalid` where it is not one. */
export function responseToAnthropic(answer: JsonObject, model: string): JsonObject {
  const choice = objectOf(arrayOf(answer['choices'])[0]);
  const message = objectOf(choice['message']);
  if (choice['message'] === undefined) throw invalid('the answer has no `choices[0].message`');
  const finish = choice['finish_reason'];
  const stoppedAt = choice['stop_reason'];
  const thinking = stringOf(message['reasoning_content'], stringOf(message['reasoning']));
  const text = textOf(message['content']) || stringOf(message['refusal']);
  return {
    id: messageId(answer['id']),
    type: 'message',
    role: 'assistant',
    model: stringOf(answer['model'], model),
    content: [
      ...(thinking === '' ? [] : [{ type: 'thinking', thinking, signature: '' }]),
      ...(text === '' ? [] : [{ type: 'text', text }]),
      ...arrayOf(message['tool_calls']).flatMap((call) => toolUse(objectOf(call), finish === 'length')),
    ],
    // vLLM says which of the stop strings it was.
    stop_reason: typeof stoppedAt === 'string' ? 'stop_sequence' : stopReason(finish),
    stop_sequence: typeof stoppedAt === 'string' ? stoppedAt : null,
    usage: anthropicUsage(openaiCounts(answer['usage'])),
  };
}

function toolUse(call: JsonObject, cutOff: boolean): JsonObject[] {
  const { name, arguments: written } = objectOf(call['function']);
  const input = stringOf(written).trim() === '' ? {} : parseObject(stringOf(written));
  if (input) return [{ type: 'tool_use', id: stringOf(call['id']), name: stringOf(name), input }];
  // A call that the token limit cut off is no call; `stop_reason` says so.
  if (cutOff) return [];
  throw invalid(`the arguments of the tool call ${stringOf(name)} are not a JSON object`);
}

/** Anthropic's ids begin with `msg_`. */
export function messageId(id: unknown): string {
  const own = stringOf(id);
  return own.startsWith('msg_') ? own : `msg_${own.replace(/^chatcmpl-/, '')}`;
}

function invalid(what: string): AppError {
  return new AppError('engine_answer_invalid', `The endpoint does not answer in OpenAI’s dialect: ${what}.`);
}
