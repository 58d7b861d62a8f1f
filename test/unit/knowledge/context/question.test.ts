import { describe, expect, it } from 'vitest';

import { searchText } from '../../../../src/knowledge/context/question.ts';
import { readConversation } from '../../../../src/router/conversation.ts';

function searched(...turns: string[]): string {
  const messages = turns.map((content, index) => ({ role: index % 2 === 0 ? 'user' : 'assistant', content }));
  return searchText(readConversation('/v1/chat/completions', { messages }));
}

describe('the question that is searched for', () => {
  const FIRST = '¿Quién fundó el taller Veltrim?';
  const ANSWER = 'Oriana Pell.';

  it.each([['¿Y cuándo?'], ['and when was that?'], ['¿Dónde está?'], ['Who lives there?'], ['Pero ¿por qué allí?']])(
    'takes the turn before with it where it is none of its own: %s',
    (last) => {
      expect(searched(FIRST, ANSWER, last)).toBe(`${FIRST}\n${last}`);
    },
  );

  it.each([['What does the kitchen serve on Thursdays?'], ['¿Qué teteras fabrica la fábrica de Kestavel?']])(
    'stands alone where it is one: %s',
    (last) => {
      expect(searched(FIRST, ANSWER, last)).toBe(last);
    },
  );

  it('is the one before where the last message only says to go on', () => {
    expect(searched(FIRST, ANSWER, 'ok, continúa')).toBe(FIRST);
  });

  it('is bounded, and empty where nobody says anything', () => {
    expect(searched('word '.repeat(5_000)).length).toBeLessThan(1_300);
    expect(searchText(readConversation('/v1/chat/completions', null))).toBe('');
  });
});
