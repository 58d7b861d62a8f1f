import { describe, expect, it } from 'vitest';

import { type Connection, Unanswered } from '../../../src/store/connection.ts';
import { Keeper, type KeeperOptions } from '../../../src/store/keeper.ts';
import { timed, until } from '../../support/wait.ts';

const OPTIONS = { heartbeatMs: 0, backoffMs: 5, backoffCapMs: 20, openingMs: 5_000, prepare: async () => undefined };

/** A database that does what it is told. */
function fakeDatabase(kind: KeeperOptions['kind'] = 'server') {
  const made: { lose(reason: string): void; closed: boolean }[] = [];
  const fake = {
    made,
    refuse: undefined as string | undefined,
    answer: (() => Promise.resolve('answer')) as () => Promise<unknown>,
    keeper: (options: Partial<KeeperOptions> = {}) => new Keeper({ ...OPTIONS, kind, connect, ...options }),
  };
  const connect = async (): Promise<Connection> => {
    if (fake.refuse !== undefined) throw new Error(fake.refuse);
    const lost = new AbortController();
    const state = { lose: (reason: string) => lost.abort(reason), closed: false };
    made.push(state);
    return {
      version: '3.3.5',
      lost: lost.signal,
      run: <T>() => fake.answer() as Promise<T>,
      close: async () => {
        state.closed = true;
      },
    };
  };
  return fake;
}

describe('the keeper of the connection', () => {
  it('has calls wait while it opens', async () => {
    const keeper = fakeDatabase().keeper();
    expect(keeper.health()).toMatchObject({ state: 'opening', version: null });
    expect(await keeper.run('x')).toBe('answer');
    expect(keeper.health()).toEqual({ state: 'ready', reason: null, kind: 'server', version: '3.3.5' });
    await keeper.close();
  });

  it('refuses at once, with the reason, while the database is away, and opens by itself', async () => {
    const fake = fakeDatabase();
    fake.refuse = 'nobody listens';
    const keeper = fake.keeper();
    await expect(keeper.run('x')).rejects.toMatchObject({ code: 'knowledge_unavailable', message: /nobody listens/ });
    const { ms } = await timed(() => keeper.run('x').catch(() => undefined));
    expect(ms).toBeLessThan(OPTIONS.openingMs / 2);
    expect(keeper.health()).toMatchObject({ state: 'degraded', reason: 'nobody listens' });
    fake.refuse = undefined;
    await until('it is ready', () => keeper.health().state === 'ready');
    expect(await keeper.run('x')).toBe('answer');
    await keeper.close();
  });

  it('does not wait longer than it is told where opening takes for ever', async () => {
    const keeper = fakeDatabase().keeper({ openingMs: 30, prepare: () => new Promise(() => undefined) });
    await expect(keeper.run('x')).rejects.toMatchObject({ code: 'knowledge_unavailable', retryAfterSeconds: 1 });
    expect(keeper.health().state).toBe('opening');
  });

  it('gives a connection up that is lost, or does not answer, and makes another', async () => {
    const fake = fakeDatabase();
    const keeper = fake.keeper();
    await keeper.run('x');
    fake.made[0]?.lose('cut');
    await until('another is made', () => fake.made.length === 2 && keeper.health().state === 'ready');
    expect(fake.made[0]?.closed).toBe(true);
    const well = fake.answer;
    fake.answer = () => Promise.reject(new Unanswered('silence'));
    await expect(keeper.run('x')).rejects.toMatchObject({
      code: 'knowledge_unavailable',
      cause: expect.any(Unanswered),
    });
    fake.answer = well;
    await until('a third is made', () => fake.made.length === 3 && keeper.health().state === 'ready');
    await keeper.close();
    expect(fake.made.map(({ closed }) => closed)).toEqual([true, true, true]);
  });

  it('hears by itself that an idle server is gone', async () => {
    const fake = fakeDatabase();
    const keeper = fake.keeper({ heartbeatMs: 5 });
    await keeper.run('x');
    fake.answer = () => Promise.reject(new Unanswered('silence'));
    await until('it is noticed', () => keeper.health().state === 'degraded' || fake.made.length > 1);
    await keeper.close();
  });

  it('asks the engine in this process once more instead of opening it again', async () => {
    const fake = fakeDatabase('embedded');
    const keeper = fake.keeper();
    await keeper.run('x');
    fake.answer = () => Promise.reject(new Unanswered('a slow disk'));
    await expect(keeper.run('x')).rejects.toMatchObject({ code: 'knowledge_unavailable' });
    fake.answer = () => Promise.resolve('answer');
    await until('it is ready', () => keeper.health().state === 'ready');
    expect(fake.made).toHaveLength(1);
    await keeper.close();
  });

  it('lets what is no trouble of the connection through', async () => {
    const fake = fakeDatabase();
    const keeper = fake.keeper();
    fake.answer = () => Promise.reject(new Error('a defect'));
    await expect(keeper.run('x')).rejects.toThrow('a defect');
    expect(keeper.health().state).toBe('ready');
    await keeper.close();
  });

  it('closes in any state, once, and answers nothing afterwards', async () => {
    for (const refuse of [undefined, 'nobody listens']) {
      const fake = fakeDatabase();
      fake.refuse = refuse;
      const keeper = fake.keeper();
      await keeper.run('x').catch(() => undefined);
      await Promise.all([keeper.close(), keeper.close()]);
      expect(keeper.health().state).toBe('closed');
      await expect(keeper.run('x')).rejects.toMatchObject({ code: 'knowledge_unavailable', message: /is closed/ });
    }
  });
});
