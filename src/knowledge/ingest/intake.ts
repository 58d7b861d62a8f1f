import type { NewDocument, Store, StoredDocument, User } from '../../store/contract.ts';
import { AppError, toAppError } from '../../shared/errors.ts';
import type { AddOptions, LearnedItem, Source, Web } from '../contract.ts';
import type { Spool, Spooled } from './spool.ts';
import type { UserLocks } from './user-locks.ts';

export interface IntakeOptions {
  readonly store: Store;
  readonly spool: Spool;
  readonly locks: UserLocks;
  readonly web: Web;
  /** Bytes. */
  readonly fileSize: () => number;
  readonly enqueue: (user: User, id: string) => void;
  /** Under the user's lock, before it is queued. `isNew`: or tried again. */
  readonly onAccepted: (user: User, document: StoredDocument, isNew: boolean) => void;
}

export interface Accepted {
  readonly document: StoredDocument;
  /** This user had these bytes already. */
  readonly existed: boolean;
}

type Described = Pick<NewDocument, 'title' | 'uri' | 'mime' | 'origin' | 'fetched' | 'attribution'>;

const NOT_FETCHED = { fetched: null, attribution: null } as const;
const DEFAULT_COLLECTION = 'default';
const CONVERSATIONS = 'conversations';
/** As the store makes them: one that is not there is never a name for a new one. */
const COLLECTION_ID = /^vs_/;

/** Takes documents in: their bytes first, then the row that says what is to be done with them. */
export class Intake {
  readonly #options: IntakeOptions;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** Resolves when everything is on the disk. @throws AppError of what is too large, not to be had, or has no room. */
  async add(user: User, source: Source, options: AddOptions = {}): Promise<Accepted> {
    const { spool, web, fileSize } = this.#options;
    switch (source.kind) {
      case 'text': {
        const { text, title = '', origin = 'text' } = source;
        const spooled = await spool.takeText(text, fileSize());
        const described = { title, uri: null, mime: 'text/markdown', origin, ...NOT_FETCHED };
        return this.#accept(user, spooled, described, options);
      }
      case 'file': {
        const { path, name, mime = '', title = name } = source;
        const spooled = await spool.takeFile(path, fileSize());
        return this.#accept(user, spooled, { title, uri: name, mime, origin: 'file', ...NOT_FETCHED }, options);
      }
      case 'url': {
        const { path, mime, finalUrl, title = finalUrl, fetched } = await web.fetchPage(source.url);
        const spooled = await spool.takeFile(path, fileSize());
        const described = { title, uri: finalUrl, mime, origin: 'url', fetched, attribution: null } as const;
        return this.#accept(user, spooled, described, options);
      }
    }
  }

  /** What a source of the web had of a topic. */
  async addLearned(user: User, item: LearnedItem, options: AddOptions): Promise<Accepted> {
    const { path, mime, finalUrl, title, fetched, attribution } = item;
    const spooled = await this.#options.spool.takeFile(path, this.#options.fileSize());
    return this.#accept(
      user,
      spooled,
      { title, uri: finalUrl, mime, origin: 'learned', fetched, attribution },
      options,
    );
  }

  async #accept(user: User, spooled: Spooled, described: Described, options: AddOptions): Promise<Accepted> {
    const { locks, spool, enqueue, onAccepted } = this.#options;
    try {
      return await locks.run(user, async () => {
        const collections = await this.#collections(user, described, options.collections);
        const wasThere = spool.has(user, spooled.sha256);
        await spool.keep(user, spooled);
        const accepted = await this.#create(user, spooled, described, { ...options, collections }).catch(
          async (error: unknown) => {
            // Refused for want of room it would take room until the next start. Of any other failure it is not known whether the row is there.
            if (!wasThere && toAppError(error).code === 'storage_full') await spool.remove(user, spooled.sha256);
            throw error;
          },
        );
        const { document, existed } = accepted;
        onAccepted(user, document, !existed || document.state === 'queued');
        if (document.state === 'queued') enqueue(user, document.id);
        else await spool.remove(user, spooled.sha256);
        return accepted;
      });
    } catch (error) {
      await spool.discard(spooled);
      throw error;
    }
  }

  /** What failed before is tried again: whoever adds it once more has changed something, or hopes so. */
  async #create(
    user: User,
    { sha256, bytes }: Spooled,
    described: Described,
    { collections = [], attributes = {} }: AddOptions,
  ): Promise<Accepted> {
    const { documents } = this.#options.store;
    const { document, existed } = await documents.create(user, {
      ...described,
      sha256,
      bytes,
      collections,
      attributes,
    });
    if (!existed) return { document, existed };
    const { fetched } = described;
    // The same page once more: it is as fresh as that.
    const isFresher = fetched !== null && fetched > (document.fetched ?? 0);
    const isTriedAgain = document.state === 'failed';
    if (!isFresher && !isTriedAgain) return { document, existed };
    const again = await documents.change(user, document.id, {
      ...(isFresher && { fetched }),
      ...(isTriedAgain && { state: 'queued', error: null }),
    });
    return { document: again ?? document, existed };
  }

  async #collections(user: User, { origin }: Described, wanted: readonly string[] | undefined): Promise<string[]> {
    const { collections } = this.#options.store;
    const names = wanted ?? [origin === 'conversation' ? CONVERSATIONS : DEFAULT_COLLECTION];
    const ids: string[] = [];
    for (const name of names) {
      const known = await collections.find(user, name);
      if (!known && COLLECTION_ID.test(name))
        throw new AppError('collection_not_found', `You have no collection ${name.slice(0, 100)}.`);
      ids.push((known ?? (await collections.ensure(user, name))).id);
    }
    return [...new Set(ids)];
  }
}
