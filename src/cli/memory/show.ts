/** What is remembered, as lines for a person. Everything that a user has said is plain text. */
import type { MemoryHitJson, MemoryJson } from '../../server/memory/views.ts';
import { plainLine } from '../plain.ts';
import { tableLines } from '../table.ts';

const LONGEST_QUOTE = 60;

export function memoryTable(memories: readonly MemoryJson[]): string[] {
  if (memories.length === 0) return [];
  const rows = memories.map((memory) => [
    memory.id,
    day(memory.validFrom),
    memory.kind,
    `${plainLine(memory.text)}${marks(memory)}`,
    fromOf(memory),
  ]);
  return tableLines([['ID', 'SINCE', 'KIND', 'WHAT IS REMEMBERED', 'FROM'], ...rows]);
}

/** Everything about one, its sources last; `before`: what it has replaced. */
export function memoryLines(memory: MemoryJson, before: readonly MemoryJson[]): string[] {
  const about = [memory.subject, memory.attribute, memory.value].filter((part) => part !== '');
  const facts: (readonly [string, string | null])[] = [
    ['id', memory.id],
    ['what', memory.text],
    ['kind', memory.kind],
    ['state', stateOf(memory)],
    ['about', about.join(' › ')],
    ['since', minute(memory.validFrom)],
    ['until', memory.validTo === null ? null : minute(memory.validTo)],
    ['expires', memory.expires === null ? null : minute(memory.expires)],
    [
      'known here',
      `since ${minute(memory.recorded)}${memory.retracted === null ? '' : `, until ${minute(memory.retracted)}`}`,
    ],
    ['replaced by', memory.supersededBy],
    ['replaces', before.map(({ id, text }) => `${id} (${text})`).join(', ') || null],
    ['sure', `${percent(memory.confidence)}, importance ${percent(memory.importance)}`],
    ['how', HOW[memory.origin]],
    ['said', times(memory.seen, memory.lastSeen)],
    ['told', memory.lastUsed === null ? 'never' : times(memory.uses, memory.lastUsed)],
  ];
  const lines = tableLines(facts.flatMap(([name, value]) => (value === null ? [] : [[name, plainLine(value)]])));
  if (memory.evidence.length === 0) return lines;
  const sources = memory.evidence.map(({ quote, at, conversation, request }) => {
    const where = [conversation && `conversation ${conversation}`, request && `request ${request}`].filter(Boolean);
    return `  ${minute(at)}  “${plainLine(quote)}”${where.length === 0 ? '' : ` (${plainLine(where.join(', '))})`}`;
  });
  return [...lines, 'from these words:', ...sources];
}

export function hitLines(hits: readonly MemoryHitJson[]): string[] {
  const rows = hits.map(({ memory, score, why }) => [
    score.toFixed(2),
    why,
    memory.id,
    `${plainLine(memory.text)}${marks(memory)}`,
  ]);
  return rows.length === 0 ? [] : tableLines([['FITS', 'WHY', 'ID', 'WHAT IS REMEMBERED'], ...rows]);
}

/** `mem_… Lives in Bilbao`. */
export const memoryLine = (memory: MemoryJson) => `${memory.id}  ${plainLine(memory.text)}${marks(memory)}`;

const HOW: Readonly<Record<MemoryJson['origin'], string>> = {
  said: 'told to be remembered',
  extracted: 'understood from what was said',
  expert: 'understood by an expert from what was said',
  written: 'written by hand',
  imported: 'imported',
};

function marks(memory: MemoryJson): string {
  const words = [
    ...(memory.pinned ? ['pinned'] : []),
    ...(memory.closed ? [`no longer, until ${day(memory.validTo ?? memory.retracted ?? memory.recorded)}`] : []),
    ...(memory.state === 'quarantined' && !memory.closed ? ['quarantined'] : []),
    ...(memory.expires === null ? [] : [`expires ${day(memory.expires)}`]),
  ];
  return words.length === 0 ? '' : ` (${words.join('; ')})`;
}

/** The words that it was last heard in. */
function fromOf({ evidence, origin }: MemoryJson): string {
  const last = evidence.at(-1);
  // What was written by hand has the words of what it has replaced.
  if (!last || origin === 'written') return HOW[origin];
  const quote = plainLine(last.quote);
  return `“${quote.length > LONGEST_QUOTE ? `${quote.slice(0, LONGEST_QUOTE - 1)}…` : quote}”`;
}

function stateOf({ closed, state, pinned }: MemoryJson): string {
  if (closed) return 'closed: no answer gets it any more';
  if (state === 'quarantined') return 'quarantined: told to nobody until it is said again, or `memory approve`';
  return pinned ? 'pinned: every answer gets it' : 'active';
}

const day = (moment: string) => moment.slice(0, 10);
const minute = (moment: string) => `${moment.slice(0, 16).replace('T', ' ')} UTC`;
const percent = (share: number) => `${Math.round(share * 100)} %`;
const times = (count: number, last: string) => `${count === 1 ? 'once' : `${count} times`}, last ${minute(last)}`;
