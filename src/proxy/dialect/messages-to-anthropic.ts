import { AppError } from '../../shared/errors.ts';
import { arrayOf, isObject, type JsonObject, objectOf, parseObject, stringOf } from '../json.ts';
import { parseDataUrl, textOf } from './vocabulary.ts';

interface Turn {
  role: 'user' | 'assistant';
  content: JsonObject[];
}

/** OpenAI's messages as Anthropic's system blocks and turns. Names in `dropped` what has no counterpart. */
export function anthropicMessages(
  messages: readonly unknown[],
  dropped: string[],
): { system: JsonObject[]; messages: Turn[] } {
  const system: JsonObject[] = [];
  const turns: Turn[] = [];
  /** Turns of one role are joined: the results of several tool calls must all stand in the turn after the calls. */
  const add = (role: Turn['role'], blocks: JsonObject[]) => {
    const last = turns.at(-1);
    if (last?.role === role) last.content.push(...blocks);
    else if (blocks.length > 0) turns.push({ role, content: blocks });
  };

  messages.forEach((message, index) => {
    const path = `messages[${index}]`;
    const { role, content, tool_call_id: callId } = objectOf(message);
    switch (role) {
      case 'system':
      case 'developer':
        system.push(...textBlocks(textOf(content)));
        break;
      case 'user':
        add('user', userBlocks(content, `${path}.content`));
        break;
      case 'assistant':
        add('assistant', assistantBlocks(objectOf(message), path, dropped));
        break;
      case 'tool':
        add('user', [{ type: 'tool_result', tool_use_id: stringOf(callId), content: resultContent(content, path) }]);
        break;
      default:
        throw invalid(`${path}.role`, `\`${path}.role\` must be system, developer, user, assistant or tool`);
    }
  });
  if (turns.length === 0) throw invalid('messages', '`messages` holds nothing for the expert to answer');
  return { system, messages: turns };
}

/** Anthropic refuses empty text blocks. */
function textBlocks(text: string): JsonObject[] {
  return text === '' ? [] : [{ type: 'text', text }];
}

function userBlocks(content: unknown, path: string): JsonObject[] {
  if (typeof content === 'string') return textBlocks(content);
  return arrayOf(content).flatMap((part, index) => partBlocks(objectOf(part), `${path}[${index}]`));
}

function partBlocks(part: JsonObject, path: string): JsonObject[] {
  switch (part['type']) {
    case 'text':
      return textBlocks(stringOf(part['text']));
    case 'image_url': {
      const image = part['image_url'];
      return [{ type: 'image', source: imageSource(typeof image === 'string' ? image : objectOf(image)['url'], path) }];
    }
    case 'file':
      return [documentBlock(objectOf(part['file']), path)];
    default:
      throw invalid(
        path,
        `\`${path}\` of type ${stringOf(part['type'], 'unknown')} cannot be sent to this expert, which speaks Anthropic’s dialect`,
      );
  }
}

function imageSource(url: unknown, path: string): JsonObject {
  const parsed = parseDataUrl(stringOf(url));
  if (parsed) return { type: 'base64', media_type: parsed.mediaType, data: parsed.data };
  throw invalid(`${path}.image_url.url`, `\`${path}.image_url.url\` must be data:<type>;base64,<bytes>`);
}

function documentBlock(file: JsonObject, path: string): JsonObject {
  const parsed = parseDataUrl(stringOf(file['file_data']));
  if (!parsed) throw invalid(`${path}.file`, `\`${path}.file.file_data\` must be data:<type>;base64,<bytes>`);
  const title = typeof file['filename'] === 'string' ? { title: file['filename'] } : {};
  if (parsed.mediaType.startsWith('text/')) {
    const data = Buffer.from(parsed.data, 'base64').toString('utf8');
    return { type: 'document', source: { type: 'text', media_type: 'text/plain', data }, ...title };
  }
  return { type: 'document', source: { type: 'base64', media_type: parsed.mediaType, data: parsed.data }, ...title };
}

function assistantBlocks(message: JsonObject, path: string, dropped: string[]): JsonObject[] {
  // Anthropic takes thinking back only with the signature that it gave, and OpenAI's shape has no place for one.
  if (message['reasoning_content'] !== undefined || message['reasoning'] !== undefined) {
    dropped.push('reasoning_content');
  }
  const { content, refusal } = message;
  return [
    ...textBlocks(textOf(content) || stringOf(refusal)),
    ...arrayOf(message['tool_calls']).map((call, index) => toolUse(objectOf(call), `${path}.tool_calls[${index}]`)),
  ];
}

function toolUse(call: JsonObject, path: string): JsonObject {
  const { name, arguments: written } = objectOf(call['function']);
  const input = stringOf(written).trim() === '' ? {} : parseObject(stringOf(written));
  if (!input) {
    const param = `${path}.function.arguments`;
    throw invalid(param, `\`${param}\` must be a JSON object as a string`);
  }
  return { type: 'tool_use', id: stringOf(call['id']), name: stringOf(name), input };
}

function resultContent(content: unknown, path: string): string | JsonObject[] {
  if (!Array.isArray(content)) return stringOf(content);
  return content.flatMap((part: unknown, index) =>
    isObject(part) ? partBlocks(part, `${path}.content[${index}]`) : [],
  );
}

function invalid(param: string, message: string): AppError {
  return new AppError('invalid_request', message, { param });
}
