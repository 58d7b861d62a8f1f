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
}

/** Knowledge as its holder keeps it. */
export interface OpenKnowledge extends KnowledgeBase {
  /** Takes over what a reload changed. */
  reconfigure(setup: KnowledgeSetup): void;
}
