import { readFileSync, rmSync } from 'node:fs';

import type { Dispatcher } from 'undici';
import { z } from 'zod';

import { writeFileAtomic } from '../shared/atomic-file.ts';
import { delay } from '../shared/clock.ts';
import { get, networkSentence, NetworkError, SourceError } from './http.ts';
import type { Answer } from './http.ts';
import { PartFile } from './part-file.ts';
import type { OnProgress } from './progress.ts';

/** After a cut that was preceded by progress; the first retry is immediate. */
const RETRY_DELAYS_MS = [0, 1_000, 2_000, 4_000, 8_000];

/** What a `.part` file was begun with, beside it as `<part>.json`. */
const PartState = z.object({ identity: z.string(), validator: z.string().optional() });

export interface DownloadOptions {
  readonly url: string;
  /** What the bytes are, however the address is spelt: a part that was begun under another identity is not continued. */
  readonly identity: string;
  /** Bytes and digest are pinned: whatever was begun is worth continuing, since the digest decides in the end. */
  readonly pinned: boolean;
  readonly expectedBytes?: number | undefined;
  /** Headers for the first host only. */
  readonly secret?: Readonly<Record<string, string>> | undefined;
  readonly dispatcher: Dispatcher;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress: OnProgress;
  /** Called with the bytes still to come, before they do; throws when they have no room. */
  readonly ensureSpace: (bytes: number) => Promise<void>;
  /** An answer other than 200, 206 and 416, as a sentence. */
  readonly statusSentence?: (status: number) => string | undefined;
}

export interface Downloaded {
  readonly bytes: number;
  readonly sha256: string;
  readonly originHeader: Answer['originHeader'];
}

/**
 * Downloads into a part file, continuing what an earlier try left, and going on by itself after a cut.
 * @throws SourceError; AppError from `ensureSpace`; or the signal's reason.
 */
export async function download(partPath: string, options: DownloadOptions): Promise<Downloaded> {
  const part = await PartFile.open(partPath);
  // Bytes that came during this call: a source that gave none is given up at once, for the next one.
  const meter = { received: 0 };
  let farthest = part.bytes;
  try {
    for (let failures = 0; ;) {
      try {
        const answer = await transfer(part, partPath, meter, options);
        const sha256 = await part.finish({
          signal: options.signal,
          onBytes: (done) => options.onProgress({ stage: 'verifying', bytesDone: done, bytesTotal: part.bytes }),
        });
        return { bytes: part.bytes, sha256, originHeader: answer.originHeader };
      } catch (error) {
        options.signal?.throwIfAborted();
        if (!(error instanceof NetworkError) || meter.received === 0) throw error;
        // A server that starts over each time and breaks off at the same place makes no progress.
        failures = part.bytes > farthest ? 1 : failures + 1;
        farthest = Math.max(farthest, part.bytes);
        const pause = RETRY_DELAYS_MS[failures - 1];
        if (pause === undefined) throw new SourceError(`${error.message}, ${failures} times`, { cause: error });
        if (pause > 0) await delay(pause, options.signal);
      }
    }
  } finally {
    await part.close();
    if (part.bytes === 0) discardPart(partPath);
  }
}

/** Forgets a part file and what is known of it. */
export function discardPart(partPath: string): void {
  rmSync(partPath, { force: true });
  rmSync(`${partPath}.json`, { force: true });
}

/** One request, from where the part ends to the end of the body. */
async function transfer(
  part: PartFile,
  partPath: string,
  meter: { received: number },
  options: DownloadOptions,
): Promise<Answer> {
  const state = readState(partPath);
  const same = state?.identity === options.identity ? state : undefined;
  if (part.bytes > 0 && !same?.validator && !options.pinned) await part.clear();
  if (options.expectedBytes !== undefined && part.bytes > options.expectedBytes) await part.clear();
  options.onProgress({ stage: 'connecting', bytesDone: part.bytes, bytesTotal: options.expectedBytes });
  const asked = part.bytes;
  const answer = await ask(asked, same?.validator, options);
  const { status, header, body } = answer;
  if (status === 416 && rangeOf(header('content-range'))?.total === asked && asked > 0) {
    await body.dump();
    return answer;
  }
  const range = status === 206 ? rangeOf(header('content-range')) : undefined;
  if (status === 416 || (status === 206 && range?.start !== asked)) {
    body.destroy();
    // What is here is not what the server continues: from the beginning, once.
    if (asked === 0) throw new SourceError(`${hostOf(options.url)} answered a request without a range with ${status}`);
    await part.clear();
    return transfer(part, partPath, meter, options);
  }
  if (status !== 200 && status !== 206) {
    body.destroy();
    throw new SourceError(options.statusSentence?.(status) ?? `${hostOf(options.url)} answered with status ${status}`);
  }
  const total = range ? range.total : lengthOf(header('content-length'));
  if (options.expectedBytes !== undefined && total !== undefined && total !== options.expectedBytes) {
    body.destroy();
    throw new SourceError(`it offers a file of ${total} bytes where ${options.expectedBytes} are pinned`);
  }
  if (status === 200 && part.bytes > 0) await part.clear();
  writeState(partPath, { identity: options.identity, validator: validatorOf(header) });
  try {
    await options.ensureSpace(Math.max(0, (total ?? options.expectedBytes ?? part.bytes) - part.bytes));
    await receive(part, body, meter, { ...options, expectedBytes: total ?? options.expectedBytes });
  } finally {
    body.destroy();
  }
  return answer;
}

function ask(offset: number, validator: string | undefined, options: DownloadOptions): Promise<Answer> {
  const range = offset === 0 ? {} : { range: `bytes=${offset}-`, ...(validator && { 'if-range': validator }) };
  return get(options.url, {
    headers: { 'user-agent': 'orchestrator', 'accept-encoding': 'identity', ...range },
    secret: options.secret,
    dispatcher: options.dispatcher,
    signal: options.signal,
  });
}

async function receive(
  part: PartFile,
  body: Answer['body'],
  meter: { received: number },
  { onProgress, signal, url, expectedBytes: total }: DownloadOptions,
): Promise<void> {
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      await part.append(chunk);
      meter.received += chunk.length;
      onProgress({ stage: 'downloading', bytesDone: part.bytes, bytesTotal: total });
      if (total !== undefined && part.bytes > total)
        throw new SourceError(`it sends more than the ${total} bytes it declares`);
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof SourceError || isDiskError(error)) throw error;
    throw new NetworkError(`${hostOf(url)}: ${networkSentence(error)} after ${part.bytes} bytes`, { cause: error });
  }
  if (total !== undefined && part.bytes < total)
    throw new NetworkError(`${hostOf(url)}: the transfer ended after ${part.bytes} of ${total} bytes`);
}

const isDiskError = (error: unknown) =>
  ['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '');

const hostOf = (url: string) => new URL(url).host;

function lengthOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

// `bytes 100-199/200`, or with a star in place of the range where it was refused.
function rangeOf(text: string | undefined): { start: number; total: number | undefined } | undefined {
  const match = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(text ?? '');
  if (!match) return undefined;
  return { start: Number(match[1] ?? Number.NaN), total: lengthOf(match[2]) };
}

/** Only a strong validator may continue a file. */
function validatorOf(header: Answer['header']): string | undefined {
  const etag = header('etag');
  return etag !== undefined && !etag.startsWith('W/') ? etag : header('last-modified');
}

function readState(partPath: string): z.output<typeof PartState> | undefined {
  try {
    return PartState.safeParse(JSON.parse(readFileSync(`${partPath}.json`, 'utf8'))).data;
  } catch {
    return undefined;
  }
}

function writeState(partPath: string, state: z.output<typeof PartState>): void {
  writeFileAtomic(`${partPath}.json`, JSON.stringify(state), 0o644);
}
