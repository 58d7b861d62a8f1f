import type { Embedder } from '../knowledge/contract.ts';
import { runningTimeout } from '../shared/clock.ts';
import type { User } from '../store/contract.ts';
import type { MemoryRepository, MemoryOrigin, StoredMemory } from '../store/people-contract.ts';
import { admitted } from './admit.ts';
import type { Statement } from './consolidate.ts';
import type { Candidate, Command, Obeyed, Said } from './contract.ts';
import { everyMemory } from './every-memory.ts';
import { meantBy, saidLast } from './forgetting.ts';
import { freeMemory } from './free-memory.ts';
import { saidRecently } from './said-recently.ts';
import type { Writer, Written } from './writer.ts';

export interface TurnsOptions {
  readonly memories: MemoryRepository;
  readonly writer: Writer;
  /** What a message says of the user, found without any model. */
  readonly extract: (said: Said) => readonly Candidate[];
  /** What a message tells the memory to do. */
  readonly commands: (said: Said) => readonly Command[];
  readonly embedder: () => (Embedder & { readonly isLoaded: boolean }) | undefined;
  readonly sensitive: () => 'deny' | 'allow';
  /** Something of this user was erased: what is still being looked at was said before. */
  readonly onErased: (user: User) => void;
}

/** Of one turn, whoever found them. */
const MOST_CANDIDATES = 3;
/** So much of a "remember that …" must have been understood for its words to need no memory of their own. */
const UNDERSTOOD = 0.6;
/** Milliseconds for vectors of what was found, in the background. */
const VECTOR_MS = 500;

interface Span {
  readonly start: number;
  readonly end: number;
}

/** What is known of a turn while it is looked at. */
interface Turn {
  /** Of the user's erasures, when it began. */
  readonly generation: number;
  /** Candidates that may still be kept. */
  left: number;
}

/** From what was said to what is kept of it. */
export class Turns {
  readonly #options: TurnsOptions;
  readonly #turns = new WeakMap<Said, Turn>();
  /** How often something of a user was erased: what was found in what was said before is not kept any more. */
  readonly #generations = new Map<User, number>();

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  /** What the message tells the memory to do, done; undefined: nothing. */
  async obey(user: User, said: Said): Promise<Obeyed | undefined> {
    const commands = this.#options.commands(said);
    if (commands.length === 0) return undefined;
    const obeyed = { remembered: [] as StoredMemory[], forgotten: [] as StoredMemory[], unknown: [] as string[] };
    let ignores: Obeyed['ignores'] = null;
    for (const command of commands) if (command.do === 'ignore' && ignores !== 'conversation') ignores = command.scope;
    const others = commands.filter((command) => command.do !== 'ignore');
    // What is only not to be kept waits for nobody, least of all for a store that is away.
    if (others.length === 0) return { ...obeyed, ignores };
    await this.#options.writer.run(user, async () => {
      for (const command of others) {
        if (command.do === 'remember') obeyed.remembered.push(...(await this.#remember(user, said, command)));
        else obeyed.forgotten.push(...(await this.#forget(user, said, command, obeyed.unknown)));
      }
    });
    return { ...obeyed, ignores };
  }

  /** What the message says of the user, kept. Undefined: it is not to be looked at, by nobody. */
  async observe(user: User, said: Said): Promise<readonly StoredMemory[] | undefined> {
    const commands = this.#options.commands(said);
    if (commands.some((command) => command.do === 'ignore' || command.do === 'forget-all')) return undefined;
    this.#turns.set(said, { generation: this.#generation(user), left: MOST_CANDIDATES });
    const found = this.#options.extract(said);
    return this.keep(user, said, found.length > 0 ? found : await this.#corrected(user, said), 'extracted');
  }

  /** What was found in a turn, as far as it may be kept. */
  async keep(
    user: User,
    said: Said,
    candidates: readonly Candidate[],
    origin: Extract<MemoryOrigin, 'extracted' | 'expert'>,
  ): Promise<readonly StoredMemory[]> {
    const turn = this.#turns.get(said);
    if (!turn || candidates.length === 0) return [];
    const { writer, commands, sensitive } = this.#options;
    // What was a command has been carried out, and says nothing besides.
    const obeyed = commands(said).map(({ quote }) => spanOf(quote, said.text));
    const rules = { sensitive: sensitive(), origin };
    const allowed = candidates.flatMap((candidate) => admitted(candidate, said, rules) ?? []);
    const best = strongest(allowed.filter((candidate) => !overlaps(candidate, obeyed)));
    const vectors = await this.#vectors(best);
    return writer.run(user, async () => {
      const kept: StoredMemory[] = [];
      for (const [index, candidate] of best.entries()) {
        if (turn.generation !== this.#generation(user)) break;
        if (turn.left === 0) break;
        const { memory, isNew } = await writer.state(user, statementOf(candidate, said, origin), vectors[index]);
        if (isNew) turn.left -= 1;
        if (isNew && memory) kept.push(memory);
      }
      return kept;
    });
  }

  /** Within `Writer.run`: what was said before is not kept any more. */
  erased(user: User): void {
    this.#generations.set(user, this.#generation(user) + 1);
    this.#options.onErased(user);
  }

  async #remember(
    user: User,
    said: Said,
    { text, quote }: Extract<Command, { do: 'remember' }>,
  ): Promise<readonly StoredMemory[]> {
    const { writer, extract } = this.#options;
    const content: Said = { ...said, text };
    const rules = { sensitive: 'allow', origin: 'said' } as const;
    const found = extract(content).flatMap((candidate) => admitted(candidate, content, rules) ?? []);
    const candidates = found.map((candidate) => ({ ...candidate, confidence: 1 }));
    const understood = candidates.reduce((sum, { negated, quote: own }) => sum + (negated ? 0 : own.length), 0);
    const free = freeMemory(text, quote, said);
    const whole =
      understood < UNDERSTOOD * text.length ? admitted({ ...free, language: null }, said, rules) : undefined;
    const kept: Written[] = [];
    for (const candidate of [...candidates, ...(whole ? [whole] : [])]) {
      const evidence = said.text.includes(candidate.quote) ? candidate.quote : quote;
      kept.push(await writer.state(user, statementOf({ ...candidate, quote: evidence }, said, 'said')));
    }
    return kept.flatMap(({ memory }) => memory ?? []);
  }

  async #forget(
    user: User,
    said: Said,
    command: Extract<Command, { do: 'forget' | 'forget-all' }>,
    unknown: string[],
  ): Promise<readonly StoredMemory[]> {
    const { memories, writer } = this.#options;
    if (command.do === 'forget-all') {
      const all = await everyMemory(memories, user);
      this.erased(user);
      await writer.eraseAll(user);
      return all;
    }
    const meant =
      command.what.trim() === ''
        ? saidLast(await everyMemory(memories, user), said)
        : await meantBy(command.what, memories.each(user, 'all'));
    if (meant.length === 0) {
      unknown.push(command.what);
      return [];
    }
    this.erased(user);
    return writer.erase(
      user,
      meant.map(({ id }) => id),
    );
  }

  /** What it corrects of what is known, where the client does not send what was said before. */
  async #corrected(user: User, said: Said): Promise<readonly Candidate[]> {
    const { memories, writer, extract } = this.#options;
    const earlier = await writer.run(user, () => saidRecently(memories, user, said));
    return earlier.length === 0 ? [] : extract({ ...said, earlier });
  }

  /** Of those that only their words could tell from what is known; none where the expert is not loaded anyhow. */
  async #vectors(candidates: readonly Candidate[]): Promise<readonly (Float32Array | undefined)[]> {
    const embedder = this.#options.embedder();
    const open = candidates.filter(({ value, negated }) => value === '' && !negated);
    if (!embedder?.isLoaded || open.length === 0) return [];
    try {
      const texts = open.map(({ text }) => text);
      const made = await embedder.passages(texts, runningTimeout(VECTOR_MS));
      return candidates.map((candidate) => made[open.indexOf(candidate)]);
    } catch {
      // Then it may be known twice, in other words.
      return [];
    }
  }

  #generation(user: User): number {
    return this.#generations.get(user) ?? 0;
  }
}

export function statementOf(candidate: Candidate, said: Said, origin: MemoryOrigin): Statement {
  const { at, conversation, request } = said;
  return {
    ...candidate,
    origin,
    pinned: false,
    at,
    evidence: { quote: candidate.quote, at, conversation, request },
  };
}

/** The three that matter most, in the order in which they were said, what ends something first. */
function strongest(candidates: readonly Candidate[]): readonly Candidate[] {
  const best = candidates
    .toSorted((one, other) => other.confidence * other.importance - one.confidence * one.importance)
    .slice(0, MOST_CANDIDATES);
  return best.sort((one, other) => Number(other.negated) - Number(one.negated) || one.start - other.start);
}

function overlaps({ start, end }: Span, spans: readonly Span[]): boolean {
  return spans.some((span) => start < span.end && end > span.start);
}

function spanOf(quote: string, text: string): Span {
  const start = text.indexOf(quote);
  return start < 0 ? { start: 0, end: 0 } : { start, end: start + quote.length };
}
