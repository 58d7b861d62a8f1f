import type { AppError } from '../shared/errors.ts';
import type { Identity } from './identity/contract.ts';

/** One request under way. */
export interface ActiveRequest {
  /** As it stands now: a body may say for whom its key speaks. */
  readonly context: { readonly identity: Identity };
  /** Why it was ended from outside. Whoever works on it looks here when what it waited for has come. */
  ended: AppError | undefined;
  /** Set by who works on it: tells the client, whatever it has seen so far, and stops the work. */
  onEnd: ((error: AppError) => void) | undefined;
  /** Its place among the active ones; -1 while it is not among them. Written by `ActiveRequests` alone. */
  place: number;
}

/** The requests of everybody that are under way, so that what a credential began can be ended with it. As in `Deadlines`, no set. */
export class ActiveRequests {
  readonly #places: (ActiveRequest | undefined)[] = [];
  readonly #free: number[] = [];

  add(request: ActiveRequest): void {
    const place = this.#free.pop() ?? this.#places.length;
    request.place = place;
    this.#places[place] = request;
  }

  remove(request: ActiveRequest): void {
    if (request.place < 0) return;
    this.#places[request.place] = undefined;
    this.#free.push(request.place);
    request.place = -1;
  }

  get size(): number {
    return this.#places.length - this.#free.length;
  }

  /** How many different users have a request under way. */
  get users(): number {
    return new Set(this.#places.flatMap((request) => (request ? [request.context.identity.user] : []))).size;
  }

  /**
   * Ends every request of whom it is said: one that is not yet answered gets the error, a stream an error frame and a closed connection,
   * who waits leaves the queue, and what an engine computes for it is aborted. Answers how many there were.
   */
  end(matches: (identity: Identity) => boolean, error: AppError): number {
    const ending = this.#places.filter((request) => request && !request.ended && matches(request.context.identity));
    for (const request of ending) {
      if (!request) continue;
      request.ended = error;
      request.onEnd?.(error);
    }
    return ending.length;
  }
}
