/** Whether what was corrected, or forgotten, is ever told again: dialogues said to a memory, and asked afterwards. */
import type { MemoryBase } from '../../src/memory/contract.ts';
import { dice } from '../knowledge/synthetic.ts';
import { type Dialogue, earlierThan, type Expected } from './dialogues.ts';
import { says } from './matching.ts';

export interface Staleness {
  /** Corrections of something that had been kept: only they can go wrong. */
  corrections: number;
  /** Of them, those of which the old value is told when it is asked for. */
  stale: number;
  /** Of them, those of which the new value is told. */
  fresh: number;
  forgotten: number;
  /** What was to be forgotten and is told, or kept anywhere. */
  unforgotten: number;
  /** For a person. */
  readonly which: string[];
}

const STARTED = Date.UTC(2026, 0, 7, 10);
const MINUTE_MS = 60_000;
const TOP = 20;

/** Each dialogue is that of a user of its own. */
export async function replayCorrections(base: MemoryBase, dialogues: readonly Dialogue[]): Promise<Staleness> {
  const found: Staleness = { corrections: 0, stale: 0, fresh: 0, forgotten: 0, unforgotten: 0, which: [] };
  for (const dialogue of dialogues) {
    if (dialogue.turns.some(({ closes, forgets }) => closes ?? forgets)) await replay(base, dialogue, found);
  }
  return found;
}

async function replay(base: MemoryBase, { id, turns }: Dialogue, found: Staleness): Promise<void> {
  let at = STARTED;
  let isIgnored = false;
  for (const [index, { role, text }] of turns.entries()) {
    at += MINUTE_MS;
    if (role !== 'user' || isIgnored) continue;
    const before = turns[index - 1]?.text ?? null;
    const said = { text, at, conversation: id, request: null, before, earlier: earlierThan(turns, index) };
    const obeyed = await base.obey(id, said);
    if (obeyed?.ignores === 'conversation') isIgnored = true;
    if (!obeyed?.ignores) await base.observe(id, said);
  }
  const all = await base.list(id, { which: 'all', limit: 1_000 });
  for (const [index, { closes = [], forgets = [] }] of turns.entries()) {
    const now = turns.slice(index).flatMap(({ keep = [] }) => keep);
    for (const old of closes) {
      const had = all.some((memory) => says(memory, old) && !isNow(memory, now));
      if (!had) continue;
      found.corrections += 1;
      const told = await ask(base, id, old.question, at);
      const stale = told.find((memory) => says(memory, old) && !isNow(memory, now));
      if (stale) found.which.push(`${id}: ${stale.text}`);
      found.stale += stale ? 1 : 0;
      found.fresh += told.some((memory) => isNow(memory, now)) ? 1 : 0;
    }
    for (const gone of forgets) {
      const hadBefore = turns.slice(0, index).some(({ keep = [] }) => keep.some((one) => overlaps(one, gone)));
      if (!hadBefore) continue;
      found.forgotten += 1;
      const left = all.find((memory) => says(memory, gone) && memory.recorded < at);
      if (left) found.which.push(`${id}: ${left.text}`);
      found.unforgotten += left ? 1 : 0;
    }
  }
}

/** All that a prompt could be told, and all that a search finds. */
async function ask(base: MemoryBase, user: string, question: string, at: number) {
  const query = { text: question, at, topK: TOP };
  const recalled = await base.recall(user, query);
  const searched = await base.search(user, query);
  return [...recalled.memories, ...searched.memories].map(({ memory }) => memory);
}

function isNow(memory: { readonly subject: string; readonly text: string }, now: readonly Expected[]): boolean {
  return now.some((one) => says(memory, one));
}

function overlaps(one: Expected, other: Expected): boolean {
  return one.contains.some((word) => other.contains.some((its) => word.split('|').some((part) => its.includes(part))));
}

const PLACES =
  'Bilbao Cádiz Lugo Toledo Murcia Oslo Leeds Boston Denver Quito Lima Turin Porto Dublin Austin Cork'.split(' ');
const JOBS: readonly (readonly [string, string])[] = [
  ['enfermera', 'nurse'],
  ['abogada', 'lawyer'],
  ['panadero', 'baker'],
  ['electricista', 'electrician'],
  ['veterinaria', 'vet'],
  ['carpintero', 'carpenter'],
  ['periodista', 'journalist'],
  ['cocinero', 'cook'],
];
const NAMES = 'Marta Julián Inés Omar Chloe Peter Nerea Bruno Alba Hugo'.split(' ');

/** Corrections in the plainest words, in many ways of saying them: what is kept of each is sure, so that each can go wrong. */
export function madeUpCorrections(count: number): readonly Dialogue[] {
  const random = dice(7);
  const pick = <T>(from: readonly T[], not?: T): T => {
    const left = from.filter((one) => one !== not);
    return left[Math.floor(random() * left.length)] as T;
  };
  return Array.from({ length: count }, (_, number) => {
    const way = WAYS[number % WAYS.length] as Way;
    const pool = way.values === 'place' ? PLACES : way.values === 'name' ? NAMES : jobs(way.language);
    const old = pick(pool);
    const next = pick(pool, old);
    const [first, second, question] = [way.first, way.second, way.question].map((text) =>
      text.replaceAll('OLD', old).replaceAll('NEW', next),
    ) as [string, string, string];
    const about = 'user';
    return {
      id: `made-up-${number}`,
      language: way.language,
      turns: [
        { role: 'user', text: first, keep: [{ about, contains: [old], kind: 'fact' }] },
        { role: 'assistant', text: 'OK.' },
        { role: 'user', text: way.language === 'es' ? '¿Qué me recomiendas para hoy?' : 'Any ideas for today?' },
        { role: 'assistant', text: 'OK.' },
        {
          role: 'user',
          text: second,
          keep: [{ about, contains: [next], kind: 'fact' }],
          closes: [{ about, contains: [old], question }],
        },
      ],
    } satisfies Dialogue;
  });
}

const jobs = (language: string) => JOBS.map(([es, en]) => (language === 'es' ? es : en));

interface Way {
  readonly language: 'es' | 'en';
  readonly values: 'place' | 'job' | 'name';
  readonly first: string;
  readonly second: string;
  readonly question: string;
}

const HOME = { values: 'place', question: '¿Dónde vivo?', language: 'es' } as const;
const LIVE = { values: 'place', question: 'Where do I live?', language: 'en' } as const;
const OFICIO = { values: 'job', question: '¿A qué me dedico?', language: 'es' } as const;
const JOB = { values: 'job', question: 'What do I do for a living?', language: 'en' } as const;
const NOMBRE = { values: 'name', question: '¿Cómo me llamo?', language: 'es' } as const;
const NAME = { values: 'name', question: 'What is my name?', language: 'en' } as const;

const WAYS: readonly Way[] = [
  { ...HOME, first: 'Vivo en OLD.', second: 'Ahora vivo en NEW.' },
  { ...LIVE, first: 'I live in OLD.', second: 'I live in NEW now.' },
  { ...HOME, first: 'vivo en OLD', second: 'ya no vivo en OLD, ahora vivo en NEW' },
  { ...LIVE, first: 'i live in OLD', second: "i don't live in OLD anymore, i live in NEW" },
  { ...HOME, first: 'Vivo en OLD con mi gato.', second: 'Me he mudado a NEW.' },
  { ...LIVE, first: 'I live in OLD with my cat.', second: 'I moved to NEW last week.' },
  { ...OFICIO, first: 'Soy OLD.', second: 'Ya no soy OLD, ahora soy NEW.' },
  { ...JOB, first: "I'm a OLD.", second: "I'm not a OLD anymore, I'm a NEW." },
  { ...OFICIO, first: 'trabajo de OLD', second: 'ahora trabajo de NEW' },
  { ...JOB, first: 'I work as a OLD', second: 'I now work as a NEW' },
  { ...NOMBRE, first: 'Me llamo OLD.', second: 'Perdona, no me llamo OLD, me llamo NEW.' },
  { ...NAME, first: 'My name is OLD.', second: 'Sorry, my name is not OLD, my name is NEW.' },
];
