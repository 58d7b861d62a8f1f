import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { GONE, UsageBook } from '../../../../src/server/usage/usage-book.ts';
import { UsageFiles } from '../../../../src/server/usage/usage-files.ts';
import { OTHERS, UsageMonth } from '../../../../src/server/usage/usage-month.ts';
import { NOTHING } from '../../../../src/server/usage/usage-rows.ts';
import { recordingLogger } from '../../supervisor/house.ts';

let directory: string;
let logger: ReturnType<typeof recordingLogger>;
let wallTime: Date;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'usage-'));
  logger = recordingLogger();
  wallTime = new Date('2026-11-21T10:00:00Z');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

async function open(): Promise<UsageBook> {
  const book = new UsageBook({
    files: new UsageFiles(join(directory, 'usage'), logger),
    clock: { now: () => 0, wallTime: () => wallTime },
    logger,
  });
  await book.open();
  return book;
}

const ana = { user: 'ana', key: 'k1', expert: 'a' };
const one = { requests: 1, refused: 0, promptTokens: 10, generatedTokens: 5, engineMs: 100 };
const fileOf = (month: string) => join(directory, 'usage', `${month}.jsonl`);

describe('the usage book', () => {
  it('adds up by day, user, key and expert, and has it again after a restart', async () => {
    const book = await open();
    book.add(ana, one);
    book.add(ana, one);
    book.add({ ...ana, expert: 'b' }, one);
    book.add({ ...ana, expert: '' }, { ...NOTHING, refused: 1 });
    await book.flush();
    expect(statSync(fileOf('2026-11')).mode & 0o777).toBe(0o600);
    const again = await open();
    again.add(ana, one);
    expect(again.usedToday('k1')).toEqual({ requests: 4, tokens: 60 });
    expect(again.usedToday('k2')).toEqual({ requests: 0, tokens: 0 });
    expect(await again.rows('2026-11-21', '2026-11-21')).toEqual([
      { day: '2026-11-21', ...ana, ...one, requests: 3, promptTokens: 30, generatedTokens: 15, engineMs: 300 },
      { day: '2026-11-21', ...ana, ...one, expert: 'b' },
      { day: '2026-11-21', ...ana, ...NOTHING, expert: '', refused: 1 },
    ]);
    expect(await again.rows('2026-11-22', '2026-12-01')).toEqual([]);
  });

  it('a day ends at midnight UTC, and budgets begin anew', async () => {
    const book = await open();
    wallTime = new Date('2026-11-30T23:59:59.000Z');
    book.add(ana, one);
    expect(book.untilTomorrowMs()).toBe(1_000);
    expect(book.usedToday('k1').requests).toBe(1);
    wallTime = new Date('2026-12-01T00:00:00.000Z');
    expect(book.usedToday('k1').requests).toBe(0);
    book.add(ana, one);
    await book.flush();
    expect(readdirSync(join(directory, 'usage')).toSorted()).toEqual(['2026-11.jsonl', '2026-12.jsonl']);
    expect((await book.rows('2026-11-01', '2026-12-31')).map(({ day }) => day)).toEqual(['2026-11-30', '2026-12-01']);
  });

  it('a clock that jumps and comes back loses nothing of the day that it is', async () => {
    const book = await open();
    book.add(ana, one);
    for (const day of ['2027-03-01', '2025-01-01', '2031-06-01', '2026-12-24']) {
      wallTime = new Date(`${day}T12:00:00Z`);
      book.add(ana, one);
      await book.flush();
    }
    wallTime = new Date('2026-11-21T10:00:05Z');
    await book.flush();
    book.add(ana, one);
    await book.flush();
    expect(await book.rows('2026-11-21', '2026-11-21')).toMatchObject([{ requests: 2 }]);
    expect(book.usedToday('k1').requests).toBe(2);
    expect(await (await open()).rows('2026-11-21', '2026-11-21')).toMatchObject([{ requests: 2 }]);
  });

  it('sets a corrupt file aside, says so, and goes on with what could be read', async () => {
    const book = await open();
    book.add(ana, one);
    await book.flush();
    writeFileSync(fileOf('2026-11'), `${readFileSync(fileOf('2026-11'), 'utf8')}{"day":"2026-11-2\n{"user":7}\n`);
    const again = await open();
    expect(again.usedToday('k1').requests).toBe(1);
    expect(logger.messages).toEqual([expect.stringContaining('2 lines of it cannot be read')]);
    await again.flush();
    const names = readdirSync(join(directory, 'usage'));
    expect(names.filter((name) => name.includes('.broken-'))).toHaveLength(1);
    expect(await (await open()).rows('2026-11-01', '2026-11-30')).toMatchObject([{ requests: 1 }]);
    expect(logger.messages, 'it is whole again').toHaveLength(1);
  });

  it('a file of rubbish is set aside as well', async () => {
    mkdirSync(join(directory, 'usage'));
    writeFileSync(fileOf('2026-11'), '\u0000\u0001 rubbish');
    const book = await open();
    expect(await book.rows('2026-11-01', '2026-11-30')).toEqual([]);
    expect(logger.messages).toHaveLength(1);
  });

  it('where the disk takes nothing it goes on in memory, says so once, and writes when it can', async () => {
    const book = await open();
    writeFileSync(join(directory, 'usage'), 'in the way');
    for (let index = 0; index < 3; index += 1) {
      book.add(ana, one);
      await book.flush();
    }
    expect(logger.messages).toEqual([expect.stringContaining('cannot be written')]);
    expect(book.usedToday('k1').requests).toBe(3);
    rmSync(join(directory, 'usage'));
    await book.flush();
    expect(await (await open()).rows('2026-11-01', '2026-11-30')).toMatchObject([{ requests: 3 }]);
  });

  it('lets go of the oldest month beyond 400 days, one at a time', async () => {
    mkdirSync(join(directory, 'usage'));
    for (const month of ['2024-01', '2025-09', '2025-11'])
      writeFileSync(fileOf(month), `{"usage":1,"month":"${month}"}\n`);
    await open();
    expect(readdirSync(join(directory, 'usage')).toSorted()).toEqual(['2025-09.jsonl', '2025-11.jsonl']);
    await open();
    await open();
    expect(readdirSync(join(directory, 'usage'))).toEqual(['2025-11.jsonl']);
  });

  it('forgets who somebody was, in every month, and whom their keys spoke for', async () => {
    const before = await open();
    wallTime = new Date('2026-09-01T10:00:00Z');
    before.add(ana, one);
    before.add({ ...ana, user: 'ana/maria' }, one);
    await before.flush();
    wallTime = new Date('2026-11-21T10:00:00Z');
    const book = await open();
    book.add(ana, one);
    book.add({ ...ana, user: 'anabel', key: 'k9' }, one);
    await book.forget('ana');
    for (const month of ['2026-09', '2026-11']) {
      const text = readFileSync(fileOf(month), 'utf8');
      expect(text).not.toMatch(/"ana["/]|maria|k1/);
      expect(text).toContain(GONE);
    }
    const rows = await book.rows('2026-01-01', '2026-12-31');
    expect(rows.map(({ user, requests }) => [user, requests])).toEqual([
      [GONE, 2],
      [GONE, 1],
      ['anabel', 1],
    ]);
  });
});

describe('a month of very many users', () => {
  it('is bounded: who comes late is counted with their account, and then with others; the sum is right', () => {
    const month = new UsageMonth('2026-11');
    for (let index = 0; index < 40_000; index += 1)
      month.add('2026-11-21', { user: `web${index % 3}/u${index}`, key: `k${index}`, expert: 'a' }, one);
    for (let index = 0; index < 5_000; index += 1)
      month.add('2026-11-21', { user: `x${index}`, key: 'k', expert: 'a' }, one);
    const rows = month.rows();
    expect(rows.length).toBeLessThan(23_000);
    expect(rows.reduce((sum, { requests }) => sum + requests, 0)).toBe(45_000);
    expect(rows.some(({ user, key }) => user === 'web1' && key === OTHERS)).toBe(true);
    expect(rows.some(({ user }) => user === OTHERS)).toBe(true);
  });
});
