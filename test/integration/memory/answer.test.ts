/** What is remembered of a user, in the requests that get it: over endpoints that answer byte by byte as a test says. */
import { describe, expect, it } from 'vitest';

import type { Obeyed, Said } from '../../../src/memory/contract.ts';
import type { OpenMemory } from '../../../src/memory/setup.ts';
import type { RequestView } from '../../../src/server/views.ts';
import type { PeopleStore, StoredConversation, StoredMemory } from '../../../src/store/people-contract.ts';
import { answerHouse, hit, type AnswerHouseOptions, type Reply } from '../../support/answer-house.ts';
import { until } from '../../support/wait.ts';
import { FakeMemory } from '../../unit/server/memory/fake-memory.ts';
import { FakeConversations } from '../../unit/server/memory/fake-people.ts';

const CHAT = '/v1/chat/completions';
const ANA = { 'x-orchestrator-user': 'ana' };
const user = (content: unknown) => ({ role: 'user', content });
const assistant = (content: string) => ({ role: 'assistant', content });
const answering = (content: string): Reply => ({
  pieces: [JSON.stringify({ choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }] })],
});
const OK = answering('Of course.');

/** Obeys `remember X` and `forget X`, keeps every sentence that begins with "I ", and tells what fits. */
class Memory extends FakeMemory implements OpenMemory {
  readonly observed: { user: string; said: Said }[] = [];
  readonly obeyed: string[] = [];
  readonly usedIds: string[] = [];
  readonly summarized: StoredConversation[] = [];
  before: (() => Promise<void>) | undefined;
  beforeObeying: (() => Promise<void>) | undefined;

  override async obey(owner: string, { text }: Said): Promise<Obeyed | undefined> {
    const [, verb, what = ''] = /^(remember|forget|ignore)(?: (.*))?$/.exec(text) ?? [];
    if (verb === undefined) return undefined;
    await this.beforeObeying?.();
    this.obeyed.push(text);
    const gone = verb === 'forget' ? await this.forget(owner, { text: what }) : [];
    return {
      remembered: verb === 'remember' ? [this.put(owner, what)] : [],
      forgotten: gone,
      unknown: verb === 'forget' && gone.length === 0 ? [what] : [],
      ignores: verb === 'ignore' ? (what === 'all' ? 'conversation' : 'message') : null,
    };
  }
  override async recall(owner: string, query: { text: string }) {
    await this.before?.();
    return super.recall(owner, query);
  }
  override async observe(owner: string, said: Said): Promise<readonly StoredMemory[]> {
    this.observed.push({ user: owner, said });
    return said.text.startsWith('I ') ? [this.put(owner, said.text)] : [];
  }
  override used(_owner: string, ids: readonly string[]): void {
    this.usedIds.push(...ids);
  }
  reconfigure(): void {}
  summarize(_owner: string, conversation: StoredConversation): void {
    this.summarized.push(conversation);
  }
}

async function houseWith(memory: Memory, more: Partial<AnswerHouseOptions> & { settings?: object } = {}) {
  const conversations = new FakeConversations();
  const house = await answerHouse({
    reply: OK,
    memory,
    people: { conversations } as unknown as PeopleStore,
    knowledge: { enabled: false },
    ...more,
    profile: { memory: { enabled: true, remoteExperts: 'allow', ...more.settings }, ...more.profile },
  });
  const ask = async (body: object | string, headers: Record<string, string> = ANA) => {
    const whole = typeof body === 'string' ? { messages: [user(body)] } : body;
    const response = await house.post(CHAT, whole, headers);
    return { response, text: await response.text(), header: response.headers.get('x-orchestrator-memory') };
  };
  const viewOf = async (response: Response, headers = ANA) =>
    (await (await house.get(`/api/requests/${response.headers.get('x-request-id')}`, headers)).json()) as RequestView;
  /** What the last request to the engine had as the user's last message. */
  const sent = () => (house.received.at(-1)?.['messages'] as { content: unknown }[] | undefined)?.at(-1)?.content;
  return { house, conversations, ask, viewOf, sent };
}

describe('a request is told what is known of its user', () => {
  it('in a block in front of the question, shows it to whose it is, and leaves the answer as it was', async () => {
    const memory = new Memory();
    memory.put('ana', 'Lives in Bilbao');
    memory.put('eva', 'Lives in Vigo');
    const { house, ask, viewOf, sent } = await houseWith(memory);
    await using _ = house;
    const { response, text, header } = await ask('In which town do I have my lives?');
    expect(text).toBe(OK.pieces.join(''));
    expect(header).toBe('recalled=1; remembered=0; forgotten=0');
    expect(sent()).toMatch(/^Known about the user .*\n<memory>\n- Lives in Bilbao\n<\/memory>\n\nIn which town do I/);
    expect(JSON.stringify(house.received)).not.toContain('Vigo');
    expect(house.received[0]?.['orchestrator']).toBeUndefined();
    const view = await viewOf(response);
    const id = memory.entries[0]?.id ?? '';
    expect(view.memory).toEqual({
      told: [{ id, text: 'Lives in Bilbao', why: 'found', score: 1 }],
      kept: [],
      obeyed: null,
    });
    expect(view.orchestrator).toBeNull();
    await until('it is known to be used', () => memory.usedIds.includes(id));
    await memory.clear('ana');
    expect((await viewOf(response)).memory?.told).toMatchObject([{ id, text: null }]);
    const other = await house.get(`/api/requests/${view.id}`, { 'x-orchestrator-user': 'eva' });
    expect(other.status).toBe(404);
  });

  it('in front of the documents, of which both are looked for at the same time, within one context', async () => {
    const memory = new Memory();
    memory.put('ana', 'Likes short answers');
    let isRecalling = false;
    memory.before = () => Promise.resolve(void (isRecalling = true));
    const { house, ask, sent } = await houseWith(memory, {
      knowledge: { enabled: true, remoteExperts: 'allow', byDefault: true },
      search: async () => {
        await until('memory is looked for as well', () => isRecalling);
        return { hits: [hit('The code of the archive room is 7341.')] };
      },
    });
    await using _ = house;
    await ask('Give me short answers about the archive room');
    expect(sent()).toMatch(
      /<memory>\n- Likes short answers\n<\/memory>\n\nThe documents below.*<\/documents>\n\nGive me/s,
    );
  });

  it('in parts where the message has parts, and in the other dialects', async () => {
    const memory = new Memory();
    memory.put('ana', 'Lives in Bilbao');
    const { house, ask, sent } = await houseWith(memory);
    await using _ = house;
    await ask({ messages: [user([{ type: 'text', text: 'Who lives there?' }])] });
    expect(sent()).toEqual([
      { type: 'text', text: expect.stringContaining('- Lives in Bilbao') },
      { type: 'text', text: 'Who lives there?' },
    ]);
    const anthropic = await house.post('/v1/messages', { max_tokens: 9, messages: [user('Who lives there?')] }, ANA);
    expect(anthropic.headers.get('x-orchestrator-memory')).toMatch(/^recalled=1/);
  });

  it('not with tools, unless it asks; what its user says counts all the same', async () => {
    const memory = new Memory();
    memory.put('ana', 'Lives in Bilbao');
    const { house, ask, sent } = await houseWith(memory);
    await using _ = house;
    const tools = [{ type: 'function', function: { name: 'f', parameters: {} } }];
    const messages = [user('I live with two lives')];
    expect((await ask({ messages, tools })).header).toBe('recalled=0; remembered=0; forgotten=0');
    expect(sent()).toBe('I live with two lives');
    await until('it is listened to', () => memory.observed.length === 1);
    await ask({ messages, tools, orchestrator: { memory: true } });
    expect(sent()).toContain('<memory>');
    const loop = [...messages, { role: 'assistant', tool_calls: [] }, { role: 'tool', content: 'I live in Rome' }];
    await ask({ messages: loop, tools });
    await ask('x');
    await until('the last one is listened to', () => memory.observed.some(({ said }) => said.text === 'x'));
    expect(memory.observed.map(({ said }) => said.text)).toEqual(['I live with two lives', 'x']);
  });

  it('by no remote expert, unless that is allowed, and says so', async () => {
    const memory = new Memory();
    memory.put('ana', 'Lives in Bilbao');
    const { house, ask, viewOf, sent } = await houseWith(memory, { settings: { remoteExperts: 'deny' } });
    await using _ = house;
    const { response, header } = await ask('Who lives there?');
    expect(sent()).toBe('Who lives there?');
    expect(header).toBe('recalled=0; remembered=0; forgotten=0');
    expect((await viewOf(response)).memory).toMatchObject({ told: [], withheld: expect.stringContaining('far runs') });
  });

  it('and neither told nor learned from where it says no', async () => {
    const memory = new Memory();
    memory.put('ana', 'Lives in Bilbao');
    const { house, ask, sent } = await houseWith(memory, { profile: { conversations: { enabled: true } } });
    await using _ = house;
    const { header } = await ask({ messages: [user('I live two lives')], orchestrator: { memory: false } });
    expect([header, sent()]).toEqual([null, 'I live two lives']);
    await ask('x');
    await until('the next one is listened to', () => memory.observed.length > 0);
    expect(memory.observed.map(({ said }) => said.text)).toEqual(['x']);
  });

  it('or goes without, soon, where memory is slow, broken or away', async () => {
    const memory = new Memory();
    memory.put('ana', 'Lives in Bilbao');
    const { house, ask, viewOf, sent } = await houseWith(memory);
    await using _ = house;
    const never = Promise.withResolvers<void>();
    memory.before = () => never.promise;
    const { response } = await ask('Who lives there?');
    expect([response.status, sent()]).toEqual([200, 'Who lives there?']);
    expect((await viewOf(response)).memory?.degraded).toMatch(/^recalling took longer than \d+ ms$/);
    memory.before = () => Promise.reject(new Error('the index is broken'));
    const broken = await ask('Who lives there?');
    expect((await viewOf(broken.response)).memory?.degraded).toBe('the index is broken');
    memory.beforeObeying = () => never.promise;
    expect((await ask('forget Bilbao')).response.status).toBe(200);
    expect(sent(), 'nobody is to believe that it was done').toContain('- Not done yet, the memory does not answer now');
    memory.beforeObeying = undefined;
    const away = await answerHouse({
      reply: OK,
      knowledge: { enabled: false },
      profile: { memory: { enabled: true } },
    });
    await using __ = away;
    const answer = await away.post(CHAT, { messages: [user('Who lives there?')] }, ANA);
    expect(answer.status).toBe(200);
    const view = (await (
      await away.get(`/api/requests/${answer.headers.get('x-request-id')}`, ANA)
    ).json()) as RequestView;
    expect(view.memory?.degraded).toMatch(/opened|none in this house/);
  });

  it('refuses by name what cannot be had', async () => {
    const off = await answerHouse({ reply: OK, knowledge: { enabled: false } });
    await using _ = off;
    const asks = { messages: [user('Hi')], orchestrator: { memory: true } };
    const answer = await off.post(CHAT, asks, ANA);
    expect([answer.status, await answer.text()]).toEqual([404, expect.stringContaining('memory_off')]);
    expect((await off.post(CHAT, { ...asks, orchestrator: { memory: false } }, ANA)).status).toBe(200);
  });
});

describe('what a user says', () => {
  it('is learned from once its answer has ended well, and is to be looked up then', async () => {
    const memory = new Memory();
    const { house, ask, viewOf } = await houseWith(memory, {
      reply: (body) => (JSON.stringify(body).includes('fail') ? { status: 500, pieces: ['{}'] } : OK),
    });
    await using _ = house;
    await ask('I live in a house that may fail');
    const { response } = await ask({
      messages: [
        { role: 'system', content: 'I am Max.' },
        user('Hi'),
        assistant('Where do you live?'),
        user('I live in Bilbao'),
      ],
      orchestrator: { conversation: 'c-1' },
    });
    const view = await until('it is kept', async () => {
      const { memory: found } = await viewOf(response);
      return found?.kept.length ? found : undefined;
    });
    expect(view.kept).toEqual([{ id: expect.any(String), text: 'I live in Bilbao' }]);
    expect(memory.observed).toEqual([
      {
        user: 'ana',
        said: {
          text: 'I live in Bilbao',
          before: 'Where do you live?',
          earlier: ['Hi'],
          at: expect.any(Number),
          conversation: 'c-1',
          request: view && response.headers.get('x-request-id'),
        },
      },
    ]);
  });

  it('counts once, however often its answer is made again, and again in another conversation', async () => {
    const memory = new Memory();
    const { house, ask } = await houseWith(memory);
    await using _ = house;
    const messages = [user('Hi'), assistant('Hello'), user('I live in Bilbao')];
    for (let round = 0; round < 3; round += 1) await ask({ messages, temperature: round / 2 });
    for (let round = 0; round < 3; round += 1) await ask('I live in Bilbao');
    await ask({ messages, orchestrator: { conversation: 'c-2' } });
    await ask({ messages, orchestrator: { conversation: 'c-2' } });
    await ask({ messages, orchestrator: { conversation: 'c-2' } }, { 'x-orchestrator-user': 'eva' });
    await ask('x');
    await until('the last one', () => memory.observed.some(({ said }) => said.text === 'x'));
    expect(memory.observed.map(({ user: owner, said }) => [owner, said.conversation, said.text])).toEqual([
      ['ana', null, 'I live in Bilbao'],
      ['ana', null, 'I live in Bilbao'],
      ['ana', 'c-2', 'I live in Bilbao'],
      ['eva', 'c-2', 'I live in Bilbao'],
      ['ana', null, 'x'],
    ]);
  });

  it('is done before the answer, which is told so, and once for an answer that is made again', async () => {
    const memory = new Memory();
    const { house, ask, viewOf, sent } = await houseWith(memory);
    await using _ = house;
    const first = await ask('remember the cat is called Tom');
    expect(first.header).toBe('recalled=1; remembered=1; forgotten=0');
    expect(sent()).toContain('- Done: remembered “the cat is called Tom”');
    await ask('remember the cat is called Tom');
    expect(memory.obeyed).toEqual(['remember the cat is called Tom']);
    const { response, header } = await ask('forget the cat');
    expect(header).toBe('recalled=0; remembered=0; forgotten=1');
    expect(sent()).toContain('- Done: forgotten, 1 memory');
    expect(sent()).not.toContain('Tom');
    expect((await viewOf(response)).memory?.obeyed).toMatchObject({ remembered: [], forgotten: [expect.any(String)] });
    expect((await viewOf(first.response)).memory?.obeyed?.remembered).toMatchObject([{ text: null }]);
    await ask('forget the dog');
    expect(sent()).toContain('- Not forgotten, nothing known fits “the dog”');
    await ask('x');
    await until('the last one', () => memory.observed.some(({ said }) => said.text === 'x'));
    expect(memory.observed.map(({ said }) => said.text)).toEqual([
      'remember the cat is called Tom',
      'forget the cat',
      'forget the dog',
      'x',
    ]);
  });

  it('in a conversation that is not to be remembered leaves nothing, with an id or without', async () => {
    const memory = new Memory();
    const { house, conversations, ask } = await houseWith(memory, { profile: { conversations: { enabled: true } } });
    await using _ = house;
    const named = { orchestrator: { conversation: 'c-1' } };
    const turns: object[] = [];
    for (const more of [named, {}]) {
      turns.length = 0;
      for (const said of ['ignore all', 'I live in Bilbao', 'I work at night']) {
        turns.push(user(said));
        await ask({ messages: [...turns], ...more });
        turns.push(assistant('Of course.'));
      }
    }
    await ask('ignore this');
    await ask('I swim');
    await until('another one', () => memory.observed.length > 0);
    expect(memory.observed.map(({ said }) => said.text)).toEqual(['I swim']);
    expect(conversations.kept).toMatchObject([{ id: 'c-1', private: true, said: [] }]);
  });
});

describe('a conversation that has an id', () => {
  it('is kept in its order, without what was made again, and offered for a summary when it is long', async () => {
    const memory = new Memory();
    let count = 0;
    const { house, conversations, ask } = await houseWith(memory, {
      reply: () => answering(`Answer ${(count += 1)}`),
      profile: { conversations: { enabled: true, summarizeAfter: 4 } },
    });
    await using _ = house;
    const orchestrator = { conversation: 'c-1' };
    const first = [user('Who founded Rome?')];
    await ask({ messages: first, orchestrator });
    await ask({ messages: first, orchestrator });
    const second = [...first, assistant('Answer 2'), user([{ type: 'text', text: 'And when?' }])];
    await ask({ messages: second, orchestrator });
    await ask({ messages: [user('Not kept')] });
    await ask({ messages: first, orchestrator }, { 'x-orchestrator-user': 'eva' });
    await until('all is kept', () => conversations.kept.length === 2);
    const [mine, others] = conversations.kept;
    expect(mine).toMatchObject({ user: 'ana', id: 'c-1', title: 'Who founded Rome?' });
    expect(mine?.said.map(({ role, text, expert }) => [role, text, expert])).toEqual([
      ['user', 'Who founded Rome?', null],
      ['assistant', 'Answer 1', 'far'],
      ['user', 'And when?', null],
      ['assistant', 'Answer 3', 'far'],
    ]);
    expect(others).toMatchObject({ user: 'eva', turns: 2 });
    expect(memory.summarized.map(({ id, turns }) => [id, turns])).toEqual([['c-1', 4]]);
  });

  it('is kept without memory, answers of tools included', async () => {
    const conversations = new FakeConversations();
    const house = await answerHouse({
      reply: OK,
      people: { conversations } as unknown as PeopleStore,
      knowledge: { enabled: false },
      profile: { conversations: { enabled: true } },
    });
    await using _ = house;
    const headers = { ...ANA, 'x-orchestrator-conversation': 'c-2' };
    const messages = [user('Look'), { role: 'assistant', content: null }, { role: 'tool', content: 'Found' }];
    const answer = await house.post(CHAT, { messages }, headers);
    expect(answer.headers.get('x-orchestrator-memory')).toBeNull();
    await answer.text();
    await until('it is kept', () => conversations.kept[0]?.turns);
    expect(conversations.kept[0]?.said.map(({ role, text }) => [role, text])).toEqual([['assistant', 'Of course.']]);
  });
});

describe('an answer that may be rated', () => {
  it('is known with its request, as the client sent it, to whose it is', async () => {
    const memory = new Memory();
    memory.put('ana', 'Lives in Bilbao');
    const { house, ask } = await houseWith(memory, { profile: { feedback: { enabled: true } } });
    await using _ = house;
    const { response } = await ask({ messages: [{ role: 'system', content: 'Be kind.' }, user('Who lives there?')] });
    const id = response.headers.get('x-request-id') ?? '';
    const found = await until('it is known', () => house.remembrance.rateable.find('ana', id));
    expect(found).toEqual({
      expert: 'far',
      route: '',
      answer: 'Of course.',
      messages: [
        { role: 'system', content: 'Be kind.' },
        { role: 'user', content: 'Who lives there?' },
      ],
    });
    expect(house.remembrance.rateable.find('eva', id)).toBeUndefined();
  });
});

describe('a user who is erased while an answer streams', () => {
  it('leaves nothing behind', async () => {
    const memory = new Memory();
    const goesOn = Promise.withResolvers<void>();
    const { house, conversations, ask } = await houseWith(memory, {
      profile: { conversations: { enabled: true }, feedback: { enabled: true } },
    });
    await using _ = house;
    let isRecalling = false;
    memory.before = () => {
      isRecalling = true;
      return goesOn.promise;
    };
    memory.put('ana', 'Lives in Bilbao');
    const asking = ask({ messages: [user('I live here')], orchestrator: { conversation: 'c-1' } });
    await until('the request is under way', () => isRecalling);
    await house.remembrance.erase('ana');
    goesOn.resolve();
    const { response } = await asking;
    const next = await ask('x', { 'x-orchestrator-user': 'eva' });
    await next.response.body?.cancel().catch(() => undefined);
    await until('the next one is listened to', () => memory.observed.length > 0);
    expect(memory.observed.map(({ user: owner }) => owner)).toEqual(['eva']);
    expect([memory.entries, conversations.kept]).toEqual([[], []]);
    expect(house.remembrance.rateable.find('ana', response.headers.get('x-request-id') ?? '')).toBeUndefined();
  });
});
