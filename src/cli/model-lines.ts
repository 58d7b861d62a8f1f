/** What is known of a model, in a few lines. */
import { TENSOR_TYPES } from '../models/gguf-types.ts';
import type { GgufHeader } from '../models/gguf.ts';
import { readRecord } from '../models/record.ts';
import type { SafetensorsShape } from '../models/vllm-footprint.ts';
import { formatBytes } from '../shared/units.ts';

type Headers = readonly [GgufHeader, ...GgufHeader[]];
type Row = readonly [name: string, value: string | undefined];

/** Of a GGUF file, or of all the files of a split one. */
export function headerLines(headers: Headers, withTensors: boolean): string[] {
  const [header] = headers;
  const record = readRecord(header.path);
  const heads = perLayer(header.headCount);
  const headsKv = perLayer(header.headCountKv);
  const lines = inColumns([
    ['file', header.path],
    ['files', headers.length > 1 ? `${headers.length}: the model is split` : undefined],
    ['architecture', header.architecture],
    ['kind', kindOf(header)],
    ['name', header.name],
    ['parameters', formatCount(headers.reduce((sum, { parameters }) => sum + parameters, 0))],
    ['quantisation', header.fileType],
    ['context', header.contextLength === undefined ? undefined : `${count(header.contextLength)} tokens`],
    ['layers', count(header.blockCount)],
    ['heads', heads === headsKv ? heads : `${heads} (${headsKv} for keys and values)`],
    ['embedding', count(header.embeddingLength)],
    ['vocabulary', count(header.vocabularySize)],
    ['chat template', isModel(header) ? (header.chatTemplate ? 'yes' : 'no') : undefined],
    ['size', formatBytes(headers.reduce((sum, { fileBytes }) => sum + fileBytes, 0))],
    ...headers
      .filter(isCut)
      .map(({ path, expectedBytes, fileBytes }): Row => [
        'incomplete',
        `${headers.length > 1 ? `${path}: ` : ''}its tensors need ${expectedBytes} bytes, the file has ${fileBytes}`,
      ]),
    ['from', record?.source],
    ['sha256', record?.sha256],
    ['licence', record?.licence && [record.licence.name, record.licence.url].filter(Boolean).join(' ')],
  ]);
  return withTensors ? [...lines, 'tensors', ...tensorsOf(headers).map((tensor) => `  ${tensor}`)] : lines;
}

/** Of a folder of safetensors. */
export function folderLines(path: string, shape: SafetensorsShape): string[] {
  const { slidingLayers, slidingWindow } = shape;
  return inColumns([
    ['folder', path],
    ['architecture', shape.architecture],
    ['type', shape.elementType],
    ['context', shape.contextTrained === undefined ? undefined : `${count(shape.contextTrained)} tokens`],
    ['layers', `${shape.layers}${slidingLayers > 0 ? ` (${slidingLayers} with a window of ${slidingWindow})` : ''}`],
    ['heads', `${shape.headsKv} of ${shape.headLength} for keys and values`],
    ['weights', formatBytes(shape.weightBytes)],
  ]);
}

export function headersToJson(headers: Headers, withTensors: boolean): Readonly<Record<string, unknown>> {
  const [{ metadata, tensors: _tensors, ...facts }] = headers;
  const tensors = headers.flatMap((header) => header.tensors);
  return {
    ...facts,
    parameters: headers.reduce((sum, { parameters }) => sum + parameters, 0),
    files: headers.map(({ path, fileBytes }) => ({ path, bytes: fileBytes })),
    incomplete: headers.some(isCut),
    record: readRecord(facts.path) ?? null,
    tensorCount: tensors.length,
    metadata: Object.fromEntries(metadata),
    ...(withTensors && {
      tensors: tensors.map((tensor) => ({ ...tensor, type: TENSOR_TYPES[tensor.type]?.name ?? tensor.type })),
    }),
  };
}

/** An adapter or a projector has no layers, and takes memory only beside a model. */
export const isModel = ({ blockCount }: GgufHeader) => blockCount !== undefined;

function kindOf(header: GgufHeader): string | undefined {
  if (isModel(header)) return undefined;
  const beside = 'takes the memory of its tensors, beside the model of an expert';
  if (header.metadata.get('general.type') === 'adapter') return `LoRA adapter: ${beside}`;
  return header.architecture === 'clip' ? `multimodal projector: ${beside}` : `part of a model: ${beside}`;
}

const inColumns = (rows: readonly Row[]) =>
  rows.flatMap(([name, value]) => (value === undefined ? [] : [`${name.padEnd(14)}${value}`]));

const tensorsOf = (headers: Headers) =>
  headers.flatMap(({ tensors }) =>
    tensors.map(
      ({ name, dims, type }) => `${name}  ${dims.join(' × ')}  ${TENSOR_TYPES[type]?.name ?? `type ${type}`}`,
    ),
  );

const isCut = ({ expectedBytes, fileBytes }: GgufHeader) => expectedBytes > fileBytes;

const count = (value: number | undefined) => value?.toLocaleString('en');

/** One number, or the range of the numbers of the layers. */
function perLayer(value: number | readonly number[] | undefined): string | undefined {
  if (value === undefined || typeof value === 'number') return value?.toString();
  const [least, most] = [Math.min(...value), Math.max(...value)];
  return least === most ? String(least) : `${least} to ${most}`;
}

function formatCount(amount: number): string {
  if (amount >= 1e9) return `${(amount / 1e9).toFixed(2)} billion`;
  return amount >= 1e6 ? `${(amount / 1e6).toFixed(1)} million` : amount.toLocaleString('en');
}
