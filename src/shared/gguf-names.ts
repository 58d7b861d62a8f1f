/** What the names of GGUF files say. The files themselves are not looked into. */

const ENDING = /\.gguf$/i;
const PART = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/i;
const QUANTISATION =
  /(?:^|[-_.])((?:UD-)?(?:I?Q\d(?:_[A-Z0-9]+)*|TQ\d_\d|MXFP4(?:_MOE)?|NVFP4|BF16|FP?16|FP?32|I2_S|TL[12]))(?=$|[-_.])/i;
/** A projector in these first: what converters write, and as precise as it needs to be. */
const PROJECTOR_TYPES = ['F16', 'BF16', 'Q8_0', 'F32'];

export interface GgufName {
  /** Without folder, ending and number of the part. */
  readonly stem: string;
  /** From 1; undefined for a file that is whole. */
  readonly part: { readonly number: number; readonly count: number } | undefined;
}

/** Undefined for the name of another kind of file. */
export function parseGgufName(path: string): GgufName | undefined {
  const name = path.split('/').at(-1) ?? '';
  if (!ENDING.test(name)) return undefined;
  const [, stem = '', number, count] = PART.exec(name) ?? [];
  if (number === undefined || Number(count) < 2) return { stem: name.replace(ENDING, ''), part: undefined };
  return { stem, part: { number: Number(number), count: Number(count) } };
}

/** `x-00001-of-00003.gguf` names all three, in their order and in the same folder; the engine finds the others beside the first. */
export function partNames(path: string): [string, ...string[]] {
  const [, stem = '', , total = '0'] = PART.exec(path) ?? [];
  const count = Number(total);
  if (count < 2 || count > 1_000) return [path];
  const part = (number: number) => `${stem}-${String(number).padStart(5, '0')}-of-${total}.gguf`;
  return [part(1), ...Array.from({ length: count - 1 }, (_, index) => part(index + 2))];
}

/** A multimodal projector: half of an expert that sees, and none by itself. */
export function isProjectorName(path: string): boolean {
  return /mmproj/i.test(path.split('/').at(-1) ?? '');
}

/** `Q4_K_M`, `UD-Q4_K_XL`, `BF16`, …, in capitals; undefined where the name does not say. */
export function quantisationOf(path: string): string | undefined {
  const { stem } = parseGgufName(path) ?? { stem: path };
  return QUANTISATION.exec(stem)?.[1]?.toUpperCase();
}

/** The stem without the quantisation. */
export function nameWithoutQuantisation(stem: string): string {
  return stem.replace(QUANTISATION, '');
}

/**
 * Of the projectors in the folder of a model the one that is made for it: by name, or whichever there is where the model is alone with
 * them.
 */
export function projectorFor(
  model: string,
  projectors: readonly string[],
  { alone }: { readonly alone: boolean },
): string | undefined {
  const own = plain(model);
  const fitting = projectors.filter((projector) => {
    const rest = plain(projector).replace(/^model/, '');
    if (rest === '') return alone;
    return alone || own.startsWith(rest) || rest.startsWith(own);
  });
  const rank = (name: string) => {
    const index = PROJECTOR_TYPES.indexOf(quantisationOf(name)?.replace('FP', 'F') ?? '');
    return index < 0 ? PROJECTOR_TYPES.length : index;
  };
  return fitting.toSorted((one, other) => rank(one) - rank(other) || one.localeCompare(other, 'en'))[0];
}

export interface GgufFiles {
  /** The first part of a split file. */
  readonly path: string;
  readonly mmproj: string | undefined;
}

/** Adapters, calibration data and bare vocabularies have the ending too. */
const NO_MODEL = /(?:^|[-_.])(?:lora|adapter|imatrix|control-vector)(?=[-_.]|$)|^ggml-vocab/i;

/** The models among the files of one folder, each with its projector; everything else is passed over. */
export function modelsAmong(paths: readonly string[]): GgufFiles[] {
  const ggufs = paths.filter((path) => parseGgufName(path) !== undefined);
  const projectors = ggufs.filter(isProjectorName);
  const models = ggufs.filter((path) => {
    const { stem = '', part } = parseGgufName(path) ?? {};
    return !isProjectorName(path) && !NO_MODEL.test(stem) && (part?.number ?? 1) === 1;
  });
  // Several quantisations of one model share its projector.
  const alone = new Set(models.map((path) => nameWithoutQuantisation(parseGgufName(path)?.stem ?? ''))).size === 1;
  return models.map((path) => ({ path, mmproj: projectorFor(path, projectors, { alone }) }));
}

/** Makes vectors of texts, as far as its name says. */
export function isEmbedderName(path: string): boolean {
  return /embed|(?:^|[-_./])(?:bge|e5|gte|minilm)(?=[-_.])/i.test(path);
}

/** Scores texts for a question, as far as its name says. */
export function isRerankerName(path: string): boolean {
  return /rerank/i.test(path);
}

/** Letters and digits of the model's name alone. */
function plain(path: string): string {
  const { stem } = parseGgufName(path) ?? { stem: path };
  return nameWithoutQuantisation(stem.replace(/mmproj/i, ''))
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, '');
}
