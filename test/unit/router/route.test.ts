import { describe, expect, it } from 'vitest';

import { conversationKeys } from '../../../src/router/conversation-key.ts';
import { readConversation } from '../../../src/router/conversation.ts';
import { decide, type RouteRequest } from '../../../src/router/route.ts';
import { candidate, houseOf, reading } from './house.ts';

const CHAT = '/v1/chat/completions';
const general = candidate('general', { fit: { general: 1, technical: 0.5, coding: 0.4 }, languages: ['en', 'es'] });
const coder = candidate('coder', { fit: { coding: 1, general: 0.3 }, languages: ['en', 'es'] });
const polyglot = candidate('polyglot', { fit: { multilingual: 1, general: 0.6 } });
const eyes = candidate('eyes', { fit: { general: 0.5 }, vision: true });
const EVERYONE = [general, coder, polyglot, eyes];

const user = (content: unknown) => ({ role: 'user', content });
const assistant = (content: unknown) => ({ role: 'assistant', content });
const request = (messages: unknown[], more: Partial<RouteRequest> = {}): RouteRequest => ({
  route: CHAT,
  body: { messages },
  scope: 'ana',
  ...more,
});
const ask = (text: string, more: Partial<RouteRequest> = {}) =>
  decide(request([user(text)], more), houseOf(EVERYONE), reading);

describe('decide', () => {
  it('goes by content, and says by what', () => {
    expect(ask('coding=0.9')).toMatchObject({
      expert: 'coder',
      domain: 'coding',
      confidence: 0.9,
      stage: 'classifier',
      features: [{ name: 'the text says so' }],
      unsure: false,
    });
    expect(ask('hello')).toMatchObject({ expert: 'general', domain: 'general', confidence: 1 });
    expect(ask('multilingual=0.9 lang=de')).toMatchObject({
      expert: 'polyglot',
      language: 'de',
      excluded: [
        { expert: 'general', why: 'does not list the language de' },
        { expert: 'coder', why: 'does not list the language de' },
      ],
    });
  });

  it('names the runner-up and what was weighed', () => {
    const decision = ask('coding=0.9');
    expect(decision?.ranking.map(({ expert }) => expert)).toEqual(['coder', 'general', 'polyglot', 'eyes']);
  });

  it('prefers the default expert where it is not sure', () => {
    const even = candidate('even', { fit: { general: 1, technical: 0.5, coding: 0.4 }, priority: 9 });
    const house = houseOf([even, general], { defaultExpert: 'general' });
    expect(decide(request([user('coding=0.4 technical=0.3')]), house, reading)).toMatchObject({
      expert: 'general',
      domain: 'coding',
      unsure: true,
    });
    expect(decide(request([user('coding=0.8')]), house, reading)).toMatchObject({ expert: 'even', unsure: false });
  });

  it('goes by the default expert without a classifier, or where nobody says what it is good at', () => {
    expect(decide(request([user('coding=0.9')]), houseOf(EVERYONE), undefined)).toMatchObject({
      expert: 'general',
      stage: 'default',
    });
    const silent = houseOf([candidate('a', { standing: 'evicts' }), candidate('b')]);
    expect(decide(request([user('coding=0.9')]), silent, reading)).toMatchObject({ expert: 'a', stage: 'default' });
    expect(decide(request([user('x')]), houseOf([]), reading)).toBeUndefined();
  });

  it('lets earlier messages speak as far as the last leaves open', () => {
    const turns = (last: string) => request([user('coding=0.98'), assistant('…'), user(last)]);
    expect(decide(turns('coding=0.45 general=0.45'), houseOf(EVERYONE), reading)?.domains['coding']).toBeGreaterThan(
      0.55,
    );
    expect(decide(turns('general=0.95'), houseOf(EVERYONE), reading)).toMatchObject({ expert: 'general' });
  });

  describe('in a conversation', () => {
    const turns = [user('technical=0.9'), assistant('…'), user('sí, continúa')];
    const { previous } = conversationKeys(readConversation(CHAT, { messages: turns }), 'ana');
    const house = (expert: string) =>
      houseOf(EVERYONE, { remembered: { [previous ?? '']: { expert, domain: 'technical', confidence: 0.9 } } });

    it('an acknowledgement stays where the conversation was', () => {
      expect(decide(request(turns), house('coder'), reading)).toMatchObject({
        expert: 'coder',
        domain: 'technical',
        confidence: 0.9,
        stage: 'conversation',
      });
    });

    it('without a memory of it the earlier text decides', () => {
      const said = [user('coding=0.98'), assistant('…'), user('sí, continúa')];
      expect(decide(request(said), houseOf(EVERYONE), reading)).toMatchObject({ expert: 'coder', stage: 'classifier' });
    });

    it('a loop of tools stays where it began, and what the tools answer does not vote', () => {
      const before = [user('hello')];
      const { own } = conversationKeys(readConversation(CHAT, { messages: before }), 'ana');
      const loop = [
        ...before,
        assistant(null),
        { role: 'tool', content: 'coding=1' },
        assistant(null),
        { role: 'tool', content: 'x' },
      ];
      const where = { expert: 'polyglot', domain: 'general', confidence: 0.8 };
      expect(decide(request(loop), houseOf(EVERYONE, { remembered: { [own ?? '']: where } }), reading)).toMatchObject({
        expert: 'polyglot',
        stage: 'tool-loop',
        key: own,
      });
      expect(decide(request(loop), houseOf(EVERYONE), reading)).toMatchObject({
        expert: 'general',
        stage: 'classifier',
      });
    });

    it('goes elsewhere when its expert has failed', () => {
      const broken = candidate('coder', { fit: { coding: 1 }, standing: 'failed' });
      const remembered = { [previous ?? '']: { expert: 'coder', domain: 'coding', confidence: 1 } };
      expect(decide(request(turns), houseOf([general, broken], { remembered }), reading)).toMatchObject({
        expert: 'general',
        stage: 'classifier',
        excluded: [{ expert: 'coder', why: 'has failed' }],
      });
    });

    it('is recognised by the id that the client gives', () => {
      const where = { expert: 'eyes', domain: 'general', confidence: 1 };
      const known = houseOf(EVERYONE, { remembered: { 'ana\n#c1': where } });
      expect(decide(request([user('ok')], { conversation: 'c1' }), known, reading)).toMatchObject({ expert: 'eyes' });
      expect(decide(request([user('ok')], { conversation: 'c2' }), known, reading)).toMatchObject({
        expert: 'general',
      });
    });
  });

  it('gives an image to who sees, for as long as it is among what is sent', () => {
    const shown = user([{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA' } }]);
    for (const messages of [
      [shown],
      [shown, assistant('a cat'), user('coding=0.9')],
      [shown, assistant('a cat'), user('ok')],
    ])
      expect(decide(request(messages), houseOf(EVERYONE), reading)).toMatchObject({
        expert: 'eyes',
        domain: 'multimodal',
        confidence: 1,
        stage: 'image',
      });
  });

  it('does as the request wishes', () => {
    expect(ask('hello', { wishes: { domain: 'coding' } })).toMatchObject({
      expert: 'coder',
      stage: 'asked',
      confidence: 1,
    });
    expect(ask('hello', { wishes: { not: ['general'] } })).toMatchObject({ expert: 'polyglot' });
    expect(ask('hello', { wishes: { only: ['eyes', 'coder'] } })).toMatchObject({ expert: 'eyes' });
    const cold = houseOf([candidate('cold', { fit: { general: 1 }, standing: 'fits' }), polyglot]);
    expect(decide(request([user('hi')], { wishes: { keepLoadedBias: 0.9 } }), cold, reading)).toMatchObject({
      expert: 'polyglot',
    });
  });

  it('takes code that is to be filled in for code', () => {
    expect(ask('', { route: '/infill', body: { input_prefix: 'x' } })).toMatchObject({
      expert: 'coder',
      stage: 'endpoint',
    });
  });

  it.each([
    ['an empty message', [user('')]],
    ['no messages', []],
    ['only an image', [user([{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA' } }])]],
    ['10 MB of text', [user('palabra '.repeat(1_250_000))]],
    [
      'binary junk',
      [user(String.fromCharCode(...Array.from({ length: 60_000 }, (_, index) => (index * 7_919) % 65_536)))],
    ],
    [
      '200 turns',
      Array.from({ length: 400 }, (_, index) =>
        index % 2 ? assistant('x'.repeat(8_000)) : user(`turn ${index} ${'y '.repeat(2_000)}`),
      ),
    ],
    ['one character again and again', [user('a'.repeat(1_000_000))]],
    [
      'bait for regular expressions',
      [user(`${'<context '.repeat(50_000)}${'[['.repeat(50_000)}${'((a+)+)+'.repeat(10_000)}!`)],
    ],
  ])('has an answer at once for %s', (_, messages) => {
    const before = performance.now();
    expect(decide(request(messages), houseOf(EVERYONE), reading)?.expert).toBeDefined();
    expect(performance.now() - before).toBeLessThan(200);
  });
});
