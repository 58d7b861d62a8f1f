import type { ExpertBase } from '../engines/contract.ts';
import { AppError } from '../shared/errors.ts';
import { isObject, type JsonObject } from './json.ts';

/** Fields of a content part that carry media, and the sense they speak to. */
const CARRIERS: Readonly<Record<string, 'image' | 'audio' | 'file'>> = {
  image_url: 'image',
  input_image: 'image',
  image: 'image',
  image_pil: 'image',
  video_url: 'image',
  input_video: 'image',
  video: 'image',
  audio_url: 'audio',
  input_audio: 'audio',
  audio: 'audio',
  file: 'file',
  input_file: 'file',
  file_url: 'file',
  file_data: 'file',
  document: 'file',
  source: 'file',
  url: 'file',
};
const IMAGE_TYPE = /image|video|screenshot/;
const DOCUMENT_TYPES = new Set(['document', 'search_result', 'file', 'input_file']);
const NESTING = 8;

/** What decides which media an expert takes. */
export interface Senses extends Pick<ExpertBase, 'id' | 'vision' | 'audio'> {
  /** Local engines take no documents, and some skip them without a word. */
  readonly documents: boolean;
}

/**
 * Walks the messages (or the `input` items of `/v1/responses`) for media. An engine that fetches a URL would fetch it from
 * inside the machine, so only bytes in the request are let through. Throws `media_url_refused` with the part's path, or
 * `invalid_request` where the expert has no such sense.
 */
export function checkMedia(messages: readonly unknown[], param: string, senses: Senses): void {
  for (let index = 0; index < messages.length; index += 1) {
    const message = messages[index];
    if (!isObject(message)) continue;
    const { content } = message;
    if (Array.isArray(content)) walk(content, `${param}[${index}].content`, senses, 0);
    // Items of `/v1/responses` can be parts themselves.
    if (message['role'] === undefined) checkPart(message, `${param}[${index}]`, senses, 0);
  }
}

function walk(parts: readonly unknown[], path: string, senses: Senses, nesting: number): void {
  for (let index = 0; index < parts.length; index += 1) {
    const part = parts[index];
    if (isObject(part)) checkPart(part, `${path}[${index}]`, senses, nesting);
  }
}

function checkPart(part: JsonObject, path: string, senses: Senses, nesting: number): void {
  if (nesting > NESTING) {
    throw new AppError('invalid_request', `\`${path}\` nests content deeper than ${NESTING} levels`, { param: path });
  }
  const { type } = part;
  if (!senses.documents && typeof type === 'string' && DOCUMENT_TYPES.has(type)) {
    throw senseless(senses.id, 'documents', path);
  }
  for (const key in part) {
    const value = part[key];
    if (key === 'content' || key === 'output') {
      if (Array.isArray(value)) walk(value, `${path}.${key}`, senses, nesting + 1);
      else if (isObject(value)) checkPart(value, `${path}.${key}`, senses, nesting + 1);
    } else if (Object.hasOwn(CARRIERS, key) && value !== null && typeof value !== 'boolean') {
      // The source of a search result is a label.
      if (type === 'search_result' && key === 'source') continue;
      checkSense(part, CARRIERS[key] ?? 'file', path, senses);
      checkCarrier(value, `${path}.${key}`, senses, nesting);
    }
  }
}

function checkCarrier(value: unknown, path: string, senses: Senses, nesting: number): void {
  if (typeof value === 'string') return checkUrl(value, path);
  if (!isObject(value)) return undefined;
  // `{type: 'text', data}` is the text of a document: nothing in it is fetched.
  const plainText = value['type'] === 'text';
  for (const key in value) {
    const entry = value[key];
    if (key === 'content' && Array.isArray(entry)) walk(entry, `${path}.${key}`, senses, nesting + 1);
    else if (typeof entry !== 'string') continue;
    else if (key === 'url' || key.endsWith('_url') || key === 'uri') checkUrl(entry, `${path}.${key}`);
    else if ((key === 'data' || key === 'file_data') && !plainText) checkBytes(entry, `${path}.${key}`);
  }
  return undefined;
}

function checkUrl(url: string, path: string): void {
  if (!isDataUrl(url)) throw refused(path);
}

/** Bare base64 has no colon; anything with a scheme must be `data:`. */
function checkBytes(data: string, path: string): void {
  if (!isDataUrl(data) && data.slice(0, 64).includes(':')) throw refused(path);
}

function isDataUrl(url: string): boolean {
  return /^data:/i.test(url);
}

function refused(path: string): AppError {
  return new AppError(
    'media_url_refused',
    `\`${path}\` is not a data: URL. This orchestrator fetches nothing for a request; send the bytes as data:<type>;base64,<bytes>.`,
    { param: path },
  );
}

function checkSense(part: JsonObject, carrier: 'image' | 'audio' | 'file', path: string, senses: Senses): void {
  const type = part['type'];
  let sense = carrier;
  if (carrier === 'file' && typeof type === 'string') {
    if (IMAGE_TYPE.test(type)) sense = 'image';
    else if (type.includes('audio')) sense = 'audio';
  }
  if (sense === 'image' && !senses.vision) throw senseless(senses.id, 'images', path);
  if (sense === 'audio' && !senses.audio) throw senseless(senses.id, 'audio', path);
}

function senseless(id: string, what: string, path: string): AppError {
  return new AppError(
    'invalid_request',
    `Expert ${id} does not take ${what} (\`${path}\`). Send text alone, or name an expert that does; GET /v1/models lists what each takes.`,
    { param: path },
  );
}
