import type { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

import { AppError } from '../../shared/errors.ts';

export interface BodyLimits {
  /** Bytes, before as after decompression. */
  readonly bytes: number;
}

/** Real pages shrink to a twentieth at most. */
const MOST_RATIO = 100;
/** Below this nobody is harmed by any ratio. */
const RATIO_FROM_BYTES = 256 << 10;

const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

export const ACCEPTED_ENCODINGS = 'gzip, deflate, br';

/**
 * A body, unpacked, in pieces of at most 64 KiB as fast as `sink` takes them: never more of it in memory than that.
 * @throws AppError `web_unavailable` where it is too large, packed too tightly or more than once, or breaks off.
 */
export async function readBounded<T>(
  { body, headers }: { readonly body: Readable; readonly headers: Readonly<Record<string, string | undefined>> },
  { limits, from, signal }: { readonly limits: BodyLimits; readonly from: string; readonly signal: AbortSignal },
  sink: (chunks: AsyncIterable<Buffer>) => Promise<T>,
): Promise<T> {
  const fail = (message: string) => new AppError('web_unavailable', `${from} ${message}`);
  const decoder = decoderOf(headers, fail);
  const tooLarge = () => fail(`is larger than ${limits.bytes} bytes (knowledge.web.pageSize).`);
  if (Number(headers['content-length']) > limits.bytes) throw tooLarge();
  let [packed, unpacked] = [0, 0];
  async function* counted(chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      packed += chunk.length;
      if (packed > limits.bytes) throw tooLarge();
      yield chunk;
    }
  }
  async function* bounded(chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      unpacked += chunk.length;
      if (unpacked > limits.bytes) throw tooLarge();
      if (unpacked > RATIO_FROM_BYTES && unpacked > packed * MOST_RATIO)
        throw fail(`unpacks to more than ${MOST_RATIO} times its size: it looks like a bomb.`);
      yield chunk;
    }
  }
  try {
    return decoder
      ? await pipeline(body, counted, decoder(), bounded, sink, { signal })
      : await pipeline(body, counted, sink, { signal });
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (/^Z_|^ERR_.*BROTLI|^ERR_PADDING/.test(code))
      throw new AppError('web_unavailable', `${from} is not packed as it says (${headers['content-encoding']}).`, {
        cause: error,
      });
    throw error;
  }
}

function decoderOf(
  headers: Readonly<Record<string, string | undefined>>,
  fail: (message: string) => AppError,
): (() => Transform) | undefined {
  const list = (name: string) =>
    (headers[name] ?? '')
      .toLowerCase()
      .split(',')
      .map((one) => one.trim())
      .filter((one) => one !== '' && one !== 'identity');
  if (list('transfer-encoding').some((one) => one !== 'chunked'))
    throw fail('is packed for the transfer, which was not asked for.');
  const encodings = list('content-encoding');
  const [encoding] = encodings;
  if (encoding === undefined) return undefined;
  if (encodings.length > 1) throw fail('is packed more than once, which is refused.');
  const decoder = Object.hasOwn(DECODERS, encoding) ? DECODERS[encoding] : undefined;
  if (!decoder) throw fail(`is packed as ${encoding.slice(0, 40)}, which was not asked for.`);
  return decoder;
}
