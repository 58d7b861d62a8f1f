import type { InferenceRoute } from '../engines/routes.ts';
import { AppError } from '../shared/errors.ts';
import { isObject, type JsonObject } from './json.ts';
import { checkMedia, type Senses } from './media-check.ts';

const PROMPTS = 128;
const INPUTS = 2_048;
const DOCUMENTS = 1_024;

/** Checks that a body has what its route reads, and that no part of it makes the engine fetch something. */
export function checkShape(route: InferenceRoute, body: JsonObject, senses: Senses): void {
  switch (route) {
    case '/v1/chat/completions':
      return checkMessages(body['messages'], senses);
    case '/v1/messages':
    case '/v1/messages/count_tokens':
      checkMessages(body['messages'], senses);
      return body['system'] === undefined ? undefined : checkSystem(body['system']);
    case '/v1/completions':
      return checkTexts(body['prompt'], 'prompt', PROMPTS);
    case '/infill':
      checkOptionalText(body['input_prefix'], 'input_prefix');
      checkOptionalText(body['input_suffix'], 'input_suffix');
      return body['prompt'] === undefined ? undefined : checkTexts(body['prompt'], 'prompt', 1);
    case '/v1/responses':
      return checkInput(body['input'], senses);
    case '/v1/embeddings':
      return checkTexts(body['input'], 'input', INPUTS);
    case '/v1/rerank':
      return checkRerank(body);
    case '/v1/audio/speech':
      return typeof body['input'] === 'string' ? undefined : wrong('input', 'a string');
    case '/v1/audio/transcriptions':
      // Multipart: never a JSON body.
      return undefined;
  }
}

function checkMessages(messages: unknown, senses: Senses): void {
  if (!Array.isArray(messages)) return wrong('messages', 'an array of messages');
  if (messages.length === 0) return wrong('messages', 'an array of at least one message');
  let media = false;
  for (let index = 0; index < messages.length; index += 1) {
    const message: unknown = messages[index];
    if (!isObject(message)) return wrong(`messages[${index}]`, 'an object with `role` and `content`');
    if (typeof message['role'] !== 'string') return wrong(`messages[${index}].role`, 'a string');
    const { content } = message;
    if (typeof content === 'string' || content === undefined || content === null) continue;
    if (!Array.isArray(content)) return wrong(`messages[${index}].content`, 'a string or an array of parts');
    media = true;
    const bad = content.findIndex((part) => !isObject(part));
    if (bad >= 0) return wrong(`messages[${index}].content[${bad}]`, 'an object with `type`');
  }
  return media ? checkMedia(messages, 'messages', senses) : undefined;
}

function checkSystem(system: unknown): void {
  if (typeof system === 'string' || system === null) return undefined;
  if (!Array.isArray(system)) return wrong('system', 'a string or an array of text blocks');
  const bad = system.findIndex((block) => !isObject(block) || typeof block['text'] !== 'string');
  return bad < 0 ? undefined : wrong(`system[${bad}]`, 'a text block');
}

/** A string, token ids, or an array of either. */
function checkTexts(value: unknown, name: string, most: number): void {
  if (typeof value === 'string') return undefined;
  if (!Array.isArray(value) || value.length === 0) return wrong(name, 'a string or a filled array');
  const list: readonly unknown[] = value;
  if (list.every((entry) => Number.isInteger(entry))) return undefined;
  if (list.length > most) {
    throw new AppError('parameter_refused', `\`${name}\` has ${list.length} entries; at most ${most} are allowed`, {
      param: name,
    });
  }
  const bad = list.findIndex(
    (entry) =>
      typeof entry !== 'string' &&
      !Number.isInteger(entry) &&
      !(Array.isArray(entry) && entry.length > 0 && entry.every((token) => Number.isInteger(token))),
  );
  return bad < 0 ? undefined : wrong(`${name}[${bad}]`, 'a string or an array of token ids');
}

function checkOptionalText(value: unknown, name: string): void {
  if (value !== undefined && value !== null && typeof value !== 'string') wrong(name, 'a string');
}

function checkInput(input: unknown, senses: Senses): void {
  if (typeof input === 'string') return undefined;
  if (!Array.isArray(input) || input.length === 0) return wrong('input', 'a string or a filled array of items');
  const bad = input.findIndex((item) => !isObject(item));
  return bad < 0 ? checkMedia(input, 'input', senses) : wrong(`input[${bad}]`, 'an object');
}

function checkRerank(body: JsonObject): void {
  if (typeof body['query'] !== 'string') return wrong('query', 'a string');
  const name = body['documents'] === undefined && body['texts'] !== undefined ? 'texts' : 'documents';
  const documents = body[name];
  if (!Array.isArray(documents) || documents.length === 0) return wrong(name, 'a filled array of texts');
  if (documents.length > DOCUMENTS) {
    throw new AppError(
      'parameter_refused',
      `\`${name}\` has ${documents.length} entries; at most ${DOCUMENTS} are allowed`,
      { param: name },
    );
  }
  const bad = documents.findIndex(
    (entry) => typeof entry !== 'string' && !(isObject(entry) && typeof entry['text'] === 'string'),
  );
  return bad < 0 ? undefined : wrong(`${name}[${bad}]`, 'a string or an object with `text`');
}

function wrong(param: string, expected: string): never {
  throw new AppError('invalid_request', `\`${param}\` must be ${expected}`, { param });
}
