import type { AppError } from '../shared/errors.ts';
import type { Lease } from './lease.ts';

/** A request in front of an expert. */
export interface Waiter {
  readonly expert: string;
  /** Evicts nobody, and lets the others go first. */
  readonly background: boolean;
  /** Monotonic milliseconds; moved on while a load runs that has deadlines of its own. */
  since: number;
  resolve(lease: Lease): void;
  reject(error: AppError): void;
}

/** The queue in front of each expert: in order of arrival, background requests behind the others. */
export class WaitingLines {
  readonly #lines = new Map<string, Waiter[]>();
  #total = 0;

  /** Those who wait for the expert, the next one first. */
  of(id: string): readonly Waiter[] {
    return this.#lines.get(id) ?? NOBODY;
  }

  length(id: string): number {
    return this.#lines.get(id)?.length ?? 0;
  }

  /** All who wait, for whomever. Asked at the end of every request. */
  get total(): number {
    return this.#total;
  }

  join(waiter: Waiter): void {
    const line = this.#lines.get(waiter.expert) ?? [];
    this.#lines.set(waiter.expert, line);
    this.#total += 1;
    const behind = waiter.background ? -1 : line.findIndex(({ background }) => background);
    if (behind < 0) line.push(waiter);
    else line.splice(behind, 0, waiter);
  }

  leave(waiter: Waiter): void {
    const line = this.#lines.get(waiter.expert);
    const index = line?.indexOf(waiter) ?? -1;
    if (index < 0) return;
    line?.splice(index, 1);
    this.#total -= 1;
  }

  /** Takes the next one out. */
  shift(id: string): Waiter | undefined {
    const waiter = this.#lines.get(id)?.shift();
    if (waiter) this.#total -= 1;
    return waiter;
  }

  rejectAll(id: string, error: AppError): void {
    const line = this.#lines.get(id);
    if (!line) return;
    this.#lines.delete(id);
    this.#total -= line.length;
    for (const waiter of line) waiter.reject(error);
  }

  /** Experts that somebody waits for. */
  *wanted(): Iterable<string> {
    for (const [id, line] of this.#lines) if (line.length > 0) yield id;
  }
}

const NOBODY: readonly Waiter[] = [];
