import { type Fields, fieldsOf, itemsOf } from './parts.ts';

export interface MediaCount {
  images: number;
  sounds: number;
  documents: number;
  /** Of their bytes, as they stand in the body. */
  characters: number;
}

const IMAGE = /image|video|screenshot/;
const DOCUMENTS = new Set(['document', 'file', 'input_file']);
const NESTING = 4;

/** Images, sounds and documents among messages and within the results of tools. */
export function countMedia(messages: readonly unknown[]): MediaCount {
  const count: MediaCount = { images: 0, sounds: 0, documents: 0, characters: 0 };
  for (let index = 0; index < messages.length; index += 1) {
    const message = fieldsOf(messages[index]);
    const { content, output } = message;
    // Items of `/v1/responses` can be parts themselves.
    if (message['role'] === undefined) countPart(message, count, 0);
    else if (typeof content === 'object') countParts(itemsOf(content), count, 0);
    if (typeof output === 'object') countParts(itemsOf(output), count, 0);
  }
  return count;
}

function countParts(parts: readonly unknown[], count: MediaCount, nesting: number): void {
  for (let index = 0; index < parts.length; index += 1) countPart(fieldsOf(parts[index]), count, nesting);
}

function countPart(part: Fields, count: MediaCount, nesting: number): void {
  const { type, content } = part;
  if (typeof content === 'object' && nesting < NESTING) countParts(itemsOf(content), count, nesting + 1);
  if (type === 'text' || type === 'tool_result' || type === 'tool_use' || type === 'message') return;
  const kind = kindOf(part, type);
  if (kind === undefined) return;
  count[kind] += 1;
  count.characters += charactersIn(part);
}

function kindOf(part: Fields, type: unknown): 'images' | 'sounds' | 'documents' | undefined {
  if (typeof type === 'string') {
    if (IMAGE.test(type)) return 'images';
    if (type.includes('audio')) return 'sounds';
    if (DOCUMENTS.has(type)) return 'documents';
  }
  if (part['image_url'] !== undefined || part['image'] !== undefined) return 'images';
  if (part['input_audio'] !== undefined || part['audio_url'] !== undefined) return 'sounds';
  return undefined;
}

/** Of the texts in a part and in its fields. */
function charactersIn(part: Fields): number {
  let characters = 0;
  for (const name in part) {
    const value = part[name];
    if (typeof value === 'string') characters += value.length;
    const inner = fieldsOf(value);
    for (const key in inner) {
      const entry = inner[key];
      if (typeof entry === 'string') characters += entry.length;
    }
  }
  return characters;
}
