import { AppError } from '../../shared/errors.ts';
import { arrayOf, isObject, type JsonObject, objectOf, stringOf } from '../json.ts';
import { textOf } from './vocabulary.ts';

/** Anthropic's turns as OpenAI's messages. Names in `dropped` what has no counterpart. */
export function openaiMessages(messages: readonly unknown[], dropped: string[]): JsonObject[] {
  return messages.flatMap((message, index) => {
    const path = `messages[${index}]`;
    const { role, content } = objectOf(message);
    const blocks: readonly unknown[] =
      typeof content === 'string' ? [{ type: 'text', text: content }] : arrayOf(content);
    switch (role) {
      case 'system':
        return [{ role, content: textOf(content, '\n\n') }];
      case 'user':
        return userMessages(blocks.map(objectOf), `${path}.content`, dropped);
      case 'assistant':
        return assistantMessage(blocks.map(objectOf), `${path}.content`, dropped);
      default:
        throw invalid(`${path}.role`, `\`${path}.role\` must be user, assistant or system`);
    }
  });
}

/** One turn of Anthropic's may hold tool results and more: each result becomes a message, and must come first. */
function userMessages(blocks: readonly JsonObject[], path: string, dropped: string[]): JsonObject[] {
  const results: JsonObject[] = [];
  const parts: JsonObject[] = [];
  blocks.forEach((block, index) => {
    const where = `${path}[${index}]`;
    if (block['cache_control'] !== undefined) dropped.push('cache_control');
    if (block['type'] === 'tool_result') {
      if (block['is_error'] === true) dropped.push('is_error');
      const { content } = block;
      results.push({
        role: 'tool',
        tool_call_id: stringOf(block['tool_use_id']),
        content: typeof content === 'string' ? content : textOf(content, '\n'),
      });
      // A tool message holds text only: what a tool has shown goes into the user's turn.
      const shown = arrayOf(content)
        .map(objectOf)
        .filter((part) => part['type'] !== 'text');
      parts.push(...shown.flatMap((part, part_) => openaiParts(part, `${where}.content[${part_}]`)));
    } else parts.push(...openaiParts(block, where));
  });
  return parts.length === 0 ? results : [...results, { role: 'user', content: compact(parts) }];
}

function openaiParts(block: JsonObject, path: string): JsonObject[] {
  switch (block['type']) {
    case 'text':
      return [{ type: 'text', text: stringOf(block['text']) }];
    case 'image':
      return [{ type: 'image_url', image_url: { url: dataUrl(objectOf(block['source']), path) } }];
    case 'document':
      return documentParts(block, path);
    case 'search_result':
      return [{ type: 'text', text: `${stringOf(block['title'])}\n${textOf(block['content'], '\n')}` }];
    default:
      throw inexpressible(block['type'], path);
  }
}

function documentParts(block: JsonObject, path: string): JsonObject[] {
  const source = objectOf(block['source']);
  const title = stringOf(block['title']);
  switch (source['type']) {
    case 'text':
      return [{ type: 'text', text: (title === '' ? '' : `${title}\n`) + stringOf(source['data']) }];
    case 'content':
      return typeof source['content'] === 'string'
        ? [{ type: 'text', text: source['content'] }]
        : arrayOf(source['content']).flatMap((part, index) =>
            openaiParts(objectOf(part), `${path}.source.content[${index}]`),
          );
    default:
      return [{ type: 'file', file: { filename: title || 'document.pdf', file_data: dataUrl(source, path) } }];
  }
}

function dataUrl(source: JsonObject, path: string): string {
  if (source['type'] !== 'base64') {
    throw invalid(`${path}.source`, `\`${path}.source\` must be of type base64: this orchestrator fetches nothing`);
  }
  return `data:${stringOf(source['media_type'], 'application/octet-stream')};base64,${stringOf(source['data'])}`;
}

function assistantMessage(blocks: readonly JsonObject[], path: string, dropped: string[]): JsonObject[] {
  let text = '';
  let thinking = '';
  const calls: JsonObject[] = [];
  blocks.forEach((block, index) => {
    switch (block['type']) {
      case 'text':
        text += stringOf(block['text']);
        break;
      case 'thinking':
        thinking += stringOf(block['thinking']);
        break;
      case 'redacted_thinking':
        dropped.push('redacted_thinking');
        break;
      case 'tool_use':
        calls.push({
          id: stringOf(block['id']),
          type: 'function',
          function: { name: stringOf(block['name']), arguments: JSON.stringify(block['input'] ?? {}) },
        });
        break;
      default:
        throw inexpressible(block['type'], `${path}[${index}]`);
    }
  });
  if (text === '' && thinking === '' && calls.length === 0) return [];
  return [
    {
      role: 'assistant',
      content: text === '' && calls.length > 0 ? null : text,
      // Models that think between tool calls want their thoughts back.
      ...(thinking === '' ? {} : { reasoning_content: thinking }),
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
    },
  ];
}

/** A plain string where there is only text: every server takes it. */
function compact(parts: readonly JsonObject[]): unknown {
  return parts.every((part) => isObject(part) && part['type'] === 'text') ? textOf(parts, '\n\n') : parts;
}

function inexpressible(type: unknown, path: string): AppError {
  return invalid(
    path,
    `\`${path}\` of type ${stringOf(type, 'unknown')} cannot be sent to this expert, which speaks OpenAI’s dialect`,
  );
}

function invalid(param: string, message: string): AppError {
  return new AppError('invalid_request', message, { param });
}
