/** What comes after this id, and no more than asked for. */
export function page<T extends { readonly id: string }>(
  found: readonly T[],
  { after, limit }: { readonly after?: string | undefined; readonly limit?: number | undefined },
): readonly T[] {
  const from = after === undefined ? 0 : found.findIndex(({ id }) => id === after) + 1;
  return found.slice(from, limit === undefined ? undefined : from + limit);
}
