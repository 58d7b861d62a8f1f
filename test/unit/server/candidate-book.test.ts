import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { CandidateBook, parseCandidates } from '../../../src/server/candidate-book.ts';
import { recordingLogger, silentLogger } from '../supervisor/house.ts';

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'candidates-'));
  file = join(directory, 'candidates.jsonl');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const said = (text: string, domain = 'coding') => ({ at: 'now', text, domain, expert: 'a', source: 'choice' as const });
const open = () => new CandidateBook(file, silentLogger);

describe('CandidateBook', () => {
  it('keeps each text once, for its owner alone, and numbers them on after a restart', async () => {
    const book = open();
    for (const text of ['one', 'two', 'one']) await book.add(said(text));
    await book.add(said('one', 'general'));
    await book.flush();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const again = open();
    await again.add(said('three'));
    await again.add(said('two'));
    expect((await again.list()).map(({ number, text }) => `${number} ${text}`)).toEqual([
      '1 one',
      '2 two',
      '3 one',
      '4 three',
    ]);
  });

  it('keeps what a person says of one, at once', async () => {
    const book = open();
    await book.add(said('one'));
    await book.add(said('two'));
    expect(await book.judge(1, 'approved', 'technical')).toMatchObject({ status: 'approved', domain: 'technical' });
    expect(await book.judge(2, 'rejected')).toMatchObject({ status: 'rejected', domain: 'coding' });
    expect(await book.judge(3, 'rejected')).toBeUndefined();
    expect(parseCandidates(readFileSync(file, 'utf8'))).toMatchObject([
      { number: 1, status: 'approved', domain: 'technical' },
      { number: 2, status: 'rejected' },
    ]);
    // What was judged does not come back as new.
    await book.add(said('two'));
    expect(await book.list()).toHaveLength(2);
  });

  it('is bounded, and lets those go first that nobody has judged', async () => {
    const book = open();
    for (let index = 0; index < 2_000; index += 1) await book.add(said(`text ${index}`));
    await book.judge(1, 'approved');
    await book.add(said('one more'));
    await book.flush();
    const kept = await open().list();
    expect(kept).toHaveLength(1_801);
    expect([kept[0]?.number, kept[1]?.number, kept.at(-1)?.number]).toEqual([1, 202, 2_001]);
    expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(1_802);
    await book.add(said('x'.repeat(5_000)));
    expect((await book.list()).at(-1)?.text).toHaveLength(1_000);
  });

  it('passes over half a line, and says where it cannot write', async () => {
    const book = open();
    await book.add(said('one'));
    await book.flush();
    appendFileSync(file, '{"number": 2, "te\n7\n{"number":"3"}\n');
    expect(await open().list()).toHaveLength(1);
    const logger = recordingLogger();
    const nowhere = new CandidateBook(join(directory, 'no', 'file'), logger);
    await nowhere.add(said('one'));
    await nowhere.flush();
    expect(logger.messages).toEqual(['candidate utterances could not be written']);
  });
});
