import type { AppError } from '../shared/errors.ts';
import { Drain } from './drain.ts';
import type { Upstream } from './host.ts';
import { Lease, type LeaseOwner } from './lease.ts';
import type { SlotKeeper } from './slot-keeper.ts';

/** The requests that an engine serves just now. */
export class InFlight {
  readonly #owner: LeaseOwner;
  readonly #leases = new Set<Lease>();
  #draining: Drain | undefined;

  constructor(owner: LeaseOwner) {
    this.#owner = owner;
  }

  get size(): number {
    return this.#leases.size;
  }

  /** Of these, requests that yield to others. */
  get background(): number {
    let count = 0;
    for (const { background } of this.#leases) if (background) count += 1;
    return count;
  }

  get leases(): Iterable<Lease> {
    return this.#leases;
  }

  enter(upstream: Upstream, background: boolean, keeper: SlotKeeper | undefined, user: string): Lease {
    const lease = new Lease(this.#owner, upstream, background, keeper, user);
    this.#leases.add(lease);
    return lease;
  }

  leave(lease: Lease): void {
    this.#leases.delete(lease);
    if (this.#leases.size === 0) this.endDrain();
  }

  /** Resolves when none is left, or after so many milliseconds. */
  async drain(drainMs: number): Promise<void> {
    if (this.#leases.size === 0 || drainMs <= 0) return;
    this.#draining = new Drain(drainMs);
    await this.#draining.done;
    this.#draining = undefined;
  }

  /** Has a drain under way end sooner. */
  shortenDrain(drainMs: number): void {
    this.#draining?.shorten(drainMs);
  }

  endDrain(): void {
    this.#draining?.finish();
  }

  /** Tells all of them that their engine is taken away. */
  cut(error: AppError): void {
    for (const lease of this.#leases) lease.onCut?.(error);
  }
}
