/** The acceptance of knowledge on the demo profile: a document with an invented fact, the real models, two users, two languages. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Answer } from '../../src/cli/answer-stream.ts';
import type { DocumentListJson, KnowledgeStatusJson, SearchJson } from '../../src/server/knowledge/views.ts';
import { startDemo } from '../support/demo.ts';
import { type Orchestrator, runCommand } from '../support/orchestrator.ts';
import { until } from '../support/wait.ts';

const FACTS = {
  English: {
    file: 'harbour.md',
    text: '# Harbour of Zarquil\n\nThe harbour opens at six in the morning.\n\nThe harbour master of Zarquil is Odalys Fenwick.\n\nBoats pay twelve coins a day.\n',
    question: 'Who is the harbour master of Zarquil?',
    sentence: 'The harbour master of Zarquil is Odalys Fenwick.',
    expert: 'general',
  },
  Spanish: {
    file: 'museo.md',
    text: '# Museo de Brontia\n\nEl museo abre a las diez.\n\nLa directora del museo de Brontia se llama Yadira Quintanar.\n\nLa entrada cuesta cuatro monedas.\n',
    question: '¿Cómo se llama la directora del museo de Brontia?',
    sentence: 'La directora del museo de Brontia se llama Yadira Quintanar.',
    expert: 'spanish',
  },
} as const;
const NAMES = { English: 'Fenwick', Spanish: 'Quintanar' } as const;

let house: Orchestrator;

beforeAll(async () => {
  house = await startDemo();
  await until('the store is open', async () => {
    const response = await house.request('/api/knowledge');
    return ((await response.json()) as KnowledgeStatusJson).state === 'ready';
  });
  const folder = join(house.directory, 'papers');
  mkdirSync(folder);
  for (const { file, text } of Object.values(FACTS)) writeFileSync(join(folder, file), text);
  const added = await runCommand(house.directory, ['rag', 'add-file', 'papers', '--user', 'ana']);
  expect(added).toMatchObject({ code: 0, stdout: expect.stringMatching(/^2 added/) as string });
}, 300_000);

afterAll(async () => {
  await house[Symbol.asyncDispose]();
});

async function chat(question: string, ...options: string[]): Promise<Answer> {
  const args = ['chat', question, '--json', '--temperature', '0', '--max-tokens', '40', ...options];
  const { code, stdout, stderr } = await runCommand(house.directory, args);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Answer;
}

describe.each(['English', 'Spanish'] as const)('in %s', (language) => {
  const { file, text, question, sentence, expert } = FACTS[language];
  const name = NAMES[language];

  it(
    'the answer states the fact, and carries its source with offsets that match the file',
    { timeout: 300_000 },
    async () => {
      const answer = await chat(question, '--knowledge', '--user', 'ana');
      expect(answer.content).toContain(name);
      expect(answer.expert).toBe(expert);
      const { documents } = JSON.parse(
        (await runCommand(house.directory, ['rag', 'list', '--user', 'ana', '--json'])).stdout,
      ) as DocumentListJson;
      const document = documents.find(({ uri }) => uri === `papers/${file}`);
      const source = answer.sources?.sources.find((one) => one.document === document?.id);
      expect(source, JSON.stringify(answer.sources)).toBeDefined();
      const onDisk = readFileSync(join(house.directory, 'papers', file), 'utf8');
      expect(onDisk).toBe(text);
      expect(onDisk.slice(source?.start, source?.end)).toContain(sentence);
    },
  );

  it('without knowledge the model does not know it', { timeout: 300_000 }, async () => {
    const answer = await chat(question, '--no-knowledge', '--user', 'ana');
    expect(answer.content).not.toContain(name);
    expect(answer.sources).toBeNull();
  });

  it('another user sees nothing of it', { timeout: 300_000 }, async () => {
    const answer = await chat(question, '--knowledge', '--user', 'ben');
    expect(answer.content).not.toContain(name);
    expect(answer.sources?.sources).toEqual([]);
    const found = await runCommand(house.directory, ['rag', 'query', question, '--user', 'ben', '--json']);
    expect((JSON.parse(found.stdout) as SearchJson).hits).toEqual([]);
  });
});
