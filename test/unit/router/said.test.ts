import { describe, expect, it } from 'vitest';

import { lastSaid } from '../../../src/router/said.ts';

const CHAT = '/v1/chat/completions';
const user = (content: unknown) => ({ role: 'user', content });
const assistant = (content: unknown) => ({ role: 'assistant', content });
const said = (...messages: readonly object[]) => lastSaid(CHAT, { messages });

describe('what a user says', () => {
  it('is the last message, its text alone, after how the answer before it ends', () => {
    expect(said({ role: 'system', content: 'I live in Rome.' }, user('Hello'))).toEqual({
      text: 'Hello',
      before: null,
      earlier: [],
    });
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } };
    const parts = [{ type: 'text', text: 'No, in Bilbao.' }, image];
    expect(said(user('Hi'), assistant(`${'x'.repeat(2_000)} Do you live in Vigo?`), user(parts))).toEqual({
      text: 'No, in Bilbao.',
      before: expect.stringMatching(/^x+ Do you live in Vigo\?$/),
      earlier: ['Hi'],
    });
    expect(said(user('Hi'), assistant('x'.repeat(9_000)), user('Yes'))?.before).toHaveLength(1_000);
  });

  it.each<[string, object[]]>([
    ['results of a tool', [user('Look it up'), assistant(null), { role: 'tool', content: 'I live in Rome.' }]],
    ['results of a tool in a message of the user', [user([{ type: 'tool_result', content: 'I live in Rome.' }])]],
    ['an answer that is to be continued', [user('Tell me'), assistant('I live')]],
    [
      'an errand of a front end',
      [user('### Task:\nGenerate a title.\n<chat_history>USER: I live in Rome</chat_history>')],
    ],
    ['nothing but what was put there', [user('<context>I live in Rome.</context>')]],
    ['instructions alone', [{ role: 'system', content: 'I live in Rome.' }]],
    ['nothing', []],
  ])('is not %s', (_, messages) => {
    expect(said(...messages)).toBeUndefined();
  });

  it.each(['documents', 'memory', 'context', 'chat_history', 'system-reminder'])(
    'is not what stands between tags called %s',
    (tag) => {
      expect(said(user(`<${tag}>\n- Lives in Rome\n</${tag}>\n\nWhere is it?`))?.text).toBe('Where is it?');
      expect(said(user(`Where is it? <${tag}>- Lives in Rome`))?.text).toBe('Where is it?');
    },
  );

  it('comes with what the user has said before, the last first, in own words alone and not without end', () => {
    const messages = [
      user('Act as my teacher.'),
      assistant('Ready.'),
      user('<context>I live in Rome.</context>'),
      user('### Task:\nGenerate a title.'),
      { role: 'tool', content: 'I live in Oslo.' },
      user(`${'x'.repeat(5_000)}end`),
      user('And now?'),
    ];
    const [long, setup, ...more] = said(...messages)?.earlier ?? [];
    expect([setup, ...more]).toEqual(['Act as my teacher.']);
    expect(long).toMatch(/^x{700}\nx{297}end$/);
    const many = Array.from({ length: 40 }, (_, index) => user(`Message ${index}`));
    const earlier = said(...many)?.earlier ?? [];
    expect(earlier).toHaveLength(12);
    expect(earlier[0]).toBe('Message 38');
  });

  it('is read in every dialect', () => {
    expect(lastSaid('/v1/responses', { input: 'Hello' })).toEqual({ text: 'Hello', before: null, earlier: [] });
    const input = [
      assistant([{ type: 'output_text', text: 'Where?' }]),
      user([{ type: 'input_text', text: 'In Vigo' }]),
    ];
    expect(lastSaid('/v1/responses', { input })).toEqual({ text: 'In Vigo', before: 'Where?', earlier: [] });
    const messages = [assistant([{ type: 'text', text: 'Where?' }]), user([{ type: 'text', text: 'In Vigo' }])];
    expect(lastSaid('/v1/messages', { messages })).toEqual({ text: 'In Vigo', before: 'Where?', earlier: [] });
  });
});
