import type { AppError } from '../shared/errors.ts';
import type { Upstream } from './host.ts';
import type { PromptCounts, SlotBinding, SlotKeeper, SlotRequest } from './slot-keeper.ts';

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
  /** Whose request it is; empty: work of the house itself. */
  readonly user: string;
  /** Set by the holder: called when the engine is taken away under the request. */
  onCut: ((error: AppError) => void) | undefined;
  readonly #owner: LeaseOwner;
  readonly #keeper: SlotKeeper | undefined;
  #binding: SlotBinding | undefined;
  #held = true;

  /** `keeper`: where the expert's prompt caches are kept. */
  constructor(owner: LeaseOwner, upstream: Upstream, background = false, keeper?: SlotKeeper, user = '') {
    this.#owner = owner;
    this.upstream = upstream;
    this.background = background;
    this.user = user;
    this.#keeper = keeper;
  }

  /** Whether the request is to say whose it is, by `bindSlot`. */
  get takesSlot(): boolean {
    return this.#keeper !== undefined;
  }

  /** Whether the engine's count of the prompt is wanted back. */
  get isBound(): boolean {
    return this.#binding !== undefined;
  }

  /** Gives the request a slot with what is kept of its user; answers the fields it is to be sent with. Never rejects. */
  async bindSlot(request: SlotRequest): Promise<Readonly<Record<string, unknown>>> {
    this.#binding = await this.#keeper?.bind(request);
    return this.#binding?.fields ?? {};
  }

  /** `ok`: the engine answered as it should, whatever the client did meanwhile. A second call does nothing. */
  release(ok: boolean, counts?: PromptCounts): void {
    if (!this.#held) return;
    this.#held = false;
    this.#binding?.release(ok, counts);
    this.#owner.leave(this, ok);
  }

  /** The engine missed a deadline on this request: liveness is judged from traffic. Call before `release`. */
  reportSilence(): void {
    if (this.#held) this.#owner.silent(this);
  }
}
