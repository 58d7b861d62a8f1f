/** faults.md H3: a canary for each user, and questions that try to get at the others'. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { documentsSource } from '../../../../src/knowledge/search/fill.ts';
import { SearchIndex } from '../../../../src/knowledge/search/search-index.ts';
import { silentLogger } from '../../supervisor/house.ts';
import { MemoryStore, vectorOf } from './memory-store.ts';

const MODEL = 'm';
const USERS = ['ana', 'ben', 'ANA', 'ana ', '', '__proto__', 'constructor', "x' OR owner != ''", 'ana/../ben', 'ñandú'];
const canaryOf = (user: string) => `canary${Buffer.from(user).toString('hex')}`;
const idOf = (user: string) => `doc_${Buffer.from(user).toString('hex')}`;

/** Deterministic, and different enough. */
function* dice(seed: number): Generator<number> {
  for (let state = seed; ;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

describe('what one user is shown', () => {
  const memory = new MemoryStore();
  for (const [number, user] of USERS.entries()) {
    // The same words and the same vectors for everybody: only the canaries differ, and the documents they are in.
    memory.add(user, idOf(user), [`The secret word is ${canaryOf(user)}.`, 'A passage that all have.'], {
      collections: [`col_${number}`, 'default'],
    });
    for (const ord of [0, 1]) memory.addVector(user, MODEL, idOf(user), ord, vectorOf(1, ord));
  }
  let index: SearchIndex;
  beforeAll(() => {
    index = new SearchIndex({
      source: documentsSource(memory.store),
      logger: silentLogger,
      model: MODEL,
      memory: 1 << 30,
    });
  });
  afterAll(() => index.close());

  it('is never another’s, in 1,000 hostile questions', async () => {
    const random = dice(4_711);
    const pick = <T>(values: readonly T[]): T => values[Math.floor((random.next().value ?? 0) * values.length)] as T;
    const hostile = [
      '',
      '*',
      '%',
      '../..',
      '__proto__',
      'toString',
      "' OR 1=1 --",
      'col_0\u0000',
      'document:*',
      '$user',
    ];
    const names = [...hostile, ...USERS, ...USERS.map((_, number) => `col_${number}`), ...USERS.map(idOf), 'default'];
    let found = 0;
    for (let number = 0; number < 1_000; number += 1) {
      const user = pick(USERS);
      const some = () =>
        pick([undefined, undefined, undefined, [], [pick(names)], [pick(names), pick(names), pick(names)]]);
      const { hits, degraded } = await index.search(user, {
        text: pick([`secret word ${canaryOf(pick(USERS))}`, pick(names), 'passage that all have', '']),
        vector: pick([undefined, vectorOf(1, 0), vectorOf(0, 1), Float32Array.of(Number.NaN, 1), new Float32Array(3)]),
        collections: some(),
        documents: some(),
        after: pick([undefined, undefined, -Infinity, Number.NaN, 0]),
        before: pick([undefined, Infinity, 1e300]),
        limit: pick([1, 10, 1_000]),
        minSimilarity: pick([0, 0.3, -1]),
      });
      expect(degraded).toBeNull();
      found += hits.length;
      expect(hits.filter(({ document }) => document !== idOf(user))).toEqual([]);
    }
    // The questions are not all in vain.
    expect(found).toBeGreaterThan(200);
  });

  it('is nothing by the canary of another, and the own by the own', async () => {
    for (const user of USERS) {
      const own = await index.search(user, { text: canaryOf(user), limit: 5, minSimilarity: 0.3 });
      expect(own.hits).toMatchObject([{ document: idOf(user), ord: 0 }]);
      for (const other of USERS.filter((one) => one !== user)) {
        const { hits } = await index.search(user, { text: canaryOf(other), limit: 5, minSimilarity: 0.3 });
        expect(hits).toEqual([]);
      }
    }
  });
});
