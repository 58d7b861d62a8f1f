import type { User } from '../../store/contract.ts';
import type { StoredConversation } from '../../store/people-contract.ts';
import type { Said } from '../contract.ts';

/** Something that an expert is to be asked in the background. */
export type Errand = { readonly user: User } & (
  | { readonly kind: 'extract'; readonly said: Said }
  | { readonly kind: 'summarize'; readonly conversation: StoredConversation }
);

/** What waits for an expert: bounded, so that a flood (or an expert that is never there) costs no memory. The oldest goes first. */
export class Errands {
  readonly #most: number;
  #waiting: Errand[] = [];
  #left = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** Errands that were left out because others came, so far. */
  get left(): number {
    return this.#left;
  }

  add(errand: Errand): void {
    // Of a conversation that has grown meanwhile one summary is enough.
    this.#waiting = this.#waiting.filter((other) => !isSameSummary(other, errand));
    this.#waiting.push(errand);
    if (this.#waiting.length <= this.#most) return;
    this.#waiting.shift();
    this.#left += 1;
  }

  take(): Errand | undefined {
    return this.#waiting.shift();
  }

  /** To be next again: it was interrupted. Where it has no room any more it counts as left out. */
  putBack(errand: Errand): void {
    if (this.#waiting.length >= this.#most) this.#left += 1;
    else this.#waiting.unshift(errand);
  }

  drop(user: User): void {
    this.#waiting = this.#waiting.filter((errand) => errand.user !== user);
  }

  clear(): void {
    this.#waiting = [];
  }
}

function isSameSummary(one: Errand, other: Errand): boolean {
  return (
    one.kind === 'summarize' &&
    other.kind === 'summarize' &&
    one.user === other.user &&
    one.conversation.id === other.conversation.id
  );
}
