import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { Bm25 } from '../../../../scripts/memory/bm25.ts';
import { readLocomo } from '../../../../scripts/memory/locomo.ts';

/** In the form of locomo10.json, its oddities included. */
const SAMPLE = {
  sample_id: 'conv-1',
  conversation: {
    speaker_a: 'Ana',
    speaker_b: 'Ben',
    session_10_date_time: '12:09 am on 13 September, 2023',
    session_10: [
      { speaker: 'Ben', dia_id: 'D10:1', text: 'Look!', blip_caption: 'a red kite over a beach', img_url: [] },
    ],
    session_2_date_time: '1:56 pm on 8 May, 2023',
    session_2: [
      { speaker: 'Ana', dia_id: 'D2:1', text: 'I adopted a beagle called Rufus.' },
      { speaker: 'Ben', dia_id: 'D2:2', text: 'Lovely. I am off to Málaga.' },
    ],
    session_11_date_time: '1:00 pm on 14 September, 2023',
  },
  qa: [
    { question: 'What is the name of the beagle?', answer: 'Rufus', evidence: ['D2:1'], category: 4 },
    { question: 'Where, and what flew?', answer: 'Malaga', evidence: ['D2:2; D10:01', 'D:2:2'], category: 1 },
    { question: 'Nothing is known of this?', adversarial_answer: 'x', evidence: ['D9:9'], category: 5 },
    { question: 'No evidence', answer: 'x', category: 3 },
  ],
};

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'orchestrator-locomo-'));
  file = join(folder, 'locomo.json');
  writeFileSync(file, JSON.stringify([SAMPLE]));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a file in LoCoMo’s format', () => {
  it('is turns in the order of their sessions, with their dates and what pictures show', () => {
    const [conversation] = readLocomo(file);
    expect(conversation?.turns.map(({ id }) => id)).toEqual(['D2:1', 'D2:2', 'D10:1']);
    expect(conversation?.turns[0]?.at).toBe(Date.UTC(2023, 4, 8, 13, 56));
    expect(conversation?.turns[2]).toMatchObject({
      text: 'Look! (a red kite over a beach)',
      at: Date.UTC(2023, 8, 13, 0, 9),
    });
  });

  it('has questions whose evidence is there, however it is written', () => {
    const [conversation] = readLocomo(file);
    expect(conversation?.questions).toEqual([
      { question: 'What is the name of the beagle?', category: 4, evidence: ['D2:1'] },
      { question: 'Where, and what flew?', category: 1, evidence: ['D2:2', 'D10:1'] },
    ]);
  });

  it('is refused where it is something else', () => {
    writeFileSync(join(folder, 'other.json'), '{"data": []}');
    expect(() => readLocomo(join(folder, 'other.json'))).toThrow(/no list of conversations/);
    writeFileSync(join(folder, 'list.json'), '[{"sample_id": "a"}]');
    expect(() => readLocomo(join(folder, 'list.json'))).toThrow(/a has no "conversation"/);
  });
});

describe('the baseline', () => {
  it('ranks by rare words, without regard to accents and case, and shorter texts first', () => {
    const index = new Bm25(['the cat and the dog', 'MÁLAGA and the sea', 'malaga', 'the the the']);
    expect(index.rank('where is Malaga', 10)).toEqual([2, 1]);
    expect(index.rank('dog', 10)).toEqual([0]);
    expect(index.rank('nothing of it', 10)).toEqual([]);
    expect(index.rank('the', 1)).toEqual([3]);
  });
});
