import { afterEach, describe, expect, it } from 'vitest';

import type { Candidate, Said } from '../../../../src/memory/contract.ts';
import { createSecondExtraction, type ExpertExtractionParts } from '../../../../src/memory/expert/expert-extraction.ts';
import type { SecondExtraction } from '../../../../src/memory/second-extraction.ts';
import type { MemorySetup } from '../../../../src/memory/setup.ts';
import { Conversations, Memory } from '../../../../src/profiles/memory-section.ts';
import type { StoredConversation, StoredMemory, Turn } from '../../../../src/store/people-contract.ts';
import { silentLogger } from '../../supervisor/house.ts';
import { until } from '../../../support/wait.ts';
import { FakeChatExpert } from './fake-chat-expert.ts';

const SORIA = { quote: 'vivo en Soria', about: 'user', attribute: 'residence', value: 'Soria', text: 'Vive en Soria' };
const TIMES = { look: 2, patience: 1_000_000, yield: 2 };

interface Kept {
  readonly user: string;
  readonly said: Said;
  readonly candidates: readonly Candidate[];
}
type Summary = Parameters<ExpertExtractionParts['keepSummary']>[1];

let open: SecondExtraction | undefined;
afterEach(() => open?.close());

function house(
  expert: FakeChatExpert,
  memory: Record<string, unknown> = {},
  turns: readonly Turn[] = [],
  extract: (said: Said) => readonly Candidate[] = () => [],
) {
  const kept: Kept[] = [];
  const summaries: Summary[] = [];
  const changes: unknown[] = [];
  const conversation: StoredConversation = {
    id: 'c1',
    title: '',
    created: 0,
    updated: 0,
    turns: turns.length,
    private: false,
    summarized: 0,
  };
  const stored = { conversation: conversation as StoredConversation | undefined };
  const setup: MemorySetup = {
    memory: Memory.parse({ enabled: true, expert: { id: 'chat' }, ...memory }),
    conversations: Conversations.parse({}),
    store: 'embedded',
    embedding: undefined,
    embeddingPrefixes: undefined,
    expert: expert.helper,
    directory: '/',
    primaryLanguages: ['es', 'en'],
  };
  const conversations = {
    get: () => Promise.resolve(stored.conversation),
    turns: (_user: string, _id: string, from = 0, limit = 1_000) => Promise.resolve(turns.slice(from, from + limit)),
    change: (_user: string, _id: string, change: Partial<StoredConversation>) => {
      changes.push(change);
      if (stored.conversation) stored.conversation = { ...stored.conversation, ...change };
      return Promise.resolve(stored.conversation);
    },
  } as unknown as ExpertExtractionParts['conversations'];
  const extraction = createSecondExtraction({
    fleet: expert.fleet,
    logger: silentLogger,
    setup,
    conversations,
    extract,
    tellsToForget: (text) => text.startsWith('olvida'),
    keep: (user, message, candidates) => {
      kept.push({ user, said: message, candidates });
      return Promise.resolve([]);
    },
    keepSummary: (_user, summary) => {
      summaries.push(summary);
      return Promise.resolve({} as StoredMemory);
    },
    times: TIMES,
  });
  open = extraction;
  const idle = () => until('nothing waits', () => extraction.queued === 0);
  return { extraction, kept, summaries, changes, conversation, stored, setup, idle };
}

const said = (text: string): Said => ({
  text,
  at: 1_000,
  conversation: 'c1',
  request: 'r1',
  before: null,
  earlier: [],
});
/** A promise that the test settles. */
function never(): Promise<never> {
  return new Promise(() => undefined);
}

describe('a second extraction', () => {
  it('asks the expert in the background, held to a schema, and hands on what has evidence', async () => {
    const expert = new FakeChatExpert();
    expert.say = () => ({ memories: [SORIA, { ...SORIA, quote: 'vivo en Burgos', value: 'Burgos' }] });
    const { extraction, kept, idle } = house(expert);
    extraction.offer('ana', said('Hola, vivo en Soria'));
    await idle();
    expect(kept).toMatchObject([{ user: 'ana', said: { request: 'r1' }, candidates: [{ value: 'Soria' }] }]);
    expect(expert.had).toEqual(['borrowed']);
    expect(expert.released).toEqual([true]);
    const [asked] = expert.asked;
    expect(asked?.body).toMatchObject({
      model: 'chat',
      temperature: 0,
      chat_template_kwargs: { enable_thinking: false },
    });
    expect(asked?.body.response_format).toMatchObject({ type: 'json_schema', json_schema: { strict: true } });
    expect(asked?.body.messages[0]?.content).toContain('Soy panadera');
    expect(asked?.body.messages[1]?.content).toBe('<message>\nHola, vivo en Soria\n</message>');
  });

  it('is believed where the first one has found the same in the same message, however unsure it was', async () => {
    const expert = new FakeChatExpert();
    expert.say = () => ({ memories: [SORIA, { ...SORIA, quote: 'tengo gato', attribute: 'pet', value: 'gato' }] });
    const first = {
      subject: 'user',
      attribute: 'residence',
      value: 'soria',
      negated: false,
      confidence: 0.5,
    } as Candidate;
    const { extraction, kept, idle } = house(expert, {}, [], () => [first]);
    extraction.offer('ana', said('Hola, vivo en Soria y tengo gato'));
    await idle();
    expect(kept[0]?.candidates.map(({ value, confidence }) => [value, confidence >= 0.8])).toEqual([
      ['Soria', true],
      ['gato', false],
    ]);
  });

  it('asks in English of what is said in English, and not at all of a word', async () => {
    const expert = new FakeChatExpert();
    const { extraction, idle } = house(expert);
    extraction.offer('ana', said('thanks'));
    extraction.offer('ana', said('I live in the north of Leeds'));
    await idle();
    expect(expert.asked).toHaveLength(1);
    expect(expert.asked[0]?.body.messages[0]?.content).toContain('I am a baker');
  });

  it('never loads an expert by itself: it waits until the expert is there', async () => {
    const expert = new FakeChatExpert();
    expert.isThere = false;
    const { extraction, idle } = house(expert);
    extraction.offer('ana', said('vivo en Soria capital'));
    expect(extraction.queued).toBe(1);
    expert.isThere = true;
    await idle();
    expect(expert.had).toEqual(['borrowed']);
  });

  it('loads it, in the background, where the profile says so', async () => {
    const expert = new FakeChatExpert();
    expert.isThere = false;
    const { extraction, idle } = house(expert, { expert: { id: 'chat', load: true } });
    extraction.offer('ana', said('vivo en Soria capital'));
    await idle();
    expect(expert.had).toEqual(['acquired']);
  });

  it('waits while anybody is being answered', async () => {
    const expert = new FakeChatExpert();
    expert.processes = [{ inFlight: 1, inFlightBackground: 0 }];
    const { extraction, idle } = house(expert);
    extraction.offer('ana', said('vivo en Soria capital'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(expert.had).toEqual([]);
    expert.processes = [{ inFlight: 1, inFlightBackground: 1 }];
    await idle();
    expect(expert.had).toEqual(['borrowed']);
  });

  it('makes room for a request that comes to wait, and asks again afterwards', async () => {
    const expert = new FakeChatExpert();
    const { extraction, kept, idle } = house(expert);
    expert.say = ({ signal }) => {
      if (expert.asked.length > 1) return { memories: [SORIA] };
      expert.waiting = 1;
      signal.addEventListener('abort', () => (expert.waiting = 0));
      return never();
    };
    extraction.offer('ana', said('Hola, vivo en Soria'));
    await idle();
    expect(expert.asked).toHaveLength(2);
    expect(expert.released).toEqual([true, true]);
    expect(kept).toHaveLength(1);
  });

  it('gives up on a turn that is interrupted again and again', async () => {
    const expert = new FakeChatExpert();
    expert.say = ({ signal }) => {
      expert.waiting = 1;
      signal.addEventListener('abort', () => (expert.waiting = 0));
      return never();
    };
    const { extraction, idle } = house(expert);
    extraction.offer('ana', said('Hola, vivo en Soria'));
    await idle();
    expect(expert.asked).toHaveLength(3);
  });

  it.each<[string, (expert: FakeChatExpert) => void, boolean]>([
    ['answers 500', (expert) => (expert.status = 500), false],
    ['breaks the connection', (expert) => (expert.say = () => Promise.reject(new Error('reset'))), false],
    ['says no JSON', (expert) => (expert.say = () => 'Vive en Soria'), true],
    ['is cut off', (expert) => (expert.finish = 'length'), false],
    ['says JSON of another shape', (expert) => (expert.say = () => ['vivo en Soria']), true],
  ])('keeps nothing and goes on where the expert %s', async (_, spoil, ok) => {
    const expert = new FakeChatExpert();
    spoil(expert);
    const { extraction, kept, idle } = house(expert);
    extraction.offer('ana', said('Hola, vivo en Soria'));
    extraction.offer('ana', said('Hola, vivo en Soria'));
    await idle();
    expect(expert.asked).toHaveLength(2);
    expect(expert.released).toEqual([ok, ok]);
    expect(kept).toEqual([]);
  });

  it('leaves an expert that does not answer within its time, and one that is taken away', async () => {
    const expert = new FakeChatExpert();
    expert.say = never;
    const { extraction, idle } = house(expert, { expert: { id: 'chat', timeout: '20ms' } });
    extraction.offer('ana', said('Hola, vivo en Soria'));
    await idle();
    expect(expert.released).toEqual([false]);
    expert.onAsked = () => expert.lease?.onCut?.(new Error('unloaded') as never);
    extraction.offer('ana', said('Hola, vivo en Soria'));
    await idle();
    expect(expert.released).toEqual([false, true]);
  });

  it('forgets what waits, and what is being asked, of a user who has had something forgotten', async () => {
    const expert = new FakeChatExpert();
    const { extraction, kept, idle } = house(expert);
    expert.say = ({ body }) => {
      if (!body.messages[1]?.content.includes('Hola')) return { memories: [] };
      extraction.drop('ana');
      return { memories: [SORIA] };
    };
    extraction.offer('ana', said('Hola, vivo en Soria'));
    extraction.offer('ana', said('y tengo un perro'));
    extraction.offer('luis', said('yo no tengo perro'));
    await idle();
    expect(kept).toEqual([]);
    expect(expert.asked).toHaveLength(2);
  });

  it('holds so many at most: the oldest are left out', async () => {
    const expert = new FakeChatExpert();
    expert.isThere = false;
    const { extraction, idle } = house(expert);
    for (let number = 0; number < 200; number += 1) extraction.offer('ana', said(`vivo en Soria ${number}`));
    expect(extraction.queued).toBeLessThanOrEqual(65);
    expert.isThere = true;
    await idle();
    expect(expert.asked.at(-1)?.body.messages[1]?.content).toContain('Soria 199');
    expect(expert.asked.length).toBeLessThanOrEqual(65);
  });

  it('asks no remote expert unless memories may leave the machine', async () => {
    const remote = new FakeChatExpert({ engine: 'remote' });
    const denied = house(remote);
    denied.extraction.offer('ana', said('Hola, vivo en Soria'));
    expect(denied.extraction.queued).toBe(0);
    const allowed = house(remote, { remoteExperts: 'allow' });
    allowed.extraction.offer('ana', said('Hola, vivo en Soria'));
    await allowed.idle();
    expect(remote.asked).toHaveLength(1);
  });

  it('speaks Anthropic’s dialect where the expert does', async () => {
    const remote = new FakeChatExpert({ engine: 'remote' }, '/v1/messages');
    remote.say = () => ({ memories: [SORIA] });
    const { extraction, kept, idle } = house(remote, { remoteExperts: 'allow' });
    extraction.offer('ana', said('Hola, vivo en Soria'));
    await idle();
    expect(kept).toHaveLength(1);
    expect(remote.asked[0]?.body).toMatchObject({
      output_config: { format: { type: 'json_schema' } },
      messages: [{ role: 'user' }],
    });
  });

  it('stops asking whom the profile does not name any more, or may not name', async () => {
    const expert = new FakeChatExpert();
    expert.isThere = false;
    const { extraction, setup, idle } = house(expert);
    extraction.offer('ana', said('Hola, vivo en Soria'));
    extraction.reconfigure({ ...setup, expert: undefined });
    await idle();
    extraction.reconfigure({ ...setup, memory: { ...setup.memory, learn: false } });
    extraction.offer('ana', said('Hola, vivo en Soria'));
    expect(extraction.queued).toBe(0);
  });

  it('ends at once, whatever it waits for', async () => {
    const expert = new FakeChatExpert();
    const { extraction } = house(expert);
    const asked = new Promise<void>((resolve) => (expert.onAsked = resolve));
    expert.say = never;
    extraction.offer('ana', said('Hola, vivo en Soria'));
    await asked;
    await extraction.close();
    expect(expert.asked[0]?.signal.aborted).toBe(true);
    extraction.offer('ana', said('Hola, vivo en Soria'));
    expect(extraction.queued).toBe(0);
  });
});

describe('a summary', () => {
  const turns = Array.from({ length: 30 }, (_, ord): Turn => {
    const role = ord % 2 === 0 ? 'user' : 'assistant';
    return {
      ord,
      role,
      text: `lo que digo en el turno ${ord} ${'x'.repeat(1_000)}`,
      at: ord,
      request: null,
      expert: null,
    };
  });

  it('is made of the last turns that there is room for, and the conversation remembers how far it goes', async () => {
    const expert = new FakeChatExpert();
    expert.say = () => ({ summary: ' Habló de un viaje. ' });
    const { extraction, summaries, changes, conversation, idle } = house(expert, {}, turns);
    extraction.summarize('ana', conversation);
    extraction.summarize('ana', conversation);
    await idle();
    expect(summaries).toMatchObject([{ conversation: 'c1', text: 'Habló de un viaje.', language: 'es', at: 29 }]);
    expect(changes).toEqual([{ summarized: 30 }]);
    const [prompt = ''] = expert.asked.map(({ body }) => body.messages[1]?.content);
    expect(prompt).toContain('assistant: lo que digo en el turno 29');
    expect(prompt).not.toContain('turno 0 ');
    expect(prompt.length).toBeLessThan(4_096 * 2.5);
  });

  it('says nothing of what was to be forgotten in it, nor of what was answered to that', async () => {
    const expert = new FakeChatExpert();
    expert.say = () => ({ summary: 'Habló de un viaje.' });
    const texts = ['quiero ir a Roma', 'bien', 'olvida que vivo en Soria', 'olvidado: Soria', 'y a Pisa', 'bien'];
    const few = texts.map((text, ord) => ({ ...(turns[ord] as Turn), text }));
    const { extraction, conversation, idle } = house(expert, {}, few);
    extraction.summarize('ana', conversation);
    await idle();
    const [prompt = ''] = expert.asked.map(({ body }) => body.messages[1]?.content);
    expect(prompt).toMatch(/Roma[\s\S]*Pisa/);
    expect(prompt).not.toContain('Soria');
  });

  it('is not kept where its user has something forgotten while it is made', async () => {
    const expert = new FakeChatExpert();
    const { extraction, summaries, changes, conversation, idle } = house(expert, {}, turns);
    expert.say = () => {
      extraction.drop('ana');
      return { summary: 'Vive en Soria.' };
    };
    extraction.summarize('ana', conversation);
    await idle();
    expect(expert.asked).toHaveLength(1);
    expect([summaries, changes]).toEqual([[], []]);
  });

  it('is not made of a conversation that was made private, deleted or summed up since', async () => {
    const expert = new FakeChatExpert();
    const { extraction, conversation, stored, idle } = house(expert, {}, turns);
    for (const change of [{ private: true }, { summarized: 30 }, undefined]) {
      stored.conversation = change && { ...conversation, ...change };
      extraction.summarize('ana', conversation);
      await idle();
    }
    expect(expert.asked).toEqual([]);
  });

  it('is nothing where the expert says nothing', async () => {
    const expert = new FakeChatExpert();
    expert.say = () => ({ summary: '  ' });
    const { extraction, conversation, summaries, idle } = house(expert, {}, turns);
    extraction.summarize('ana', conversation);
    await idle();
    expect(summaries).toEqual([]);
  });
});
