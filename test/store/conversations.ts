import { beforeAll, describe, expect, it } from 'vitest';

import type { Store } from '../../src/store/contract.ts';
import type { ConversationRepository } from '../../src/store/people-contract.ts';
import { newUser } from './parts.ts';
import { newTurn } from './people-parts.ts';

export function conversationTests(opened: () => Store): void {
  describe('conversations', () => {
    let conversations: ConversationRepository;
    beforeAll(() => {
      conversations = opened().people.conversations;
    });

    it('are made by their first turns, and go on', async () => {
      const user = newUser();
      const made = await conversations.append(
        user,
        'chat-1',
        [newTurn({ at: 5 }), newTurn({ at: 7, role: 'assistant', expert: 'e' })],
        'Hola',
      );
      expect(made).toEqual({
        id: 'chat-1',
        title: 'Hola',
        created: 7,
        updated: 7,
        turns: 2,
        private: false,
        summarized: 0,
      });
      expect(await conversations.append(user, 'chat-1', [newTurn({ text: 'más', at: 9 })], 'other')).toEqual({
        ...made,
        updated: 9,
        turns: 3,
      });
      expect(await conversations.get(user, 'chat-1')).toMatchObject({ turns: 3 });
      expect(await conversations.get(user, 'chat-2')).toBeUndefined();
      const turns = await conversations.turns(user, 'chat-1');
      expect(turns).toEqual([
        { ...newTurn({ at: 5 }), ord: 0 },
        { ...newTurn({ at: 7, role: 'assistant', expert: 'e' }), ord: 1 },
        { ...newTurn({ text: 'más', at: 9 }), ord: 2 },
      ]);
      expect(await conversations.turns(user, 'chat-1', 1, 1)).toEqual([turns[1]]);
      expect(await conversations.turns(user, 'chat-2')).toEqual([]);
      expect((await opened().users()).includes(user)).toBe(true);
      await expect(conversations.append(user, 'a\nb', [newTurn()], '')).rejects.toMatchObject({
        code: 'invalid_request',
      });
    });

    it('get every turn once where many come at the same time', async () => {
      const user = newUser();
      await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          conversations.append(user, 'c', [newTurn({ text: String(index) })], ''),
        ),
      );
      const turns = await conversations.turns(user, 'c');
      expect(turns.map(({ ord }) => ord)).toEqual(Array.from({ length: 20 }, (_, ord) => ord));
      expect(new Set(turns.map(({ text }) => text)).size).toBe(20);
      const long = Array.from({ length: 600 }, (_, index) => newTurn({ text: `${index}` }));
      expect(await conversations.append(user, 'long', long, '')).toMatchObject({ turns: 600 });
      expect((await conversations.turns(user, 'long', 240, 300)).map(({ ord }) => ord)).toEqual(
        Array.from({ length: 300 }, (_, index) => 240 + index),
      );
    });

    it('are listed with the newest turn first, in pages', async () => {
      const user = newUser();
      for (const [id, at] of [
        ['b', 10],
        ['a', 30],
        ['c', 20],
        ['d', 20],
        ['e', 5],
      ] as const)
        await conversations.append(user, id, [newTurn({ at })], '');
      await conversations.append(user, 'e', [newTurn({ at: 40 })], '');
      const list = async (filter?: Parameters<ConversationRepository['list']>[1]) =>
        (await conversations.list(user, filter)).map(({ id }) => id).join('');
      expect(await list()).toBe('eacdb');
      expect(await list({ limit: 2 })).toBe('ea');
      expect(await list({ limit: 2, after: 'a' })).toBe('cd');
      expect(await list({ limit: 2, after: 'c' })).toBe('db');
      expect(await list({ after: 'none' })).toBe('');
    });

    it('change their title; one that becomes private is emptied, and stays so', async () => {
      const user = newUser();
      await conversations.append(user, 'c', [newTurn({ text: 'secreto' }), newTurn()], 'title');
      expect(await conversations.change(user, 'c', { title: 'new', summarized: 2 })).toMatchObject({
        title: 'new',
        summarized: 2,
        turns: 2,
      });
      expect(await conversations.change(user, 'none', { title: 'new' })).toBeUndefined();
      const empty = { id: 'c', title: '', turns: 0, summarized: 0, private: true };
      expect(await conversations.change(user, 'c', { private: true })).toMatchObject(empty);
      expect(await conversations.append(user, 'c', [newTurn({ text: 'secreto' })], 'again')).toMatchObject(empty);
      expect(await conversations.turns(user, 'c')).toEqual([]);
      expect(await conversations.search(user, ['secreto'], 9)).toEqual([]);
      expect(await conversations.change(user, 'c', { private: false })).toMatchObject({ private: false });
      expect(await conversations.append(user, 'c', [newTurn()], '')).toMatchObject({ turns: 1 });
      expect(await conversations.append(user, 'new', [], 'title')).toMatchObject({ turns: 0, title: 'title' });
      expect(await conversations.change(user, 'new', { private: true })).toMatchObject({ private: true });
    });

    it('are searched by words, without regard to case and accents, the newest turn first', async () => {
      const user = newUser();
      const say = (id: string, at: number, text: string) => conversations.append(user, id, [newTurn({ at, text })], '');
      await say('one', 10, '¿Dónde está el ÁRBOL de Málaga?');
      await say('two', 30, 'Los arboles, en malaga.');
      await say('one', 20, 'The node.js trees of C++');
      await say('three', 5, '我住在北京');
      const found = async (words: string[], limit = 9) =>
        (await conversations.search(user, words, limit)).map(({ conversation, ord }) => `${conversation} ${ord}`);
      expect(await found(['arbol', 'MALAGA'])).toEqual(['two 0', 'one 0']);
      expect(await found(['árboles'])).toEqual(['two 0']);
      expect(await found(['arbol'], 1)).toEqual(['two 0']);
      expect(await found(['node.js'])).toEqual(['one 1']);
      expect(await found(['alaga'])).toEqual([]);
      expect(await found(['北京'])).toEqual(['three 0']);
      expect(await found([])).toEqual([]);
      expect(await found(['¿', ''])).toEqual([]);
      expect(await conversations.search(user, ['está'], 9)).toEqual([
        { ...newTurn({ at: 10, text: '¿Dónde está el ÁRBOL de Málaga?' }), ord: 0, conversation: 'one' },
      ]);
    });

    it('are erased whole, one or what is old, and can begin anew', async () => {
      const user = newUser();
      const many = Array.from({ length: 1_200 }, () => newTurn({ at: 100, text: 'canario' }));
      await conversations.append(user, 'c', many, '');
      await conversations.append(user, 'old', [newTurn({ at: 1 })], '');
      await conversations.append(user, 'new', [newTurn({ at: Date.now() })], '');
      expect(await conversations.remove(user, 'c')).toBe(true);
      expect(await conversations.remove(user, 'c')).toBe(false);
      expect(await conversations.search(user, ['canario'], 5)).toEqual([]);
      await conversations.append(user, 'c', [newTurn({ at: 100, text: 'otra' })], '');
      expect(await conversations.turns(user, 'c')).toHaveLength(1);
      expect(await conversations.sweep(50)).toBeGreaterThanOrEqual(1);
      expect((await conversations.list(user)).map(({ id }) => id)).toEqual(['new', 'c']);
      for (const id of ['new', 'c']) await conversations.remove(user, id);
      expect((await opened().users()).includes(user)).toBe(false);
    });
  });
}
