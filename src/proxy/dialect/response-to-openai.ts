import { AppError } from '../../shared/errors.ts';
import { arrayOf, type JsonObject, objectOf, stringOf } from '../json.ts';
import { anthropicCounts, finishReason, openaiUsage } from './vocabulary.ts';

/** An Anthropic message as a chat completion; `created` in seconds. Throws `engine_answer_invalid` where it is not one. */
export function responseToOpenai(answer: JsonObject, model: string, created: number): JsonObject {
  if (!Array.isArray(answer['content'])) {
    throw new AppError(
      'engine_answer_invalid',
      'The endpoint does not answer in Anthropic’s dialect: the answer has no `content` blocks.',
    );
  }
  const blocks = arrayOf(answer['content']).map(objectOf);
  const textIn = (type: string, field: string) =>
    blocks
      .filter((block) => block['type'] === type)
      .map((block) => stringOf(block[field]))
      .join('');
  const thinking = textIn('thinking', 'thinking');
  const text = textIn('text', 'text');
  const calls = blocks
    .filter((block) => block['type'] === 'tool_use')
    .map((block) => ({
      id: stringOf(block['id']),
      type: 'function',
      function: { name: stringOf(block['name']), arguments: JSON.stringify(block['input'] ?? {}) },
    }));
  return {
    id: completionId(answer['id']),
    object: 'chat.completion',
    created,
    model: stringOf(answer['model'], model),
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: text === '' && calls.length > 0 ? null : text,
          refusal: null,
          ...(thinking === '' ? {} : { reasoning_content: thinking }),
          ...(calls.length === 0 ? {} : { tool_calls: calls }),
        },
        logprobs: null,
        finish_reason: finishReason(answer['stop_reason']),
      },
    ],
    usage: openaiUsage(anthropicCounts(answer['usage'])),
  };
}

/** OpenAI's ids begin with `chatcmpl-`. */
export function completionId(id: unknown): string {
  const own = stringOf(id);
  return own.startsWith('chatcmpl-') ? own : `chatcmpl-${own.replace(/^msg_/, '')}`;
}
