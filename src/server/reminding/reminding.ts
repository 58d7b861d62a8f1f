import type { MemoryBase, Obeyed, Recalled, Said } from '../../memory/contract.ts';
import type { Turn } from '../../store/people-contract.ts';
import { runningNow } from '../../shared/clock.ts';
import { messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { plainData } from '../../knowledge/plain-data.ts';
import type { RequestContext } from '../context.ts';
import { inTime } from '../in-time.ts';
import type { MemoryHolder } from '../memory-holder.ts';
import type { PeopleHolder } from '../people-holder.ts';
import { UserBook } from '../user-book.ts';
import type { Wants } from '../wants.ts';
import type { Asked } from './asked.ts';
import { ConversationRecorder } from './conversation-recorder.ts';
import { Privacy } from './privacy.ts';
import type { Rateable, RateableBook } from './rateable-book.ts';

export interface RemindingOptions {
  readonly memory: Pick<MemoryHolder, 'peek' | 'status'>;
  readonly people: Pick<PeopleHolder, 'peek'>;
  readonly rateable: RateableBook;
  readonly logger: Logger;
}

/** What is known of a user before the answer. */
export interface Reminded {
  readonly recalled: readonly Recalled[];
  readonly obeyed: Obeyed | undefined;
  /** Why nothing, or not all, was recalled or done; for a person. */
  readonly degraded: string | undefined;
  /** What is still being done, where it took longer than anybody waits. Rejects where it fails. */
  readonly obeying?: Promise<Obeyed | undefined> | undefined;
}

/** An answer that has ended well. */
export interface Ended {
  readonly asked: Asked;
  readonly wants: Wants;
  readonly reminded: Reminded;
  readonly context: RequestContext;
  readonly expert: string;
  /** Empty where it was not read. */
  readonly answer: string;
  /** Ids of what stood in the prompt. */
  readonly told: readonly string[];
  readonly rateable: Rateable | undefined;
  /** What was learned from the turn. */
  readonly onKept: (ids: readonly string[]) => void;
}

/** Nobody who asks a question waits longer for what is remembered. It takes some milliseconds, and more on a machine that is busy. */
const LONGEST_RECALL_MS = 250;
/** Nor for what memory was told to do: it is done all the same. */
const LONGEST_OBEYING_MS = 400;
/** Nor for both. */
const LONGEST_MS = 500;
/** Turns that were learned from: of everybody together, and of one. */
const MOST_TURNS = 20_000;
const MOST_TURNS_OF_ONE = 200;
/** Within this time the first message of a conversation without an id is taken for the same one made once more. */
const AGAIN_MS = 5 * 60_000;
const NOTHING: Reminded = { recalled: [], obeyed: undefined, degraded: undefined };

/** Memory, conversations and ratings in requests: what happens before an answer, and after it. */
export class Reminding {
  readonly #options: RemindingOptions;
  readonly #privacy: Privacy;
  readonly #recorder: ConversationRecorder;
  /** What the last command of each user came to, by its turn: it is not carried out again for an answer that is made once more. */
  readonly #obeyed = new UserBook<Obeyed>({ most: 2_000, mostOfOne: 1 });
  /** When a turn was learned from: monotonic milliseconds. */
  readonly #seen = new UserBook<number>({ most: MOST_TURNS, mostOfOne: MOST_TURNS_OF_ONE });
  /** When users were erased: monotonic milliseconds. */
  readonly #erased = new UserBook<number>({ most: 2_000, mostOfOne: 1 });

  constructor(options: RemindingOptions) {
    this.#options = options;
    const { people, logger } = options;
    this.#privacy = new Privacy(people);
    this.#recorder = new ConversationRecorder({
      people,
      onFailed: (request, error) =>
        logger.warn('a turn of a conversation could not be kept', { request, reason: messageOf(error) }),
    });
  }

  /** Does what the user tells memory to do, and looks for what is to be told. Never rejects, never waits long. */
  async begin(context: RequestContext, asked: Asked, question: string, wants: Wants): Promise<Reminded> {
    if (!wants.memory || !this.#counts(asked)) return NOTHING;
    const base = this.#options.memory.peek();
    if (!base) return this.#withoutMemory(asked);
    const problems: string[] = [];
    const attempt = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
      try {
        return await work();
      } catch (error) {
        problems.push(plainData(messageOf(error), 300));
        return undefined;
      }
    };
    const startedAt = runningNow();
    const { said } = asked;
    const obeying = said && this.#obey(base, asked, said);
    const obeyed =
      obeying &&
      (await attempt(() =>
        inTime(LONGEST_OBEYING_MS, 'memory is still doing what the user asked for', context.outgoing, () => obeying),
      ));
    // What is to be forgotten must not be told any more, and it is not known yet what that is.
    const isObeyed = problems.length === 0;
    const recollection =
      wants.memory.remind && isObeyed
        ? await attempt(() =>
            this.#recall(context, base, asked.user, question, LONGEST_MS - (runningNow() - startedAt)),
          )
        : undefined;
    if (recollection?.degraded) problems.push(plainData(recollection.degraded, 300));
    if (problems.length > 0 && !context.outgoing.destroyed)
      this.#options.logger.debug('memory was not as it should be', { request: asked.request, reason: problems[0] });
    return {
      recalled: recollection?.memories ?? [],
      obeyed,
      degraded: problems.length > 0 ? problems.join('; ') : undefined,
      obeying: isObeyed ? undefined : obeying,
    };
  }

  /** Keeps what is to be kept, in the background. Never rejects. */
  async ended(ended: Ended): Promise<void> {
    const { asked, reminded, rateable, told } = ended;
    const { logger, memory } = this.#options;
    if (!this.#counts(asked)) return;
    if (rateable) this.#options.rateable.add(asked.user, asked.request, rateable);
    if (told.length > 0) memory.peek()?.used(asked.user, told);
    try {
      const obeyed = reminded.obeyed ?? (await reminded.obeying);
      if (obeyed?.ignores || (await this.#privacy.covers(asked))) return;
      // Who was erased meanwhile: what begins now would come after that.
      if (!this.#counts(asked) || !this.#isNew(asked)) return;
      await Promise.all([this.#record(ended), this.#learn(ended)]);
    } catch (error) {
      logger.warn('a turn could not be kept', { request: asked.request, reason: messageOf(error) });
    }
  }

  /** The user is no more: what is under way for them leaves nothing behind. */
  erase(user: string): void {
    this.#erased.put(user, '', runningNow());
    for (const book of [this.#obeyed, this.#seen, this.#privacy, this.#options.rateable]) book.erase(user);
  }

  /** What is being written is waited for. */
  close(): Promise<void> {
    return this.#recorder.close();
  }

  /** Nothing can be done or told; what is not to be kept is not kept all the same. */
  async #withoutMemory(asked: Asked): Promise<Reminded> {
    const degraded = this.#options.memory.status().reason ?? 'memory is just being opened';
    const { said } = asked;
    const { readCommands } = await import('../../memory/extract/commands.ts');
    const told = said ? readCommands(said.text, said.before) : [];
    const ignored = told.flatMap((command) => (command.do === 'ignore' ? [command.scope] : []));
    const ignores = ignored.includes('conversation') ? 'conversation' : (ignored[0] ?? null);
    if (ignores === 'conversation') await this.#privacy.begin(asked).catch(() => undefined);
    const obeyed = { remembered: [], forgotten: [], unknown: [], ignores, isUndone: told.length > ignored.length };
    return { recalled: [], obeyed: told.length > 0 ? obeyed : undefined, degraded };
  }

  async #obey(base: MemoryBase, asked: Asked, said: Said): Promise<Obeyed | undefined> {
    const { user, turn } = asked;
    const before = this.#obeyed.find(user, turn);
    if (before) return before;
    const obeyed = await base.obey(user, said);
    if (!obeyed) {
      this.#obeyed.erase(user);
      return undefined;
    }
    this.#obeyed.put(user, turn, obeyed);
    // What was forgotten may be said again, and is then news.
    if (obeyed.forgotten.length > 0) this.#seen.erase(user);
    if (obeyed.ignores === 'conversation') await this.#privacy.begin(asked);
    return obeyed;
  }

  #recall(context: RequestContext, base: MemoryBase, user: string, text: string, leftMs: number) {
    const { topK } = context.settings.profile.memory;
    const ms = Math.round(Math.min(LONGEST_RECALL_MS, leftMs));
    return inTime(ms, `recalling took longer than ${ms} ms`, context.outgoing, (signal) =>
      base.recall(user, { text, at: Date.now(), topK, signal }),
    );
  }

  /** False: the same turn was kept before, and this is another answer to it. */
  #isNew({ user, turn, isBare }: Asked): boolean {
    const now = runningNow();
    const before = this.#seen.find(user, turn);
    this.#seen.put(user, turn, now);
    return before === undefined || (isBare && now - before > AGAIN_MS);
  }

  #counts({ user, startedAt }: Asked): boolean {
    // Whom a key speaks for goes with the user of the key.
    const [owner = user] = user.split('/', 1);
    return [user, owner].every((name) => startedAt > (this.#erased.find(name, '') ?? -Infinity));
  }

  async #learn({ asked, wants, context, onKept }: Ended): Promise<void> {
    const base = this.#options.memory.peek();
    if (!wants.memory || !base || !asked.said || !context.settings.profile.memory.learn) return;
    const kept = await base.observe(asked.user, asked.said);
    onKept(kept.map(({ id }) => id));
  }

  async #record({ asked, wants, context, expert, answer }: Ended): Promise<void> {
    const { user, conversation, said, continues, request } = asked;
    if (!wants.record || conversation === null || (!said && !continues)) return;
    const turns: Omit<Turn, 'ord'>[] = [];
    if (said) turns.push({ role: 'user', text: said.text, at: said.at, request, expert: null });
    const text = answer.trim();
    if (text !== '') turns.push({ role: 'assistant', text, at: Date.now(), request, expert });
    const grown = await this.#recorder.append(user, conversation, turns, () => this.#counts(asked));
    const { summarizeAfter } = context.settings.profile.conversations;
    if (wants.memory && grown && !grown.private && grown.turns - grown.summarized >= summarizeAfter)
      this.#options.memory.peek()?.summarize(user, grown);
  }
}
