/** Every event of the house, as published on the bus and sent by `GET /api/events`. */
export type ExpertState =
  | 'stopped'
  | 'starting'
  | 'ready'
  | 'sleeping'
  | 'draining'
  | 'stopping'
  | 'backoff'
  | 'failed';

export type OrchestratorEvent =
  | {
      readonly type: 'lifecycle';
      readonly at: string;
      readonly expert: string;
      readonly from: ExpertState;
      readonly to: ExpertState;
      readonly event: string;
      readonly reason: string | null;
    }
  | {
      readonly type: 'plan';
      readonly at: string;
      readonly expert: string;
      readonly action: 'serve' | 'start' | 'evict' | 'wait' | 'refuse';
      readonly reason: string;
      /** Of an eviction: who goes, and whether for another expert (`room`), or because a pool is overdrawn or handed back. */
      readonly victim?: string;
      readonly cause?: 'room' | 'overdrawn' | 'pause';
    }
  | {
      /** What became of a prompt cache that was to outlive its engine. */
      readonly type: 'cache';
      readonly at: string;
      readonly expert: string;
      readonly action: CacheAction;
      readonly tokens: number;
      readonly reason: string;
    }
  | {
      /** A request that names nobody has found its expert. */
      readonly type: 'route';
      readonly at: string;
      readonly request: string;
      readonly expert: string;
      readonly domain: string;
      readonly confidence: number;
      /** Which step of the router decided. */
      readonly stage: string;
      /** The expert that had refused it before; null: nobody had. */
      readonly fallbackOf: string | null;
    }
  | {
      /** What became of a document: of whom it is, is for administrators, who alone see these. */
      readonly type: 'knowledge';
      readonly at: string;
      readonly user: string;
      readonly document: string;
      readonly state: DocumentEventState;
      /** Why it failed, waits for approval, or was read in part. */
      readonly reason: string | null;
    }
  | {
      /** What became of memories: how many, never whose or what they say. */
      readonly type: 'memory';
      readonly at: string;
      readonly change: 'kept' | 'closed' | 'forgotten';
      readonly count: number;
    }
  | { readonly type: 'reload'; readonly at: string; readonly ok: boolean; readonly message: string };

/**
 * `restored`: the engine's own count shows it. `lost`: it was wanted back, and did not hold. `unsaved`: worth keeping, and not kept.
 * `erased`: on purpose.
 */
export type CacheAction = 'saved' | 'unsaved' | 'restored' | 'lost' | 'erased';

export type DocumentEventState = 'queued' | 'quarantined' | 'ready' | 'failed' | 'removed';

type Listener = (event: OrchestratorEvent) => void;

/** Publishes to every listener in turn; a listener that throws is its own problem and is logged, never the publisher's. */
export class EventBus {
  readonly #listeners = new Set<Listener>();
  readonly #onListenerError: (error: unknown) => void;

  constructor(onListenerError: (error: unknown) => void) {
    this.#onListenerError = onListenerError;
  }

  publish(event: OrchestratorEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        this.#onListenerError(error);
      }
    }
  }

  /** Returns the function that ends the subscription. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
