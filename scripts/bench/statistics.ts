/** The value below which `share` (0 to 1) of the values lie; the mean of the two middle ones for the median of an even count. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  const position = (sorted.length - 1) * share;
  const low = sorted[Math.floor(position)] ?? Number.NaN;
  const high = sorted[Math.ceil(position)] ?? Number.NaN;
  return low + (high - low) * (position - Math.floor(position));
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Runs every contestant once per round, so that whatever else the machine does hits all alike; results by name, in order. */
export async function interleave<T>(
  contestants: Readonly<Record<string, () => Promise<T>>>,
  rounds: number,
): Promise<Record<string, T[]>> {
  const results: Record<string, T[]> = {};
  for (let round = 0; round < rounds; round += 1) {
    // Every other round runs backwards: nobody is always the one after the heaviest.
    const order = Object.entries(contestants);
    for (const [name, run] of round % 2 === 0 ? order : order.toReversed()) (results[name] ??= []).push(await run());
  }
  return results;
}
