import type { Backlog } from '../knowledge/embed/backlog.ts';
import { UserLocks } from '../knowledge/ingest/user-locks.ts';
import type { SearchIndex } from '../knowledge/search/search-index.ts';
import { AppError } from '../shared/errors.ts';
import type { User } from '../store/contract.ts';
import type { MemoryRepository, StoredMemory } from '../store/people-contract.ts';
import { isSingle } from './attributes.ts';
import { consolidate, type Known, oppositeOf, planned, type Statement, type Work } from './consolidate.ts';
import { erasureOf } from './erasure.ts';
import { everyMemory } from './every-memory.ts';
import { leastWanted } from './evict.ts';
import { hashOf } from './hash.ts';
import { factsOf, passageOf } from './memory-source.ts';
import { maySayTheSame, NEARLY_SAME } from './nearly-same.ts';
import type { Standing } from './standing.ts';

export interface WriterOptions {
  readonly memories: MemoryRepository;
  readonly index: Pick<SearchIndex, 'search' | 'setDocument' | 'addChunks' | 'removeDocument' | 'forgetUser' | 'warm'>;
  readonly backlog: Pick<Backlog, 'added' | 'dropped'>;
  readonly standing: Standing;
  /** The wall clock, milliseconds since 1970. */
  readonly now: () => number;
  /** Memories of one user at most. */
  readonly perUser: () => number;
  /** Counts only. */
  readonly onChange: (change: 'kept' | 'closed' | 'forgotten', count: number) => void;
  /** Something that was said in these conversations is about to be forgotten. */
  readonly onForgetting: (user: User, conversations: ReadonlySet<string> | 'all') => Promise<void>;
  /** Everybody of whom something is remembered. */
  readonly users: Iterable<User>;
}

/** What became of a statement. */
export interface Written {
  /** What says it now; undefined: nothing does. */
  readonly memory: StoredMemory | undefined;
  /** It was not known before, or not any more. */
  readonly isNew: boolean;
  readonly closed: number;
}

/** Where so many are too many, a few more go, so that it is not asked again at once. */
const SLACK = 0.01;
/** Candidates for being the same. */
const MOST_NEAR = 5;

/** Everything that changes memories: one piece of work at a time for each user, first in the store, then in the index. */
export class Writer {
  readonly #options: WriterOptions;
  readonly #locks = new UserLocks();
  /** Nothing of a user was recorded later: what the clock says never takes that back. */
  readonly #last = new Map<User, number>();
  readonly #counts = new Map<User, number>();
  readonly #users: Set<User>;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#users = new Set(options.users);
  }

  get locks(): UserLocks {
    return this.#locks;
  }

  /** Whether anything is, or was, remembered of this user: of nobody else need the index be asked. */
  knows(user: User): boolean {
    return this.#users.has(user);
  }

  /** In order with all other work of this user; what it calls of this class is part of it. */
  run<T>(user: User, work: () => Promise<T>): Promise<T> {
    return this.#locks.run(user, work);
  }

  /** A time that is not before anything recorded of this user. */
  async time(user: User): Promise<number> {
    return Math.max(this.#options.now(), await this.#lastOf(user));
  }

  /** Within `run`. @param vector Of the text, where there is one. */
  async state(user: User, statement: Statement, vector?: Float32Array): Promise<Written> {
    try {
      return await this.#state(user, statement, vector);
    } catch (error) {
      // Somebody else, another process perhaps, was quicker: now it is known.
      if (error instanceof AppError && error.code === 'conflict') return this.#state(user, statement, vector);
      throw error;
    }
  }

  /** Within `run`. Answers what was added. */
  async apply(user: User, work: Work): Promise<readonly StoredMemory[]> {
    if (work.add.length === 0 && work.change.length === 0) return [];
    const { memories, index, onChange } = this.#options;
    const last = await this.#lastOf(user);
    const added = await memories.apply(user, work);
    const changed = await memories.get(
      user,
      work.change.map(({ id }) => id),
    );
    const reopened = new Set(work.change.filter(({ retracted }) => retracted === null).map(({ id }) => id));
    for (const memory of added) this.#tell(user, memory, true);
    for (const memory of changed) this.#tell(user, memory, reopened.has(memory.id));
    this.#last.set(user, Math.max(last, ...[...added, ...changed].map(latestOf)));
    const count = this.#counts.get(user);
    if (count !== undefined) this.#counts.set(user, count + added.length);
    onChange('kept', added.length);
    onChange('closed', work.change.filter(({ retracted }) => typeof retracted === 'number').length);
    if (added.length > 0) await this.#bound(user, new Set(added.map(({ id }) => id)));
    if (added.length > 0 && !this.#users.has(user)) {
      this.#users.add(user);
      // The next question of somebody new finds it read.
      void index.warm([user]);
    }
    return added;
  }

  /** Within `run`. With what they took the place of: a closed one is history of the one that closed it. Answers what is gone. */
  async erase(user: User, ids: readonly string[]): Promise<readonly StoredMemory[]> {
    const { memories, onChange, onForgetting } = this.#options;
    if (ids.length === 0) return [];
    const all = await everyMemory(memories, user);
    const { gone, change } = erasureOf(all, new Set(ids));
    if (gone.length === 0) return [];
    await onForgetting(user, conversationsOf(gone));
    // Whoever asks from now on does not find them, however long the store takes.
    for (const { id } of gone) this.#drop(user, id);
    await memories.erase(
      user,
      gone.map(({ id }) => id),
    );
    await this.apply(user, { add: [], change });
    // An index that began to be read meanwhile may have them again.
    for (const { id } of gone) this.#drop(user, id);
    this.#counts.delete(user);
    onChange('forgotten', gone.length);
    return gone;
  }

  /** Within `run`. */
  async eraseAll(user: User): Promise<number> {
    const { memories, index, standing, onChange, onForgetting } = this.#options;
    await this.#lastOf(user);
    await onForgetting(user, 'all');
    const count = await memories.erase(user, 'all');
    index.forgetUser(user);
    standing.forget(user);
    this.#users.delete(user);
    this.#counts.delete(user);
    onChange('forgotten', count);
    return count;
  }

  /** Within `run`. What is known that it may touch. */
  async known(user: User, statement: Statement): Promise<readonly StoredMemory[]> {
    const { memories } = this.#options;
    const { subject, attribute, value, corrects, negated } = statement;
    const opposite = oppositeOf(attribute);
    const hashes = [attribute, ...(opposite !== undefined && value !== '' ? [opposite] : [])].map((one) =>
      hashOf({ ...statement, attribute: one }),
    );
    const found = await Promise.all(hashes.map((hash) => memories.byHash(user, hash)));
    const hasRivals = attribute !== '' && (corrects || negated || isSingle(attribute, subject));
    const others = hasRivals ? await memories.list(user, { subject, attribute }) : [];
    const all = [...found.filter((memory) => memory !== undefined), ...others];
    return [...new Map(all.map((memory) => [memory.id, memory])).values()];
  }

  async #state(user: User, said: Statement, vector: Float32Array | undefined): Promise<Written> {
    const statement = planned(said);
    const { memories, now } = this.#options;
    const known = await this.known(user, statement);
    const same = vector && !statement.negated ? await this.#same(user, statement, vector, known) : undefined;
    const all: Known = { memories: same ? [...known, same] : known, same: same?.id };
    const work = consolidate(statement, all, { now: now(), last: await this.#lastOf(user) });
    const added = await this.apply(user, work);
    const closed = work.change.filter(({ retracted }) => typeof retracted === 'number').length;
    const [fresh] = added;
    if (fresh) return { memory: fresh, isNew: true, closed };
    const hash = hashOf(statement);
    const own = statement.negated ? undefined : (all.memories.find((memory) => memory.hash === hash) ?? same);
    const [memory] = own ? await memories.get(user, [own.id]) : [];
    const counts = memory?.retracted === null ? memory : undefined;
    return { memory: counts, isNew: counts !== undefined && own?.retracted !== null, closed };
  }

  /** One that counts and says the same in other words. */
  async #same(
    user: User,
    statement: Statement,
    vector: Float32Array,
    known: readonly StoredMemory[],
  ): Promise<StoredMemory | undefined> {
    const hash = hashOf(statement);
    if (statement.value !== '' || known.some((memory) => memory.hash === hash)) return undefined;
    const { index, memories } = this.#options;
    const { hits } = await index.search(user, { text: '', vector, limit: MOST_NEAR, minSimilarity: 0, short: true });
    const near = hits.filter(({ similarity }) => similarity !== null && similarity >= NEARLY_SAME);
    const found = await memories.get(
      user,
      near.map(({ document }) => document),
    );
    return found.find((memory) => memory.retracted === null && maySayTheSame(memory, statement));
  }

  #tell(user: User, memory: StoredMemory, isNew: boolean): void {
    const { index, backlog, standing } = this.#options;
    const { id } = memory;
    standing.tell(user, memory);
    if (memory.retracted !== null) return this.#drop(user, id);
    index.setDocument(user, id, factsOf(memory));
    if (!isNew) return;
    const passage = passageOf(memory);
    index.addChunks(user, id, [passage]);
    backlog.added(user, id, [passage.ord]);
  }

  #drop(user: User, id: string): void {
    const { index, backlog, standing } = this.#options;
    backlog.dropped(user, id);
    index.removeDocument(user, id);
    standing.removed(user, id);
  }

  /** Takes away the least wanted where there are too many, but for what has just come. */
  async #bound(user: User, fresh: ReadonlySet<string>): Promise<void> {
    const { memories, perUser, now } = this.#options;
    const most = perUser();
    const count = this.#counts.get(user) ?? (await memories.count(user, { which: 'all' }));
    this.#counts.set(user, count);
    if (count <= most) return;
    const all = await everyMemory(memories, user);
    const others = all.filter(({ id }) => !fresh.has(id));
    const unwanted = leastWanted(others, all.length - Math.floor(most * (1 - SLACK)), now());
    for (const id of unwanted) this.#drop(user, id);
    await memories.erase(user, unwanted);
    this.#counts.set(user, all.length - unwanted.length);
  }

  async #lastOf(user: User): Promise<number> {
    const known = this.#last.get(user);
    if (known !== undefined) return known;
    const [newest] = await this.#options.memories.list(user, { which: 'all', limit: 1 });
    const last = newest ? latestOf(newest) : 0;
    this.#last.set(user, last);
    return last;
  }
}

function conversationsOf(memories: readonly StoredMemory[]): ReadonlySet<string> {
  return new Set(memories.flatMap(({ evidence }) => evidence.flatMap(({ conversation }) => conversation ?? [])));
}

function latestOf({ recorded, retracted, lastSeen }: StoredMemory): number {
  return Math.max(recorded, lastSeen, retracted ?? 0);
}
