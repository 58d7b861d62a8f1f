import { describe, expect, it } from 'vitest';

import { AutoLearn } from '../../../../src/knowledge/web/auto-learn.ts';

function setUp(settings = { enabled: true, autoLearn: true }) {
  const asked: string[] = [];
  const failures: unknown[] = [];
  const clock = { now: 0 };
  const gates: PromiseWithResolvers<void>[] = [];
  const autoLearn = new AutoLearn({
    settings: () => settings,
    learn: (user, topic, signal) => {
      asked.push(`${user}: ${topic}`);
      const gate = Promise.withResolvers<void>();
      gates.push(gate);
      signal.addEventListener('abort', () => gate.reject(new Error('stopped')));
      return gate.promise;
    },
    onFailed: (error) => failures.push(error),
    now: () => clock.now,
  });
  const finish = async () => {
    for (const gate of gates.splice(0)) gate.resolve();
    await new Promise(setImmediate);
  };
  return { autoLearn, asked, failures, clock, gates, finish };
}

describe('what no document answers', () => {
  it('is looked up in the background, one question a minute for each user', async () => {
    const { autoLearn, asked, clock, finish } = setUp();
    expect(autoLearn.nothingFound('ana', 'Who built\n the lighthouse?')).toBe(true);
    await finish();
    clock.now = 59_999;
    expect(autoLearn.nothingFound('ana', 'Another question')).toBe(false);
    expect(autoLearn.nothingFound('bob', 'Another question')).toBe(true);
    await finish();
    clock.now = 60_000;
    expect(autoLearn.nothingFound('ana', 'Another question')).toBe(true);
    expect(asked).toEqual(['ana: Who built the lighthouse?', 'bob: Another question', 'ana: Another question']);
  });

  it('is looked up once, and again after a day', async () => {
    const { autoLearn, asked, clock, finish } = setUp();
    for (const now of [0, 100_000, 86_399_999, 86_400_000]) {
      clock.now = now;
      autoLearn.nothingFound('ana', now === 0 ? 'Who built it?' : 'who  built IT?');
      await finish();
    }
    expect(asked).toHaveLength(2);
  });

  it('is not looked up two at a time more than once', async () => {
    const { autoLearn, finish } = setUp();
    expect(['ana', 'bob', 'eva'].map((user) => autoLearn.nothingFound(user, 'Who built it?'))).toEqual([
      true,
      true,
      false,
    ]);
    await finish();
    expect(autoLearn.nothingFound('eva', 'Who built it?')).toBe(true);
  });

  it.each([
    ['nobody asked for it', { enabled: true, autoLearn: false }, 'Who built it?'],
    ['the web is off', { enabled: false, autoLearn: true }, 'Who built it?'],
    ['it is a text to work on', { enabled: true, autoLearn: true }, 'Summarise this: '.repeat(30)],
    ['it is nothing', { enabled: true, autoLearn: true }, ' ? '],
  ])('stays here where %s', (_, settings, question) => {
    expect(setUp(settings).autoLearn.nothingFound('ana', question)).toBe(false);
  });

  it('is told when it failed, and not when it was stopped', async () => {
    const { autoLearn, failures, gates } = setUp();
    autoLearn.nothingFound('ana', 'Who built it?');
    const failure = new Error('away');
    gates[0]?.reject(failure);
    await new Promise(setImmediate);
    autoLearn.nothingFound('bob', 'Who built it?');
    await autoLearn.close();
    expect(failures).toEqual([failure]);
    expect(autoLearn.nothingFound('eva', 'Who built it?')).toBe(false);
  });
});
