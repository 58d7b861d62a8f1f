import { describe, expect, it } from 'vitest';

import { isSingle } from '../../../src/memory/attributes.ts';
import { consolidate, isOpen, type Statement, type Work } from '../../../src/memory/consolidate.ts';
import { hashOf } from '../../../src/memory/hash.ts';
import type { StoredMemory } from '../../../src/store/people-contract.ts';
import { NOON } from './memory-house.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;

function statement(value: string, more: Partial<Statement> = {}): Statement {
  const at = more.at ?? NOON;
  return {
    kind: 'fact',
    subject: 'user',
    attribute: 'residence',
    value,
    text: `Vive en ${value}`,
    language: 'es',
    confidence: 0.95,
    importance: 0.5,
    corrects: false,
    negated: false,
    validFrom: null,
    expires: null,
    origin: 'extracted',
    pinned: false,
    at,
    evidence: { quote: `vivo en ${value}`, at, conversation: null, request: `r${at}` },
    ...more,
  };
}

/** What a store does with work, without one. */
class Known {
  memories: StoredMemory[] = [];
  #number = 0;
  last = 0;

  state(said: Statement, now = said.at): Work {
    const work = consolidate(said, { memories: this.memories }, { now, last: this.last });
    this.apply(work);
    return work;
  }

  apply({ add, change }: Work): void {
    const added = add.map((memory) => ({ ...memory, id: `mem_${(this.#number += 1)}` }));
    for (const { id, supersededBy, ...fields } of change) {
      const by = typeof supersededBy === 'number' ? (added[supersededBy]?.id ?? null) : supersededBy;
      this.memories = this.memories.map((memory) =>
        memory.id === id ? { ...memory, ...fields, ...(by !== undefined && { supersededBy: by }) } : memory,
      );
    }
    this.memories.push(...added);
    this.last = Math.max(this.last, ...this.memories.flatMap(({ recorded, retracted }) => [recorded, retracted ?? 0]));
  }

  of(value: string): StoredMemory {
    const found = this.memories.find((memory) => memory.value === value);
    if (!found) throw new Error(`nothing is known of ${value}`);
    return found;
  }

  told(at: number): string[] {
    return this.memories.filter((memory) => memory.state === 'active' && isOpen(memory, at)).map(({ value }) => value);
  }
}

describe('what is known', () => {
  it('is counted when it is said again, with the words of both times', () => {
    const known = new Known();
    known.state(statement('Bilbao'));
    known.state(statement('bilbao', { at: NOON + DAY }));
    expect(known.memories).toMatchObject([{ value: 'Bilbao', seen: 2, lastSeen: NOON + DAY, recorded: NOON }]);
    expect(known.of('Bilbao').evidence).toHaveLength(2);
  });

  it('keeps the first evidence and the last ones', () => {
    const known = new Known();
    for (let day = 0; day < 30; day += 1) known.state(statement('Bilbao', { at: NOON + day * DAY }));
    const times = known.of('Bilbao').evidence.map(({ at }) => (at - NOON) / DAY);
    expect(times).toEqual([0, 23, 24, 25, 26, 27, 28, 29]);
    expect(known.of('Bilbao').seen).toBe(30);
  });

  it('is closed by what takes its place, and names it', () => {
    const known = new Known();
    known.state(statement('Madrid'));
    known.state(statement('Bilbao', { at: NOON + DAY }));
    expect(known.of('Madrid')).toMatchObject({
      validTo: NOON + DAY,
      retracted: NOON + DAY,
      supersededBy: known.of('Bilbao').id,
    });
    known.state(statement('Madrid', { at: NOON + 2 * DAY }));
    expect(known.memories).toHaveLength(2);
    expect(known.of('Madrid')).toMatchObject({ validTo: null, retracted: null, supersededBy: null, seen: 2 });
    expect(known.of('Bilbao').supersededBy).toBe(known.of('Madrid').id);
  });

  it('stays beside others where there can be several, unless it is a correction', () => {
    const known = new Known();
    const likes = { attribute: 'likes', kind: 'preference' } as const;
    known.state(statement('jazz', likes));
    known.state(statement('rock', { ...likes, at: NOON + 1 }));
    expect(known.told(NOON + 1)).toEqual(['jazz', 'rock']);
    known.state(statement('blues', { ...likes, at: NOON + 2, corrects: true }));
    expect(known.told(NOON + 2)).toEqual(['blues']);
  });

  it('is not both liked and disliked', () => {
    const known = new Known();
    known.state(statement('jazz', { attribute: 'likes', kind: 'preference' }));
    known.state(statement('Jazz', { attribute: 'dislikes', kind: 'preference', at: NOON + DAY }));
    expect(known.memories.map(({ attribute, retracted }) => [attribute, retracted])).toEqual([
      ['likes', NOON + DAY],
      ['dislikes', null],
    ]);
  });

  it('is closed by its negation, of this value or of any', () => {
    const known = new Known();
    known.state(statement('Madrid'));
    known.state(statement('Lugo', { negated: true, at: NOON + 1 }));
    expect(known.told(NOON + 1)).toEqual(['Madrid']);
    known.state(statement('madrid', { negated: true, at: NOON + 2 }));
    expect(known.told(NOON + 2)).toEqual([]);
    expect(known.memories).toHaveLength(1);
    known.state(statement('Bilbao', { at: NOON + 3 }));
    known.state(statement('', { negated: true, at: NOON + 4 }));
    expect(known.told(NOON + 4)).toEqual([]);
  });

  it('is not beaten by an older message', () => {
    const known = new Known();
    known.state(statement('Bilbao', { at: NOON }));
    known.state(statement('Madrid', { at: NOON - DAY }), NOON + MINUTE);
    expect(known.told(NOON + MINUTE)).toEqual(['Bilbao']);
    expect(known.of('Madrid')).toMatchObject({
      validFrom: NOON - DAY,
      validTo: NOON,
      supersededBy: known.of('Bilbao').id,
    });
    known.state(statement('Bilbao', { at: NOON - DAY, negated: true }), NOON + 2 * MINUTE);
    known.state(statement('Madrid', { at: NOON - MINUTE }), NOON + 3 * MINUTE);
    expect(known.told(NOON + 3 * MINUTE)).toEqual(['Bilbao']);
  });

  it('loses nothing and revives nothing where the clock jumps', () => {
    const known = new Known();
    known.state(statement('Madrid', { at: NOON }));
    // An hour back: what is said now is newer all the same.
    known.state(statement('Bilbao', { at: NOON - 60 * MINUTE }));
    expect(known.told(NOON)).toEqual(['Bilbao']);
    expect(known.of('Bilbao').recorded).toBeGreaterThanOrEqual(known.of('Madrid').recorded);
    // Ten years ahead, and back.
    known.state(statement('Lugo', { at: NOON + 3_650 * DAY }));
    known.state(statement('Vigo', { at: NOON + MINUTE }));
    expect(known.told(NOON + 3_651 * DAY)).toEqual(['Vigo']);
  });

  it('waits in quarantine while it is unsure, until it is said in another turn', () => {
    const known = new Known();
    known.state(statement('Madrid'));
    const unsure = { confidence: 0.6, at: NOON + 1 };
    known.state(statement('Bilbao', unsure));
    expect(known.told(NOON + 1)).toEqual(['Madrid']);
    // The same message, sent once more because its answer was to be another.
    known.state(
      statement('Bilbao', { ...unsure, at: NOON + MINUTE, evidence: evidence('vivo en Bilbao', NOON + 1, null) }),
    );
    expect(known.of('Bilbao')).toMatchObject({ state: 'quarantined', seen: 1 });
    known.state(statement('Bilbao', { confidence: 0.6, at: NOON + DAY }));
    expect(known.told(NOON + DAY)).toEqual(['Bilbao']);
  });

  it('is not touched by what is still to come', () => {
    const known = new Known();
    known.state(statement('Madrid'));
    known.state(statement('Bilbao', { at: NOON + 1, validFrom: NOON + 30 * DAY }));
    expect(known.memories).toMatchObject([
      { value: 'Madrid', retracted: null, validTo: null },
      { attribute: 'plan', kind: 'event', validFrom: NOON + 30 * DAY, retracted: null },
    ]);
    known.state(statement('Bilbao', { at: NOON + 40 * DAY }));
    expect(known.of('Madrid').retracted).toBe(NOON + 40 * DAY);
  });

  it('is one, however it was put, where a vector says so', () => {
    const known = new Known();
    known.state(statement('', { attribute: '', text: 'Va al trabajo en bici' }));
    const [first] = known.memories;
    const other = statement('', { attribute: '', text: 'Va en bicicleta a trabajar', at: NOON + DAY });
    const work = consolidate(other, { memories: known.memories, same: first?.id }, { now: NOON + DAY, last: NOON });
    expect(work).toMatchObject({ add: [], change: [{ id: first?.id, seen: 2 }] });
  });
});

describe('whatever is said, in whatever order', () => {
  it.each(Array.from({ length: 40 }, (_, seed) => seed + 1))(
    'one value of what there is one of counts, and history is a chain (%i)',
    (seed) => {
      const chance = randomOf(seed);
      const known = new Known();
      const erased = new Set<string>();
      let clock = NOON;
      for (let step = 0; step < 80; step += 1) {
        clock += chance.of([MINUTE, DAY, -10 * DAY, 90 * DAY, 1]);
        const said = randomStatement(chance, clock);
        const before = known.last;
        known.state(said, clock);
        expect(known.last).toBeGreaterThanOrEqual(before);
        if (chance.next() < 0.05) erase(known, erased, chance);
        check(known, clock);
      }
      expect(known.memories.filter(({ id }) => erased.has(id))).toEqual([]);
    },
  );
});

function check({ memories, last }: Known, clock: number): void {
  expect(new Set(memories.map(({ hash }) => hash)).size).toBe(memories.length);
  for (const memory of memories) {
    expect(memory.hash).toBe(hashOf(memory));
    expect(memory.validTo ?? Infinity).toBeGreaterThanOrEqual(memory.validFrom);
    expect(memory.retracted ?? Infinity).toBeGreaterThanOrEqual(memory.recorded);
    expect(memory.recorded).toBeLessThanOrEqual(last);
    expect(memory.evidence.length).toBeLessThanOrEqual(8);
    endOf(memory, memories);
  }
  const instants = [clock, last, last + DAY, ...memories.map(({ validFrom }) => validFrom)];
  for (const instant of instants.filter((each) => each >= Math.max(clock, last))) {
    const places = memories
      .filter((memory) => memory.state === 'active' && isOpen(memory, instant) && memory.validFrom <= instant)
      .filter(({ attribute, subject }) => isSingle(attribute, subject))
      .map(({ subject, attribute }) => `${subject} ${attribute}`);
    expect(places).toEqual([...new Set(places)]);
  }
}

/** Every history ends, and in what was not replaced. */
function endOf(memory: StoredMemory, memories: readonly StoredMemory[]): void {
  const seen = new Set<string>();
  for (let at: StoredMemory | undefined = memory; at && at.supersededBy !== null;) {
    expect(seen.has(at.id)).toBe(false);
    seen.add(at.id);
    const by: string = at.supersededBy;
    at = memories.find(({ id }) => id === by);
  }
}

function erase(known: Known, erased: Set<string>, chance: Chance): void {
  const [victim] = known.memories.filter(() => chance.next() < 0.2);
  if (!victim) return;
  const gone = new Set([victim.id]);
  for (let size = 0; size !== gone.size;) {
    size = gone.size;
    for (const { id, supersededBy } of known.memories)
      if (supersededBy !== null && gone.has(supersededBy)) gone.add(id);
  }
  known.memories = known.memories.filter(({ id }) => !gone.has(id));
  for (const id of gone) erased.add(id);
}

function randomStatement(chance: Chance, clock: number): Statement {
  const attribute = chance.of(['residence', 'residence', 'employer', 'likes', 'dislikes', 'name']);
  const subject = chance.of(['user', 'user', 'user', 'sister', 'partner']);
  const at = clock - chance.of([0, 0, 0, MINUTE, 5 * DAY, 400 * DAY]);
  return statement(chance.of(['A', 'B', 'C', 'D']), {
    attribute,
    subject,
    at,
    confidence: chance.of([0.95, 0.95, 0.9, 0.5]),
    corrects: chance.next() < 0.1,
    negated: chance.next() < 0.15,
    validFrom: chance.next() < 0.2 ? clock + chance.of([-300 * DAY, -DAY, 30 * DAY]) : null,
    expires: chance.next() < 0.1 ? clock + DAY : null,
    origin: chance.of(['extracted', 'expert', 'said', 'written']),
    evidence: chance.next() < 0.1 ? null : evidence('q', at, `r${at}`),
  });
}

function evidence(quote: string, at: number, request: string | null) {
  return { quote, at, conversation: null, request };
}

interface Chance {
  next(): number;
  of<T>(choices: readonly T[]): T;
}

function randomOf(seed: number): Chance {
  let state = seed * 2_654_435_761;
  const next = () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32;
  };
  return { next, of: (choices) => choices[Math.floor(next() * choices.length)] as (typeof choices)[number] };
}
