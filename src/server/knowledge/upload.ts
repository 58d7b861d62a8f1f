import { randomUUID } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { AppError } from '../../shared/errors.ts';
import { formatBytes } from '../../shared/units.ts';
import { boundaryOf, type Part, partsOf } from './multipart-parts.ts';

/** A sender that keeps this rate may take as long as it needs. */
const MIN_BYTES_PER_SECOND = 16 << 10;
const GRACE_MS = 30_000;
/** Of all fields beside the file. */
const MOST_FIELD_BYTES = 256 << 10;
const LONGEST_NAME = 255;

export interface Upload {
  /** Where the bytes lie, under a name that is ours. */
  readonly path: string;
  /** What the client calls it: a label, never a path of ours. */
  readonly name: string;
  readonly mime: string | undefined;
  /** The other fields; one that came several times has all its values. */
  readonly fields: Readonly<Record<string, readonly string[]>>;
}

/**
 * Writes the file of an upload to `directory`, piece by piece. What does not arrive whole leaves nothing there.
 * @throws AppError `body_too_large`, `request_timeout`, `invalid_request` (not well-formed, no file or two, the connection closed).
 */
export async function receiveUpload(
  request: Request,
  { directory, maxBytes }: { readonly directory: string; readonly maxBytes: number },
): Promise<Upload> {
  const announced = Number(request.headers.get('content-length') ?? 0);
  if (announced > maxBytes + MOST_FIELD_BYTES) throw tooLarge(maxBytes);
  const boundary = boundaryOf(request.headers.get('content-type') ?? '');
  const fields: Record<string, string[]> = Object.create(null) as Record<string, string[]>;
  let file: { readonly path: string; readonly name: string; readonly mime: string | undefined } | undefined;
  let left = MOST_FIELD_BYTES;
  try {
    for await (const part of partsOf(inTime(request), boundary)) {
      if (part.filename === undefined) {
        const value = await readField(part, left);
        left -= value.length;
        (fields[part.name] ??= []).push(value.toString('utf8'));
      } else if (part.name !== 'file') {
        throw new AppError('invalid_request', 'The file belongs into the field `file`.', { param: 'file' });
      } else if (file) {
        throw new AppError('invalid_request', 'An upload brings one file; send each in a request of its own.', {
          param: 'file',
        });
      } else {
        const path = join(directory, `upload-${randomUUID()}`);
        file = { path, name: plainName(part.filename), mime: part.type };
        await mkdir(directory, { recursive: true, mode: 0o700 });
        await writeBounded(part, path, maxBytes);
      }
    }
  } catch (error) {
    if (file) await rm(file.path, { force: true });
    throw error;
  }
  if (file) return { ...file, fields };
  throw new AppError('invalid_request', 'There is no file: send one in the field `file`.', { param: 'file' });
}

/**
 * What a document is called: the path within a folder that somebody adds, `papers/lease.md`; of any other path its last part. Without
 * what a terminal or a log could trip over.
 */
export function plainName(sent: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is taken out
  const plain = sent.replaceAll(/[\u0000-\u001F\u007F-\u009F\u200E\u200F\u202A-\u202E\u2066-\u2069]/g, '').trim();
  const parts = plain.split(/[/\\]/);
  const isWithin = !plain.includes('\\') && parts.every((part) => part !== '' && !/^\.+$/.test(part));
  const name = isWithin && plain.length <= LONGEST_NAME ? plain : (parts.at(-1) ?? '');
  return name === '' || /^\.+$/.test(name) ? 'file' : name.slice(-LONGEST_NAME).toWellFormed();
}

async function writeBounded(part: Part, path: string, maxBytes: number): Promise<void> {
  await using file = await open(path, 'wx', 0o600);
  let bytes = 0;
  for await (const chunk of part.body) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    await file.writeFile(chunk);
  }
}

async function readField(part: Part, most: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of part.body) {
    bytes += piece.length;
    if (bytes > most) throw new AppError('body_too_large', 'The fields beside the file are too long.');
    // A piece is a view of a chunk, which would be held by it.
    pieces.push(Buffer.from(piece));
  }
  return Buffer.concat(pieces);
}

/** The body, as long as it comes at a fair rate. */
async function* inTime(request: Request): AsyncGenerator<Uint8Array> {
  const reader = request.body?.getReader();
  if (!reader) return;
  const startedAt = performance.now();
  let bytes = 0;
  try {
    for (;;) {
      const leftMs = GRACE_MS + (bytes / MIN_BYTES_PER_SECOND) * 1_000 - (performance.now() - startedAt);
      const { done, value } = await readWithin(reader, leftMs);
      if (done) return;
      bytes += value.length;
      yield value;
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

async function readWithin(reader: ReadableStreamDefaultReader<Uint8Array>, milliseconds: number) {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new AppError('request_timeout', 'The upload did not arrive in time; send it faster.')),
    milliseconds,
  );
  try {
    return await Promise.race([reader.read(), late.promise]);
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('invalid_request', 'The connection closed before the whole upload had arrived.', {
      cause: error,
    });
  } finally {
    clearTimeout(timer);
  }
}

function tooLarge(maxBytes: number): AppError {
  return new AppError(
    'body_too_large',
    `The file is larger than ${formatBytes(maxBytes)} (knowledge.limits.fileSize in the profile).`,
  );
}
