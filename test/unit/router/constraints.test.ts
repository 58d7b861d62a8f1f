import { describe, expect, it } from 'vitest';

import { eligible } from '../../../src/router/constraints.ts';
import { readConversation } from '../../../src/router/conversation.ts';
import { candidate, houseOf } from './house.ts';

const CHAT = '/v1/chat/completions';
const said = (content: unknown, more: Record<string, unknown> = {}) => {
  const body = { messages: [{ role: 'user', content }], ...more };
  return readConversation(CHAT, body, JSON.stringify(body).length);
};
const image = [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA' } }];
const sound = [{ type: 'input_audio', input_audio: { data: 'AA' } }];

function left(candidates: ReturnType<typeof candidate>[], needs: Partial<Parameters<typeof eligible>[1]>) {
  const found = eligible(
    candidates,
    { conversation: said('hello'), languages: [], ...needs },
    houseOf(candidates).standingOf,
  );
  return { ...found, ids: found.candidates.map(({ expert }) => expert.id) };
}

describe('eligible', () => {
  const one = candidate('one');

  it.each([
    ['takes no images', candidate('two', { vision: true }), { conversation: said(image) }],
    ['takes no audio', candidate('two', { audio: true }), { conversation: said(sound) }],
    ['takes no documents', candidate('two', { documents: true }), { conversation: said([{ type: 'file' }]) }],
    ['the request says not this one', candidate('two'), { not: ['one'] }],
    ['the request names others', candidate('two'), { only: ['two'] }],
  ])('takes out who %s', (why, two, needs) => {
    expect(left([one, two], needs)).toMatchObject({ ids: ['two'], excluded: [{ expert: 'one', why }], ignored: [] });
  });

  it.each([
    ['takes no tools', candidate('one', { tools: false })],
    ['does not serve this route', candidate('one', { servesRoute: false })],
    ['can never fit in the budget', candidate('one', { standing: 'never' })],
    ['has failed', candidate('one', { standing: 'failed' })],
    ['cannot be loaded now', candidate('one', { standing: 'refused' })],
    ['does not list the language de', candidate('one', { languages: ['en'] })],
  ])('takes out who %s, and keeps all where all are like that', (why, bad) => {
    const needs = { conversation: said('hello', { tools: [{}] }), languages: ['de'] };
    expect(left([bad, candidate('two')], needs)).toMatchObject({ ids: ['two'], excluded: [{ expert: 'one', why }] });
    const alone = left([bad], needs);
    expect(alone.ids).toEqual(['one']);
    expect(alone.ignored).toHaveLength(1);
  });

  it('takes out whose context is too short for prompt and answer', () => {
    const small = candidate('small', { context: 4_096 });
    const large = candidate('large', { context: 32_768 });
    expect(left([small, large], { conversation: said('x '.repeat(3_000)) }).ids).toEqual(['small', 'large']);
    const found = left([small, large], { conversation: said('x '.repeat(20_000)) });
    expect(found.ids).toEqual(['large']);
    expect(found.excluded[0]?.why).toMatch(/^its context of 4096 tokens is too short for about 13\d\d\d/);
    // A long answer is asked for as well.
    expect(left([small, large], { conversation: said('x '.repeat(3_600), { max_tokens: 2_000 }) }).ids).toEqual([
      'large',
    ]);
    // More than the context holds is asked for by habit: it takes no more than half.
    expect(left([small, large], { conversation: said('hello', { max_tokens: 100_000 }) }).ids).toEqual([
      'small',
      'large',
    ]);
  });

  it('counts what documents may add to the prompt, by the context of each', () => {
    const small = candidate('small', { context: 4_096 });
    const large = candidate('large', { context: 32_768 });
    const conversation = said('x '.repeat(4_800));
    const addedTokens = (context: number) => context / 4;
    expect(left([small, large], { conversation }).ids).toEqual(['small', 'large']);
    expect(left([small, large], { conversation, addedTokens })).toMatchObject({
      ids: ['large'],
      excluded: [{ why: expect.stringMatching(/too short for about 32\d\d and documents and an answer$/) }],
    });
    // They can do with less: they exclude nobody where nobody has room for all of them, and the prompt still does.
    const ignored = [expect.stringMatching(/^no context holds about \d+ tokens, all documents and the answer$/)];
    expect(left([small], { conversation, addedTokens })).toMatchObject({ ids: ['small'], ignored });
    const tiny = candidate('tiny', { context: 3_300 });
    expect(left([tiny, small], { conversation, addedTokens })).toMatchObject({ ids: ['small'], ignored });
  });

  it('keeps the largest context where none holds the prompt', () => {
    const found = left([candidate('small', { context: 4_096 }), candidate('large', { context: 16_384 })], {
      conversation: said('x '.repeat(100_000)),
    });
    expect(found).toMatchObject({ ids: ['large'], ignored: [expect.stringMatching(/^no context holds about/)] });
  });

  it('asks for every language of a translation', () => {
    const experts = [
      candidate('es', { languages: ['en', 'es'] }),
      candidate('all'),
      candidate('both', { languages: ['de', 'es'] }),
    ];
    expect(left(experts, { languages: ['es', 'de'] }).ids).toEqual(['all', 'both']);
  });
});
