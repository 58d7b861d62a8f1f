import type { Fleet } from '../supervisor/fleet.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { User } from '../store/contract.ts';
import type { ConversationRepository, StoredConversation, StoredMemory } from '../store/people-contract.ts';
import type { Candidate, Said } from './contract.ts';
import type { MemorySetup } from './setup.ts';

/** A second look at what was said, by the expert of `memory.expert`: in the background, after the first one, which needs no model. */
export interface SecondExtraction {
  /** Turns that wait, or that are being looked at. */
  readonly queued: number;
  reconfigure(setup: MemorySetup): void;
  /** Never waits, never rejects: what cannot be taken now is left out. */
  offer(user: User, said: Said): void;
  /** This user has had something forgotten: what waits, or is under way, of what was said before is not looked at any more. */
  drop(user: User): void;
  /** As `OpenMemory.summarize`. */
  summarize(user: User, conversation: StoredConversation): void;
  close(): Promise<void>;
}

export interface SecondExtractionParts {
  readonly fleet: Fleet;
  readonly logger: Logger;
  readonly setup: MemorySetup;
  readonly conversations: ConversationRepository;
  /** What the first one finds in a turn: what both say is believed, however unsure each of them is. */
  readonly extract: (said: Said) => readonly Candidate[];
  /** Whether a message of a user says that something is to be forgotten: no summary repeats it. */
  readonly tellsToForget: (text: string) => boolean;
  /**
   * What was found in a turn; `said` is the one that was offered. It is checked once more: a quote that does not stand in the message, a
   * fourth candidate, secrets, and what was forgotten meanwhile are left out. Never rejects.
   */
  readonly keep: (user: User, said: Said, candidates: readonly Candidate[]) => Promise<readonly StoredMemory[]>;
  /** Takes the place of an earlier summary of the same conversation. Never rejects; undefined: it was not kept. */
  readonly keepSummary: (
    user: User,
    summary: {
      readonly conversation: string;
      readonly text: string;
      readonly language: string | null;
      readonly at: number;
      /** False: this user has had something forgotten since it was made. */
      readonly counts: () => boolean;
    },
  ) => Promise<StoredMemory | undefined>;
}
