/** Fewer passages say nothing about what is usual. */
const LEAST_COMPARED = 50;
/** Deviations above the mean from which on a passage begins to stand out, and from which on it does so wholly. */
const BEGINS = 1;
const WHOLLY = 4;
/** Where not even the nearest stands out so far, the model cannot tell: a language that it does not know is as near to all of its kind. */
const TELLING = 2;
/** What does not stand out keeps its place among the last. */
const LEAST_WEIGHT = 0.1;

/**
 * How similarities to a question are spread over all passages compared. What is a high cosine differs from model to model (0.3 for MiniLM,
 * 0.8 for E5, which has hardly anything below 0.7), and how far one stands out of the others does not.
 */
export class Spread {
  #count = 0;
  #sum = 0;
  #squares = 0;
  #most = -Infinity;

  add(similarity: number): void {
    this.#count += 1;
    this.#sum += similarity;
    this.#squares += similarity * similarity;
    if (similarity > this.#most) this.#most = similarity;
  }

  /** Whether nearness says anything about this question. */
  get tells(): boolean {
    return this.#count < LEAST_COMPARED || this.#deviations(this.#most) >= TELLING;
  }

  /** How much the place of a passage counts, from 0 to 1. */
  weight(similarity: number): number {
    if (this.#count < LEAST_COMPARED) return 1;
    return Math.min(1, Math.max(LEAST_WEIGHT, (this.#deviations(similarity) - BEGINS) / (WHOLLY - BEGINS)));
  }

  #deviations(similarity: number): number {
    const mean = this.#sum / this.#count;
    const deviation = Math.sqrt(Math.max(0, this.#squares / this.#count - mean * mean));
    return deviation > 0 ? (similarity - mean) / deviation : 0;
  }
}
