import { delay } from '../shared/clock.ts';
import { AppError, messageOf } from '../shared/errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import { type Connection, type Database, Unanswered, type Values } from './connection.ts';
import type { StoreHealth } from './contract.ts';

export interface KeeperOptions {
  readonly kind: StoreHealth['kind'];
  readonly connect: () => Promise<Connection>;
  /** Makes the database ready for use: schema, and what was left half done. */
  readonly prepare: (connection: Connection) => Promise<void>;
  readonly logger?: Logger | undefined;
  /** Milliseconds between questions to an idle server; 0: it is in this process and asked nothing. */
  readonly heartbeatMs: number;
  /** Milliseconds before the first new attempt; doubled each time, up to `backoffCapMs`, and scattered. */
  readonly backoffMs: number;
  readonly backoffCapMs: number;
  /** So long after its making calls wait for the first connection. */
  readonly openingMs: number;
}

const CLOSE_MS = 2_000;

/**
 * Keeps one connection: opens it, sees that it is lost, opens another one. While there is none, every call is refused at once with
 * the reason: nobody waits for a database that is away.
 */
export class Keeper implements Database {
  readonly #options: KeeperOptions;
  readonly #closing = new AbortController();
  readonly #kept: Promise<void>;
  #connection: Connection | undefined;
  #state: StoreHealth['state'] = 'opening';
  #reason: string | null = 'the knowledge store is being opened';
  #version: string | null = null;
  /** Ends the present time of good health. */
  #trouble: ((reason: string) => void) | undefined;
  #retryAtMs = 0;
  readonly #firstAttempt = Promise.withResolvers<void>();
  readonly #opened: Promise<void>;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#opened = Promise.race([this.#firstAttempt.promise, delay(options.openingMs, this.#closing.signal)]);
    this.#kept = this.#keep();
  }

  health(): StoreHealth {
    return { state: this.#state, reason: this.#reason, kind: this.#options.kind, version: this.#version };
  }

  async run<T>(statement: string, values?: Values): Promise<T> {
    if (this.#state === 'opening') await this.#opened;
    const connection = this.#connection;
    if (this.#state !== 'ready' || connection === undefined) throw this.#unavailable();
    try {
      return await connection.run<T>(statement, values);
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
      if (this.#connection === connection) this.#trouble?.(error.message);
      throw this.#unavailable(error);
    }
  }

  async close(): Promise<void> {
    this.#state = 'closed';
    this.#reason = 'the knowledge store is closed';
    this.#closing.abort();
    this.#trouble?.(this.#reason);
    // An opening that hangs is left to itself.
    await Promise.race([this.#kept, delay(CLOSE_MS)]);
  }

  async #keep(): Promise<void> {
    const { signal } = this.#closing;
    for (let failures = 0; !signal.aborted; failures += 1) {
      const reason = await this.#attempt(() => (failures = 0));
      if (signal.aborted) break;
      const waitMs = backoff(failures, this.#options);
      this.#become('degraded', reason, performance.now() + waitMs);
      this.#firstAttempt.resolve();
      await delay(waitMs, signal);
    }
    this.#firstAttempt.resolve();
    await this.#connection?.close().catch(() => undefined);
  }

  /** Connects and stays until it is lost. Answers why. */
  async #attempt(onReady: () => void): Promise<string> {
    try {
      const connection = (this.#connection ??= await this.#options.connect());
      this.#version = connection.version;
      await this.#options.prepare(connection);
      if (this.#closing.signal.aborted) return '';
      onReady();
      this.#become('ready', null, 0);
      this.#firstAttempt.resolve();
      return await this.#watch(connection);
    } catch (error) {
      await this.#letGo();
      return messageOf(error);
    }
  }

  async #watch(connection: Connection): Promise<string> {
    const { promise: trouble, resolve } = Promise.withResolvers<string>();
    this.#trouble = resolve;
    const onLost = () => resolve(String(connection.lost.reason));
    connection.lost.addEventListener('abort', onLost, { once: true });
    if (connection.lost.aborted) onLost();
    const beat = () => void connection.run('RETURN 1').catch((error: unknown) => resolve(messageOf(error)));
    const { heartbeatMs } = this.#options;
    const timer = heartbeatMs > 0 ? setInterval(beat, heartbeatMs).unref() : undefined;
    const reason = await trouble;
    clearInterval(timer);
    this.#trouble = undefined;
    if (!this.#closing.signal.aborted) await this.#letGo();
    return reason;
  }

  /** One to a server is never used again; the engine in this process cannot be opened twice, and is asked once more. */
  async #letGo(): Promise<void> {
    if (this.#options.kind !== 'server') return;
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.close().catch(() => undefined);
  }

  #become(state: 'ready' | 'degraded', reason: string | null, retryAtMs: number): void {
    const changed = this.#state !== state || this.#reason !== reason;
    this.#state = state;
    this.#reason = reason;
    this.#retryAtMs = retryAtMs;
    const { kind, logger } = this.#options;
    if (!changed) return;
    if (state === 'ready') logger?.info('the knowledge store is ready', { kind, version: this.#version });
    else logger?.warn('the knowledge store is away', { kind, reason });
  }

  #unavailable(cause?: unknown): AppError {
    const waitMs = Math.max(1_000, this.#retryAtMs - performance.now());
    return new AppError(
      'knowledge_unavailable',
      `The documents cannot be reached now: ${this.#reason ?? messageOf(cause)}. Models answer as before.`,
      { cause, retryAfterSeconds: Math.ceil(waitMs / 1_000) },
    );
  }
}

/** Scattered, so that those who lost the same server do not come back in the same moment. */
function backoff(failures: number, { backoffMs, backoffCapMs }: KeeperOptions): number {
  return Math.min(backoffCapMs, backoffMs * 2 ** Math.min(failures, 20)) * (0.5 + Math.random() / 2);
}
