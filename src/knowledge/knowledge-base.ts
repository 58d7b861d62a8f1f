import type { Collection, DocumentFilter, Store, StoredDocument, User } from '../store/contract.ts';
import { AppError } from '../shared/errors.ts';
import type { AddOptions, DocumentView, KnowledgeStatus, SearchQuery, SearchResult, Source, Web } from './contract.ts';
import { documentsOf } from './documents-of.ts';
import type { Backlog } from './embed/backlog.ts';
import type { Ingestion } from './ingest/ingestion.ts';
import type { Intake } from './ingest/intake.ts';
import type { Spool } from './ingest/spool.ts';
import type { UserLocks } from './ingest/user-locks.ts';
import { factsOf } from './search/fill.ts';
import type { SearchIndex } from './search/search-index.ts';
import type { KnowledgeSetup, OpenKnowledge } from './setup.ts';
import { AutoLearn } from './web/auto-learn.ts';

export interface KnowledgeParts {
  readonly store: Store;
  readonly spool: Spool;
  readonly locks: UserLocks;
  readonly intake: Intake;
  readonly ingestion: Ingestion;
  readonly backlog: Backlog;
  readonly index: SearchIndex;
  readonly web: Web;
  readonly find: (user: User, query: SearchQuery) => Promise<SearchResult>;
  readonly reconfigure: (setup: KnowledgeSetup) => void;
  /** Told, under the user's lock, of a document whose state changed. */
  readonly onSettled: (user: User, document: StoredDocument) => void;
  readonly onRemoved: (user: User, document: string) => void;
  readonly onSearch: (milliseconds: number) => void;
  readonly webSettings: () => { readonly enabled: boolean; readonly autoLearn: boolean };
  /** Why what nothing was found of could not be looked up. */
  readonly onLearnFailed: (error: unknown) => void;
  /** Ends everything but the store. */
  readonly close: () => Promise<void>;
}

/** Passages of a text that are read at a time. */
const TEXT_SLICE = 100;

/** The documents of every user: what is asked is handed to the part that knows, and all of them are told of what changed. */
/** Documents of one slice of a `clear`: others may be at the store in between. */
const CLEARED_AT_ONCE = 100;

export class StoredKnowledge implements OpenKnowledge {
  readonly #parts: KnowledgeParts;
  readonly #autoLearn: AutoLearn;

  constructor(parts: KnowledgeParts) {
    this.#parts = parts;
    this.#autoLearn = new AutoLearn({
      settings: parts.webSettings,
      learn: (user, topic, signal) => this.learn(user, topic, { signal }),
      onFailed: parts.onLearnFailed,
    });
  }

  status(): KnowledgeStatus {
    const { store, ingestion, backlog } = this.#parts;
    const { state, reason, kind, version } = store.health();
    const { model, waiting, problem } = backlog;
    return {
      state: state === 'closed' ? 'off' : state,
      reason: reason ?? problem,
      store: { kind, version },
      queued: ingestion.queued,
      embedding: model === null ? null : { model, waiting },
    };
  }

  async add(
    user: User,
    source: Source,
    options?: AddOptions,
  ): Promise<{ readonly document: DocumentView; readonly existed: boolean }> {
    const { document, existed } = await this.#parts.intake.add(user, source, options);
    return { document: await this.#view(user, document), existed };
  }

  async get(user: User, id: string): Promise<DocumentView | undefined> {
    return this.#shown(user, await this.#parts.store.documents.get(user, id));
  }

  async list(user: User, filter: DocumentFilter = {}): Promise<readonly DocumentView[]> {
    const { store } = this.#parts;
    const collection = filter.collection === undefined ? undefined : await this.collection(user, filter.collection);
    if (filter.collection !== undefined && !collection) return [];
    const documents = await store.documents.list(user, { ...filter, collection: collection?.id });
    return Promise.all(documents.map((document) => this.#view(user, document)));
  }

  async text(user: User, id: string): Promise<AsyncIterable<string> | undefined> {
    const { store } = this.#parts;
    if (!(await store.documents.get(user, id))) return undefined;
    return (async function* () {
      for (let from = 0; ; from += TEXT_SLICE) {
        const slice = await store.chunks.range(user, id, from, from + TEXT_SLICE - 1);
        for (const { text } of slice) yield text;
        if (slice.length < TEXT_SLICE) return;
      }
    })();
  }

  async rename(user: User, id: string, title: string): Promise<DocumentView | undefined> {
    return this.#shown(user, await this.#parts.store.documents.change(user, id, { title }));
  }

  async remove(user: User, id: string): Promise<boolean> {
    const { store, spool, locks, ingestion, backlog, index } = this.#parts;
    const document = await store.documents.get(user, id);
    if (!document) return false;
    await ingestion.cancel(user, id);
    const removed = await locks.run(user, async () => {
      backlog.dropped(user, id);
      // Whoever searches from now on does not find it, however long the store takes.
      index.removeDocument(user, id);
      const was = await store.documents.remove(user, id);
      await spool.remove(user, document.sha256);
      return was;
    });
    // Queued again by whoever added it once more in this moment: there is nothing to read any more.
    await ingestion.cancel(user, id);
    if (removed) this.#parts.onRemoved(user, id);
    return removed;
  }

  async clear(user: User, collection?: string): Promise<number> {
    const of = collection === undefined ? undefined : await this.collection(user, collection);
    if (collection !== undefined && !of) return 0;
    const found: StoredDocument[] = [];
    for await (const document of documentsOf(this.#parts.store, user, { collection: of?.id })) found.push(document);
    let removed = 0;
    for (let start = 0; start < found.length; start += CLEARED_AT_ONCE) {
      removed += await this.#removeMany(user, found.slice(start, start + CLEARED_AT_ONCE));
    }
    return removed;
  }

  /** As `remove`, in transactions of many. */
  async #removeMany(user: User, documents: readonly StoredDocument[]): Promise<number> {
    const { store, spool, locks, ingestion, backlog, index } = this.#parts;
    const ids = documents.map(({ id }) => id);
    const cancel = () => Promise.all(ids.map((id) => ingestion.cancel(user, id)));
    await cancel();
    const removed = await locks.run(user, async () => {
      for (const id of ids) {
        backlog.dropped(user, id);
        index.removeDocument(user, id);
      }
      const were = new Set(await store.documents.removeMany(user, ids));
      // Of one that somebody else removed, the same bytes may have come again.
      const gone = documents.filter(({ id }) => were.has(id));
      await Promise.all(gone.map(({ sha256 }) => spool.remove(user, sha256)));
      return were;
    });
    await cancel();
    for (const id of removed) this.#parts.onRemoved(user, id);
    return removed.size;
  }

  async approve(user: User, id: string): Promise<DocumentView | undefined> {
    const { store, locks } = this.#parts;
    return locks.run(user, async () => {
      const document = await store.documents.get(user, id);
      if (document?.state !== 'quarantined') return this.#shown(user, document);
      const approved = await store.documents.change(user, id, { state: 'ready', error: null });
      if (approved) this.#parts.onSettled(user, approved);
      return this.#shown(user, approved);
    });
  }

  async attach(
    user: User,
    id: string,
    collection: string,
    attributes?: StoredDocument['attributes'],
  ): Promise<DocumentView | undefined> {
    const { id: wanted } = await this.#collection(user, collection);
    return this.#change(user, id, ({ collections, attributes: before }) => ({
      collections: [...new Set([...collections, wanted])],
      attributes: attributes ?? before,
    }));
  }

  async detach(user: User, id: string, collection: string): Promise<DocumentView | undefined> {
    const { id: unwanted } = await this.#collection(user, collection);
    return this.#change(user, id, ({ collections }) => ({
      collections: collections.filter((other) => other !== unwanted),
    }));
  }

  async collections(user: User): Promise<readonly (Collection & { readonly documents: number })[]> {
    const { store } = this.#parts;
    const collections = await store.collections.list(user);
    return Promise.all(
      collections.map(async (collection) => ({
        ...collection,
        documents: await store.documents.count(user, { collection: collection.id }),
      })),
    );
  }

  collection(user: User, idOrName: string): Promise<Collection | undefined> {
    return this.#parts.store.collections.find(user, idOrName);
  }

  createCollection(user: User, name: string, metadata?: Readonly<Record<string, string>>): Promise<Collection> {
    return this.#parts.store.collections.ensure(user, name, metadata);
  }

  newCollection(
    user: User,
    name: string,
    metadata?: Readonly<Record<string, string>>,
  ): Promise<Collection | undefined> {
    return this.#parts.store.collections.create(user, name, metadata);
  }

  changeCollection(
    user: User,
    id: string,
    change: Partial<Pick<Collection, 'name' | 'metadata'>>,
  ): Promise<Collection | undefined> {
    return this.#parts.store.collections.change(user, id, change);
  }

  async removeCollection(user: User, id: string): Promise<boolean> {
    const { store, index, locks } = this.#parts;
    return locks.run(user, async () => {
      const members: StoredDocument[] = [];
      for await (const document of documentsOf(store, user, { collection: id })) members.push(document);
      const removed = await store.collections.remove(user, id);
      for (const member of removed ? members : []) {
        const collections = member.collections.filter((other) => other !== id);
        index.setDocument(user, member.id, factsOf({ ...member, collections }));
      }
      return removed;
    });
  }

  async search(user: User, query: SearchQuery): Promise<SearchResult> {
    const result = await this.#parts.find(user, query);
    this.#parts.onSearch(result.ms);
    if (query.mayLearn && result.hits.length === 0 && result.degraded === null)
      this.#autoLearn.nothingFound(user, query.text);
    return result;
  }

  async learn(
    user: User,
    topic: string,
    { signal, ...options }: AddOptions & { readonly signal?: AbortSignal } = {},
  ): Promise<{ readonly documents: readonly DocumentView[]; readonly problems: readonly string[] }> {
    const { web, intake } = this.#parts;
    const { items, problems } = await web.learn(topic, signal);
    const documents: DocumentView[] = [];
    for (const item of items) {
      const { document } = await intake.addLearned(user, item, options);
      documents.push(await this.#view(user, document));
    }
    return { documents, problems };
  }

  export(user: User): AsyncIterable<string> {
    return this.#parts.store.backup(user, { people: false });
  }

  async renew(): Promise<void> {
    const { store, index, backlog, ingestion } = this.#parts;
    for (const user of await store.users()) index.forgetUser(user);
    backlog.lookAgain();
    await ingestion.requeue();
  }

  reconfigure(setup: KnowledgeSetup): void {
    this.#parts.reconfigure(setup);
  }

  async close(): Promise<void> {
    await this.#autoLearn.close();
    await this.#parts.close();
  }

  async #change(
    user: User,
    id: string,
    change: (document: StoredDocument) => Partial<Pick<StoredDocument, 'collections' | 'attributes'>>,
  ): Promise<DocumentView | undefined> {
    const { store, locks, index } = this.#parts;
    const changed = await locks.run(user, async () => {
      const document = await store.documents.get(user, id);
      const after = document && (await store.documents.change(user, id, change(document)));
      if (after) {
        index.setDocument(user, id, factsOf(after));
      }
      return after;
    });
    return this.#shown(user, changed);
  }

  async #collection(user: User, idOrName: string): Promise<Collection> {
    const found = await this.collection(user, idOrName);
    if (found) return found;
    throw new AppError('collection_not_found', `You have no collection "${idOrName.slice(0, 100)}".`);
  }

  async #shown(user: User, document: StoredDocument | undefined): Promise<DocumentView | undefined> {
    return document && this.#view(user, document);
  }

  async #view(user: User, document: StoredDocument): Promise<DocumentView> {
    const { backlog, ingestion } = this.#parts;
    const { id, chunks, state } = document;
    return {
      ...document,
      embedded: await backlog.embedded(user, id, chunks),
      progress: state === 'queued' ? ingestion.progress(id) : null,
    };
  }
}
