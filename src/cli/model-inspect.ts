import { existsSync } from 'node:fs';

import { listCache } from '../models/cache.ts';
import type { Prediction } from '../models/footprint.ts';
import { TENSOR_TYPES } from '../models/gguf-types.ts';
import { readGgufHeader } from '../models/gguf.ts';
import type { GgufHeader } from '../models/gguf.ts';
import { locateModel } from '../models/locate.ts';
import { readRecord } from '../models/record.ts';
import { CliError } from '../shared/errors.ts';
import { resolvePaths } from '../shared/paths.ts';
import { formatBytes } from '../shared/units.ts';
import { footprintLines, predictFor } from './model-footprint.ts';
import type { FootprintOptions } from './model-footprint.ts';
import { DEFAULT_PROFILE, modelsOfProfile } from './model-names.ts';
import type { NamedModel } from './model-names.ts';

interface InspectOptions extends FootprintOptions {
  readonly profile?: string;
  readonly tensors?: boolean;
  readonly json?: boolean;
}

/** `model inspect`: the header of a GGUF file and what it takes to run it, in a few lines or as JSON. */
export async function inspectModel(target: string, options: InspectOptions): Promise<void> {
  const found = await find(target, options.profile);
  const header = found.path === undefined ? undefined : await readGgufHeader(found.path);
  // An adapter or a projector has no layers, and takes memory only beside a model.
  const isPart = header !== undefined && header.blockCount === undefined;
  const prediction = isPart ? undefined : await predictFor(found, options);
  if (!header && !prediction) throw new CliError(notHere(target, options.profile));
  if (options.json) {
    print([toJson(header, prediction, options.tensors ?? false)]);
    return;
  }
  const lines = header ? toLines(header, options.tensors ?? false) : [notHere(target, options.profile)];
  print([...lines, ...(prediction ? ['', ...footprintLines(prediction)] : [])]);
}

const print = (lines: readonly string[]) => void process.stdout.write(`${lines.join('\n')}\n`);

/** Where the file is; undefined for an expert whose model is not on this machine yet. */
interface Found {
  readonly path: string | undefined;
  readonly mmproj?: string | undefined;
  /** The expert that was named, with the profile that has it. */
  readonly named?: (NamedModel & { readonly profile: string }) | undefined;
}

/** A file; else a file of the cache by its name; else an expert's. */
async function find(target: string, profile: string | undefined): Promise<Found> {
  if (profile === undefined) {
    if (existsSync(target)) return { path: target };
    const cached = (await listCache(resolvePaths(process.env))).find(
      ({ file, key, state }) => state !== 'partial' && [file, key, `${key}/${file}`].includes(target),
    );
    if (cached) return { path: cached.path };
    if (/[/\\]|\.gguf$/.test(target))
      throw new CliError(`There is no file ${target}, neither here nor in the model cache (orchestrator model list).`);
  }
  const [model] = await modelsOfProfile(profile ?? DEFAULT_PROFILE, [target]);
  if (model?.form === 'folder')
    throw new CliError(`The model of ${target} is a folder of safetensors, not a GGUF file.`);
  const named = model && { ...model, profile: profile ?? DEFAULT_PROFILE };
  const located =
    named && locateModel(named.model, { paths: resolvePaths(process.env), profileDirectory: named.directory });
  return { path: located?.path, mmproj: located?.mmproj, named };
}

const notHere = (target: string, profile: string | undefined) =>
  `The model of ${target} is not on this machine. Get it: orchestrator model pull ${target} --profile ${profile ?? DEFAULT_PROFILE}`;

function toLines(header: GgufHeader, withTensors: boolean): string[] {
  const record = readRecord(header.path);
  const count = (value: number | undefined) => value?.toLocaleString('en');
  const heads = perLayer(header.headCount);
  const headsKv = perLayer(header.headCountKv);
  const rows: [string, string | undefined][] = [
    ['file', header.path],
    ['architecture', header.architecture],
    ['name', header.name],
    ['parameters', formatCount(header.parameters)],
    ['quantisation', header.fileType],
    ['context', header.contextLength === undefined ? undefined : `${count(header.contextLength)} tokens`],
    ['layers', count(header.blockCount)],
    ['heads', heads === headsKv ? heads : `${heads} (${headsKv} for keys and values)`],
    ['embedding', count(header.embeddingLength)],
    ['vocabulary', count(header.vocabularySize)],
    ['chat template', header.chatTemplate ? 'yes' : 'no'],
    ['split', header.split && `part ${header.split.number + 1} of ${header.split.count}`],
    ['size', formatBytes(header.fileBytes)],
    [
      'incomplete',
      isCut(header)
        ? `yes: its tensors need ${header.expectedBytes} bytes, the file has ${header.fileBytes}`
        : undefined,
    ],
    ['from', record?.source],
    ['sha256', record?.sha256],
    ['licence', record?.licence && [record.licence.name, record.licence.url].filter(Boolean).join(' ')],
  ];
  const lines = rows.flatMap(([name, value]) => (value === undefined ? [] : [`${name.padEnd(14)}${value}`]));
  if (!withTensors) return lines;
  const tensors = header.tensors.map(
    ({ name, dims, type }) => `  ${name}  ${dims.join(' × ')}  ${TENSOR_TYPES[type]?.name ?? `type ${type}`}`,
  );
  return [...lines, 'tensors', ...tensors];
}

function toJson(header: GgufHeader | undefined, prediction: Prediction | undefined, withTensors: boolean): string {
  const footprint = prediction && {
    pools: prediction.footprint,
    mappedFileBytes: prediction.mappedFileBytes,
    estimated: prediction.estimated,
    parts: prediction.parts,
  };
  if (!header) return JSON.stringify({ footprint: footprint ?? null }, undefined, 2);
  const { metadata, tensors, ...facts } = header;
  const listed =
    withTensors && tensors.map((tensor) => ({ ...tensor, type: TENSOR_TYPES[tensor.type]?.name ?? tensor.type }));
  return JSON.stringify(
    {
      ...facts,
      incomplete: isCut(header),
      record: readRecord(header.path) ?? null,
      tensorCount: tensors.length,
      metadata: Object.fromEntries(metadata),
      ...(listed && { tensors: listed }),
      footprint: footprint ?? null,
    },
    (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value),
    2,
  );
}

const isCut = (header: GgufHeader) => header.expectedBytes > header.fileBytes;

/** One number, or the range of the numbers of the layers. */
function perLayer(value: number | readonly number[] | undefined): string | undefined {
  if (value === undefined || typeof value === 'number') return value?.toString();
  const [least, most] = [Math.min(...value), Math.max(...value)];
  return least === most ? String(least) : `${least} to ${most}`;
}

function formatCount(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(2)} billion`;
  return count >= 1e6 ? `${(count / 1e6).toFixed(1)} million` : count.toLocaleString('en');
}
