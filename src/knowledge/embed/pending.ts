import type { ChunkRef, User } from '../../store/contract.ts';

/** Passages that have no vector yet, by user and document, in the order in which they came. */
export class Pending {
  readonly #users = new Map<User, Map<string, Set<number>>>();
  #count = 0;

  get length(): number {
    return this.#count;
  }

  add(user: User, document: string, ords: Iterable<number>): void {
    const documents = this.#users.get(user) ?? new Map<string, Set<number>>();
    const waiting = documents.get(document) ?? new Set<number>();
    const before = waiting.size;
    for (const ord of ords) waiting.add(ord);
    this.#count += waiting.size - before;
    if (waiting.size === 0) return;
    this.#users.set(user, documents.set(document, waiting));
  }

  of(user: User, document: string): number {
    return this.#users.get(user)?.get(document)?.size ?? 0;
  }

  has(user: User): boolean {
    return this.#users.has(user);
  }

  /** Whose turn it is: users take turns. */
  nextUser(): User | undefined {
    const [user] = this.#users.keys();
    if (user === undefined) return undefined;
    const documents = this.#users.get(user);
    this.#users.delete(user);
    if (documents) this.#users.set(user, documents);
    return user;
  }

  first(user: User, limit: number): ChunkRef[] {
    const refs: ChunkRef[] = [];
    for (const [document, ords] of this.#users.get(user) ?? [])
      for (const ord of ords) {
        if (refs.length === limit) return refs;
        refs.push({ document, ord });
      }
    return refs;
  }

  remove(user: User, refs: Iterable<ChunkRef>): void {
    const documents = this.#users.get(user);
    for (const { document, ord } of refs) {
      const waiting = documents?.get(document);
      if (!waiting?.delete(ord)) continue;
      this.#count -= 1;
      if (waiting.size === 0) this.removeDocument(user, document);
    }
  }

  removeDocument(user: User, document: string): void {
    const documents = this.#users.get(user);
    this.#count -= documents?.get(document)?.size ?? 0;
    documents?.delete(document);
    if (documents?.size === 0) this.#users.delete(user);
  }

  clear(): void {
    this.#users.clear();
    this.#count = 0;
  }
}
