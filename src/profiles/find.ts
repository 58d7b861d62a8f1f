import { existsSync } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, extname, join, resolve } from 'node:path';

import { messageOf } from '../shared/errors.ts';
import { packageRoot } from '../shared/package-root.ts';
import { ProfileError, problemAt } from './problems.ts';
import { nearest } from './suggest.ts';

const MAX_BYTES = 2 ** 20;

/** A folder that profiles are found in by name. */
export interface ProfileFolder {
  readonly path: string;
  readonly origin: 'user' | 'machine' | 'shipped';
}

export interface FoundProfile {
  readonly name: string;
  /** Absolute. */
  readonly file: string;
  readonly origin: ProfileFolder['origin'];
}

/** The folders in the order of precedence: the person's own, the machine's, those that come with the program. */
export function profileFolders(environment: NodeJS.ProcessEnv, shipped?: string): ProfileFolder[] {
  const config = environment['XDG_CONFIG_HOME'] || join(environment['HOME'] ?? homedir(), '.config');
  return [
    { path: resolve(config, 'orchestrator', 'profiles'), origin: 'user' },
    { path: '/etc/orchestrator/profiles', origin: 'machine' },
    { path: shipped ?? join(packageRoot(), 'profiles'), origin: 'shipped' },
  ];
}

/** Every profile that can be named, sorted; the first folder that has a name wins. */
export async function listProfiles(folders: readonly ProfileFolder[]): Promise<FoundProfile[]> {
  const found = new Map<string, FoundProfile>();
  for (const { path, origin } of folders) {
    const files = await readdir(path).catch(() => []);
    for (const file of files.filter((file) => /\.ya?ml$/.test(file))) {
      const name = basename(file, extname(file));
      if (!found.has(name)) found.set(name, { name, file: join(path, file), origin });
    }
  }
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name, 'en'));
}

/**
 * The file of a profile: a path (anything with a slash or a YAML ending), else a name looked up in the folders, else a file
 * of that name in `directory`. Files in `besides` are passed over, so that one's own `demo` can extend the shipped one.
 * @throws ProfileError where there is none.
 */
export async function findProfile(
  nameOrFile: string,
  folders: readonly ProfileFolder[],
  directory: string,
  besides: readonly string[] = [],
): Promise<string> {
  const here = resolve(directory, nameOrFile);
  if (/[/\\]|\.ya?ml$/.test(nameOrFile)) return here;
  const candidates = folders.flatMap(({ path }) => [join(path, `${nameOrFile}.yaml`), join(path, `${nameOrFile}.yml`)]);
  for (const file of [...candidates, here]) {
    if (!besides.includes(file) && (await isFile(file))) return file;
  }
  const names = (await listProfiles(folders)).map(({ name }) => name);
  const place = { file: nameOrFile, directory };
  const known = names.length > 0 ? `; known are ${names.join(', ')}` : '';
  const message = `no profile or file has this name${known}`;
  throw new ProfileError([problemAt(place, [], message, nearest(nameOrFile, names))]);
}

/** How a profile file is written on a command line, from wherever: by name where the name finds it, else by its path. */
export function profileArgument(file: string, environment: NodeJS.ProcessEnv): string {
  const name = basename(file, extname(file));
  const candidates = profileFolders(environment).flatMap(({ path }) =>
    [`${name}.yaml`, `${name}.yml`].map((entry) => join(path, entry)),
  );
  if (candidates.find((candidate) => existsSync(candidate)) === file && /^[\w.-]+$/.test(name)) return name;
  return /^[\w./@:+,-]+$/.test(file) ? file : `'${file.replaceAll("'", "'\\''")}'`;
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => !stats.isDirectory(),
    () => false,
  );
}

/**
 * The text of a profile file, bounded whatever is behind the name.
 * @throws ProfileError where it cannot be read, is larger than 1 MiB or is not UTF-8.
 */
export async function readProfile(file: string): Promise<string> {
  const refuse = (message: string, cause?: unknown): never => {
    const error = new ProfileError([problemAt({ file, directory: '' }, [], message)]);
    error.cause = cause;
    throw error;
  };
  const bytes = await readBounded(file).catch((error: unknown) => refuse(`cannot be read: ${messageOf(error)}`, error));
  if (bytes.length > MAX_BYTES) refuse('is larger than 1 MiB');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    return refuse('is not UTF-8 text', error);
  }
}

/** Up to one byte more than allowed: a device or a pipe has no end. */
async function readBounded(file: string): Promise<Buffer> {
  const handle = await open(file, 'r');
  try {
    const buffer = Buffer.alloc(MAX_BYTES + 1);
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return buffer.subarray(0, length);
  } finally {
    await handle.close();
  }
}
