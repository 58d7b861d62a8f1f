import { isProjectorName, parseGgufName, projectorFor, quantisationOf } from '../shared/gguf-names.ts';

export interface ChosenGguf {
  /** The first part of a split file. */
  readonly file: string;
  readonly mmproj: string | undefined;
}

/** What is taken where nobody says. */
const USUAL = ['Q4_K_M', 'Q8_0'];

/**
 * The model file of a repository with this quantisation (`Q4_K_M`, `UD-Q4_K_XL`; none: the usual one, or the only one), as
 * `llama-server -hf owner/name:QUANT` chooses; undefined where none fits, or several do.
 */
export function chooseGguf(files: readonly string[], quantisation?: string): ChosenGguf | undefined {
  const models = ggufModels(files);
  const wanted = quantisation === undefined ? USUAL : [quantisation.toUpperCase()];
  const matches = wanted
    .flatMap((type) => [type, `UD-${type}`])
    .map((type) => models.filter((file) => says(file, type)))
    .find((found) => found.length > 0);
  const chosen = matches ?? (quantisation === undefined ? models : []);
  const [file] = chosen;
  if (file === undefined || chosen.length > 1) return undefined;
  const projectors = files.filter((name) => /\.gguf$/i.test(name) && isProjectorName(name));
  // All models of a repository are one model.
  return { file, mmproj: projectorFor(file, projectors, { alone: true }) };
}

/** Files that are models: the first part of each split one, and no projector. */
export function ggufModels(files: readonly string[]): string[] {
  return files.filter((file) => {
    const name = parseGgufName(file);
    return name !== undefined && !isProjectorName(file) && (name.part === undefined || name.part.number === 1);
  });
}

/** A name that is not known as a quantisation is looked for as a word. */
function says(file: string, type: string): boolean {
  const own = quantisationOf(file);
  if (own !== undefined) return own === type;
  return new RegExp(`(?:^|[-_./])${type.replaceAll(/[^\w]/g, '\\$&')}(?=[-_./])`, 'i').test(file);
}
