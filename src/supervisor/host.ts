/**
 * The effects of a lifecycle: start a process, measure it, reach it, end it. Today's only implementation is this machine; a cluster
 * scheduler can be another (design section 12).
 */
import type { Dispatcher } from 'undici';

import type { Launch, Listen } from '../engines/contract.ts';

export interface EngineHost {
  /** Starts the process. Throws where it cannot be executed. */
  start(request: StartRequest): Promise<HostedEngine>;
  /**
   * An address that no other engine of ours has, of the first of these kinds that is possible here. Rejects with
   * `engine_start_failed` where none is.
   */
  address(kinds: readonly Listen['kind'][], expert: string): Promise<Listen>;
}

export interface StartRequest {
  readonly expert: string;
  readonly launch: Launch;
  readonly listen: Listen;
  /** Headers that authenticate us to the engine. */
  readonly headers: Readonly<Record<string, string>>;
  /** Requests in parallel that the connection pool must carry. */
  readonly connections: number;
  readonly onLine: (line: string) => void;
}

export interface HostedEngine {
  readonly pid: number;
  /** True from the moment the process is gone, which is before `ended` settles. */
  readonly exited: boolean;
  /** Resolves when the process has ended, its family with it, and its output is read. Never rejects. */
  readonly ended: Promise<EngineEnd>;
  /** Undefined until the engine listens, where it chooses its own port. */
  upstream(): Upstream | undefined;
  /** Whether the listener at the engine's address is the engine. */
  provesIdentity(): boolean;
  /** Changes while the process does something. */
  progressMark(): string;
  mappedBytes(): number;
  /** Of the whole process tree; walks /proc. */
  processIds(): readonly number[];
  /** Private bytes of the whole process tree. */
  memoryBytes(): number;
  /** Asks it to end, waits for `graceMs`, kills the whole family; resolves when nothing of it is left. */
  stop(graceMs: number): Promise<void>;
}

export interface EngineEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly oomKilled: boolean;
}

/** How to send a request to an engine. */
export interface Upstream {
  readonly dispatcher: Dispatcher;
  readonly origin: string;
  readonly headers: Readonly<Record<string, string>>;
}
