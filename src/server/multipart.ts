import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';

import type { Bounded, Deadlines } from '../proxy/deadlines.ts';
import { runningNow } from '../shared/clock.ts';
import { AppError } from '../shared/errors.ts';
import { formatBytes } from '../shared/units.ts';

/** How far into an upload the `model` field is looked for: a file in front of it hides it, and the default expert answers. */
const PEEK_BYTES = 64 << 10;

/** `name="model"`, and not the end of `filename="model"`. */
const MODEL_FIELD = /[;\s]name="model"[^\r\n]*(?:\r\n[^\r\n]+)*\r\n\r\n([^\r\n]{1,200})\r\n/i;

/**
 * The `model` field of a multipart upload, from its first bytes; they stay in the stream. Rejects with `request_timeout` where they
 * do not come in time.
 */
export async function modelOfUpload(
  incoming: IncomingMessage,
  graceMs: number,
  deadlines: Deadlines,
): Promise<string | undefined> {
  const peeked: Buffer[] = [];
  let bytes = 0;
  let model: string | undefined;
  const tooSlow = new AbortController();
  const bounded: Bounded = {
    deadlineMs: runningNow() + graceMs,
    place: -1,
    onDeadline: () => tooSlow.abort(),
  };
  deadlines.add(bounded);
  while (bytes < PEEK_BYTES && model === undefined && !tooSlow.signal.aborted) {
    const chunk = incoming.read() as Buffer | null;
    if (chunk === null) {
      if (incoming.readableEnded || incoming.complete || !(await readableOrEnd(incoming, tooSlow.signal))) break;
      continue;
    }
    peeked.push(chunk);
    bytes += chunk.length;
    model = MODEL_FIELD.exec(Buffer.concat(peeked).toString('latin1'))?.[1];
  }
  deadlines.remove(bounded);
  if (tooSlow.signal.aborted)
    throw new AppError('request_timeout', 'The upload did not begin to arrive in time; send it faster.');
  if (bytes > 0) incoming.unshift(Buffer.concat(peeked));
  return model;
}

/** Puts another name into the `model` field that `modelOfUpload` has found. Answers by how many bytes the upload grows. */
export function replaceModel(incoming: IncomingMessage, name: string): number {
  const head = incoming.read() as Buffer | null;
  if (head === null) return 0;
  const [field, model] = MODEL_FIELD.exec(head.toString('latin1')) ?? [];
  if (field === undefined || model === undefined) {
    incoming.unshift(head);
    return 0;
  }
  const end = head.indexOf(field, 0, 'latin1') + field.length - '\r\n'.length;
  const replaced = Buffer.concat([head.subarray(0, end - model.length), Buffer.from(name), head.subarray(end)]);
  incoming.unshift(replaced);
  return replaced.length - head.length;
}

/** The upload as a stream, piece by piece, bounded. */
export function uploadStream(incoming: IncomingMessage, maxBytes: number): Readable {
  if (Number(incoming.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  return Readable.from(bounded(incoming, maxBytes), { objectMode: false });
}

async function* bounded(incoming: IncomingMessage, maxBytes: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw tooLarge(maxBytes);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    // The client's connection broke, not the engine's.
    throw new AppError('invalid_request', 'The connection closed before the whole upload had arrived.', {
      cause: error,
    });
  }
}

function tooLarge(maxBytes: number): AppError {
  return new AppError(
    'body_too_large',
    `The upload is larger than ${formatBytes(maxBytes)} (limits.bodySize in the profile).`,
  );
}

function readableOrEnd(incoming: IncomingMessage, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (more: boolean) => {
      incoming.off('readable', onReadable);
      incoming.off('end', onEnd);
      incoming.off('close', onEnd);
      signal.removeEventListener('abort', onEnd);
      resolve(more);
    };
    const onReadable = () => settle(true);
    const onEnd = () => settle(false);
    incoming.once('readable', onReadable);
    incoming.once('end', onEnd);
    incoming.once('close', onEnd);
    signal.addEventListener('abort', onEnd);
  });
}
