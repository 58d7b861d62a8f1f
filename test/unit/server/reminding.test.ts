import { expect, it, vi } from 'vitest';

import type { Obeyed } from '../../../src/memory/contract.ts';

import type { RequestContext } from '../../../src/server/context.ts';
import type { Asked } from '../../../src/server/reminding/asked.ts';
import { RateableBook } from '../../../src/server/reminding/rateable-book.ts';
import { type Reminded, Reminding } from '../../../src/server/reminding/reminding.ts';
import { runningNow } from '../../../src/shared/clock.ts';
import { timed } from '../../support/wait.ts';
import { silentLogger } from '../supervisor/house.ts';

const WANTS = { knowledge: undefined, memory: { remind: true }, record: false, rate: false };

function asked(): Asked {
  const said = {
    text: 'Remember that I live in Oviedo',
    at: 1,
    conversation: 'c',
    request: 'r',
    before: null,
    earlier: [],
  };
  const keys = { own: undefined, previous: undefined };
  return {
    user: 'ana',
    request: 'r',
    startedAt: runningNow(),
    conversation: 'c',
    keys,
    said,
    continues: false,
    turn: 't',
    isBare: false,
  };
}

/** Memory that keeps whatever it is told, and a store that answers when it is let. */
function house() {
  const store = Promise.withResolvers<undefined>();
  const observe = vi.fn<() => Promise<[]>>(() => Promise.resolve([]));
  const obey = vi.fn<() => Promise<Obeyed | undefined>>(() => Promise.resolve(undefined));
  const recall = vi.fn<() => Promise<object>>(() => Promise.resolve({ memories: [], degraded: null, ms: 0 }));
  const reminding = new Reminding({
    memory: { peek: () => ({ observe, obey, recall }) as never, status: () => ({}) as never },
    people: { peek: () => ({ conversations: { get: () => store.promise } }) as never },
    rateable: new RateableBook(),
    logger: silentLogger,
  });
  const context = {
    outgoing: { destroyed: false, on: () => undefined, off: () => undefined },
    settings: { profile: { memory: { learn: true, topK: 8 } } },
  } as unknown as RequestContext;
  const ended = (of: Asked, reminded: Reminded = { recalled: [], obeyed: undefined, degraded: undefined }) =>
    reminding.ended({
      asked: of,
      wants: WANTS,
      reminded,
      context,
      expert: 'a',
      answer: 'yes',
      told: [],
      rateable: undefined,
      onKept: () => undefined,
    });
  return { reminding, context, observe, obey, recall, ended, answer: () => store.resolve(undefined) };
}

it('of who is erased while it is looked whether a turn may be kept, nothing is kept', async () => {
  const { reminding, observe, ended, answer } = house();
  const keeping = ended(asked());
  reminding.erase('ana');
  answer();
  await keeping;
  expect(observe).not.toHaveBeenCalled();
  await new Promise((resolve) => setImmediate(resolve));
  const later = asked();
  await ended({ ...later, startedAt: later.startedAt + 1 });
  expect(observe, 'a new user of the name').toHaveBeenCalledOnce();
});

it('a request that was let in before its user was erased does nothing to the memory any more', async () => {
  const { reminding, context, obey, recall } = house();
  const before = asked();
  reminding.erase('ana');
  expect(await reminding.begin(context, before, 'where?', WANTS)).toMatchObject({ recalled: [], obeyed: undefined });
  expect(obey).not.toHaveBeenCalled();
  expect(recall).not.toHaveBeenCalled();
  const later = asked();
  await reminding.begin(context, { ...later, startedAt: later.startedAt + 1 }, 'where?', WANTS);
  expect(obey).toHaveBeenCalledOnce();
});

it('nobody waits for what is asked of a memory that hangs, nothing is told meanwhile, and what is not to be kept is not', async () => {
  const { reminding, context, obey, recall, observe, ended } = house();
  const obeying = Promise.withResolvers<Obeyed | undefined>();
  obey.mockReturnValueOnce(obeying.promise);
  const of = asked();
  const { value: reminded, ms } = await timed(() => reminding.begin(context, of, 'where?', WANTS));
  expect(ms).toBeLessThan(1_000);
  expect(reminded).toMatchObject({ recalled: [], obeyed: undefined, degraded: expect.stringContaining('still doing') });
  expect(recall).not.toHaveBeenCalled();
  const keeping = ended(of, reminded);
  obeying.resolve({ remembered: [], forgotten: [], ignores: 'message', unknown: [] });
  await keeping;
  expect(observe).not.toHaveBeenCalled();
});

it('where memory is away, what is not to be kept is known all the same, and nobody believes that anything was remembered', async () => {
  const { context } = house();
  const away = new Reminding({
    memory: { peek: () => undefined, status: () => ({ reason: 'away' }) as never },
    people: { peek: () => undefined },
    rateable: new RateableBook(),
    logger: silentLogger,
  });
  const told = (text: string) => {
    const of = asked();
    return away.begin(context, { ...of, said: of.said && { ...of.said, text } }, text, WANTS);
  };
  expect(await told('Remember that I live in Oviedo')).toMatchObject({
    obeyed: { remembered: [], isUndone: true, ignores: null },
    degraded: 'away',
  });
  expect(await told('No guardes esto')).toMatchObject({ obeyed: { isUndone: false, ignores: 'message' } });
  expect((await told('Where do I live?')).obeyed).toBeUndefined();
});
