/** Ids for experts that other programs, or files, call something else. */

/** What of a name may be an id: `org/model:tag` → `org-model-tag`. Never empty. */
export function idFrom(name: string): string {
  const id = name.replaceAll(/[^\w.-]+/g, '-').replaceAll(/^[^A-Za-z0-9]+|[._-]+$/g, '');
  return id === '' ? 'model' : id.slice(0, 64);
}

/** The id itself, or with the first number behind it that is not taken. `auto` is nobody's. */
export function freeId(wanted: string, taken: { has(id: string): boolean }): string {
  for (let id = wanted, number = 2; ; number += 1) {
    if (id !== 'auto' && !taken.has(id)) return id;
    id = `${wanted.slice(0, 60)}-${number}`;
  }
}
