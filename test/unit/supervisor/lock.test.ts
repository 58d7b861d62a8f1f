import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { CliError } from '../../../src/shared/errors.ts';
import { lockStateDir } from '../../../src/supervisor/lock.ts';

describe('the lock of a state directory', () => {
  let directory = '';
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'lock-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('is taken once, and a second one is told by whom', async () => {
    const lock = await lockStateDir(directory);
    await expect(lockStateDir(directory)).rejects.toThrow(/just starting.*--state-dir/s);
    writeFileSync(join(directory, 'runtime.json'), JSON.stringify({ pid: 4711, url: 'http://127.0.0.1:8082' }));
    const refusal: unknown = await lockStateDir(directory).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(CliError);
    expect(refusal).toMatchObject({ message: expect.stringMatching(/pid 4711, http:\/\/127\.0\.0\.1:8082/) as string });
    await new Promise((resolve) => lock.close(resolve));
    const next = await lockStateDir(directory);
    next.close();
  });

  it('is that of the directory, whatever it is called', async () => {
    const lock = await lockStateDir(directory);
    await expect(lockStateDir(join(directory, '..', directory.split('/').at(-1) ?? ''))).rejects.toThrow(CliError);
    lock.close();
  });

  it('of two directories are two', async () => {
    const other = mkdtempSync(join(tmpdir(), 'lock-'));
    const locks = [await lockStateDir(directory), await lockStateDir(other)];
    expect(locks.every(({ listening }) => listening)).toBe(true);
    for (const lock of locks) lock.close();
    rmSync(other, { recursive: true });
  });
});
