import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { ownCorpus, squadCorpus } from '../../../../scripts/knowledge/corpus.ts';
import { qualityOf, rankerOf, sliceOf } from '../../../../scripts/knowledge/quality.ts';

it('a file in SQuAD’s format is read: all paragraphs, and questions that nothing answers', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'orchestrator-squad-'));
  const file = join(folder, 'dev.json');
  const paragraphs = [
    { context: 'The Normans came from Normandy.', qas: [{ question: 'Where did the Normans come from?', id: '1' }] },
    { context: 'Oxygen is a gas.', qas: [{ question: 'What is xenon?', id: '2', is_impossible: true }] },
  ];
  writeFileSync(file, JSON.stringify({ version: '2.0', data: [{ title: 'Normans', paragraphs }] }));
  try {
    const corpus = squadCorpus(file);
    expect(corpus.documents).toEqual([
      { id: 'squad-0', title: 'Normans', passages: ['The Normans came from Normandy.', 'Oxygen is a gas.'] },
    ]);
    expect(corpus.questions.map(({ document, passage }) => [document, passage])).toEqual([
      ['squad-0', 0],
      [null, null],
    ]);
    const ranker = rankerOf(sliceOf(corpus), undefined, { words: true });
    expect(await qualityOf(corpus.questions, ranker)).toEqual({ questions: 1, first: 1, amongFive: 1, mrr: 1 });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('our own questions are of passages that are there, and words alone find those that share words', async () => {
  const corpus = ownCorpus();
  const passages = new Map(corpus.documents.map(({ id, passages }) => [id, passages.length]));
  expect(corpus.documents).toHaveLength(passages.size);
  for (const { document, passage } of corpus.questions) {
    if (document === null) expect(passage).toBeNull();
    else expect(passage).toBeLessThan(passages.get(document) ?? 0);
  }
  const ranker = rankerOf(sliceOf(corpus), undefined, { words: true });
  const quality = (kind: string) =>
    qualityOf(
      corpus.questions.filter((question) => question.kind === kind),
      ranker,
    );
  expect((await quality('direct')).amongFive).toBeGreaterThanOrEqual(0.95);
  expect((await quality('typo')).amongFive).toBeGreaterThanOrEqual(0.95);
});
