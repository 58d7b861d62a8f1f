import { isDeepStrictEqual } from 'node:util';

import { messageOf } from '../shared/errors.ts';
import type { Logger } from '../telemetry/logger.ts';

/** What is held: opened with a setup, told of changes of it, and closed. */
export interface Held<Setup> {
  /** Takes over what a reload changed, the store excepted. */
  reconfigure(setup: Setup): void;
  close(): Promise<void>;
}

/** Opens it, again and again, and keeps what cannot be opened twice. */
export interface Opener<Setup, Base> {
  /** Rejects where it cannot be opened; then nothing of it is left. */
  open(setup: Setup): Promise<Base>;
  /** For good. After what is open was closed. */
  close(): Promise<void>;
}

export interface HolderOptions<Setup, Base> {
  readonly logger: Logger;
  /** Loads the code of all this. */
  readonly load: () => Promise<Opener<Setup, Base>>;
  /** What of a setup is not to be changed while it is open: another one closes it, and opens it anew. */
  readonly placeOf: (setup: Setup) => unknown;
  /** For the log: `the documents are open`; `knowledge is not available; everything else goes on`. */
  readonly says: { readonly open: string; readonly failed: string };
}

/** An opening that failed is tried again after so long, twice that, and so on. */
const FIRST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 60_000;

/** Keeps something open as the settings want it. What is switched off is neither loaded nor opened. */
export class Holder<Setup, Base extends Held<Setup>> {
  readonly #options: HolderOptions<Setup, Base>;
  #setup: Setup | undefined;
  #opener: Opener<Setup, Base> | undefined;
  #base: Base | undefined;
  /** What `#base` was opened with. */
  #place: unknown;
  #failure: string | undefined;
  #tail: Promise<void> = Promise.resolve();
  #retry: NodeJS.Timeout | undefined;
  #retryMs = FIRST_RETRY_MS;

  constructor(options: HolderOptions<Setup, Base>) {
    this.#options = options;
  }

  /** Undefined: it is off, being opened, or cannot be opened. */
  get base(): Base | undefined {
    return this.#base;
  }

  /** What is wanted; undefined: it is off. */
  get setup(): Setup | undefined {
    return this.#setup;
  }

  /** Why it could not be opened. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Opens, closes, or tells what is open, in the background. What goes wrong is in the log, and in `failure`. */
  want(setup: Setup | undefined): void {
    this.#setup = setup;
    this.#retryMs = FIRST_RETRY_MS;
    this.#turn();
  }

  /** What is open is closed and opened anew: the store has changed under it. */
  renew(): void {
    // After what is just being opened.
    this.#tail = this.#tail.then(() => void (this.#place = undefined));
    this.#turn();
  }

  /** Whatever is under way comes first. */
  async close(): Promise<void> {
    this.#setup = undefined;
    this.#turn();
    await this.#tail;
    await this.#opener?.close();
  }

  #turn(): void {
    clearTimeout(this.#retry);
    this.#tail = this.#tail.then(() => this.#follow());
  }

  async #follow(): Promise<void> {
    const setup = this.#setup;
    const isOther = setup !== undefined && !isDeepStrictEqual(this.#options.placeOf(setup), this.#place);
    try {
      if (this.#base && (setup === undefined || isOther)) await this.#closeBase();
      if (setup === undefined) this.#failure = undefined;
      else if (this.#base) this.#base.reconfigure(setup);
      else await this.#openBase(setup);
    } catch (error) {
      this.#failed(messageOf(error));
    }
  }

  async #openBase(setup: Setup): Promise<void> {
    const { logger, load, placeOf, says } = this.#options;
    const startedAt = performance.now();
    this.#opener ??= await load();
    this.#base = await this.#opener.open(setup);
    this.#place = placeOf(setup);
    this.#failure = undefined;
    logger.info(says.open, { ms: Math.round(performance.now() - startedAt) });
  }

  async #closeBase(): Promise<void> {
    const base = this.#base;
    this.#base = undefined;
    await base?.close();
  }

  #failed(reason: string): void {
    // What is tried again and again is told once.
    if (reason !== this.#failure) this.#options.logger.error(this.#options.says.failed, { reason });
    if (this.#setup === undefined || this.#base) return;
    this.#failure = reason;
    this.#retry = setTimeout(() => this.#turn(), this.#retryMs).unref();
    this.#retryMs = Math.min(LONGEST_RETRY_MS, this.#retryMs * 2);
  }
}
