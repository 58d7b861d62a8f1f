import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';

import { AppError } from '../shared/errors.ts';
import { formatBytes } from '../shared/units.ts';

/** How far into an upload the `model` field is looked for: a file in front of it hides it, and the default expert answers. */
const PEEK_BYTES = 64 << 10;

/** The `model` field of a multipart upload, from its first bytes; they stay in the stream. */
export async function modelOfUpload(incoming: IncomingMessage): Promise<string | undefined> {
  const peeked: Buffer[] = [];
  let bytes = 0;
  let model: string | undefined;
  while (bytes < PEEK_BYTES && model === undefined) {
    const chunk = incoming.read() as Buffer | null;
    if (chunk === null) {
      if (incoming.readableEnded || incoming.complete || !(await readableOrEnd(incoming))) break;
      continue;
    }
    peeked.push(chunk);
    bytes += chunk.length;
    model = /name="model"(?:\r\n[^\r\n]+)*\r\n\r\n([^\r\n]{1,200})\r\n/.exec(
      Buffer.concat(peeked).toString('latin1'),
    )?.[1];
  }
  if (bytes > 0) incoming.unshift(Buffer.concat(peeked));
  return model;
}

/** The upload as a stream, piece by piece, bounded. */
export function uploadStream(incoming: IncomingMessage, maxBytes: number): Readable {
  if (Number(incoming.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  return Readable.from(bounded(incoming, maxBytes), { objectMode: false });
}

async function* bounded(incoming: IncomingMessage, maxBytes: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    yield chunk;
  }
}

function tooLarge(maxBytes: number): AppError {
  return new AppError(
    'body_too_large',
    `The upload is larger than ${formatBytes(maxBytes)} (limits.bodySize in the profile).`,
  );
}

function readableOrEnd(incoming: IncomingMessage): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (more: boolean) => {
      incoming.off('readable', onReadable);
      incoming.off('end', onEnd);
      incoming.off('close', onEnd);
      resolve(more);
    };
    const onReadable = () => settle(true);
    const onEnd = () => settle(false);
    incoming.once('readable', onReadable);
    incoming.once('end', onEnd);
    incoming.once('close', onEnd);
  });
}
