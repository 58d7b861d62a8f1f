import type { AppError } from '../shared/errors.ts';
import type { Upstream } from './host.ts';

/** What a lease tells its expert. */
export interface LeaseOwner {
  leave(lease: Lease, ok: boolean): void;
  silent(lease: Lease): void;
}

/** The right to send one request to a ready engine. It counts as in flight until `release`. */
export class Lease {
  readonly upstream: Upstream;
  /** Its request yields to others. */
  readonly background: boolean;
  /** Set by the holder: called when the engine is taken away under the request. */
  onCut: ((error: AppError) => void) | undefined;
  readonly #owner: LeaseOwner;
  #held = true;

  constructor(owner: LeaseOwner, upstream: Upstream, background = false) {
    this.#owner = owner;
    this.upstream = upstream;
    this.background = background;
  }

  /** `ok`: the engine answered as it should, whatever the client did meanwhile. A second call does nothing. */
  release(ok: boolean): void {
    if (!this.#held) return;
    this.#held = false;
    this.#owner.leave(this, ok);
  }

  /** The engine missed a deadline on this request: liveness is judged from traffic. Call before `release`. */
  reportSilence(): void {
    if (this.#held) this.#owner.silent(this);
  }
}
