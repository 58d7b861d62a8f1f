import { describe, expect, it } from 'vitest';

import { checkKnowledge, checkRunningKnowledge } from '../../../src/cli/doctor/knowledge.ts';
import { statusLines } from '../../../src/cli/expert-table.ts';
import { knowledgeLine } from '../../../src/cli/knowledge-line.ts';
import type { KnowledgeStatus } from '../../../src/knowledge/contract.ts';
import { Sandbox } from '../profiles/sandbox.ts';
import { budgetView, FakeHouse, statsView } from './fake-house.ts';

const READY: KnowledgeStatus = {
  state: 'ready',
  reason: null,
  store: { kind: 'embedded', version: '3.0.2' },
  queued: 0,
  embedding: null,
};

describe('how knowledge is', () => {
  it('is a line, where there is any', () => {
    expect(knowledgeLine({ ...READY, state: 'off' })).toBeUndefined();
    expect(knowledgeLine(READY)).toBe('knowledge ready · embedded store 3.0.2 · search by words alone');
    expect(knowledgeLine({ ...READY, queued: 3, embedding: { model: 'minilm', waiting: 120 } })).toBe(
      'knowledge ready · embedded store 3.0.2 · 3 documents to be read · embedded by minilm, 120 passages to go',
    );
    expect(knowledgeLine({ ...READY, state: 'degraded', reason: 'the server\u001B[2J is away' })).toContain(
      'knowledge degraded: the server is away · ',
    );
  });

  it('is in the status', () => {
    const lines = (knowledge: KnowledgeStatus) =>
      statusLines(
        { stats: statsView({ knowledge }), experts: [], budget: budgetView() },
        { now: 0, colours: false },
      ).join('\n');
    expect(lines(READY)).toContain('\nknowledge ready · ');
    expect(lines({ ...READY, state: 'off' })).not.toContain('knowledge');
  });
});

describe('doctor', () => {
  const checked = async (knowledge: string, environment = {}) => {
    const sandbox = new Sandbox();
    const file = sandbox.write(
      'p.yaml',
      `name: p\nexperts:\n  far: { engine: remote, url: "http://127.0.0.1:9" }\nknowledge: ${knowledge}\n`,
    );
    return checkKnowledge(await sandbox.load(file), environment);
  };

  it('says what the profile wants, and what it lacks', async () => {
    expect(await checked('{}')).toMatchObject([{ status: 'ok', sentence: expect.stringContaining('Off') as string }]);
    expect(await checked('{ enabled: true }')).toMatchObject([
      { status: 'ok', sentence: expect.stringContaining('words alone') as string },
    ]);
    const server =
      '{ enabled: true, store: { url: "ws://127.0.0.1:8000", userEnv: DB_USER, passwordEnv: DB_PASSWORD } }';
    expect(await checked(server, { DB_USER: 'x' })).toMatchObject([
      { status: 'ok', sentence: expect.stringContaining('ws://127.0.0.1:8000') as string },
      { status: 'fail', sentence: expect.stringContaining('DB_PASSWORD') as string },
    ]);
  });

  it('asks the one that runs', async () => {
    await using house = await new FakeHouse().on('GET /api/knowledge', { ...READY, user: 'local' }).open();
    expect(await checkRunningKnowledge({ url: house.url, token: 't' })).toMatchObject([{ status: 'ok' }]);
    await using away = await new FakeHouse()
      .on('GET /api/knowledge', { ...READY, state: 'degraded', reason: 'no disk', user: 'local' })
      .open();
    expect(await checkRunningKnowledge({ url: away.url, token: 't' })).toMatchObject([
      { status: 'warn', sentence: expect.stringContaining('no disk') as string },
    ]);
  });
});
