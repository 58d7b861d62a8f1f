type Column = Uint8Array | Uint16Array | Uint32Array | Float32Array;

const LEAST = 256;

/** As it is, where it has room for so many values; else a longer copy, so much longer that this is seldom. */
export function grown<T extends Column>(column: T, length: number): T {
  if (length <= column.length) return column;
  const Kind = column.constructor as new (length: number) => T;
  const longer = new Kind(Math.max(length, LEAST, Math.ceil(1.5 * column.length)));
  longer.set(column);
  return longer;
}
