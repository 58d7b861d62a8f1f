import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import type { User } from '../../store/contract.ts';
import { AppError } from '../../shared/errors.ts';

/** Bytes on their way into the spool: on the disk for good, under a name that nobody knows yet. */
export interface Spooled {
  readonly path: string;
  /** Hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
}

const ARRIVING = '.part';

/**
 * What was accepted and is not read yet, one file for each user and content. A name is made from both, so that the row of a document
 * leads to its bytes without a record of where they are, and what a client calls it never becomes a path.
 */
export class Spool {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async open(): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    for (const name of await readdir(this.#directory)) if (name.endsWith(ARRIVING)) await this.#unlink(name);
  }

  /** @throws AppError `body_too_large`; whatever the disk says. Then nothing is left of it. */
  async takeText(text: string, maxBytes: number): Promise<Spooled> {
    const content = Buffer.from(text);
    refuseLarge(content.length, maxBytes);
    const path = this.#arriving();
    return this.#orRemove(path, async () => {
      const file = await open(path, 'wx', 0o600);
      try {
        await file.writeFile(content);
        await file.sync();
      } finally {
        await file.close();
      }
      return { path, sha256: createHash('sha256').update(content).digest('hex'), bytes: content.length };
    });
  }

  /** Takes the file away from where it is, whatever comes of it. @throws as `takeText`. */
  async takeFile(from: string, maxBytes: number): Promise<Spooled> {
    const path = this.#arriving();
    return this.#orRemove(path, () =>
      this.#orRemove(from, async () => {
        const given = await open(from, 'r');
        try {
          refuseLarge((await given.stat()).size, maxBytes);
        } finally {
          await given.close();
        }
        await move(from, path);
        await chmod(path, 0o600);
        const file = await open(path, 'r+');
        try {
          const hash = createHash('sha256');
          let bytes = 0;
          for await (const part of createReadStream('', { fd: file, autoClose: false })) {
            const piece = part as Buffer;
            hash.update(piece);
            bytes += piece.length;
          }
          await file.sync();
          return { path, sha256: hash.digest('hex'), bytes };
        } finally {
          await file.close();
        }
      }),
    );
  }

  /** From now on it is found by its user and content, whatever happens to this process. */
  async keep(user: User, { path, sha256 }: Spooled): Promise<void> {
    await rename(path, this.pathOf(user, sha256));
    const directory = await open(this.#directory, 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }

  discard({ path }: Spooled): Promise<void> {
    return rm(path, { force: true });
  }

  pathOf(user: User, sha256: string): string {
    return join(this.#directory, nameOf(user, sha256));
  }

  has(user: User, sha256: string): boolean {
    return existsSync(this.pathOf(user, sha256));
  }

  remove(user: User, sha256: string): Promise<void> {
    return this.#unlink(nameOf(user, sha256));
  }

  /** Takes away what belongs to none of these. Only while nothing arrives. */
  async retain(wanted: Iterable<readonly [User, string]>): Promise<void> {
    const names = new Set([...wanted].map(([user, sha256]) => nameOf(user, sha256)));
    for (const name of await readdir(this.#directory)) if (!names.has(name)) await this.#unlink(name);
  }

  #arriving(): string {
    return join(this.#directory, `${randomBytes(12).toString('hex')}${ARRIVING}`);
  }

  #unlink(name: string): Promise<void> {
    return rm(join(this.#directory, name), { force: true });
  }

  async #orRemove<T>(path: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
  }
}

function nameOf(user: User, sha256: string): string {
  return createHash('sha256').update(`${user}\0${sha256}`).digest('hex');
}

function refuseLarge(bytes: number, maxBytes: number): void {
  if (bytes <= maxBytes) return;
  const message = `The document has ${bytes} bytes; the profile takes at most ${maxBytes} (knowledge.limits.fileSize).`;
  throw new AppError('body_too_large', message);
}

async function move(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    await copyFile(from, to);
    await rm(from, { force: true });
  }
}
