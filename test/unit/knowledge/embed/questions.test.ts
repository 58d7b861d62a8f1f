import { describe, expect, it } from 'vitest';

import { Questions } from '../../../../src/knowledge/embed/questions.ts';

const VECTOR = Float32Array.of(1);

/** Makes vectors when told to, and counts how often it was asked. */
class Maker {
  asked = 0;
  stopped = 0;
  readonly vector = Promise.withResolvers<Float32Array>();
  readonly make = (signal: AbortSignal) => {
    this.asked += 1;
    signal.addEventListener('abort', () => (this.stopped += 1));
    return this.vector.promise;
  };
}

const never = () => new AbortController().signal;

describe('vectors of questions', () => {
  it('are made once for all who ask the same, and remembered', async () => {
    const [questions, maker] = [new Questions(), new Maker()];
    const both = [questions.ask('q', never(), maker.make), questions.ask('q', never(), maker.make)];
    maker.vector.resolve(VECTOR);
    expect(await Promise.all(both)).toEqual([VECTOR, VECTOR]);
    expect(await questions.ask('q', never(), maker.make)).toBe(VECTOR);
    expect([maker.asked, maker.stopped]).toEqual([1, 0]);
  });

  it('are worked on until the last who waits has left', async () => {
    const [questions, maker] = [new Questions(), new Maker()];
    const [one, other] = [new AbortController(), new AbortController()];
    const first = questions.ask('q', one.signal, maker.make);
    const second = questions.ask('q', other.signal, maker.make);
    one.abort(new Error('left'));
    await expect(first).rejects.toThrow('left');
    expect(maker.stopped).toBe(0);
    other.abort(new Error('left too'));
    await expect(second).rejects.toThrow('left too');
    expect(maker.stopped).toBe(1);
    void questions.ask('q', never(), maker.make);
    expect(maker.asked).toBe(2);
  });

  it('are asked for again after a failure', async () => {
    const [questions, maker, better] = [new Questions(), new Maker(), new Maker()];
    const failed = questions.ask('q', never(), maker.make);
    maker.vector.reject(new Error('no'));
    await expect(failed).rejects.toThrow('no');
    better.vector.resolve(VECTOR);
    expect(await questions.ask('q', never(), better.make)).toBe(VECTOR);
  });

  it('are not kept for ever', async () => {
    const [questions, maker] = [new Questions(), new Maker()];
    maker.vector.resolve(VECTOR);
    for (let number = 0; number < 40; number += 1) await questions.ask(`q${number}`, never(), maker.make);
    await questions.ask('q39', never(), maker.make);
    expect(maker.asked).toBe(40);
    await questions.ask('q0', never(), maker.make);
    expect(maker.asked).toBe(41);
  });
});
