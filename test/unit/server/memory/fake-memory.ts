/** Memories in memory: what the routes see of the real ones. A word finds what has it. */
import { createHash } from 'node:crypto';

import type { MemoryBase, NewMemory, Obeyed, Recollection, Said } from '../../../../src/memory/contract.ts';
import type { MemoryFilter, StoredMemory } from '../../../../src/store/people-contract.ts';
import { page } from './pages.ts';

type Entry = { -readonly [Key in keyof StoredMemory]: StoredMemory[Key] } & { user: string };

const T0 = Date.UTC(2026, 0, 1);

export class FakeMemory implements MemoryBase {
  readonly entries: Entry[] = [];
  /** Users and their words, as they were asked for. */
  readonly calls: string[] = [];
  #count = 0;

  /** Puts one there, as the extraction would. */
  put(user: string, text: string, facts: Partial<StoredMemory> = {}): Entry {
    this.#count += 1;
    const at = T0 + this.#count * 1_000;
    const entry: Entry = {
      user,
      id: `mem_${String(this.#count).padStart(20, '0')}`,
      kind: 'fact',
      text,
      language: 'en',
      subject: 'user',
      attribute: '',
      value: '',
      hash: createHash('sha256').update(text).digest('hex'),
      state: 'active',
      pinned: false,
      confidence: 1,
      importance: 0.5,
      validFrom: at,
      validTo: null,
      recorded: at,
      retracted: null,
      supersededBy: null,
      expires: null,
      evidence: [{ quote: text, at, conversation: null, request: null }],
      origin: 'written',
      seen: 1,
      lastSeen: at,
      uses: 0,
      lastUsed: null,
      ...facts,
    };
    this.entries.push(entry);
    return entry;
  }

  status() {
    return { state: 'ready' as const, reason: null, queued: 0, embedding: null };
  }
  async obey(_user: string, _said: Said): Promise<Obeyed | undefined> {
    return undefined;
  }
  async recall(user: string, { text }: { text: string }): Promise<Recollection> {
    return {
      memories: this.#fitting(user, text).map((memory) => ({ memory, score: 1, why: 'found' })),
      degraded: null,
      ms: 1,
    };
  }
  used(_user: string, _ids: readonly string[]): void {}
  async observe(_user: string, _said: Said): Promise<readonly StoredMemory[]> {
    return [];
  }
  async list(user: string, filter: MemoryFilter = {}) {
    const { which = 'current', states, kinds, subject, attribute, text } = filter;
    const found = this.entries
      .filter((entry) => entry.user === user)
      .filter(({ retracted }) => which === 'all' || (which === 'closed') === (retracted !== null))
      .filter(({ state }) => !states || states.includes(state))
      .filter(({ kind }) => !kinds || kinds.includes(kind))
      .filter((entry) => subject === undefined || entry.subject === subject)
      .filter((entry) => attribute === undefined || entry.attribute === attribute)
      .filter((entry) => text === undefined || entry.text.toLowerCase().includes(text.toLowerCase()))
      .toReversed();
    return page(found, filter);
  }
  async get(user: string, id: string) {
    return this.#find(user, id);
  }
  async add(user: string, { text, ...facts }: NewMemory) {
    const given = Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
    return this.put(user, text, given);
  }
  async change(user: string, id: string, change: Partial<StoredMemory>) {
    const entry = this.#find(user, id);
    if (!entry) return undefined;
    if (change.text === undefined) return Object.assign(entry, change);
    const { id: next } = Object.assign(this.put(user, change.text, { kind: entry.kind }), change);
    Object.assign(entry, { retracted: T0, validTo: T0, supersededBy: next });
    return this.#find(user, next);
  }
  async approve(user: string, id: string) {
    const entry = this.#find(user, id);
    return entry && Object.assign(entry, { state: 'active' });
  }
  search(user: string, query: { text: string }) {
    return this.recall(user, query);
  }
  async fitting(user: string, text: string) {
    return this.#fitting(user, text);
  }
  async forget(user: string, what: { readonly ids: readonly string[] } | { readonly text: string }) {
    const gone = this.entries.filter(
      (entry) =>
        entry.user === user &&
        ('ids' in what ? what.ids.includes(entry.id) : this.#fitting(user, what.text).includes(entry)),
    );
    for (const entry of gone) this.entries.splice(this.entries.indexOf(entry), 1);
    return gone;
  }
  async clear(user: string) {
    const ids = this.entries.filter((entry) => entry.user === user).map(({ id }) => id);
    return (await this.forget(user, { ids })).length;
  }
  async *export(user: string) {
    yield JSON.stringify({ type: 'memories', version: 1 });
    for (const { user: _, ...memory } of this.entries.filter((entry) => entry.user === user))
      yield JSON.stringify(memory);
  }
  async import(user: string, lines: AsyncIterable<string>) {
    let [added, kept] = [0, 0];
    for await (const line of lines) {
      const { text, type } = JSON.parse(line) as { text?: string; type?: string };
      if (type !== undefined || text === undefined) continue;
      if (this.entries.some((entry) => entry.user === user && entry.text === text)) kept += 1;
      else {
        this.put(user, text, { origin: 'imported' });
        added += 1;
      }
    }
    return { added, kept };
  }
  async close() {}

  #find(user: string, id: string): Entry | undefined {
    return this.entries.find((entry) => entry.user === user && entry.id === id);
  }
  #fitting(user: string, text: string): Entry[] {
    const words = text.toLowerCase().match(/[\p{L}\p{N}-]{3,}/gu) ?? [];
    return this.entries.filter(
      (entry) =>
        entry.user === user &&
        entry.retracted === null &&
        words.some((word) => entry.text.toLowerCase().includes(word)),
    );
  }
}
