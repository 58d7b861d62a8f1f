import type { House } from './houses.ts';
import type { TraceRequest } from './traces.ts';

/** Every expert that is asked for is loaded once: no policy whatever loads less. */
export function compulsoryBytes(house: House, trace: readonly TraceRequest[]): number {
  const used = new Set(trace.map(({ expert }) => expert));
  return house.experts.reduce((sum, { id, bytes }) => sum + (used.has(id) ? bytes : 0), 0);
}

/**
 * What any policy, knowing the future or not, must load if no request waits longer than `longestWaitMs`.
 *
 * Whoever is asked for from a to b is resident at some time from a to b + longest wait. Of those experts at most what fits into the
 * budget can have been there at a; the rest is loaded in that time. Phases that do not overlap add up; the best row of phases is found
 * by dynamic programming over the requests.
 */
export function phaseBound(house: House, trace: readonly TraceRequest[], longestWaitMs: number): number {
  const index = new Map(house.experts.map(({ id }, position) => [id, position]));
  const must = mustLoad(house);
  const sets = trace.map(({ expert }) => 1 << (index.get(expert) ?? 0));
  const everyone = (1 << house.experts.length) - 1;
  // best[i]: the most that must be loaded before the arrival of request i.
  const best: number[] = Array.from({ length: trace.length + 1 }, () => 0);
  const arrivals = trace.map(({ atMs }) => atMs);
  for (let from = 0; from < trace.length; from += 1) {
    best[from + 1] = Math.max(best[from + 1] ?? 0, best[from] ?? 0);
    let asked = 0;
    let worth = -1;
    for (let to = from; to < trace.length; to += 1) {
      asked |= sets[to] ?? 0;
      // The first phase finds an empty house.
      const bytes = (best[from] ?? 0) + (from === 0 ? sizeOf(house, asked) : (must[asked] ?? 0));
      if (bytes > worth) {
        worth = bytes;
        const next = firstAfter(arrivals, (arrivals[to] ?? 0) + longestWaitMs);
        best[next] = Math.max(best[next] ?? 0, bytes);
      }
      if (asked === everyone) break;
    }
  }
  return Math.max(compulsoryBytes(house, trace), ...best);
}

function sizeOf({ experts }: House, set: number): number {
  return experts.reduce((sum, { bytes }, position) => sum + ((set >> position) & 1 ? bytes : 0), 0);
}

/** For each set of experts: its bytes less the most of them that fits into the budget. */
function mustLoad(house: House): number[] {
  const sets = Array.from({ length: 1 << house.experts.length }, (_, set) => set);
  const sizes = sets.map((set) => sizeOf(house, set));
  return sets.map((set) => {
    let most = 0;
    for (let part = set; part > 0; part = (part - 1) & set) {
      const size = sizes[part] ?? 0;
      if (size <= house.budget && size > most) most = size;
    }
    return (sizes[set] ?? 0) - most;
  });
}

/** The first arrival later than the time. */
function firstAfter(arrivals: readonly number[], timeMs: number): number {
  let [low, high] = [0, arrivals.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((arrivals[middle] ?? Infinity) > timeMs) high = middle;
    else low = middle + 1;
  }
  return low;
}
