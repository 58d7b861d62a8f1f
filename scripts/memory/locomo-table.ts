import type { Table } from '../knowledge/table.ts';
import { Bm25 } from './bm25.ts';
import type { BenchMemory } from './house.ts';
import { type LocomoConversation, type LocomoTurn, readLocomo } from './locomo.ts';

/** What others have computed with the same formula over the ten conversations of the published file, categories 1 to 4. */
const PUBLISHED_BASELINE = 0.52;
const TOP = 10;
const CATEGORIES: readonly (readonly [name: string, of: readonly number[]])[] = [
  ['1 to 4', [1, 2, 3, 4]],
  ['1 multi-hop', [1]],
  ['2 temporal', [2]],
  ['3 open-domain', [3]],
  ['4 single-hop', [4]],
  ['5 adversarial', [5]],
];

/** The questions of one category: the part of their evidence that is found, on average. */
interface Share {
  sum: number;
  count: number;
}

export interface LocomoResult {
  readonly table: Table;
  /** Categories 1 to 4. */
  readonly recall: number;
  readonly baseline: number;
}

/** How much of the evidence of each question is among the ten memories that fit best, without any language model. */
export async function locomoTable(
  file: string,
  memories: Readonly<Record<string, BenchMemory>>,
  say: (text: string) => void,
): Promise<LocomoResult> {
  const conversations = readLocomo(file);
  const baseline = new Map<number, Share>();
  const found = Object.keys(memories).map((name) => ({ name, shares: new Map<number, Share>() }));
  for (const conversation of conversations) {
    say(`${conversation.id}: ${conversation.turns.length} turns, ${conversation.questions.length} questions`);
    measureBaseline(conversation, baseline);
    for (const { name, shares } of found) await measure(memories[name] as BenchMemory, conversation, shares);
  }
  const rows = [
    ['evidence recall@10', ...CATEGORIES.map(([name, of]) => `${name} (${countOf(baseline, of)})`)],
    ['BM25 over the turns, this file', ...CATEGORIES.map(([, of]) => shown(baseline, of))],
    ...found.map(({ name, shares }) => [name, ...CATEGORIES.map(([, of]) => shown(shares, of))]),
    ['BM25, as published for LoCoMo', PUBLISHED_BASELINE.toFixed(3), '0.212', '0.618', '0.269', '0.613', ''],
  ];
  const main = CATEGORIES[0]?.[1] ?? [];
  return { table: rows, recall: shareOf(found.at(-1)?.shares ?? baseline, main), baseline: shareOf(baseline, main) };
}

function measureBaseline({ turns, questions }: LocomoConversation, shares: Map<number, Share>): void {
  const index = new Bm25(turns.map(textOf));
  for (const { question, category, evidence } of questions) {
    const ids = new Set(index.rank(question, TOP).map((at) => turns[at]?.id));
    count(shares, category, evidence, (id) => ids.has(id));
  }
}

/** Each conversation is a user's, each turn a memory. */
async function measure(
  { base }: BenchMemory,
  { id: user, turns, questions }: LocomoConversation,
  shares: Map<number, Share>,
): Promise<void> {
  /** Of each memory, the turns that it says: what is said twice in the same words is one. */
  const turnsOf = new Map<string, string[]>();
  for (const turn of turns) {
    const at = turn.at === null ? {} : { validFrom: turn.at };
    const { id } = await base.add(user, { text: textOf(turn), origin: 'imported', ...at });
    turnsOf.set(id, [...(turnsOf.get(id) ?? []), turn.id]);
  }
  await untilEmbedded(base);
  const asked = Math.max(Date.now(), ...turns.map(({ at }) => at ?? 0));
  for (const { question, category, evidence } of questions) {
    const { memories } = await base.search(user, { text: question, at: asked, topK: TOP });
    const told = new Set(memories.flatMap(({ memory }) => turnsOf.get(memory.id) ?? []));
    count(shares, category, evidence, (id) => told.has(id));
  }
}

async function untilEmbedded(base: BenchMemory['base']): Promise<void> {
  while ((base.status().embedding?.waiting ?? 0) > 0) await new Promise((resolve) => setTimeout(resolve, 100));
}

const textOf = ({ speaker, text }: LocomoTurn) => `${speaker}: ${text}`;

function count(
  shares: Map<number, Share>,
  category: number,
  evidence: readonly string[],
  has: (id: string) => boolean,
): void {
  const share = shares.get(category) ?? { sum: 0, count: 0 };
  share.sum += evidence.filter(has).length / evidence.length;
  share.count += 1;
  shares.set(category, share);
}

function countOf(shares: ReadonlyMap<number, Share>, of: readonly number[]): number {
  return of.reduce((sum, category) => sum + (shares.get(category)?.count ?? 0), 0);
}

function shareOf(shares: ReadonlyMap<number, Share>, of: readonly number[]): number {
  return of.reduce((sum, category) => sum + (shares.get(category)?.sum ?? 0), 0) / countOf(shares, of);
}

function shown(shares: ReadonlyMap<number, Share>, of: readonly number[]): string {
  const share = shareOf(shares, of);
  return Number.isNaN(share) ? '–' : share.toFixed(3);
}
