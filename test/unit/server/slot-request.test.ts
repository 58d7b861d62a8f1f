import { describe, expect, it } from 'vitest';

import { slotRequest } from '../../../src/server/slot-request.ts';
import { continues, sharedChars } from '../../../src/supervisor/prompt-mark.ts';

const long = 'word '.repeat(400);
const turns = (...contents: string[]) =>
  contents.map((content, index) => ({ role: index % 2 ? 'assistant' : 'user', content }));
const mark = (body: Record<string, unknown>, expert = 'a') => slotRequest(expert, 'ana', body).mark;

describe('what a request says of its prompt', () => {
  it('is the same however the fields stand and whatever the sampling', () => {
    const one = mark({ messages: turns(long), temperature: 0, tools: [{ name: 'x' }] });
    expect(mark({ tools: [{ name: 'x' }], stream: true, messages: turns(long) })).toEqual(one);
  });

  it('goes on where a conversation goes on, on each route', () => {
    const next = (field: string, more: object = {}) =>
      continues(mark({ [field]: turns(long, 'yes', 'why?'), ...more }), mark({ [field]: turns(long), ...more }));
    expect(next('messages', { system: long })).toBe(true);
    expect(next('input', { instructions: long })).toBe(true);
    expect(continues(mark({ prompt: `${long}more` }), mark({ prompt: long }))).toBe(true);
  });

  it('is another for other tools, another system prompt and another expert', () => {
    const base = mark({ messages: turns(long) });
    for (const other of [
      mark({ messages: turns(long), tools: [{ name: 'x' }] }),
      mark({ messages: turns(long), system: 'be brief' }),
      mark({ messages: turns(long) }, 'b'),
    ])
      expect(sharedChars(base, other)).toBe(0);
  });

  it.each([
    [{ messages: turns('x') }, true, true],
    [{ messages: turns('x'), n: 1 }, true, true],
    [{ messages: turns('x'), n: 2 }, false, true],
    [{ prompt: ['one', 'two'] }, false, true],
    [{ prompt: [1, 2, 3] }, true, true],
    [{ messages: turns('x'), cache_prompt: false }, true, false],
  ])('%j', (body, single, reuse) => {
    expect(slotRequest('a', 'ana', body)).toMatchObject({ user: 'ana', single, reuse });
  });
});
