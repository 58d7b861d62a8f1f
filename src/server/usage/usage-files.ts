import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { readMonth, type UsageRow } from './usage-rows.ts';

const FILE = /^(\d{4}-\d{2})\.jsonl$/;

/** One file a month in a folder of the state directory, 0600. */
export class UsageFiles {
  readonly #directory: string;
  readonly #logger: Logger;

  constructor(directory: string, logger: Logger) {
    this.#directory = directory;
    this.#logger = logger;
  }

  /** Months of which there is a file, the oldest first. */
  async months(): Promise<string[]> {
    try {
      const names = await readdir(this.#directory);
      return names.flatMap((name) => FILE.exec(name)?.[1] ?? []).toSorted();
    } catch {
      return [];
    }
  }

  /** The rows of a month; what cannot be read whole is set aside under another name, and said. Never rejects. */
  async read(month: string): Promise<{ readonly rows: readonly UsageRow[]; readonly isWhole: boolean }> {
    const path = this.#pathOf(month);
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      const isNone = (error as NodeJS.ErrnoException).code === 'ENOENT';
      if (!isNone) await this.#setAside(path, messageOf(error), 0);
      return { rows: [], isWhole: isNone };
    }
    const { rows, broken } = readMonth(text);
    if (broken > 0) await this.#setAside(path, `${broken} lines of it cannot be read`, rows.length);
    return { rows, isWhole: broken === 0 };
  }

  /** Whole or not at all. @throws as the file system does. */
  async write(month: string, text: string): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const path = this.#pathOf(month);
    const file = await open(`${path}.new`, 'w', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.new`, path);
  }

  async remove(month: string): Promise<void> {
    await rm(this.#pathOf(month), { force: true });
  }

  async #setAside(path: string, reason: string, kept: number): Promise<void> {
    const aside = `${path}.broken-${Date.now()}`;
    try {
      await rename(path, aside);
      this.#logger.warn(`a file of the usage book is set aside: ${reason}`, { file: aside, rowsKept: kept });
    } catch (error) {
      this.#logger.warn(`a file of the usage book can neither be read nor set aside: ${reason}`, { file: path, error });
    }
  }

  #pathOf(month: string): string {
    return join(this.#directory, `${month}.jsonl`);
  }
}
