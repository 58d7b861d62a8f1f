/** What the memory kept of the dialogues, held against what was expected. */
import type { MemoryBase, Said } from '../../src/memory/contract.ts';
import type { MessageReader } from '../../src/memory/open-memory.ts';
import type { StoredMemory } from '../../src/store/people-contract.ts';
import { type Dialogue, type DialogueTurn, earlierThan } from './dialogues.ts';
import { says } from './matching.ts';

/** What is judged: what a message tells the memory to do, and what is kept of it. */
export interface Judged {
  readonly base: Pick<MemoryBase, 'obey' | 'observe'>;
  readonly reader: Pick<MessageReader, 'commands'>;
}

export interface Mistake {
  readonly dialogue: string;
  readonly turn: number;
  /** `junk`: of a turn that says nothing worth keeping; `unheard`, `misheard`: a command. */
  readonly how: 'missed' | 'wrong' | 'junk' | 'unheard' | 'misheard';
  readonly said: string;
  readonly what: string;
}

/** Counts, from which shares are made. */
export interface Tally {
  /** Memories that are believed at once: those that say what is expected, and all of them. */
  right: number;
  kept: number;
  /** Expected, and those of them that a memory says which is believed at once. */
  found: number;
  expected: number;
  /** Turns without anything to keep, and those of them of which something is believed at once. */
  junk: number;
  empty: number;
  /** Turns that tell the memory to do something, and those of them of which it is understood what. */
  heard: number;
  commands: number;
  /** Turns that tell it nothing, and are taken for such that do. */
  misheard: number;
  /** Memories that wait until they are said again: those that are expected, or may be, and all of them. */
  quarantinedRight: number;
  quarantined: number;
}

export interface Judgement {
  readonly tally: Tally;
  readonly mistakes: readonly Mistake[];
}

const DAY_MS = 86_400_000;
/** A Wednesday. */
const STARTED = Date.UTC(2026, 4, 6, 10);

/**
 * Says every message to the memory, each as a user of its own, of whom nothing is known yet: what is kept of it is all that its dialogue
 * would have added. What comes after "don't remember this conversation" is not said, as the product does.
 */
export async function judge(dialogues: readonly Dialogue[], judged: Judged): Promise<Judgement> {
  const tally = nothing();
  const mistakes: Mistake[] = [];
  for (const [index, { id, turns }] of dialogues.entries()) {
    let isIgnored = false;
    for (const [ord, turn] of turns.entries()) {
      if (turn.role !== 'user') continue;
      const at = STARTED + index * DAY_MS + ord * 60_000;
      const before = turns[ord - 1]?.text ?? null;
      const said = { text: turn.text, at, conversation: id, request: null, before, earlier: earlierThan(turns, ord) };
      const heard = isIgnored ? SILENCE : await say(`${id}/${ord}`, said, judged);
      if (heard.commands.includes('ignore-conversation')) isIgnored = true;
      const miss = (how: Mistake['how'], what: string) => {
        mistakes.push({ dialogue: id, turn: ord, how, said: turn.text, what });
      };
      judgeTurn(turn, heard, tally, miss);
    }
  }
  return { tally, mistakes };
}

interface Heard {
  readonly commands: readonly NonNullable<DialogueTurn['command']>[];
  readonly memories: readonly StoredMemory[];
}

const SILENCE: Heard = { commands: [], memories: [] };

async function say(user: string, said: Said, { base, reader }: Judged): Promise<Heard> {
  const commands = reader
    .commands(said)
    .map((command) => (command.do === 'ignore' ? (`ignore-${command.scope}` as const) : command.do));
  const obeyed = await base.obey(user, said);
  const observed = obeyed?.ignores ? [] : await base.observe(user, said);
  return { commands, memories: [...(obeyed?.remembered ?? []), ...observed] };
}

function judgeTurn(turn: DialogueTurn, heard: Heard, tally: Tally, miss: (how: Mistake['how'], what: string) => void) {
  const { keep = [], may = [], closes = [], forgets = [] } = turn;
  judgeCommands(turn, heard, tally, miss);
  const believed = heard.memories.filter(({ state }) => state === 'active');
  const isRight = (memory: StoredMemory) => keep.some((one) => says(memory, one));
  // What may be kept or not counts neither way.
  const counted = believed.filter((one) => isRight(one) || !may.some((other) => says(one, other)));
  const wrong = counted.filter((one) => !isRight(one));
  tally.kept += counted.length;
  tally.right += counted.length - wrong.length;
  for (const { subject, text } of wrong) miss('wrong', `${subject}: ${text}`);
  const missed = keep.filter((one) => !believed.some((other) => says(other, one)));
  tally.expected += keep.length;
  tally.found += keep.length - missed.length;
  for (const { about, contains } of missed) miss('missed', `${about}: ${contains.join(', ')}`);
  const isEmpty = [keep, may, closes, forgets].every(({ length }) => length === 0) && turn.command === undefined;
  if (isEmpty) {
    tally.empty += 1;
    if (believed.length > 0) {
      tally.junk += 1;
      miss('junk', believed.map(({ text }) => text).join(' | '));
    }
  }
  const waiting = heard.memories.filter(({ state }) => state === 'quarantined');
  tally.quarantined += waiting.length;
  tally.quarantinedRight += waiting.filter((one) => [...keep, ...may].some((other) => says(one, other))).length;
}

function judgeCommands(
  { command }: DialogueTurn,
  { commands }: Heard,
  tally: Tally,
  miss: (how: Mistake['how'], what: string) => void,
) {
  if (command === undefined) {
    if (commands.length === 0) return;
    tally.misheard += 1;
    miss('misheard', commands.join(', '));
    return;
  }
  tally.commands += 1;
  if (commands.includes(command)) tally.heard += 1;
  else miss('unheard', command);
}

export function nothing(): Tally {
  return {
    right: 0,
    kept: 0,
    found: 0,
    expected: 0,
    junk: 0,
    empty: 0,
    heard: 0,
    commands: 0,
    misheard: 0,
    quarantinedRight: 0,
    quarantined: 0,
  };
}
