import type { Expert, Profile } from '../profiles/profile.ts';
import type { KnowledgeBase } from './contract.ts';

/** An expert that knowledge asks for something, and how its engine wants to be asked. */
export interface HelperExpert {
  readonly expert: Expert;
  /** Of the engine, for the one route that it is asked on. */
  readonly path: string;
  /** Fields of every request. */
  readonly set: Readonly<Record<string, unknown>> | undefined;
}

/** All that a profile says about documents: what a reload replaces, as one. */
export interface KnowledgeSetup {
  readonly knowledge: Profile['knowledge'];
  /** Undefined: search goes by words alone. */
  readonly embedding: HelperExpert | undefined;
  readonly rerank: HelperExpert | undefined;
  /** Folder of the profile, which paths in it are relative to. */
  readonly directory: string;
  /** Of the router: those of the users. */
  readonly primaryLanguages: readonly string[];
}

/** Knowledge as its holder keeps it. `close` leaves the store open: the embedded one can be opened only once in a process. */
export interface OpenKnowledge extends KnowledgeBase {
  /** Takes over what a reload changed, the store excepted. */
  reconfigure(setup: KnowledgeSetup): void;
}

/** Opens knowledge, again and again, and keeps what cannot be opened twice. */
export interface KnowledgeOpener {
  /** Rejects where the store cannot be opened; then nothing of it is left. */
  open(setup: KnowledgeSetup): Promise<OpenKnowledge>;
  /** Lets the store go, for good. After what is open was closed. */
  close(): Promise<void>;
}
