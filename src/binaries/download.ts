import { createWriteStream, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { digestOfFile } from '../models/part-file.ts';
import { delay } from '../shared/clock.ts';
import { messageOf } from '../shared/errors.ts';
import { requireSpace } from './disk.ts';
import { SourceUnavailable } from './source.ts';

export interface Download {
  readonly url: string;
  readonly to: string;
  /** Of the whole file, in hexadecimal. */
  readonly sha256: string;
  readonly signal?: AbortSignal | undefined;
  readonly onBytes?: (done: number, total: number | undefined) => void;
  /** Milliseconds without a byte after which a connection is given up; default 30,000. */
  readonly silenceMs?: number | undefined;
}

const ATTEMPTS = 4;

/**
 * A file from the network, whole and with the digest it must have, or not at all. What an interrupted attempt brought is kept and
 * continued, in this call and in the next. Throws `SourceUnavailable` where it cannot be had or is another file.
 */
export async function download(request: Download): Promise<void> {
  if (existsSync(request.to) && (await digestOfFile(request.to)) === request.sha256) return;
  mkdirSync(dirname(request.to), { recursive: true });
  const part = `${request.to}.part`;
  let trouble = '';
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    try {
      await fetchInto(part, request);
    } catch (error) {
      request.signal?.throwIfAborted();
      if (!(error instanceof Interrupted)) throw error;
      trouble = error.message;
      await delay(250 * attempt, request.signal);
      continue;
    }
    const digest = await digestOfFile(part);
    if (digest === request.sha256) return renameSync(part, request.to);
    rmSync(part, { force: true });
    throw new SourceUnavailable(
      `${request.url} has sha256 ${digest}, but ${request.sha256} was expected: it was not used and is deleted`,
    );
  }
  throw new SourceUnavailable(`${request.url} could not be fetched: ${trouble}`);
}

/** Worth another attempt from where it broke off. */
class Interrupted extends Error {}

async function fetchInto(part: string, { url, signal, onBytes, silenceMs = 30_000 }: Download): Promise<void> {
  const silence = new AbortController();
  const aborted = signal ? AbortSignal.any([signal, silence.signal]) : silence.signal;
  const timer = setTimeout(() => silence.abort(new Error(`no byte for ${silenceMs / 1_000} s`)), silenceMs);
  try {
    const have = statSync(part, { throwIfNoEntry: false })?.size ?? 0;
    const headers: Record<string, string> = have > 0 ? { range: `bytes=${have}-` } : {};
    const response = await fetch(url, { headers, signal: aborted, redirect: 'follow' }).catch((error: unknown) => {
      throw new Interrupted(causeOf(error), { cause: error });
    });
    // 416: the part is whole already, or belongs to something else; the digest decides.
    if (response.status === 416) {
      await response.body?.cancel();
      return;
    }
    if (!response.ok || !response.body) {
      await response.body?.cancel();
      const problem = `${url} answers ${response.status}`;
      throw response.status >= 500 || response.status === 429
        ? new Interrupted(problem)
        : new SourceUnavailable(problem);
    }
    const continued = response.status === 206;
    const length = Number(response.headers.get('content-length'));
    const total = length > 0 ? length + (continued ? have : 0) : undefined;
    if (length > 0) requireSpace(dirname(part), length);
    let done = continued ? have : 0;
    const count = new Transform({
      transform: (chunk: Buffer, _encoding, next) => {
        timer.refresh();
        done += chunk.length;
        onBytes?.(done, total);
        next(undefined, chunk);
      },
    });
    const file = createWriteStream(part, { flags: continued ? 'a' : 'w' });
    await pipeline(Readable.fromWeb(response.body), count, file, { signal: aborted }).catch((error: unknown) => {
      throw new Interrupted(causeOf(silence.signal.aborted ? silence.signal.reason : error), { cause: error });
    });
    if (total !== undefined && done < total)
      throw new Interrupted(`the connection ended after ${done} of ${total} bytes`);
  } finally {
    clearTimeout(timer);
  }
}

/** `fetch failed` says nothing; its cause does. */
function causeOf(error: unknown): string {
  return error instanceof Error && error.cause instanceof Error ? messageOf(error.cause) : messageOf(error);
}
