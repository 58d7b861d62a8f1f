/** Operations of a `PATCH` that replace these fields. What is undefined stays as it is. */
export function replacing(change: Readonly<Record<string, unknown>>) {
  return Object.entries(change)
    .filter(([, value]) => value !== undefined)
    .map(([field, value]) => ({ op: 'replace', path: `/${field}`, value }));
}
