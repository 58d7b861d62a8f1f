import type { House } from './houses.ts';
import { type Random, seeded } from './random.ts';

export interface TraceRequest {
  readonly atMs: number;
  readonly expert: string;
  /** How long the engine works on it. */
  readonly serviceMs: number;
}

export interface TraceKind {
  readonly name: string;
  make(house: House, seed: number): TraceRequest[];
}

const REQUESTS = 3_000;
const DAY_MS = 86_400_000;

export const TRACES: readonly TraceKind[] = [
  ...[0.6, 1, 1.4].map((skew) => ({ name: `zipf ${skew}`, make: zipf(skew) })),
  ...[0.5, 1.5, 4].map((think) => ({ name: `bursty, think ${think}×`, make: bursty(think) })),
  ...[0.5, 1, 3].map((days) => ({ name: `day rhythm, ${days} d`, make: day(days) })),
];

/** Independent requests, the experts as popular as Zipf's law says. */
function zipf(skew: number) {
  return (house: House, seed: number): TraceRequest[] => {
    const random = seeded(seed);
    const weights = popularity(house, skew);
    let atMs = 0;
    return Array.from({ length: REQUESTS }, () => {
      atMs += random.exponential(house.gapMs);
      return request(house, random, atMs, random.pick(weights));
    });
  };
}

/** Conversations of 3 to 12 requests with one expert, with time to think between them; several at once. `think`: in mean gaps. */
function bursty(think: number) {
  return (house: House, seed: number): TraceRequest[] => {
    const random = seeded(seed);
    const weights = popularity(house, 0.8);
    const requests: TraceRequest[] = [];
    let startMs = 0;
    while (requests.length < REQUESTS) {
      const length = 3 + Math.floor(random.next() * 10);
      startMs += random.exponential(house.gapMs * 7.5);
      const expert = random.pick(weights);
      let atMs = startMs;
      for (let turn = 0; turn < length; turn += 1) {
        requests.push(request(house, random, atMs, expert));
        atMs += house.serviceMs + random.exponential(house.gapMs * think);
      }
    }
    return requests.sort((a, b) => a.atMs - b.atMs).slice(0, REQUESTS);
  };
}

/** Busy by day and quiet by night, and every expert has its own hours. `days`: how long the trace is. */
function day(days: number) {
  return (house: House, seed: number): TraceRequest[] => {
    const random = seeded(seed);
    const base = popularity(house, 0.7);
    const gapMs = (days * DAY_MS) / REQUESTS;
    let atMs = 0;
    return Array.from({ length: REQUESTS }, () => {
      const turn = 2 * Math.PI * (atMs / DAY_MS);
      atMs += random.exponential(gapMs / (1 + 0.8 * Math.sin(turn)));
      const weights = base.map(
        (weight, index) => weight * (1.02 + Math.sin(turn + (2 * Math.PI * index) / base.length)) ** 2,
      );
      return request(house, random, atMs, random.pick(weights));
    });
  };
}

function popularity(house: House, skew: number): number[] {
  return house.experts.map((_, rank) => 1 / (rank + 1) ** skew);
}

/** Most answers are short, some are ten times as long. */
function request(house: House, random: Random, atMs: number, expert: number): TraceRequest {
  const serviceMs = house.serviceMs * (0.2 + 0.8 * random.exponential(1));
  return { atMs, expert: house.experts[expert]?.id ?? '', serviceMs };
}
