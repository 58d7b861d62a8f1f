import type { Evidence, MemoryChange, StoredMemory } from '../store/people-contract.ts';
import { isSingle } from './attributes.ts';
import type { Candidate } from './contract.ts';
import { hashOf } from './hash.ts';
import { folded } from './one-line.ts';

/** What is to be known from now on, checked, with where it comes from. */
export interface Statement extends Pick<
  Candidate,
  | 'kind'
  | 'subject'
  | 'attribute'
  | 'value'
  | 'text'
  | 'language'
  | 'confidence'
  | 'importance'
  | 'corrects'
  | 'negated'
  | 'validFrom'
  | 'expires'
> {
  readonly origin: StoredMemory['origin'];
  readonly pinned: boolean;
  /** When it was said, by the clock of then. */
  readonly at: number;
  /** Null: nothing was said, it was written by hand. */
  readonly evidence: Evidence | null;
}

/** What is known that a statement may touch. */
export interface Known {
  /** Those with its hash, and those that count under its subject and attribute, or the opposite one. */
  readonly memories: readonly StoredMemory[];
  /** Of one that counts and says nearly the same in other words. */
  readonly same?: string | undefined;
}

export interface Times {
  /** The wall clock, which may jump. */
  readonly now: number;
  /** Nothing of this user was recorded later. */
  readonly last: number;
}

export interface Work {
  readonly add: readonly Omit<StoredMemory, 'id'>[];
  readonly change: readonly MemoryChange[];
}

/** From here on it is believed at once. */
export const BELIEVED = 0.8;
/** The first, which began it, and the last ones. */
export const MOST_EVIDENCE = 8;
/** So soon, the same words are the same message sent once more, where no conversation tells. */
const SAME_TURN_MS = 600_000;
const NOTHING: Work = { add: [], change: [] };

/** Attributes of which one value cannot be under both. */
const OPPOSITES: Readonly<Record<string, string>> = { likes: 'dislikes', dislikes: 'likes' };

export function oppositeOf(attribute: string): string | undefined {
  return OPPOSITES[attribute];
}

/**
 * What a statement changes of what is known. Nothing is overwritten: what it contradicts is closed and names it; what was closed is
 * opened again where it is said again; what was said before something newer does not beat it.
 */
export function consolidate(said: Statement, known: Known, times: Times): Work {
  // A clock that was set back would have everything that is said now be older than what is known: time goes on from there instead, and
  // what was said some while ago stays as long ago.
  const now = Math.max(times.now, times.last, ...known.memories.flatMap(timesOf));
  const at = now - Math.max(0, times.now - said.at);
  const statement = planned(said);
  if (statement.negated) return closed(statement, known.memories, { now, at });
  const hash = hashOf(statement);
  const existing =
    known.memories.find((memory) => memory.hash === hash) ?? known.memories.find(({ id }) => id === known.same);
  if (existing && isOpen(existing, at)) return seenAgain(statement, existing, known.memories, { now, at });
  if (existing) return opened(statement, existing, known.memories, { now, at });
  return added(statement, hash, known.memories, { now, at });
}

/** What is to be so some day is a plan, and takes the place of nothing before. */
export function planned(statement: Statement): Statement {
  const { attribute, subject, value, validFrom, at } = statement;
  if (validFrom === null || validFrom <= at || !isSingle(attribute, subject)) return statement;
  return { ...statement, kind: 'event', attribute: 'plan', value: `${attribute} ${value}`, corrects: false };
}

/** Whether it counts at this time: not closed, not over. */
export function isOpen({ retracted, validTo }: Pick<StoredMemory, 'retracted' | 'validTo'>, at: number): boolean {
  return retracted === null && (validTo === null || validTo > at);
}

interface Moment {
  readonly now: number;
  /** When it was said, by a clock that never goes back. */
  readonly at: number;
}

function timesOf({ recorded, retracted, lastSeen }: StoredMemory): number[] {
  return [recorded, lastSeen, retracted ?? 0];
}

function closed(statement: Statement, memories: readonly StoredMemory[], { now, at }: Moment): Work {
  if (statement.confidence < BELIEVED) return NOTHING;
  const isMeant = (memory: StoredMemory) =>
    statement.value === ''
      ? isOfAttribute(memory, statement)
      : isOfAttribute(memory, statement) && folded(memory.value) === folded(statement.value);
  const meant = memories.filter((memory) => isOpen(memory, at) && memory.lastSeen <= at && isMeant(memory));
  return { add: [], change: meant.map((memory) => closing(memory, { until: at, now, by: null })) };
}

function seenAgain(
  statement: Statement,
  existing: StoredMemory,
  memories: readonly StoredMemory[],
  { now, at }: Moment,
): Work {
  // What was unsure in a message may be confirmed by a "remember that" in it, or by who looks at it after.
  const isConfirmed = existing.state === 'quarantined' && statement.confidence >= BELIEVED;
  if (!isConfirmed && isSameTurn(existing, statement)) return NOTHING;
  const rivals = rivalsOf(statement, existing, memories, at);
  const isBeaten = rivals.some(({ state, lastSeen }) => state === 'active' && lastSeen > at);
  const becomesActive = existing.state === 'quarantined' && !isBeaten;
  const { validFrom } = statement;
  const change: MemoryChange = {
    id: existing.id,
    seen: existing.seen + 1,
    lastSeen: Math.max(existing.lastSeen, at),
    evidence: withEvidence(existing.evidence, statement.evidence),
    confidence: Math.max(existing.confidence, statement.confidence),
    importance: Math.max(existing.importance, statement.importance),
    pinned: existing.pinned || statement.pinned,
    ...(at >= existing.lastSeen && { expires: statement.expires }),
    ...(validFrom !== null && validFrom <= at && { validFrom }),
    ...(becomesActive && { state: 'active' as const }),
  };
  const counts = existing.state === 'active' || becomesActive;
  const beaten = rivals.filter(({ lastSeen }) => counts && lastSeen <= at);
  const by = existing.id;
  return { add: [], change: [change, ...beaten.map((rival) => closing(rival, { until: at, now, by }))] };
}

function opened(
  statement: Statement,
  existing: StoredMemory,
  memories: readonly StoredMemory[],
  { now, at }: Moment,
): Work {
  // What it was closed by is newer, or it is the very message that was answered before.
  const closedAt = Math.min(existing.validTo ?? Infinity, existing.retracted ?? Infinity);
  if (at < Math.max(closedAt, existing.lastSeen)) return NOTHING;
  if (isSameRequest(existing, statement)) return NOTHING;
  const rivals = rivalsOf(statement, existing, memories, at);
  if (rivals.some(({ state, lastSeen }) => state === 'active' && lastSeen > at)) return NOTHING;
  const isSure = statement.confidence >= BELIEVED;
  const from = statement.validFrom ?? at;
  const change: MemoryChange = {
    id: existing.id,
    text: statement.text,
    language: statement.language,
    kind: statement.kind,
    origin: statement.origin,
    state: isSure ? 'active' : 'quarantined',
    validFrom: from,
    validTo: null,
    retracted: null,
    supersededBy: null,
    expires: statement.expires,
    confidence: statement.confidence,
    importance: Math.max(existing.importance, statement.importance),
    pinned: existing.pinned || statement.pinned,
    seen: existing.seen + 1,
    lastSeen: at,
    evidence: withEvidence(existing.evidence, statement.evidence),
  };
  const beaten = isSure ? rivals.map((rival) => closing(rival, { until: from, now, by: existing.id })) : [];
  return { add: [], change: [change, ...beaten] };
}

function added(statement: Statement, hash: string, memories: readonly StoredMemory[], { now, at }: Moment): Work {
  const { kind, subject, attribute, value, text, language, confidence, importance, origin, pinned, expires } =
    statement;
  const isSure = confidence >= BELIEVED;
  const rivals = rivalsOf(statement, undefined, memories, at);
  const newer = rivals
    .filter(({ state, lastSeen }) => state === 'active' && lastSeen > at)
    .sort((one, other) => one.validFrom - other.validFrom)[0];
  const from = statement.validFrom ?? at;
  const memory: Omit<StoredMemory, 'id'> = {
    kind,
    text,
    language,
    subject,
    attribute,
    value,
    hash,
    state: isSure ? 'active' : 'quarantined',
    pinned,
    confidence,
    importance,
    validFrom: from,
    validTo: null,
    recorded: now,
    retracted: null,
    supersededBy: null,
    expires,
    evidence: withEvidence([], statement.evidence),
    origin,
    seen: 1,
    lastSeen: at,
    uses: 0,
    lastUsed: null,
  };
  if (!newer)
    return {
      add: [memory],
      change: isSure ? rivals.map((rival) => closing(rival, { until: from, now, by: 0 })) : [],
    };
  if (!isSure) return NOTHING;
  // It was so until what is known by now.
  const until = Math.max(from, newer.validFrom);
  return { add: [{ ...memory, validTo: until, retracted: now, supersededBy: newer.id }], change: [] };
}

/** What cannot be so together with the statement. */
function rivalsOf(
  statement: Statement,
  own: StoredMemory | undefined,
  memories: readonly StoredMemory[],
  at: number,
): readonly StoredMemory[] {
  const { subject, attribute, value, corrects } = statement;
  const opposite = OPPOSITES[attribute];
  const isOneOnly = attribute !== '' && (corrects || isSingle(attribute, subject));
  return memories.filter(
    (memory) =>
      memory !== own &&
      isOpen(memory, at) &&
      ((isOneOnly && isOfAttribute(memory, statement)) ||
        (memory.subject === subject &&
          memory.attribute === opposite &&
          value !== '' &&
          folded(memory.value) === folded(value))),
  );
}

function isOfAttribute(memory: StoredMemory, { subject, attribute }: Statement): boolean {
  return memory.subject === subject && memory.attribute === attribute;
}

interface Closing {
  readonly until: number;
  readonly now: number;
  /** Id, place among what is added, or nobody. */
  readonly by: string | number | null;
}

function closing(memory: StoredMemory, { until, now, by }: Closing): MemoryChange {
  return { id: memory.id, validTo: Math.max(memory.validFrom, until), retracted: now, supersededBy: by };
}

function withEvidence(before: readonly Evidence[], evidence: Evidence | null): readonly Evidence[] {
  if (!evidence) return before;
  const all = [...before, evidence].sort((one, other) => one.at - other.at);
  const [first] = all;
  return all.length <= MOST_EVIDENCE || !first ? all : [first, ...all.slice(1 - MOST_EVIDENCE)];
}

function isSameRequest({ evidence }: StoredMemory, { evidence: own }: Statement): boolean {
  return own !== null && evidence.some(({ request }) => request !== null && request === own.request);
}

/** An answer that is asked for once more sends the message once more: that is not saying it twice. */
function isSameTurn(memory: StoredMemory, statement: Statement): boolean {
  const { evidence: own } = statement;
  if (!own) return false;
  if (isSameRequest(memory, statement)) return true;
  return memory.evidence.some(
    ({ quote, at, conversation }) =>
      quote === own.quote &&
      (conversation === null || own.conversation === null
        ? Math.abs(own.at - at) < SAME_TURN_MS
        : conversation === own.conversation),
  );
}
