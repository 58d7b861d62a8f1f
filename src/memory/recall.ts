import type { Embedder } from '../knowledge/contract.ts';
import type { IndexAnswer, IndexQuery } from '../knowledge/search/search-index.ts';
import { delay } from '../shared/clock.ts';
import { messageOf } from '../shared/errors.ts';
import type { User } from '../store/contract.ts';
import type { MemoryRepository, StoredMemory } from '../store/people-contract.ts';
import { isAboutUser } from './about-user.ts';
import { LAST_HEEDED } from './attributes.ts';
import type { Recalled, RecallQuery, Recollection } from './contract.ts';
import { factorsFor, isTold } from './rank.ts';
import type { Standing, Standings } from './standing.ts';

export interface RecallOptions {
  readonly memories: Pick<MemoryRepository, 'get'>;
  readonly index: { search(user: User, query: IndexQuery): Promise<IndexAnswer> };
  readonly standing: Pick<Standing, 'of'>;
  /** Whether anything is remembered of a user. */
  readonly knows: (user: User) => boolean;
  readonly embedder: () => (Embedder & { readonly isLoaded: boolean }) | undefined;
  readonly settings: () => { readonly topK: number; readonly minSimilarity: number };
}

/** A prompt waits no longer for the vector of its question: words alone find most, and a vector that is there soon comes for nothing. */
const VECTOR_WAIT_MS = 8;
/** Nor for all of it. Only an index that is just being read takes longer than some milliseconds. */
const MOST_MS = 2_000;
/** Found ones that are looked at for each that is told: some are over, and the factors change the order. */
const CANDIDATES = 3;
const LEAST_CANDIDATES = 24;
/** A part of the room is left to what fits the question, however many instructions there are. */
const ROOM_FOR_FOUND = 0.25;
/** Beside what fits well, what fits so much worse is noise, to a small model above all. */
const LEAST_SHARE_OF_BEST = 0.45;
/** Of what every answer heeds: what has nothing to do with a question is noise beside it. */
const MOST_HEEDED = 3;
const NEVER = new AbortController().signal;

/** What of a user's memories belongs to a question. */
export class Recall {
  readonly #options: RecallOptions;

  constructor(options: RecallOptions) {
    this.#options = options;
  }

  /** For a prompt. */
  async forPrompt(user: User, query: RecallQuery): Promise<Recollection> {
    const startedAt = performance.now();
    const { signal = NEVER } = query;
    signal.throwIfAborted();
    if (!this.#options.knows(user)) return { memories: [], degraded: null, ms: performance.now() - startedAt };
    const enough = new AbortController();
    const either = AbortSignal.any([signal, enough.signal]);
    const tooLate = delay(MOST_MS, enough.signal).then(() => NOTHING_IN_TIME);
    try {
      const { memories, degraded } = await Promise.race([this.#forPrompt(user, query, either), tooLate]);
      signal.throwIfAborted();
      return { memories, degraded, ms: performance.now() - startedAt };
    } catch (error) {
      signal.throwIfAborted();
      const degraded = `The memory did not answer: ${messageOf(error)}.`;
      return { memories: [], degraded, ms: performance.now() - startedAt };
    } finally {
      enough.abort();
    }
  }

  /** For a person: what fits best, the best first, what waits in quarantine as well. Rejects where the store does not answer. */
  async forPerson(user: User, query: RecallQuery): Promise<Recollection> {
    const startedAt = performance.now();
    const { signal = NEVER, text, at, topK = this.#options.settings().topK } = query;
    const { vector, problem } = await this.#vector(text, signal);
    const limit = Math.max(LEAST_CANDIDATES, CANDIDATES * topK);
    const answer = await this.#options.index.search(user, {
      text,
      vector,
      limit,
      minSimilarity: 0,
      short: true,
      signal,
    });
    const found = await this.#found(user, answer);
    const factorOf = factorsFor(query);
    const ranked = found
      .filter(({ memory }) => isTold({ ...memory, state: 'active' }, at))
      .map(({ memory, score }, place) => {
        return { memory, score: score * factorOf(memory), place, why: 'found' as const };
      });
    const memories = inOrder(ranked).slice(0, topK).map(bounded);
    return { memories, degraded: joined(problem, answer.degraded), ms: performance.now() - startedAt };
  }

  async #forPrompt(user: User, query: RecallQuery, signal: AbortSignal): Promise<Omit<Recollection, 'ms'>> {
    const { memories, index, standing, settings } = this.#options;
    const { text, at } = query;
    const { minSimilarity, ...configured } = settings();
    const topK = Math.max(0, query.topK ?? configured.topK);
    const vector = await this.#vectorSoon(text, signal);
    const limit = Math.max(LEAST_CANDIDATES, CANDIDATES * topK);
    const search = { text, vector, collections: ['active'], limit, minSimilarity, short: true, signal };
    const answer = await index.search(user, search);
    const stands = standing.of(user);
    const ids = new Set([...idsOf(stands, topK), ...answer.hits.map(({ document }) => document)]);
    // The store is the truth: what was forgotten, closed or changed in this moment is as it is there.
    const all = (await memories.get(user, [...ids])).filter((memory) => isTold(memory, at));
    signal.throwIfAborted();
    return { memories: chosen(all, { answer, stands, query, topK }), degraded: answer.degraded };
  }

  async #found(user: User, { hits }: IndexAnswer): Promise<readonly { memory: StoredMemory; score: number }[]> {
    const scores = new Map(hits.map(({ document, score }) => [document, score]));
    const found = await this.#options.memories.get(user, [...scores.keys()]);
    return found.map((memory) => ({ memory, score: scores.get(memory.id) ?? 0 }));
  }

  /** Of an expert that is loaded anyhow, and quick. */
  async #vectorSoon(text: string, signal: AbortSignal): Promise<Float32Array | undefined> {
    const embedder = this.#options.embedder();
    if (!embedder?.isLoaded || text.trim() === '') return undefined;
    const enough = new AbortController();
    const either = AbortSignal.any([signal, enough.signal]);
    const asked = embedder.question(text, either).catch(() => undefined);
    const vector = await Promise.race([asked, delay(VECTOR_WAIT_MS, either).then(() => undefined)]);
    enough.abort();
    signal.throwIfAborted();
    return vector;
  }

  async #vector(text: string, signal: AbortSignal) {
    const embedder = this.#options.embedder();
    if (!embedder || text.trim() === '') return { vector: undefined, problem: null };
    try {
      return { vector: await embedder.question(text, signal), problem: null };
    } catch (error) {
      signal.throwIfAborted();
      return { vector: undefined, problem: `Searched by words alone: ${messageOf(error)}` };
    }
  }
}

const NOTHING_IN_TIME: Omit<Recollection, 'ms'> = {
  memories: [],
  degraded: `The memory did not answer within ${MOST_MS / 1_000} s.`,
};

/** What stands, as far as there is room for it. Twice as many of the profile: some may be over. */
function idsOf(stands: Standings | undefined, topK: number): readonly string[] {
  if (!stands) return [];
  const profile = [...stands.profile].sort(
    ([one, place], [other, otherPlace]) => place - otherPlace || (one < other ? -1 : 1),
  );
  return [...stands.always, ...profile.slice(0, 2 * topK).map(([id]) => id)];
}

/** Always what stands, then what was found, then who the user is as far as it matters and room is left; in an order that is the same for the same ones. */
function chosen(
  told: readonly StoredMemory[],
  {
    answer,
    stands,
    query,
    topK,
  }: {
    readonly answer: IndexAnswer;
    readonly stands: Standings | undefined;
    readonly query: RecallQuery;
    readonly topK: number;
  },
): readonly Recalled[] {
  const hits = new Map(answer.hits.map(({ document, score }, place) => [document, { score, place }]));
  const factorOf = factorsFor(query);
  const scored = told.map((memory) => {
    const { score, place } = hits.get(memory.id) ?? { score: 0, place: Infinity };
    return { memory, isFound: place !== Infinity, score: score * factorOf(memory), place };
  });
  const standing = scored
    .filter(({ memory }) => stands?.always.has(memory.id))
    .sort((one, other) => Number(other.memory.pinned) - Number(one.memory.pinned) || weight(other) - weight(one));
  const found = besideTheBest(
    inOrder(scored.filter(({ memory, isFound }) => isFound && !stands?.always.has(memory.id))),
  );
  const kept = Math.min(found.length, Math.ceil(topK * ROOM_FOR_FOUND));
  const always = standing.slice(0, Math.max(0, topK - kept));
  const fitting = found.slice(0, topK - always.length);
  const isIn = new Set([...always, ...fitting].map(({ memory }) => memory.id));
  const [last, most] = isAboutUser(query.text) ? [Infinity, topK] : [LAST_HEEDED, MOST_HEEDED];
  const profile = scored
    .filter(({ memory }) => stands?.profile.has(memory.id) && placeOf(stands, memory) <= last && !isIn.has(memory.id))
    .sort((one, other) => placeOf(stands, one.memory) - placeOf(stands, other.memory) || byId(one, other))
    .slice(0, Math.min(most, topK - always.length - fitting.length));
  return [
    ...always.sort(byId).map((one) => bounded({ ...one, why: 'always' })),
    ...profile.sort(byId).map((one) => bounded({ ...one, why: 'profile' })),
    ...fitting.sort(byId).map((one) => bounded({ ...one, why: 'found' })),
  ];
}

function besideTheBest<T extends { readonly score: number }>(found: readonly T[]): readonly T[] {
  const least = (found[0]?.score ?? 0) * LEAST_SHARE_OF_BEST;
  return found.filter(({ score }) => score >= least);
}

function weight({ memory, score }: { readonly memory: StoredMemory; readonly score: number }): number {
  return memory.importance + score;
}

function placeOf(stands: Standings | undefined, { id }: StoredMemory): number {
  return stands?.profile.get(id) ?? Infinity;
}

/** The best first; of equals the one that the index found first. */
function inOrder<T extends { readonly score: number; readonly place: number }>(ranked: readonly T[]): T[] {
  return ranked.toSorted((one, other) => other.score - one.score || one.place - other.place);
}

function byId(one: { readonly memory: StoredMemory }, other: { readonly memory: StoredMemory }): number {
  return one.memory.id < other.memory.id ? -1 : 1;
}

function bounded({ memory, score, why }: Recalled): Recalled {
  return { memory, score: Math.min(1, Math.max(0, score)), why };
}

function joined(...reasons: readonly (string | null)[]): string | null {
  const given = reasons.filter((reason) => reason !== null);
  return given.length > 0 ? given.join(' ') : null;
}
