/** Of length 1; undefined where it has none, or is not made of numbers. */
export function unitOf(values: readonly unknown[] | Float32Array): Float32Array | undefined {
  const vector = new Float32Array(values.length);
  let squares = 0;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    if (typeof value !== 'number' || !Number.isFinite(value)) return undefined;
    vector[index] = value;
    squares += value * value;
  }
  const length = Math.sqrt(squares);
  if (!(length > 1e-12) || !Number.isFinite(length)) return undefined;
  for (let index = 0; index < vector.length; index += 1) vector[index] = (vector[index] ?? 0) / length;
  return vector;
}

/** Their common direction; undefined where there is none. */
export function averageOf(vectors: readonly Float32Array[]): Float32Array | undefined {
  const [first] = vectors;
  if (!first) return undefined;
  const sum = new Float32Array(first.length);
  for (const vector of vectors)
    for (let index = 0; index < sum.length; index += 1) sum[index] = (sum[index] ?? 0) + (vector[index] ?? 0);
  return unitOf(sum);
}
