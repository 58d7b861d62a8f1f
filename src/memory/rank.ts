import type { MemoryKind, StoredMemory } from '../store/people-contract.ts';
import { attributeOf } from './attributes.ts';
import { isOpen } from './consolidate.ts';
import { folded } from './one-line.ts';
import { subjectWords } from './subject-words.ts';
import { type Window, windowOf } from './time-window.ts';

const DAY = 86_400_000;
/** Days after which what has no attribute of its own counts half; null: it never fades. */
const HALF_LIVES: Readonly<Record<MemoryKind, number | null>> = {
  fact: null,
  preference: 1_095,
  event: 60,
  instruction: null,
  summary: 180,
};
/** All factors are small: what fits the question decides. */
const IMPORTANCE = 0.3;
const RECENCY = 0.25;
const IN_TIME = 1.3;
const OUT_OF_TIME = 0.85;
const SAID_AGAIN = 0.02;
/** Of somebody whom the question does not name. */
const OF_OTHERS = 0.4;

/** Whether it may be told at this time: it counts, is believed, has begun and is not over. */
export function isTold(memory: StoredMemory, at: number): boolean {
  const { state, expires, validFrom, lastSeen } = memory;
  // What begins later than it was said is still to come; that it was said later than now only means that a clock was wrong.
  const isToCome = memory.kind !== 'event' && validFrom > at && validFrom > lastSeen;
  return state === 'active' && isOpen(memory, at) && (expires === null || expires > at) && !isToCome;
}

/** By what the fit of each memory is multiplied: how important, how old, how often it was said, and whether it is of whom and when is asked. */
export function factorsFor({
  text,
  at,
}: {
  readonly text: string;
  readonly at: number;
}): (memory: StoredMemory) => number {
  const window = windowOf(text, at);
  const asked = new Set(folded(text).split(' '));
  return (memory) =>
    (1 + IMPORTANCE * (memory.importance - 0.5)) *
    (1 - RECENCY + RECENCY * freshness(memory, at)) *
    (1 + SAID_AGAIN * Math.min(5, memory.seen - 1)) *
    (isAbout(memory, asked) ? 1 : OF_OTHERS) *
    timeMatch(memory, window);
}

/** "Where do I live?" does not ask where a mother lives, though the words are the same. */
function isAbout({ subject, text, value }: StoredMemory, asked: ReadonlySet<string>): boolean {
  if (subject === 'user') return true;
  const names = (text.match(/(?<=\s)\p{Lu}\p{L}+/gu) ?? []).map(folded);
  return [...subjectWords(subject), ...folded(value).split(' '), ...names].some((word) => asked.has(word));
}

function freshness(memory: StoredMemory, at: number): number {
  if (memory.kind === 'instruction') return 1;
  const attribute = attributeOf(memory.attribute);
  const halfLife = attribute ? attribute.halfLife : HALF_LIVES[memory.kind];
  if (halfLife === null) return 1;
  return 0.5 ** (Math.max(0, at - memory.lastSeen) / DAY / halfLife);
}

function timeMatch({ kind, validFrom, expires }: StoredMemory, window: Window | undefined): number {
  if (!window || kind !== 'event') return 1;
  const until = Math.max(validFrom + 1, expires ?? validFrom + DAY);
  return validFrom < window.to && until > window.from ? IN_TIME : OUT_OF_TIME;
}
