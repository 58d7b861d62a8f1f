import type { AppError } from '../shared/errors.ts';

/** A load that somebody asked for by name, not by a request. */
export interface Wish {
  /** Monotonic milliseconds. */
  readonly since: number;
  /** Has all the time in the world, and drains nobody who is busy. */
  readonly patient: boolean;
  resolve(): void;
  reject(error: AppError): void;
}

/** Who asked for which expert by name. */
export class Wishes {
  readonly #byExpert = new Map<string, Wish[]>();

  /** Experts that somebody wishes for. */
  wanted(): Iterable<string> {
    return this.#byExpert.keys();
  }

  has(id: string): boolean {
    return this.#byExpert.has(id);
  }

  of(id: string): readonly Wish[] {
    return this.#byExpert.get(id) ?? [];
  }

  add(id: string, wish: Wish): void {
    this.#byExpert.set(id, [...this.of(id), wish]);
  }

  /** Undefined: it is loaded. */
  settle(id: string, error: AppError | undefined): void {
    const wishes = this.of(id);
    this.#byExpert.delete(id);
    for (const wish of wishes) {
      if (error) wish.reject(error);
      else wish.resolve();
    }
  }

  settleAll(error: AppError): void {
    for (const id of this.#byExpert.keys()) this.settle(id, error);
  }
}
