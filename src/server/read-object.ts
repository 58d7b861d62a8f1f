import { isObject, type JsonObject } from '../proxy/json.ts';
import { AppError, messageOf } from '../shared/errors.ts';

/** What a management route takes is a few words. */
const MOST_BYTES = 64 << 10;
const DEADLINE_MS = 10_000;

/**
 * The JSON object that a management request brings; an empty one where it brings none.
 * @throws AppError `invalid_json`, `content_type_refused`, `body_too_large`, `request_timeout`, or `invalid_request` naming a field
 * that is not among `fields`.
 */
export function readObject(request: Request, fields: readonly string[]): Promise<JsonObject> {
  return readKnownObject(request, fields, MOST_BYTES);
}

/** The same, of at most so many bytes. */
export async function readKnownObject(
  request: Request,
  fields: readonly string[],
  maxBytes: number,
): Promise<JsonObject> {
  const { value } = await readAnyObject(request, maxBytes);
  const unknown = Object.keys(value).find((key) => !fields.includes(key));
  if (unknown === undefined) return value;
  const known = fields.map((field) => `\`${field}\``).join(', ');
  throw new AppError('invalid_request', `Unknown field \`${unknown.slice(0, 60)}\`; this route takes ${known}.`, {
    param: unknown.slice(0, 60),
  });
}

/** The same with whatever fields, of at most so many bytes; and how many there were. */
export async function readAnyObject(request: Request, maxBytes: number): Promise<{ value: JsonObject; bytes: number }> {
  const { text, bytes } = await readText(request, maxBytes);
  if (text.trim() === '') return { value: {}, bytes };
  if (!/^application\/json\b/i.test(request.headers.get('content-type') ?? ''))
    throw new AppError('content_type_refused', 'This route takes content-type: application/json.');
  const value = parse(text);
  if (!isObject(value)) throw new AppError('invalid_json', 'The body must be a JSON object.');
  return { value, bytes };
}

async function readText(request: Request, maxBytes: number): Promise<{ text: string; bytes: number }> {
  const reader = request.body?.getReader();
  if (!reader) return { text: '', bytes: 0 };
  const late = new AppError('request_timeout', 'The body did not arrive in time.');
  const deadline = setTimeout(() => void reader.cancel(late).catch(() => undefined), DEADLINE_MS);
  const decoder = new TextDecoder();
  const startedAt = performance.now();
  let [text, bytes] = ['', 0];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done && performance.now() - startedAt >= DEADLINE_MS) throw late;
      if (done) return { text: text + decoder.decode(), bytes };
      bytes += value.length;
      if (bytes > maxBytes) throw new AppError('body_too_large', `This route takes at most ${maxBytes >> 10} KiB.`);
      text += decoder.decode(value, { stream: true });
    }
  } finally {
    clearTimeout(deadline);
    reader.cancel().catch(() => undefined);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AppError('invalid_json', `The body is not JSON: ${messageOf(error).slice(0, 200)}`, { cause: error });
  }
}
