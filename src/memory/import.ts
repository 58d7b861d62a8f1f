import type { User } from '../store/contract.ts';
import type { MemoryChange, MemoryRepository, StoredMemory } from '../store/people-contract.ts';
import { attributeOf, isSingle } from './attributes.ts';
import { LONGEST_QUOTE, LONGEST_VALUE } from './admit.ts';
import { isOpen, MOST_EVIDENCE, oppositeOf } from './consolidate.ts';
import type { Exported } from './exchange.ts';
import { holdsSecret } from './extract/secrets.ts';
import { hashOf } from './hash.ts';
import { everyMemory } from './every-memory.ts';
import { folded, oneLine } from './one-line.ts';
import type { Writer } from './writer.ts';

/** Of one transaction. */
const A_BATCH = 100;

type New = Omit<StoredMemory, 'id'>;

/**
 * Takes what a file has into what is known: what is known stays as it is. Of what there can be one of, the one that was said last counts,
 * and the others are its history. Within `Writer.run`. `kept`: was known already.
 */
export async function importAll(
  user: User,
  records: readonly Exported[],
  { memories, writer, now }: { readonly memories: MemoryRepository; readonly writer: Writer; readonly now: number },
): Promise<{ readonly added: number; readonly kept: number }> {
  const before = await everyMemory(memories, user);
  const known = new Map(before.map((memory) => [memory.hash, memory]));
  const { fresh, successors, kept } = read(records, known, now);
  const byPlace = new Map<string, StoredMemory[]>();
  for (const memory of before)
    if (memory.state === 'active' && isOpen(memory, now))
      for (const place of placesOf(memory)) push(byPlace, place, memory);
  for (let start = 0; start < fresh.length; start += A_BATCH) {
    const change: MemoryChange[] = [];
    const add = fresh.slice(start, start + A_BATCH).map((memory, index) => {
      if (memory.state !== 'active' || !isOpen(memory, now)) return memory;
      const rivals = rivalsIn(byPlace, memory);
      const newer = rivals.find(({ lastSeen }) => lastSeen >= memory.lastSeen);
      if (newer) return { ...closed(memory, newer.validFrom, now), supersededBy: newer.id };
      for (const rival of rivals) change.push(closingOf(rival, { memory, now, by: index }));
      return memory;
    });
    for (const memory of await writer.apply(user, { add, change })) known.set(memory.hash, memory);
  }
  const links = fresh.flatMap(({ hash }): MemoryChange[] => {
    const own = known.get(hash);
    const successor = known.get(successors.get(hash) ?? '');
    return own && successor && own.supersededBy === null && own.id !== successor.id
      ? [{ id: own.id, supersededBy: successor.id }]
      : [];
  });
  for (let start = 0; start < links.length; start += A_BATCH)
    await writer.apply(user, { add: [], change: links.slice(start, start + A_BATCH) });
  return { added: fresh.length, kept };
}

/** What is new in a file, and by hash, what replaced what. */
function read(records: readonly Exported[], known: ReadonlyMap<string, StoredMemory>, now: number) {
  const fresh = new Map<string, New>();
  const ids = new Map<string, string>();
  const replacedBy = new Map<string, string>();
  let kept = 0;
  // The oldest first, as it came about.
  for (const record of records.toReversed()) {
    const memory = newOf(record, now);
    if (!memory) continue;
    ids.set(record.id, memory.hash);
    if (known.has(memory.hash) || fresh.has(memory.hash)) kept += 1;
    else {
      fresh.set(memory.hash, memory);
      if (memory.retracted !== null && record.supersededBy !== null) replacedBy.set(memory.hash, record.supersededBy);
    }
  }
  const successors = new Map<string, string>();
  for (const [hash, id] of replacedBy) {
    const successor = ids.get(id);
    if (successor !== undefined && successor !== hash) successors.set(hash, successor);
  }
  // A file that was written by hand may say of two that each replaced the other.
  for (const hash of successors.keys()) if (goesRound(hash, successors)) successors.delete(hash);
  onlyOneOfEach(fresh, successors, now);
  return { fresh: [...fresh.values()], successors, kept };
}

/** Of what there can be one of, the one of the file that was said last. */
function onlyOneOfEach(fresh: Map<string, New>, successors: Map<string, string>, now: number): void {
  const current = new Map<string, New>();
  const open = [...fresh.values()].filter((memory) => memory.state === 'active' && isOpen(memory, now));
  for (const memory of open.sort((one, other) => other.lastSeen - one.lastSeen)) {
    const newer = placesOf(memory).flatMap((place) => current.get(place) ?? [])[0];
    if (newer && isRival(newer, memory)) {
      fresh.set(memory.hash, closed(memory, newer.validFrom, now));
      successors.set(memory.hash, newer.hash);
    } else for (const place of placesOf(memory)) current.set(place, memory);
  }
}

/** As it may be kept: cleaned, bounded, with nothing from the future. Undefined: it may not. */
function newOf(record: Exported, now: number): New | undefined {
  const { id: _, ...rest } = record;
  const text = oneLine(record.text);
  const value = oneLine(record.value, LONGEST_VALUE);
  const quotes = record.evidence.map(({ quote }) => quote);
  if (text === '' || [text, value, ...quotes].some(holdsSecret)) return undefined;
  const attribute = attributeOf(record.attribute) ? record.attribute : '';
  const retracted = record.retracted === null ? null : Math.min(now, record.retracted);
  return {
    ...rest,
    text,
    value,
    attribute,
    hash: hashOf({ ...record, text, value, attribute }),
    recorded: Math.min(now, record.recorded),
    retracted,
    // What is closed was true until some time.
    validTo: retracted !== null && record.validTo === null ? retracted : record.validTo,
    lastSeen: Math.min(now, record.lastSeen),
    lastUsed: record.lastUsed === null ? null : Math.min(now, record.lastUsed),
    supersededBy: null,
    evidence: record.evidence.slice(0, MOST_EVIDENCE).map(({ quote, at, conversation, request }) => ({
      quote: quote.slice(0, LONGEST_QUOTE),
      at,
      conversation,
      request,
    })),
  };
}

/** Where rivals of a memory stand: under its attribute where there can be one of it, or under the opposite with its value. */
function placesOf({ subject, attribute, value }: Pick<New, 'subject' | 'attribute' | 'value'>): readonly string[] {
  if (attribute === '') return [];
  const places = isSingle(attribute, subject) ? [JSON.stringify([subject, attribute])] : [];
  const opposite = oppositeOf(attribute);
  if (opposite !== undefined && value !== '')
    places.push(JSON.stringify([subject, [attribute, opposite].sort(), folded(value)]));
  return places;
}

function rivalsIn(byPlace: ReadonlyMap<string, readonly StoredMemory[]>, memory: New): readonly StoredMemory[] {
  return placesOf(memory)
    .flatMap((place) => byPlace.get(place) ?? [])
    .filter((other) => isRival(other, memory));
}

function isRival(one: New, other: New): boolean {
  return one.hash !== other.hash;
}

function closed(memory: New, until: number, now: number): New {
  return { ...memory, validTo: Math.max(memory.validFrom, until), retracted: now };
}

function closingOf(
  rival: StoredMemory,
  { memory, now, by }: { readonly memory: New; readonly now: number; readonly by: number },
): MemoryChange {
  return {
    id: rival.id,
    validTo: Math.max(rival.validFrom, memory.validFrom),
    retracted: Math.max(now, rival.recorded, rival.lastSeen),
    supersededBy: by,
  };
}

function goesRound(hash: string, successors: ReadonlyMap<string, string>): boolean {
  const seen = new Set<string>();
  for (let at: string | undefined = hash; at !== undefined; at = successors.get(at)) {
    if (seen.has(at)) return true;
    seen.add(at);
  }
  return false;
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const values = map.get(key);
  if (values) values.push(value);
  else map.set(key, [value]);
}
