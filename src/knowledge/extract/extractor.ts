import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { AppError } from '../../shared/errors.ts';
import { Limiter } from '../../shared/limiter.ts';
import type { Extracted } from '../contract.ts';
import { extractHere } from './extract-here.ts';
import type { Job, JobSummary } from './job.ts';
import { readSlices } from './passages-file.ts';
import { ReaderProcess } from './reader-process.ts';

/** `knowledge.limits` of the profile: bytes, milliseconds, bytes. */
export interface ExtractLimits {
  readonly fileSize: number;
  readonly parseTime: number;
  readonly parseMemory: number;
}

export interface ExtractOptions {
  /** As the client calls it: shown, and its extension is a hint. */
  readonly name: string;
  readonly mime?: string | undefined;
  readonly limits: ExtractLimits;
  /** Size aimed at for a passage. */
  readonly chunkTokens: number;
  readonly signal?: AbortSignal | undefined;
  /** From 0 to 1, some times a second, where it is known. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

export interface FileRequest extends ExtractOptions {
  readonly path: string;
  /** Fetched from the web: of a page, the article alone. */
  readonly isWebPage?: boolean | undefined;
  /** Kept of a page from the web, without what is not meant for a reader. Absent: it comes from a person, and is taken as it is. */
  readonly maxCharacters?: number | undefined;
}

export interface ExtractorOptions {
  /** Of its own: what lies in it is swept away. */
  readonly folder: string;
  /** How long a process is kept for the next file. Milliseconds. */
  readonly keepMs?: number | undefined;
  /** For tests: another program that reads. */
  readonly program?: string | undefined;
}

const AT_ONCE = 2;
const KEEP_MS = 30_000;
/** Characters; a longer text goes to another process. */
const LARGEST_IN_PROCESS = 64 << 10;
/** Characters of a long text written at a time. */
const SLICE = 256 << 10;

/**
 * Reads files and texts into passages, in processes of their own that may be killed. Every rejection is an `AppError` that says what
 * is wrong with which file and what to do, or the reason of the signal.
 */
export class Extractor {
  readonly #folder: string;
  readonly #keepMs: number;
  readonly #program: string | undefined;
  readonly #limiter = new Limiter(AT_ONCE);
  readonly #running = new Set<ReaderProcess>();
  #warm: ReaderProcess | undefined;
  #warmTimer: NodeJS.Timeout | undefined;
  #jobs = 0;
  #isClosed = false;

  constructor({ folder, keepMs = KEEP_MS, program }: ExtractorOptions) {
    this.#folder = resolve(folder);
    this.#keepMs = keepMs;
    this.#program = program;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const file of readdirSync(folder)) rmSync(join(folder, file), { recursive: true, force: true });
  }

  /** The passages must be read once, to their end or not: they lie in a file until then. */
  async extractFile({
    path,
    name,
    mime,
    isWebPage = false,
    maxCharacters,
    ...options
  }: FileRequest): Promise<Extracted> {
    return this.#perform(
      { path: resolve(path), name, mime, isWebPage, maxCharacters, isText: false, fileSize: options.limits.fileSize },
      options,
    );
  }

  /** Of a text that was given, which stays as it is. */
  async extractText(text: string, { name, mime, ...options }: ExtractOptions): Promise<Extracted> {
    options.signal?.throwIfAborted();
    if (text.length <= LARGEST_IN_PROCESS) return extractHere(text, { name, mime, ...options });
    this.#jobs += 1;
    const path = join(this.#folder, `${this.#jobs}.text`);
    try {
      await writeText(path, text);
      return await this.#perform(
        { path, name, mime, isWebPage: false, isText: true, fileSize: text.length * 2 },
        options,
      );
    } finally {
      await rm(path, { force: true });
    }
  }

  /** Ends every process; what is being read is rejected. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#running, ...this.#takeWarm()].map((reader) => reader.end(closing())));
  }

  async #perform(
    work: Omit<Job, 'output' | 'chunkTokens'>,
    { limits, chunkTokens, signal, onProgress }: Omit<ExtractOptions, 'name' | 'mime'>,
  ): Promise<Extracted> {
    signal?.throwIfAborted();
    this.#jobs += 1;
    const output = join(this.#folder, `${this.#jobs}.jsonl`);
    const run = this.#limiter.run(async () => {
      signal?.throwIfAborted();
      if (this.#isClosed) throw closing();
      return this.#read({ ...work, chunkTokens, output }, limits, { signal, onProgress });
    });
    try {
      const summary = await unlessAborted(run, signal);
      return { ...summary, chunks: readSlices(output) };
    } catch (error) {
      // It may end well in the very moment in which nobody wants it any more.
      void run.catch(() => undefined).then(() => rm(output, { force: true }));
      throw error;
    }
  }

  async #read(
    job: Job,
    { parseTime: time, parseMemory: memory }: ExtractLimits,
    options: Pick<ExtractOptions, 'signal' | 'onProgress'>,
  ): Promise<JobSummary> {
    const [warm] = this.#takeWarm();
    const isUseful = warm?.memory === memory && warm.isFit;
    if (warm && !isUseful) void warm.end();
    const reader =
      warm && isUseful ? warm : new ReaderProcess({ folder: this.#folder, memory, program: this.#program });
    this.#running.add(reader);
    try {
      const summary = await reader.run(job, { time, ...options });
      this.#running.delete(reader);
      if (this.#warm || this.#isClosed || !reader.isFit) void reader.end();
      else this.#keep(reader);
      return summary;
    } catch (error) {
      await reader.end();
      this.#running.delete(reader);
      throw error;
    }
  }

  #keep(reader: ReaderProcess): void {
    this.#warm = reader;
    this.#warmTimer = setTimeout(() => {
      for (const kept of this.#takeWarm()) void kept.end();
    }, this.#keepMs);
    this.#warmTimer.unref();
  }

  #takeWarm(): readonly ReaderProcess[] {
    clearTimeout(this.#warmTimer);
    const warm = this.#warm;
    this.#warm = undefined;
    return warm ? [warm] : [];
  }
}

async function writeText(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    for (let start = 0; start < text.length; start += SLICE)
      await file.writeFile(Buffer.from(text.slice(start, start + SLICE), 'utf16le'));
  } finally {
    await file.close();
  }
}

function closing(): AppError {
  return new AppError('shutting_down', 'The orchestrator is stopping; the file is read when it runs again.');
}

/** Who waits for a slot need not wait to be told that nobody wants it any more. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort);
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
