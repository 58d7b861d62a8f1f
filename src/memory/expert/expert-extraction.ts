import { adapterOf } from '../../engines/registry.ts';
import type { User } from '../../store/contract.ts';
import { delay, runningTimeout } from '../../shared/clock.ts';
import { messageOf } from '../../shared/errors.ts';
import type { Fleet } from '../../supervisor/fleet.ts';
import type { Lease } from '../../supervisor/lease.ts';
import type { StoredConversation } from '../../store/people-contract.ts';
import type { Said } from '../contract.ts';
import type { SecondExtraction, SecondExtractionParts } from '../second-extraction.ts';
import type { MemorySetup } from '../setup.ts';
import { askChat, type ChatQuestion } from './ask-chat.ts';
import { type Errand, Errands } from './errands.ts';
import { agreed, readFound } from './found.ts';
import * as prompts from './prompts.ts';

export interface ExpertExtractionParts extends Omit<SecondExtractionParts, 'fleet'> {
  readonly fleet: Pick<Fleet, 'acquire' | 'borrow' | 'queued' | 'totalQueued' | 'processes'>;
  readonly times?: Partial<typeof TIMES>;
}

/** Milliseconds. */
const TIMES = {
  /** So often it is looked whether the expert is there, and has nothing better to do. */
  look: 1_000,
  /** On a machine that is never idle it is its turn all the same, where the expert has a free slot. */
  patience: 30_000,
  /** So soon it makes room for a request that waits for its expert. */
  yield: 50,
};
/** Turns that wait at most; with an expert that is never loaded, the last ones. */
const MOST_WAITING = 64;
/** Who is interrupted by requests more often than that is left out. */
const MOST_TRIES = 3;
/** Of a message; what is longer was pasted, and what is said of oneself stands around it. */
const MOST_CHARACTERS = 4_000;
/** "ok", "gracias". */
const LEAST_WORDS = 3;
/** The last ones of a conversation are what there is room for in any context. */
const MOST_TURNS = 200;
/** Characters of a conversation for each token of context that is left for it: on the careful side. */
const CHARACTERS_A_TOKEN = 2.5;
const PROMPT_TOKENS = 300;

/** Cut short, because a request wants the engine. */
class Interrupted extends Error {}

export function createSecondExtraction(parts: ExpertExtractionParts): SecondExtraction {
  return new ExpertExtraction(parts);
}

/** Asks the expert of `memory.expert` about what was said, one turn after the other, whenever nobody else wants it. */
class ExpertExtraction implements SecondExtraction {
  readonly #parts: ExpertExtractionParts;
  readonly #times: typeof TIMES;
  readonly #errands = new Errands(MOST_WAITING);
  readonly #closing = new AbortController();
  readonly #tries = new WeakMap<Errand, number>();
  #setup: MemorySetup;
  #current: { readonly errand: Errand; readonly stop: AbortController } | undefined;
  #running: Promise<void> | undefined;

  constructor(parts: ExpertExtractionParts) {
    this.#parts = parts;
    this.#times = { ...TIMES, ...parts.times };
    this.#setup = parts.setup;
  }

  get queued(): number {
    return this.#errands.length + (this.#current ? 1 : 0);
  }

  reconfigure(setup: MemorySetup): void {
    this.#setup = setup;
    // Whoever is being asked, or waited for, may be asked no more.
    this.#interrupt();
    if (!this.#helper()) this.#errands.clear();
  }

  offer(user: User, said: Said): void {
    if (!this.#setup.memory.learn || said.text.trim().split(/\s+/).length < LEAST_WORDS) return;
    this.#add({ kind: 'extract', user, said });
  }

  summarize(user: User, conversation: StoredConversation): void {
    if (conversation.private) return;
    this.#add({ kind: 'summarize', user, conversation });
  }

  drop(user: User): void {
    this.#errands.drop(user);
    if (this.#current?.errand.user === user) this.#current.stop.abort();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#errands.clear();
    await this.#running;
  }

  /** Undefined: nobody may be asked. */
  #helper() {
    const { expert: helper, memory } = this.#setup;
    if (!helper || !memory.expert) return undefined;
    const isRemote = adapterOf(helper.expert.engine).kind === 'remote';
    if (isRemote && memory.remoteExperts !== 'allow') return undefined;
    return { ...helper, load: memory.expert.load, timeoutMs: memory.expert.timeout };
  }

  #add(errand: Errand): void {
    if (this.#closing.signal.aborted || !this.#helper()) return;
    const before = this.#errands.left;
    this.#errands.add(errand);
    this.#tellLeft(before);
    this.#start();
  }

  #start(): void {
    this.#running ??= this.#work().finally(() => {
      this.#running = undefined;
      // One may have come just as the last one was done.
      if (this.#errands.length > 0 && !this.#closing.signal.aborted) this.#start();
    });
  }

  #tellLeft(before: number): void {
    const { left } = this.#errands;
    if (left === before) return;
    // Once in a while is enough: where this happens it happens with every turn.
    const level = left === 1 || left % 1_000 === 0 ? 'warn' : 'debug';
    this.#parts.logger[level]('the expert of the memory does not keep up: the oldest turns are not looked at', {
      left,
    });
  }

  async #work(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      const errand = this.#errands.take();
      if (!errand) return;
      const stop = new AbortController();
      this.#current = { errand, stop };
      const signal = AbortSignal.any([this.#closing.signal, stop.signal]);
      try {
        await this.#do(errand, signal);
      } catch (error) {
        this.#failed(errand, error, signal);
      } finally {
        this.#current = undefined;
      }
    }
  }

  #failed(errand: Errand, error: unknown, signal: AbortSignal): void {
    if (this.#closing.signal.aborted) return;
    const isInterrupted = error instanceof Interrupted || signal.reason instanceof Interrupted;
    const tries = (this.#tries.get(errand) ?? 0) + 1;
    this.#tries.set(errand, tries);
    if (isInterrupted && tries < MOST_TRIES && this.#helper()) {
      const before = this.#errands.left;
      this.#errands.putBack(errand);
      this.#tellLeft(before);
    } else if (!signal.aborted || isInterrupted) {
      const expert = this.#setup.memory.expert?.id;
      this.#parts.logger.debug('a turn was not looked at once more', { expert, reason: messageOf(error) });
    }
  }

  #interrupt(): void {
    this.#current?.stop.abort(new Interrupted('the settings are others now'));
  }

  async #do(errand: Errand, signal: AbortSignal): Promise<void> {
    if (errand.kind === 'extract') await this.#extract(errand, signal);
    else await this.#summarize(errand, signal);
  }

  async #extract({ user, said }: Errand & { kind: 'extract' }, signal: AbortSignal): Promise<void> {
    const text = said.text.slice(0, MOST_CHARACTERS).toWellFormed();
    const language = prompts.languageOf(text, this.#setup.primaryLanguages);
    const answer = await this.#ask(signal, {
      user,
      system: prompts.EXTRACT[language],
      text: prompts.messagePrompt(text),
      schema: prompts.FOUND_SCHEMA,
      maxTokens: prompts.FOUND_TOKENS,
    });
    const found = readFound(answer, said.text, language);
    if (found.length === 0 || signal.aborted) return;
    await this.#parts.keep(user, said, agreed(found, this.#parts.extract(said)));
  }

  async #summarize({ user, conversation }: Errand & { kind: 'summarize' }, signal: AbortSignal): Promise<void> {
    const { conversations, keepSummary, tellsToForget } = this.#parts;
    const { id } = conversation;
    // It may have been deleted, or made private, since.
    const now = await conversations.get(user, id);
    if (!now || now.private || now.summarized >= now.turns) return;
    const context = this.#helper()?.expert.context ?? 0;
    const room = (context - PROMPT_TOKENS - prompts.SUMMARY_TOKENS) * CHARACTERS_A_TOKEN;
    const last = await conversations.turns(user, id, Math.max(0, now.turns - MOST_TURNS), MOST_TURNS);
    const turns = prompts.withoutForgetting(last, tellsToForget);
    const text = prompts.conversationPrompt(turns, room);
    if (text === undefined) return;
    const words = turns.map((turn) => (turn.role === 'user' ? turn.text : '')).join(' ');
    const language = prompts.languageOf(words, this.#setup.primaryLanguages);
    const answer = await this.#ask(signal, {
      user,
      system: prompts.SUMMARIZE[language],
      text,
      schema: prompts.SUMMARY_SCHEMA,
      maxTokens: prompts.SUMMARY_TOKENS,
    });
    const summary = (answer as { readonly summary?: unknown } | null)?.summary;
    if (typeof summary !== 'string' || summary.trim() === '' || signal.aborted) return;
    const at = turns.at(-1)?.at ?? now.updated;
    const counts = () => !signal.aborted;
    await keepSummary(user, { conversation: id, text: prompts.shortSummary(summary), language, at, counts });
    if (counts()) await conversations.change(user, id, { summarized: now.turns });
  }

  /** Asks as soon as the expert is there; rejects with `Interrupted` where a request comes to wait for it meanwhile. */
  async #ask(signal: AbortSignal, question: ChatQuestion): Promise<unknown> {
    const lease = await this.#lease(signal);
    const helper = this.#helper();
    const ended = new AbortController();
    const cut = new AbortController();
    lease.onCut = (error) => cut.abort(error);
    const end = AbortSignal.any([signal, cut.signal]);
    let ok = false;
    try {
      if (!helper) throw new Interrupted('nobody may be asked any more');
      void this.#watch(helper.expert.id, cut, ended.signal);
      const limit = AbortSignal.any([end, runningTimeout(helper.timeoutMs)]);
      const answer = await askChat(lease, helper, question, limit);
      ok = true;
      return answer;
    } catch (error) {
      // The engine is in order: it was we who left. A text that is no JSON is the model's fault.
      ok = end.aborted || error instanceof SyntaxError;
      throw cut.signal.reason instanceof Interrupted ? cut.signal.reason : error;
    } finally {
      ended.abort();
      lease.release(ok);
    }
  }

  async #watch(expert: string, cut: AbortController, ended: AbortSignal): Promise<void> {
    while (!ended.aborted) {
      if (this.#parts.fleet.queued(expert) > 0) return cut.abort(new Interrupted('a request waits for the expert'));
      await delay(this.#times.yield, ended);
    }
  }

  async #lease(signal: AbortSignal): Promise<Lease> {
    const { fleet } = this.#parts;
    for (let waitedMs = 0; ; waitedMs += this.#times.look) {
      signal.throwIfAborted();
      const helper = this.#helper();
      if (!helper) throw new Interrupted('nobody may be asked any more');
      if (!this.#isBusy() || waitedMs >= this.#times.patience) {
        const { id } = helper.expert;
        const lease = helper.load ? await fleet.acquire(id, signal, true) : fleet.borrow(id);
        if (lease) return lease;
      }
      await delay(this.#times.look, signal);
    }
  }

  /** Somebody waits for an answer, or is getting one. */
  #isBusy(): boolean {
    const { fleet } = this.#parts;
    if (fleet.totalQueued > 0) return true;
    return [...fleet.processes].some(({ inFlight, inFlightBackground }) => inFlight > inFlightBackground);
  }
}
