import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { RotatingFile } from '../../../src/telemetry/rotating-file.ts';

describe('a file that rotates', () => {
  let directory = '';
  let path = '';
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'rotating-'));
    path = join(directory, 'logs', 'a.log');
  });
  afterEach(() => {
    vi.restoreAllMocks();
    rmSync(directory, { recursive: true });
  });

  const line = (number: number) => `${String(number).padStart(8, '0')}\n`;

  it.each([1, 2, 4])('never takes more than size × count (%i), in one burst too', async (files) => {
    const file = new RotatingFile(path, { maxBytes: 90, files });
    for (let number = 0; number < 200; number += 1) file.write(line(number));
    await file.close();
    const names = readdirSync(join(directory, 'logs')).sort();
    const sizes = names.map((name) => statSync(join(directory, 'logs', name)).size);
    expect(
      sizes.every((size) => size <= 99),
      String(sizes),
    ).toBe(true);
    expect(names.length).toBeLessThanOrEqual(files);
    expect(file.dropped).toBe(0);
  });

  it('keeps the lines in order, the youngest in the file itself', async () => {
    const file = new RotatingFile(path, { maxBytes: 45, files: 3 });
    for (let number = 0; number < 13; number += 1) file.write(line(number));
    await file.close();
    const kept = ['a.log.2', 'a.log.1', 'a.log'].map((name) => readFileSync(join(directory, 'logs', name), 'utf8'));
    expect(kept.join('')).toBe(Array.from({ length: 13 }, (_, number) => line(number)).join(''));
  });

  it('takes other bounds while it is written, and leaves nothing beyond them', async () => {
    const file = new RotatingFile(path, { maxBytes: 18, files: 4 });
    for (let number = 0; number < 9; number += 1) file.write(line(number));
    file.resize({ maxBytes: 45, files: 2 });
    for (let number = 9; number < 20; number += 1) file.write(line(number));
    await file.close();
    expect(readdirSync(join(directory, 'logs')).sort()).toEqual(['a.log', 'a.log.1']);
    expect(statSync(`${path}.1`).size).toBe(45);
  });

  it('goes on where an earlier run ended', async () => {
    const first = new RotatingFile(path, { maxBytes: 20, files: 2 });
    first.write(line(1));
    await first.close();
    const second = new RotatingFile(path, { maxBytes: 20, files: 2 });
    second.write(line(2));
    second.write(line(3));
    second.write(line(4));
    await second.close();
    expect(readFileSync(`${path}.1`, 'utf8')).toBe(`${line(1)}${line(2)}${line(3)}`);
    expect(readFileSync(path, 'utf8')).toBe(line(4));
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('that cannot be opened drops and counts, and is tried again later', async () => {
    writeFileSync(join(directory, 'logs'), 'a file where the directory should be');
    const file = new RotatingFile(path, { maxBytes: 1_000, files: 2 });
    file.write(line(1));
    file.write(line(2));
    expect(file.dropped).toBe(2);
    rmSync(join(directory, 'logs'));
    file.write(line(3));
    expect(file.dropped, 'not at every line').toBe(3);
    const now = performance.now();
    vi.spyOn(performance, 'now').mockReturnValue(now + 6_000);
    file.write(line(4));
    await file.close();
    expect(readFileSync(path, 'utf8')).toBe(line(4));
  });

  it('on a full disk throws nothing, and closes', async () => {
    const file = new RotatingFile('/dev/full', { maxBytes: 1 << 20, files: 1 });
    for (let number = 0; number < 100; number += 1) file.write(line(number));
    await file.close();
    file.write(line(0));
    await expect(file.close()).resolves.toBeUndefined();
  });
});
