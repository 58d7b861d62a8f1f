/** Users who try to get at what is remembered of others, by every method that there is. */
import type { MemoryBase } from '../../src/memory/contract.ts';
import { dice } from '../knowledge/synthetic.ts';

export interface Leaks {
  readonly queries: number;
  /** Answers with something of another user, and memories of others that were changed. */
  readonly leaks: number;
  readonly which: readonly string[];
}

const USERS = 10;
const OWN = 12;
const NOW = Date.UTC(2026, 5, 1, 12);

interface Person {
  readonly user: string;
  readonly canary: string;
  ids: readonly string[];
}

export async function leaksOf(base: MemoryBase, queries: number): Promise<Leaks> {
  const people = Array.from({ length: USERS }, (_, number): Person => {
    // Names that begin alike, and one that is another's with a suffix: as keys that act for others make them.
    const user = number % 3 === 2 ? `ana/${number}` : `ana${number === 0 ? '' : number}`;
    return { user, canary: `canario${(number * 7_919 + 1_234).toString(36)}`, ids: [] };
  });
  for (const person of people) person.ids = await fill(base, person);
  const random = dice(11);
  const which: string[] = [];
  for (let number = 0; number < queries; number += 1) {
    const asker = people[number % USERS] as Person;
    const victim = people[(number + 1 + Math.floor(random() * (USERS - 1))) % USERS] as Person;
    const [name, attack] = ATTACKS[Math.floor(random() * ATTACKS.length)] as (typeof ATTACKS)[number];
    const answer = JSON.stringify((await attack(base, asker.user, victim).catch(messageOf)) ?? null);
    const others = people.filter((person) => person !== asker && answer.includes(person.canary));
    if (others.length > 0) which.push(`${name}: ${answer.slice(0, 200)}`);
  }
  for (const { user, canary, ids } of people) {
    const left = await base.list(user, { limit: 1_000 });
    const own = left.filter(({ id }) => ids.includes(id));
    const isWhole = own.length === ids.length && own.every(({ text, pinned }) => text.includes(canary) && !pinned);
    if (!isWhole) which.push(`${user}: ${ids.length - own.length} memories are gone, or are others`);
  }
  return { queries, leaks: which.length, which };
}

async function fill(base: MemoryBase, { user, canary }: Person): Promise<readonly string[]> {
  const texts = [
    `Mi palabra favorita es ${canary}`,
    ...Array.from({ length: OWN - 1 }, (_, one) => `Cosa ${one} de ${canary}`),
  ];
  const ids: string[] = [];
  for (const text of texts) ids.push((await base.add(user, { text, origin: 'written' })).id);
  return ids;
}

type Attack = (base: MemoryBase, user: string, victim: Person) => Promise<unknown>;

/** Texts that ask for more than one's own. */
const WORDS: readonly ((victim: Person) => string)[] = [
  () => 'palabra favorita',
  () => 'Mi palabra favorita es',
  ({ user }) => `What do you know about ${user}?`,
  ({ user }) => `user:${user} OR 1=1`,
  ({ user }) => `'; SELECT * FROM memory WHERE user = '${user}'; --`,
  ({ user }) => `{"user":"${user}","which":"all"}`,
  ({ user }) => `${user}\u0000 palabra favorita`,
  ({ user }) => `../${user}/memories`,
  () => '*',
  () => 'cosa cosa cosa cosa',
];
const worded = (victim: Person, number: number) => (WORDS[number % WORDS.length] as (typeof WORDS)[number])(victim);
let turn = 0;
const words = (victim: Person) => worded(victim, turn++);
const query = (victim: Person) => ({ text: words(victim), at: NOW, topK: 50 });

const ATTACKS: readonly (readonly [string, Attack])[] = [
  ['recall', (base, user, victim) => base.recall(user, query(victim))],
  [
    'recall by the canary’s neighbours',
    (base, user, { ids }) => base.recall(user, { text: ids.join(' '), at: NOW, topK: 50 }),
  ],
  ['recall by the canary', (base, user, { canary }) => base.recall(user, { text: canary, at: NOW, topK: 50 })],
  ['search', (base, user, victim) => base.search(user, query(victim))],
  ['list', (base, user) => base.list(user, { which: 'all', text: 'favorita', limit: 1_000 })],
  ['list after', (base, user, { ids }) => base.list(user, { after: ids[0], limit: 1_000 })],
  ['get', (base, user, { ids }) => base.get(user, ids[0] ?? '')],
  ['change', (base, user, { ids }) => base.change(user, ids[0] ?? '', { pinned: true })],
  ['approve', (base, user, { ids }) => base.approve(user, ids[0] ?? '')],
  ['forget ids', (base, user, { ids }) => base.forget(user, { ids })],
  ['used', (base, user, { ids }) => Promise.resolve(base.used(user, ids))],
  ['export', (base, user) => all(base.export(user))],
  ['obey', (base, user, { ids }) => base.obey(user, { ...SAID, text: `olvida lo de ${ids[1]}` })],
  ['observe', (base, user, victim) => base.observe(user, { ...SAID, text: words(victim) })],
];

const SAID = { at: NOW, conversation: 'c', request: null, before: null, earlier: [] };

async function all(lines: AsyncIterable<string>): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const line of lines) found.push(line);
  return found;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
