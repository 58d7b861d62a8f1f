import type { HelperExpert } from '../knowledge/setup.ts';
import type { Profile } from '../profiles/profile.ts';
import type { User } from '../store/contract.ts';
import type { StoredConversation } from '../store/people-contract.ts';
import type { MemoryBase } from './contract.ts';

/** All that a profile says about memory: what a reload replaces, as one. */
export interface MemorySetup {
  readonly memory: Profile['memory'];
  readonly conversations: Profile['conversations'];
  /** Of knowledge, whether that is on or not: there is one store. */
  readonly store: Profile['knowledge']['store'];
  /** `knowledge.embedding`; undefined: memories are found by their words alone. */
  readonly embedding: HelperExpert | undefined;
  readonly embeddingPrefixes: Profile['knowledge']['embeddingPrefixes'];
  /** `memory.expert`, on `/v1/chat/completions`; undefined: there is no second extraction and no summary. */
  readonly expert: HelperExpert | undefined;
  /** Folder of the profile, which paths in it are relative to. */
  readonly directory: string;
  /** Of the router: those of the users. */
  readonly primaryLanguages: readonly string[];
}

/** Memory as its holder keeps it. `close` leaves the store open. */
export interface OpenMemory extends MemoryBase {
  /** Takes over what a reload changed, the store excepted. */
  reconfigure(setup: MemorySetup): void;
  /**
   * A conversation has so many turns that no summary has been made of (`conversations.summarizeAfter`): one is made in the background
   * and becomes a memory, where an expert is named for it. Never rejects.
   */
  summarize(user: User, conversation: StoredConversation): void;
}

/** Opens memory, again and again. */
export interface MemoryOpener {
  /** Rejects where the store cannot be opened; then nothing of it is left. */
  open(setup: MemorySetup): Promise<OpenMemory>;
  close(): Promise<void>;
}
