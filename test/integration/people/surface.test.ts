/** What is kept of people, on the real store: keys, users, the command line, and what strangers can do. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type {
  ConversationListJson,
  FeedbackListJson,
  MemoryJson,
  MemoryListJson,
} from '../../../src/server/memory/views.ts';
import { fakeExpert } from '../../support/fake-expert.ts';
import { type Orchestrator, runCommand, startOrchestrator } from '../../support/orchestrator.ts';
import { expectNothingLeaks, expectStrangersKnowNothing, type Kept } from '../../support/people-tenancy.ts';
import { profileOf } from '../../support/profile.ts';
import { type AskAs, CANARY } from '../../support/tenancy.ts';
import { until } from '../../support/wait.ts';

const KEYS = { ana: 'key-of-ana-0123456789', ben: 'key-of-ben-0123456789', root: 'key-of-root-0123456789' };
const COUNT = process.env['ORCHESTRATOR_FULL_FAULTS'] ? 1_000 : 300;

let house: Orchestrator;
const run = (...args: string[]) => runCommand(house.directory, args);

const send = (user: keyof typeof KEYS, method: string, path: string, body?: unknown) => {
  const headers = new Headers({ authorization: `Bearer ${KEYS[user]}` });
  if (body !== undefined) headers.set('content-type', 'application/json');
  return house.request(path, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
};
const ask: AskAs = async (user, method, path, body) => {
  const response = await send(user as keyof typeof KEYS, method, path, body);
  return { status: response.status, text: await response.text() };
};
const json = async <T>(user: string, method: string, path: string, body?: unknown) => {
  const { status, text } = await ask(user, method, path, body);
  expect(status, `${method} ${path}: ${text}`).toBeLessThan(300);
  return JSON.parse(text) as T;
};
/** Says something, in a conversation; answers the id of the request. */
async function say(user: keyof typeof KEYS, content: string, conversation: string): Promise<string> {
  const messages = [{ role: 'user', content }];
  const response = await send(user, 'POST', '/v1/chat/completions', {
    model: 'a',
    messages,
    orchestrator: { conversation },
  });
  const id = response.headers.get('x-request-id') ?? '';
  expect(response.status, await response.text()).toBe(200);
  return id;
}

/** A memory, a conversation and a judgement of this user’s, with the canary in them. */
async function settle(user: 'ana'): Promise<Kept> {
  const memory = await json<MemoryJson>(user, 'POST', '/api/memory', { text: `The word of ${user} is ${CANARY}` });
  const request = await say(user, `Tell me about ${CANARY}.`, `conversation-of-${user}`);
  await until('the conversation is kept', async () => {
    const { conversations } = await json<ConversationListJson>(user, 'GET', '/api/conversations');
    return conversations[0]?.turns === 2;
  });
  const { id } = await json<{ id: string }>(user, 'POST', '/v1/feedback', {
    request_id: request,
    rating: 'down',
    ideal_response: `It is ${CANARY}.`,
    comment: 'wrong',
  });
  return { memory: memory.id, conversation: `conversation-of-${user}`, feedback: id };
}

let kept: Kept;

beforeAll(async () => {
  house = await startOrchestrator({
    profile: profileOf(
      { a: fakeExpert({ echo: true }) },
      {
        memory: { enabled: true },
        conversations: { enabled: true },
        feedback: { enabled: true },
        security: {
          auth: 'keys',
          keys: [
            { env: 'KEY_ANA', user: 'ana' },
            { env: 'KEY_BEN', user: 'ben' },
            { env: 'KEY_ROOT', user: 'root', admin: true },
          ],
        },
      },
    ),
    env: { KEY_ANA: KEYS.ana, KEY_BEN: KEYS.ben, KEY_ROOT: KEYS.root },
  });
  await until('the memory is open', async () => {
    const opened = await Promise.all(['/api/memory', '/api/conversations'].map((path) => ask('ana', 'GET', path)));
    return opened.every(({ status }) => status === 200);
  });
  kept = await settle('ana');
});

afterAll(async () => {
  await house[Symbol.asyncDispose]();
});

describe('between users', () => {
  it('H2: a stranger’s memory, conversation or feedback is one that never was, on every route', async () => {
    await expectStrangersKnowNothing(ask, kept);
  });

  it('H3: no word and no filter leads to what is remembered of another', { timeout: 120_000 }, async () => {
    await expectNothingLeaks(ask, kept, COUNT);
  });
});

describe('user remove', () => {
  it('erases whom a key speaks for, and everybody of it, though nobody has an account', async () => {
    const add = (user: string) => run('memory', 'add', 'I live in Lugo', '--user', user);
    const left = async (user: string) => (await run('memory', 'list', '--user', user)).stdout;
    for (const user of ['webui/eva', 'webui/max', 'webui', 'webuix']) await add(user);
    expect((await run('user', 'remove', 'webui/eva', '--yes')).stdout).toMatch(
      /^removed: webui\/eva\nerased: memories 1/,
    );
    expect([await left('webui/eva'), await left('webui/max')]).toEqual(['', expect.stringContaining('Lugo')]);
    expect((await run('user', 'remove', 'webui', '--yes')).stdout).toMatch(/^removed: webui\nerased: memories 2/);
    expect([await left('webui'), await left('webui/max')]).toEqual(['', '']);
    expect(await left('webuix')).toContain('Lugo');
    for (const user of ['webui/eva', 'webui/*', 'webui/', 'a/b/c', '..'])
      expect((await run('user', 'remove', user, '--yes')).code, user).toBe(1);
    expect((await ask('ana', 'DELETE', '/api/users/webuix')).status).toBe(403);
  });
});

describe('memory at the command line', () => {
  it('adds, lists, corrects, shows, exports, imports and forgets', async () => {
    const added = await run('memory', 'add', 'I live in Bilbao', '--user', 'carla', '--json');
    expect(added.code, added.stderr).toBe(0);
    const { id } = JSON.parse(added.stdout) as MemoryJson;
    const list = await run('memory', 'list', '--user', 'carla');
    expect(list.stdout).toMatch(new RegExp(`^${id} +\\d{4}-\\d\\d-\\d\\d +fact +.*Bilbao`, 'm'));
    const changed = await run('memory', 'change', id, 'I live in Oviedo', '--user', 'carla', '--json');
    expect(changed.code, changed.stderr).toBe(0);
    const now = JSON.parse(changed.stdout) as MemoryJson;
    expect((await run('memory', 'list', '--user', 'carla')).stdout).not.toContain('live in Bilbao');
    expect((await run('memory', 'list', '--history', '--user', 'carla')).stdout).toMatch(
      /Bilbao \(no longer, until \d/,
    );
    const shown = await run('memory', 'show', now.id, '--user', 'carla');
    expect(shown.stdout).toMatch(new RegExp(`^replaces +${id} `, 'm'));
    expect((await run('memory', 'search', 'where do I live?', '--user', 'carla')).stdout).toContain('Oviedo');

    const file = join(house.directory, 'carla.jsonl');
    expect((await run('memory', 'export', '--user', 'carla', '--output', file)).stderr).toBe(`written: ${file}\n`);
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    expect(lines).toHaveLength(3);
    expect(lines.join('\n')).toMatch(/"validTo":\d+/);
    expect((await run('memory', 'import', file, '--user', 'dora')).stdout).toBe('2 added; 0 were there already.\n');
    expect((await run('memory', 'import', file, '--user', 'dora')).stdout).toBe('0 added; 2 were there already.\n');

    const forgotten = await run('memory', 'forget', now.id, '--user', 'carla');
    expect(forgotten.code, forgotten.stderr).toBe(0);
    expect(forgotten.stdout).toContain('Oviedo');
    expect((await run('memory', 'list', '--history', '--user', 'carla')).stdout).toBe('');
    expect((await run('memory', 'clear', '--user', 'dora', '--yes')).stdout).toBe('erased: 2 memories\n');
  });

  it('shows what was said, with its words, and forgets it by words', async () => {
    await say('ben', 'Hello! My name is Ben and I work as a gardener.', 'c-ben');
    const { memories } = await until('something is remembered', async () => {
      const found = await json<MemoryListJson>('ben', 'GET', '/api/memory');
      return found.memories.length > 0 ? found : undefined;
    });
    expect(memories[0]?.evidence[0]).toMatchObject({ conversation: 'c-ben' });
    const listed = await run('memory', 'list', '--user', 'ben');
    expect(listed.stdout).toMatch(/“.*(?:Ben|gardener).*”/);
    const gone = await run('memory', 'forget', 'my name', '--user', 'ben', '--yes');
    expect(gone, gone.stderr).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^forgotten: mem_.*Ben/) as string,
    });
  });

  it('is told of conversations and feedback too', async () => {
    const conversations = await run('conversation', 'list', '--user', 'ana');
    expect(conversations.stdout).toMatch(/^conversation-of-ana +\S+ \S+ +2 +Tell me/m);
    expect((await run('conversation', 'show', 'conversation-of-ana', '--user', 'ana')).stdout).toContain(CANARY);
    expect((await run('conversation', 'search', 'tell', CANARY, '--user', 'ana')).stdout).toContain('turn 1');
    expect((await run('conversation', 'export', '--user', 'ana')).stdout).toContain('"role":"user"');
    expect((await run('feedback', 'list', '--user', 'ana')).stdout).toMatch(/^fb_\S+ .* down +a +Tell me .*→ It is/m);
    expect((await run('feedback', 'list', '--all', '--json')).stdout).toContain('"user": "ana"');
    const [line = ''] = (await run('feedback', 'export', '--all')).stdout.split('\n');
    expect(JSON.parse(line)).toEqual({
      messages: [
        { role: 'user', content: `Tell me about ${CANARY}.` },
        { role: 'assistant', content: `It is ${CANARY}.` },
      ],
    });
    await say('ben', 'Hello!', 'c-ben');
    const request = await say('ben', 'Two and two?', 'sums');
    expect((await run('feedback', 'add', request, 'up', '--user', 'ben')).stdout).toMatch(/^rated up: fb_/);
    const { feedback } = await json<FeedbackListJson>('ben', 'GET', '/api/feedback');
    expect((await run('feedback', 'delete', feedback[0]?.id ?? '', '--user', 'ben')).code).toBe(0);
    expect((await run('conversation', 'delete', 'sums', 'c-ben', '--user', 'ben')).code).toBe(0);
    const status = await run('status');
    expect(status.stdout).toMatch(/^memory ready · found by words alone$/m);
  });
});
