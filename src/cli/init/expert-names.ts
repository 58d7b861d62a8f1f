import { nameWithoutQuantisation } from '../../shared/gguf-names.ts';

interface Named {
  readonly name: string;
  readonly alsoCalled: readonly string[];
}

export interface ExpertName {
  readonly id: string;
  /** What other programs call it, so that their clients find it here. */
  readonly aliases: readonly string[];
}

const ALIAS = /^[\w.:/-]+$/;

/** Short names: small letters, without the quantisation where only one file of a model is there; each of them once. */
export function nameExperts(models: readonly Named[]): ExpertName[] {
  const short = models.map(({ name }) => idFrom(nameWithoutQuantisation(name)));
  const taken = new Set<string>(['auto']);
  const ids = models.map(({ name }, index) => {
    const only = short.filter((other) => other === short[index]).length === 1;
    const id = free((only ? short[index] : undefined) ?? idFrom(name), taken);
    taken.add(id);
    return id;
  });
  return models.map(({ name, alsoCalled }, index) => {
    const id = ids[index] ?? name;
    // A file name is no name that anybody asks for.
    const known = [name, ...alsoCalled].filter((other) => /[:/]/.test(other) || alsoCalled.includes(other));
    const aliases = known.filter((other) => ALIAS.test(other) && !taken.has(other));
    for (const alias of aliases) taken.add(alias);
    return { id, aliases };
  });
}

/** A name that an expert may have. */
export function idFrom(name: string): string {
  const id = name
    .toLowerCase()
    .replaceAll(/[^\w.-]+/g, '-')
    .replaceAll(/^[^a-z0-9]+|[._-]+$/g, '')
    .slice(0, 64);
  return id === '' ? 'model' : id;
}

export function free(wanted: string, taken: ReadonlySet<string>): string {
  for (let id = wanted, number = 2; ; number += 1) {
    if (!taken.has(id)) return id;
    id = `${wanted.slice(0, 60)}-${number}`;
  }
}
