import type { Canary } from '../engines/contract.ts';
import type { Upstream } from './host.ts';
import { tryCanary } from './readiness.ts';

/** Requests in a row without an answer that replace an engine which has no canary. */
const SILENCES_WITHOUT_CANARY = 3;
const PROBE_TIMEOUT_MS = 10_000;
/** A few words, on a slow processor and perhaps behind a request. */
const SOUNDNESS_TIMEOUT_MS = 60_000;

/** Why an engine is of no use to anybody. */
export type Uselessness = 'unresponsive' | 'degenerate_output';

export interface LivenessOptions {
  /** The adapter's, for the settings of the moment. */
  readonly canary: () => Canary | undefined;
  readonly probeTimeoutMs?: number | undefined;
  /** The engine is to be replaced. May be called after its end. */
  readonly onUseless: (detail: string, cause: Uselessness) => void;
}

/** Judges a ready engine from its traffic: does it still answer, and does it still make sense? One per engine. */
export class Liveness {
  readonly #options: LivenessOptions;
  #silences = 0;
  #doubted = false;
  /** Answers since the soundness of the output was looked at. */
  #answers = 0;
  #probe: Promise<void> | undefined;

  constructor(options: LivenessOptions) {
    this.#options = options;
  }

  /** A request of ours is with the engine. */
  get isProbing(): boolean {
    return this.#probe !== undefined;
  }

  /** It has missed a deadline, and has not answered anything since, not even us. */
  get isDoubted(): boolean {
    return this.#doubted;
  }

  answered(): void {
    this.#silences = 0;
    this.#doubted = false;
    this.#answers += 1;
  }

  /** A deadline passed without a byte from the engine. Is it the request, or the engine? One token tells. */
  silent(upstream: Upstream): void {
    this.#silences += 1;
    this.#doubted = true;
    const canary = this.#options.canary();
    if (canary) this.#probeOnce(() => this.#askForAToken(upstream, canary));
    else this.#judgeSilences();
  }

  /** Every so many answers, when nobody waits: an engine that has begun to talk nonsense does so in the best of health. */
  lookAtWords(upstream: Upstream): void {
    if (this.#answers === 0) return;
    const canary = this.#options.canary();
    if (canary?.repeatAfter === undefined || this.#answers < canary.repeatAfter) return;
    this.#answers = 0;
    this.#probeOnce(async () => {
      const wrong = await tryCanary(upstream, canary, SOUNDNESS_TIMEOUT_MS);
      if (wrong?.cause === 'degenerate_output') this.#options.onUseless(wrong.detail, wrong.cause);
    });
  }

  #probeOnce(probe: () => Promise<void>): void {
    this.#probe ??= probe().finally(() => (this.#probe = undefined));
  }

  async #askForAToken(upstream: Upstream, canary: Canary): Promise<void> {
    const wrong = await tryCanary(upstream, canary, this.#options.probeTimeoutMs ?? PROBE_TIMEOUT_MS);
    if (wrong?.cause === 'degenerate_output') this.#options.onUseless(wrong.detail, wrong.cause);
    else if (wrong) this.#options.onUseless(wrong.detail, 'unresponsive');
    else {
      this.#doubted = false;
      this.#judgeSilences();
    }
  }

  /** An engine that answers one token but none of several requests in a row is not alive for anybody. */
  #judgeSilences(): void {
    if (this.#silences < SILENCES_WITHOUT_CANARY) return;
    this.#options.onUseless(`${this.#silences} requests in a row were not answered`, 'unresponsive');
  }
}
