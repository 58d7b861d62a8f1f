import type { Backlog } from '../knowledge/embed/backlog.ts';
import type { Profile } from '../profiles/profile.ts';
import { delay } from '../shared/clock.ts';
import { messageOf } from '../shared/errors.ts';
import type { Store, User } from '../store/contract.ts';
import type { MemoryFilter, MemoryRepository, StoredConversation, StoredMemory } from '../store/people-contract.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Candidate, MemoryStatus, NewMemory, Obeyed, RecallQuery, Recollection, Said } from './contract.ts';
import { exported, parsed } from './exchange.ts';
import { meantBy } from './forgetting.ts';
import { importAll } from './import.ts';
import type { Recall } from './recall.ts';
import type { SecondExtraction } from './second-extraction.ts';
import type { MemorySetup, OpenMemory } from './setup.ts';
import type { Turns } from './turns.ts';
import { Used } from './used.ts';
import type { Writer } from './writer.ts';
import { approved, edited, statementOfNew } from './written.ts';

export interface MemoryParts {
  readonly store: Pick<Store, 'health'>;
  readonly memories: MemoryRepository;
  readonly writer: Writer;
  readonly recall: Recall;
  readonly turns: Turns;
  readonly backlog: Pick<Backlog, 'model' | 'waiting' | 'problem'>;
  readonly second: SecondExtraction;
  readonly settings: () => Profile['memory'];
  readonly reconfigure: (setup: MemorySetup) => void;
  readonly logger: Logger;
  readonly now: () => number;
  readonly extract: (said: Said) => readonly Candidate[];
  readonly onRecall: (milliseconds: number) => void;
  /** Ends everything but the store. */
  readonly close: () => Promise<void>;
}

/** Who asks at once after saying something new waits so long for it to be known, milliseconds. */
const LEARNING_MS = 150;

/** What is remembered of every user: what is asked is handed to the part that knows. */
export class StoredMemories implements OpenMemory {
  readonly #parts: MemoryParts;
  readonly #used: Used;
  /** What was said and is just being looked at. */
  readonly #learning = new Map<User, Promise<unknown>>();

  constructor(parts: MemoryParts) {
    this.#parts = parts;
    this.#used = new Used((user, uses) => this.#writeUses(user, uses));
  }

  status(): MemoryStatus {
    const { store, backlog, second } = this.#parts;
    const { state, reason } = store.health();
    const { model, waiting, problem } = backlog;
    return {
      state: state === 'closed' ? 'off' : state,
      reason: reason ?? problem,
      queued: second.queued,
      embedding: model === null ? null : { model, waiting },
    };
  }

  obey(user: User, said: Said): Promise<Obeyed | undefined> {
    return this.#parts.turns.obey(user, said);
  }

  async recall(user: User, query: RecallQuery): Promise<Recollection> {
    const learning = this.#learning.get(user);
    if (learning) await Promise.race([learning, delay(LEARNING_MS, query.signal)]);
    const recollection = await this.#parts.recall.forPrompt(user, query);
    this.#parts.onRecall(recollection.ms);
    return recollection;
  }

  used(user: User, ids: readonly string[]): void {
    this.#used.add(user, ids);
  }

  async observe(user: User, said: Said): Promise<readonly StoredMemory[]> {
    if (!this.#parts.settings().learn) return [];
    const learned = this.#learn(user, said);
    const learning = Promise.all([this.#learning.get(user), learned]);
    this.#learning.set(user, learning);
    const kept = await learned;
    if (this.#learning.get(user) === learning) this.#learning.delete(user);
    return kept;
  }

  list(user: User, filter?: MemoryFilter): Promise<readonly StoredMemory[]> {
    return this.#parts.memories.list(user, filter);
  }

  async get(user: User, id: string): Promise<StoredMemory | undefined> {
    return (await this.#parts.memories.get(user, [id]))[0];
  }

  async add(user: User, memory: NewMemory): Promise<StoredMemory> {
    const { writer, extract } = this.#parts;
    return writer.run(user, async () => {
      const statement = statementOfNew(memory, { now: await writer.time(user), extract });
      const written = await writer.state(user, statement);
      if (!written.memory) throw new Error('a memory that was written is not there');
      return written.memory;
    });
  }

  change(user: User, id: string, change: Parameters<OpenMemory['change']>[2]): Promise<StoredMemory | undefined> {
    return this.#parts.writer.run(user, () => edited(user, id, change, this.#parts));
  }

  approve(user: User, id: string): Promise<StoredMemory | undefined> {
    return this.#parts.writer.run(user, () => approved(user, id, this.#parts));
  }

  search(user: User, query: RecallQuery): Promise<Recollection> {
    return this.#parts.recall.forPerson(user, query);
  }

  async forget(
    user: User,
    what: { readonly ids: readonly string[] } | { readonly text: string },
  ): Promise<readonly StoredMemory[]> {
    const { writer, turns } = this.#parts;
    return writer.run(user, async () => {
      const meant = 'ids' in what ? what.ids : (await this.fitting(user, what.text)).map(({ id }) => id);
      if (meant.length === 0) return [];
      turns.erased(user);
      return writer.erase(user, meant);
    });
  }

  async fitting(user: User, text: string): Promise<readonly StoredMemory[]> {
    return meantBy(text, this.#parts.memories.each(user, 'all'));
  }

  async clear(user: User): Promise<number> {
    const { writer, turns } = this.#parts;
    return writer.run(user, () => {
      turns.erased(user);
      return writer.eraseAll(user);
    });
  }

  export(user: User): AsyncIterable<string> {
    return exported(this.#parts.memories, user, this.#parts.now());
  }

  async import(user: User, lines: AsyncIterable<string>): Promise<{ readonly added: number; readonly kept: number }> {
    const { writer, settings } = this.#parts;
    // Everything has been read, and is right, before anything is kept; and nobody waits for a slow client.
    const records = await parsed(lines, settings().perUser);
    return writer.run(user, async () => importAll(user, records, { ...this.#parts, now: await writer.time(user) }));
  }

  summarize(user: User, conversation: StoredConversation): void {
    this.#parts.second.summarize(user, conversation);
  }

  reconfigure(setup: MemorySetup): void {
    this.#parts.reconfigure(setup);
  }

  async close(): Promise<void> {
    await this.#used.flush();
    await this.#parts.close();
  }

  async #writeUses(user: User, uses: ReadonlyMap<string, number>): Promise<void> {
    const { memories, writer, logger } = this.#parts;
    try {
      await writer.run(user, async () => {
        const lastUsed = await writer.time(user);
        const found = await memories.get(user, [...uses.keys()]);
        const change = found.map(({ id, uses: before }) => ({ id, lastUsed, uses: before + (uses.get(id) ?? 0) }));
        await memories.apply(user, { change });
      });
    } catch (error) {
      logger.debug('which memories were used could not be noted', { reason: messageOf(error) });
    }
  }

  /** Never rejects. */
  async #learn(user: User, said: Said): Promise<readonly StoredMemory[]> {
    const { turns, second, logger } = this.#parts;
    try {
      const kept = await turns.observe(user, said);
      if (kept) second.offer(user, said);
      return kept ?? [];
    } catch (error) {
      logger.warn('what was said could not be remembered', { reason: messageOf(error) });
      return [];
    }
  }
}
