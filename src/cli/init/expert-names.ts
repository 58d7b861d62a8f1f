import { freeId, idFrom } from '../../profiles/expert-ids.ts';
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
  const short = models.map(({ name }) => idFrom(nameWithoutQuantisation(name).toLowerCase()));
  const taken = new Set(['auto']);
  const ids = models.map(({ name }, index) => {
    const only = short.filter((other) => other === short[index]).length === 1;
    const id = freeId((only ? short[index] : undefined) ?? idFrom(name.toLowerCase()), taken);
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
