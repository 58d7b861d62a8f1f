/** What the store keeps of people: who they are, what they said, what is known of them. The rules are those of `contract.ts`; dates are milliseconds since 1970. */
import type { User } from './contract.ts';

/** A person with a login. Names are unique; they are compared as they are written. */
export interface Account {
  readonly name: User;
  readonly admin: boolean;
  /** argon2id, in PHC form; null: no login by password. */
  readonly password: string | null;
  /** Since when nothing of this person counts; null: not suspended. */
  readonly suspended: number | null;
  readonly created: number;
  readonly updated: number;
}

export interface AccountRepository {
  /** Everybody: the question of an administrator. */
  list(): Promise<readonly Account[]>;
  find(name: User): Promise<Account | undefined>;
  /** Undefined: the name is taken. */
  create(account: Pick<Account, 'name' | 'admin' | 'password'>): Promise<Account | undefined>;
  change(name: User, change: Partial<Pick<Account, 'admin' | 'password' | 'suspended'>>): Promise<Account | undefined>;
  /** The account with its keys and logins; what else is this user's stays (see `PeopleStore.erase`). False: there is none. */
  remove(name: User): Promise<boolean>;
}

/** A key that was made at run time. The key itself is shown once and kept by nobody. */
export interface StoredKey {
  /** `key_…` */
  readonly id: string;
  readonly user: User;
  /** For a person: what it is for. */
  readonly name: string;
  /** The first characters of the key, to recognise it by. */
  readonly prefix: string;
  /** SHA-256 of the key, hexadecimal. Unique. */
  readonly digest: string;
  /** `KeyScopes` of the profile's security section, and whether it is an administrator's. */
  readonly scopes: Readonly<Record<string, unknown>>;
  readonly admin: boolean;
  readonly expires: number | null;
  readonly revoked: number | null;
  readonly created: number;
  /** To the minute or so. */
  readonly lastUsed: number | null;
}

export interface KeyRepository {
  /** Of one user, or everybody's: the newest first. */
  list(user?: User): Promise<readonly StoredKey[]>;
  create(key: Omit<StoredKey, 'id' | 'created' | 'revoked' | 'lastUsed'>): Promise<StoredKey>;
  change(
    user: User,
    id: string,
    change: Partial<Pick<StoredKey, 'name' | 'revoked' | 'lastUsed'>>,
  ): Promise<StoredKey | undefined>;
  remove(user: User, id: string): Promise<boolean>;
}

/** One login: a chain of refresh tokens, each used once. */
export interface StoredLogin {
  /** `login_…` */
  readonly id: string;
  readonly user: User;
  /** SHA-256 of the refresh token that counts now, hexadecimal. */
  readonly digest: string;
  /** Of the one before: who shows it again has a copy, and the login ends. */
  readonly before: string | null;
  readonly created: number;
  readonly refreshed: number;
  readonly expires: number;
  readonly revoked: number | null;
  /** `User-Agent` of the login, for a person. */
  readonly agent: string;
}

export interface LoginRepository {
  list(user?: User): Promise<readonly StoredLogin[]>;
  create(login: Pick<StoredLogin, 'user' | 'digest' | 'expires' | 'agent'>): Promise<StoredLogin>;
  /** Swaps the digest in one transaction; undefined: `was` is not the one that counts, or the login has ended. */
  refresh(
    user: User,
    id: string,
    swap: { readonly was: string; readonly now: string; readonly expires: number },
  ): Promise<StoredLogin | undefined>;
  revoke(user: User, id: string): Promise<boolean>;
  /** Takes those away that ended before this time. */
  sweep(before: number): Promise<void>;
}

export type MemoryKind = 'fact' | 'preference' | 'event' | 'instruction' | 'summary';
/** `quarantined`: kept until it is seen again or approved, and told to nobody meanwhile. */
export type MemoryState = 'active' | 'quarantined';
/** `said`: "remember that …"; `extracted`: without a model; `expert`: by one; `written`: by API or command line; `imported`. */
export type MemoryOrigin = 'said' | 'extracted' | 'expert' | 'written' | 'imported';

/** Where a memory comes from: the user's own words. */
export interface Evidence {
  /** Exactly as it was said. */
  readonly quote: string;
  readonly at: number;
  /** The client's id of the conversation; null: not known. */
  readonly conversation: string | null;
  /** `x-request-id`. */
  readonly request: string | null;
}

/** One thing known of a user. Nothing is overwritten: a correction closes the old one and names the new one. */
export interface StoredMemory {
  /** `mem_…` */
  readonly id: string;
  readonly kind: MemoryKind;
  /** In the user's language, for a person and for a prompt: `Vive en Bilbao`. */
  readonly text: string;
  readonly language: string | null;
  /** Whom it is about: `user`, or somebody of the user's (`mother`, `partner`, `dog`). */
  readonly subject: string;
  /** What it says of them: a name of src/memory/attributes.ts, `''` where none fits. */
  readonly attribute: string;
  /** What of it can be compared; `''` where nothing can. */
  readonly value: string;
  /** SHA-256 of subject, attribute and value (or text), hexadecimal: one user has what is known once. */
  readonly hash: string;
  readonly state: MemoryState;
  readonly pinned: boolean;
  /** 0 to 1. */
  readonly confidence: number;
  readonly importance: number;
  /** When it was true; `validTo` null: it still is. */
  readonly validFrom: number;
  readonly validTo: number | null;
  /** When it was known here; `retracted` null: it still counts. */
  readonly recorded: number;
  readonly retracted: number | null;
  /** Of the memory that replaced it. */
  readonly supersededBy: string | null;
  /** From when on it is told to nobody; null: never. */
  readonly expires: number | null;
  /** The oldest first, bounded. */
  readonly evidence: readonly Evidence[];
  readonly origin: MemoryOrigin;
  /** How often it was said. */
  readonly seen: number;
  readonly lastSeen: number;
  /** How often, and when last, it was part of a prompt. */
  readonly uses: number;
  readonly lastUsed: number | null;
}

export interface MemoryFilter {
  /** Default: what counts now (active or quarantined, not retracted). `all`: with its history. */
  readonly which?: 'current' | 'closed' | 'all' | undefined;
  readonly states?: readonly MemoryState[] | undefined;
  readonly kinds?: readonly MemoryKind[] | undefined;
  readonly subject?: string | undefined;
  readonly attribute?: string | undefined;
  /** Part of the text, without regard to case. */
  readonly text?: string | undefined;
  /** Newest first; the id of the last one of the page before. */
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

/** Where the text changes, or it counts no longer, its vectors go. */
export type MemoryChange = Partial<Omit<StoredMemory, 'id' | 'hash' | 'recorded' | 'supersededBy'>> & {
  readonly id: string;
  /** A number: what the same work adds at this place, from 0 on, whose id nobody knows yet. */
  readonly supersededBy?: string | number | null;
};

export interface MemoryVector {
  readonly id: string;
  readonly vector: Float32Array;
}

export interface MemoryRepository {
  get(user: User, ids: readonly string[]): Promise<readonly StoredMemory[]>;
  /** The one with this hash, counting or closed. */
  byHash(user: User, hash: string): Promise<StoredMemory | undefined>;
  list(user: User, filter?: MemoryFilter): Promise<readonly StoredMemory[]>;
  count(user: User, filter?: Pick<MemoryFilter, 'which' | 'states'>): Promise<number>;
  /** All of a user's that count, or with their history, the newest first, in slices small enough to hold nobody up. */
  each(user: User, which?: 'current' | 'all'): AsyncIterable<readonly StoredMemory[]>;
  /** All or nothing: what is added (a hash that is there already is refused with `conflict`), and what of others changes. Answers those added. */
  apply(
    user: User,
    work: { readonly add?: readonly Omit<StoredMemory, 'id'>[]; readonly change?: readonly MemoryChange[] },
  ): Promise<readonly StoredMemory[]>;
  /** Erases, with vectors. Resolves with how many there were. */
  erase(user: User, ids: readonly string[] | 'all'): Promise<number>;
  vectors: {
    write(user: User, model: string, vectors: readonly MemoryVector[]): Promise<void>;
    /** Ids of those that count and have no vector of this model, at most `limit`. */
    missing(user: User, model: string, limit: number): Promise<readonly string[]>;
    each(user: User, model: string): AsyncIterable<readonly MemoryVector[]>;
    count(user: User, model: string): Promise<number>;
    /** Takes away vectors of every other model. */
    retain(user: User, model: string): Promise<void>;
  };
  /** Everybody of whom something is remembered. */
  users(): Promise<readonly User[]>;
}

export interface Turn {
  /** From 0. */
  readonly ord: number;
  readonly role: 'user' | 'assistant';
  readonly text: string;
  readonly at: number;
  readonly request: string | null;
  /** Who answered; null: the user. */
  readonly expert: string | null;
}

export interface StoredConversation {
  /** The client's own id of it. */
  readonly id: string;
  readonly title: string;
  readonly created: number;
  /** When the last turn was. */
  readonly updated: number;
  readonly turns: number;
  /** "Don't remember this conversation": nothing is kept of it but this; what there was is erased when it becomes so. */
  readonly private: boolean;
  /** Turns that a summary has been made of; more than there ever are: none is made any more, for something of it was forgotten. */
  readonly summarized: number;
}

export interface ConversationRepository {
  /** The one with the newest turn first; `after`: the id of the last one of the page before. */
  list(
    user: User,
    filter?: { readonly after?: string | undefined; readonly limit?: number | undefined },
  ): Promise<readonly StoredConversation[]>;
  get(user: User, id: string): Promise<StoredConversation | undefined>;
  /** Makes the conversation where there is none. Of one that is private only that is kept. */
  append(user: User, id: string, turns: readonly Omit<Turn, 'ord'>[], title: string): Promise<StoredConversation>;
  change(
    user: User,
    id: string,
    change: Partial<Pick<StoredConversation, 'title' | 'private' | 'summarized'>>,
  ): Promise<StoredConversation | undefined>;
  turns(user: User, id: string, from?: number, limit?: number): Promise<readonly Turn[]>;
  /** Turns that have all of these words, or words that begin with them, the newest first, without regard to case and accents. */
  search(
    user: User,
    words: readonly string[],
    limit: number,
  ): Promise<readonly (Turn & { readonly conversation: string })[]>;
  remove(user: User, id: string): Promise<boolean>;
  /** Of all users: what had its last turn before this time. Resolves with how many. */
  sweep(before: number): Promise<number>;
}

export interface StoredFeedback {
  /** `fb_…` */
  readonly id: string;
  readonly user: User;
  /** `x-request-id` of the answer; one user has one judgement of it, the last. */
  readonly request: string;
  readonly rating: 'up' | 'down';
  readonly comment: string | null;
  /** What should have been answered. */
  readonly ideal: string | null;
  readonly at: number;
  readonly expert: string;
  readonly route: string;
  /** Messages of the request as the client sent them (text alone), and the answer. */
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly answer: string;
}

export interface FeedbackRepository {
  /** Replaces what this user said of the same request. */
  put(feedback: Omit<StoredFeedback, 'id' | 'at'>): Promise<StoredFeedback>;
  /** Of one user, or (an administrator) everybody's: the newest first. */
  list(filter?: {
    readonly user?: User | undefined;
    readonly rating?: 'up' | 'down' | undefined;
    readonly after?: string | undefined;
    readonly limit?: number | undefined;
  }): Promise<readonly StoredFeedback[]>;
  remove(user: User, id: string): Promise<boolean>;
}

/** The part of a store that is about people. */
export interface PeopleStore {
  readonly accounts: AccountRepository;
  readonly keys: KeyRepository;
  readonly logins: LoginRepository;
  readonly memories: MemoryRepository;
  readonly conversations: ConversationRepository;
  readonly feedback: FeedbackRepository;
  /**
   * Everything of a user, documents included, account and keys too; what it was is told by the counts. Who holds something of it in
   * memory (search indexes, keys) is told by the caller. After a crash it is finished when the store is opened next.
   */
  erase(user: User): Promise<Readonly<Record<string, number>>>;
}
