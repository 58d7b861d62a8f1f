import { glob, open, readdir, realpath, stat } from 'node:fs/promises';
import { basename, isAbsolute, join, resolve, sep } from 'node:path';

import { CliError } from '../../shared/errors.ts';

export interface FoundFile {
  readonly path: string;
  /** What the document is called: within a folder, its path from there. */
  readonly name: string;
  readonly bytes: number;
}

export interface FoundFiles {
  readonly files: readonly FoundFile[];
  /** Passed over, and why. */
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
}

/** In folders that are searched, these are nobody's documents. */
const IGNORED = new Set(['.git', '.hg', '.svn', 'node_modules', '__pycache__', '.venv', '.DS_Store']);
/** Settings and secrets (`.env`): taken where they are named themselves. */
const isHidden = (name: string) => /^\.[^./]/.test(name);
/** Kept although their bytes are no text. */
const READABLE = /\.(?:pdf|docx)$/i;
const SNIFFED_BYTES = 8 << 10;

/**
 * The files that paths, folders and globs mean, each once. What is named itself is taken whatever it is; in folders and globs what
 * is hidden or no reader could read is passed over, and links that lead out of the folder are not followed.
 * @throws CliError 2 where one means nothing.
 */
export async function findFiles(named: readonly string[]): Promise<FoundFiles> {
  const search = new Search();
  for (const name of named) await search.take(name);
  return { files: search.files, skipped: search.skipped };
}

class Search {
  readonly files: FoundFile[] = [];
  readonly skipped: { path: string; reason: string }[] = [];
  /** Real paths: a link and what it leads to are one file, and a circle of links ends. */
  readonly #seen = new Set<string>();

  async take(name: string): Promise<void> {
    const found = await stat(name).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
      throw new CliError(`${name} cannot be read (${error.code ?? error.message}).`, 1, { cause: error });
    });
    if (found?.isDirectory())
      return this.#takeFolder(name, { root: await realpath(name), label: basename(resolve(name)) });
    if (found?.isFile()) return this.#add({ path: name, name: basename(name), bytes: found.size });
    if (found) throw new CliError(`${name} is neither a file nor a folder.`, 2);
    if (!/[*?[\]{}]/.test(name)) throw new CliError(`there is no file or folder ${name}.`, 2);
    const asksForHidden = name.split(sep).some(isHidden);
    let count = 0;
    for await (const path of glob(name, { exclude: (one) => IGNORED.has(one.split(sep).at(-1) ?? '') })) {
      const one = await stat(path).catch(() => undefined);
      if (!one?.isFile() || (!asksForHidden && path.split(sep).some(isHidden))) continue;
      count += 1;
      await this.#addReadable({ path, name: isAbsolute(path) ? basename(path) : path, bytes: one.size });
    }
    if (count === 0) throw new CliError(`no file fits ${name}.`, 2);
  }

  async #takeFolder(folder: string, { root, label }: { readonly root: string; readonly label: string }): Promise<void> {
    const real = await realpath(folder);
    if (this.#seen.has(real)) return;
    this.#seen.add(real);
    const entries = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
      this.skipped.push({ path: folder, reason: `cannot be read (${error.code ?? error.message})` });
      return [];
    });
    for (const entry of entries.sort((one, other) => (one < other ? -1 : 1))) {
      if (IGNORED.has(entry)) continue;
      const path = join(folder, entry);
      if (isHidden(entry)) {
        this.skipped.push({ path, reason: 'hidden' });
        continue;
      }
      const target = await realpath(path).catch(() => undefined);
      const found = target === undefined ? undefined : await stat(target).catch(() => undefined);
      if (target === undefined || !found) {
        this.skipped.push({ path, reason: 'a link that leads nowhere' });
      } else if (target !== root && !target.startsWith(root.endsWith(sep) ? root : `${root}${sep}`)) {
        this.skipped.push({ path, reason: 'a link out of the folder' });
      } else if (found.isDirectory()) await this.#takeFolder(path, { root, label: `${label}/${entry}` });
      else if (found.isFile()) await this.#addReadable({ path, name: `${label}/${entry}`, bytes: found.size });
      else this.skipped.push({ path, reason: 'neither file nor folder' });
    }
  }

  async #addReadable(file: FoundFile): Promise<void> {
    const { path, bytes } = file;
    if (bytes === 0) return void this.skipped.push({ path, reason: 'empty' });
    if (READABLE.test(path) || !(await isBinary(path))) return this.#add(file);
    this.skipped.push({ path, reason: 'binary' });
  }

  async #add(file: FoundFile): Promise<void> {
    const real = await realpath(file.path);
    if (this.#seen.has(real)) return;
    this.#seen.add(real);
    this.files.push(file);
  }
}

/** A zero byte is in no text but in UTF-16, which says so at its beginning. Unreadable ones are left for the upload to name. */
async function isBinary(path: string): Promise<boolean> {
  try {
    await using file = await open(path);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SNIFFED_BYTES), 0, SNIFFED_BYTES, 0);
    const head = buffer.subarray(0, bytesRead);
    const isUtf16 = (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff);
    return !isUtf16 && head.includes(0);
  } catch {
    return false;
  }
}
