import type { ExpertBase, ProcessSettings } from '../engines/contract.ts';
import type { Place } from './problems.ts';
import type { ProfileFile } from './schema.ts';

interface EngineOwn {
  readonly [key: string]: unknown;
}

/** An expert with a process of its own. */
export type ProcessExpert = ExpertBase & ProcessSettings & EngineOwn & { readonly kind: 'process' };
/** An endpoint that someone else runs. */
export type RemoteExpert = ExpertBase & EngineOwn & { readonly kind: 'remote' };
export type Expert = ProcessExpert | RemoteExpert;

type Section<Key extends keyof ProfileFile> = DeepReadonly<ProfileFile[Key]>;

type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

export interface PoolBudget {
  /** Bytes, or what the machine or device has. */
  readonly capacity: number | 'auto';
  readonly reserve: number;
}

export interface Budget {
  /** By pool (`ram`, `gpu0`, …), in the order ram, gpu0, gpu1; a pool that is absent is not counted. */
  readonly pools: Readonly<Record<string, PoolBudget>>;
  readonly spillToCpu: 'refuse' | 'warn' | 'allow';
  /** Milliseconds. */
  readonly minResidency: number;
  /** Undefined: no bound. */
  readonly maxLoadedExperts: number | undefined;
}

/** What the program runs on: complete, checked and deeply frozen. Durations are milliseconds, sizes bytes, paths absolute. */
export interface Profile {
  readonly name: string;
  readonly description: string | undefined;
  /** Absolute. */
  readonly file: string;
  readonly directory: string;
  /** Where each expert stands, by id: for what is found out about it later. */
  readonly places: Readonly<Record<string, Place>>;
  /** In the order of the file. */
  readonly experts: readonly Expert[];
  readonly budget: Budget;
  /** Id of the expert that `auto` means on generating routes; undefined where none generates. */
  readonly defaultExpert: string | undefined;
  /** Reload when one of the files changes that it comes from. */
  readonly watch: boolean;
  readonly router: Section<'router'>;
  readonly knowledge: Section<'knowledge'>;
  readonly memory: Section<'memory'>;
  readonly conversations: Section<'conversations'>;
  readonly feedback: Section<'feedback'>;
  readonly security: Section<'security'>;
  readonly timeouts: Section<'timeouts'>;
  readonly queue: Section<'queue'>;
  readonly limits: Section<'limits'>;
  readonly logs: Section<'logs'>;
  readonly compatibility: Section<'compatibility'>;
}
