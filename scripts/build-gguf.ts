// Writes GGUF files with seeded random weights: valid models of any size that load in milliseconds and say nothing of sense.
// node scripts/build-gguf.ts --path tiny.gguf [--architecture llama|gemma3|bert] [--target-size 300MB] [--seed 1] …
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { tensorBytes, writeGguf } from '../src/models/gguf-writer.ts';
import type { WritableModel, WritableValue } from '../src/models/gguf-writer.ts';
import { isIntact, readRecord, writeRecord } from '../src/models/record.ts';
import type { Paths } from '../src/shared/paths.ts';
import { formatBytes, parseSize } from '../src/shared/units.ts';
import { byteTokenizer, CHAT_TEMPLATE, characterTokenizer, LEAST_VOCABULARY } from './lib/byte-tokenizer.ts';
import { bertTensors, gemmaTensors, llamaTensors } from './lib/generated-layers.ts';
import type { Shape } from './lib/generated-layers.ts';
import { QUANTISED } from './lib/quantise.ts';

/** `general.file_type` of a file whose matrices are all of one type. */
const FILE_TYPE = { f16: 1, q4_0: 2, q8_0: 7 } as const;
const POOLING = { none: 0, mean: 1, cls: 2, last: 3, rank: 4 } as const;

export interface BuildOptions {
  /** Where the file goes; one that is there is replaced. */
  readonly path: string;
  /**
   * `llama`: text to text, grouped-query when `headCountKv` < `headCount`. `gemma3`: the same with a sliding window in five of six
   * layers, and always tied. `bert`: an encoder, for embeddings and reranking.
   */
  readonly architecture?: 'llama' | 'gemma3' | 'bert';
  readonly name?: string;
  /** The same options and seed give the same bytes. */
  readonly seed?: number;
  readonly vocabularySize?: number;
  readonly embeddingLength?: number;
  readonly blockCount?: number;
  readonly headCount?: number;
  readonly headCountKv?: number;
  readonly feedForwardLength?: number;
  readonly contextLength?: number;
  /** Type of the matrices of a `llama` or `gemma3`; default f16. */
  readonly weights?: keyof typeof FILE_TYPE;
  /** A `llama` whose embedding is also its output matrix: nothing then keeps it from ending an answer. */
  readonly tied?: boolean;
  /** A `llama` that is a mixture of so many experts, of which each token sees `expertsUsed` (default 2). */
  readonly experts?: number;
  readonly expertsUsed?: number;
  /** Pairs of the tokenizer besides the few that it uses. */
  readonly merges?: number;
  /** Files that it is written as, `…-00001-of-00003.gguf` and so on, where `path` ends in `.gguf`; default one. */
  readonly parts?: number;
  /** Tokens that the sliding layers of a `gemma3` look back on; default 512. */
  readonly slidingWindow?: number;
  /** Bytes that the file shall have, within a few percent; reached by wider feed-forward layers. */
  readonly targetBytes?: number;
  /** Jinja; default ChatML; `false`: the model carries none. */
  readonly chatTemplate?: string | false;
  /** Default: none for `llama`, mean for `bert`; `rank` needs `bert`. */
  readonly pooling?: keyof typeof POOLING;
}

export interface BuiltModel {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Writes a model; with nothing but a path one of 0.2 MB. Everything with a KV cache streams for as long as it is asked to. Of one in
 * several parts it resolves to the first file and its digest, and to the bytes of all.
 */
export async function buildGguf(options: BuildOptions): Promise<BuiltModel> {
  const { parts = 1 } = options;
  const path = resolve(options.path);
  const model = describe(options);
  await mkdir(dirname(path), { recursive: true });
  if (parts === 1) return writeModel(path, model);
  const stem = path.replace(/\.gguf$/, '');
  const numbered = (number: number) => String(number).padStart(5, '0');
  const built: BuiltModel[] = [];
  for (const [index, part] of splitModel(model, parts).entries())
    built.push(await writeModel(`${stem}-${numbered(index + 1)}-of-${numbered(parts)}.gguf`, part));
  const bytes = built.reduce((sum, one) => sum + one.bytes, 0);
  return { path: built[0]?.path ?? path, bytes, sha256: built[0]?.sha256 ?? '' };
}

async function writeModel(path: string, model: WritableModel): Promise<BuiltModel> {
  const temporary = `${path}.${process.pid}.${process.hrtime.bigint()}.part`;
  try {
    const written = await writeGguf(temporary, model);
    await rename(temporary, path);
    return { path, ...written };
  } finally {
    await rm(temporary, { force: true });
  }
}

/** As `llama-gguf-split` does it: all that is known of the model stands in the first part, the tensors are dealt out in their order. */
function splitModel({ metadata, tensors }: WritableModel, parts: number): WritableModel[] {
  const each = Math.ceil(tensors.length / parts);
  return Array.from({ length: parts }, (_, index) => ({
    metadata: {
      ...(index === 0 && metadata),
      'split.no': { type: 'u16', value: index },
      'split.count': { type: 'u16', value: parts },
      'split.tensors.count': { type: 'i32', value: tensors.length },
    },
    tensors: tensors.slice(index * each, (index + 1) * each),
  }));
}

/**
 * A small chat model for where no source of a real one can be reached: it proves that everything around it works, and talks
 * nonsense. Made once and kept in the model cache.
 */
export async function generatedModel({ paths }: { paths: Pick<Paths, 'modelsDir'> }): Promise<{ path: string }> {
  const path = join(paths.modelsDir, 'generated-1', 'generated-chat.gguf');
  if (isIntact(path, readRecord(path))) return { path };
  const shape = { embeddingLength: 128, blockCount: 4, vocabularySize: 2_048 };
  const { sha256 } = await buildGguf({ path, name: 'Generated chat model', ...shape });
  writeRecord(path, { sha256, verified: 'none', source: 'generated on this machine' });
  return { path };
}

function describe(options: BuildOptions): WritableModel {
  const architecture = options.architecture ?? 'llama';
  if (options.pooling === 'rank' && architecture !== 'bert') throw new Error('pooling rank needs architecture bert');
  const encoder = architecture === 'bert' ? characterTokenizer() : undefined;
  const shape = shapeOf(options, encoder?.size);
  const tokenizer = encoder ? undefined : byteTokenizer(shape.vocabulary, options.merges);
  const build = (wanted: Shape) => {
    if (!tokenizer) return bertTensors(wanted, options.pooling === 'rank');
    return architecture === 'gemma3' ? gemmaTensors(wanted) : llamaTensors(wanted, tokenizer.printable);
  };
  const bytesOf = (feedForward: number) =>
    build({ ...shape, feedForward }).reduce((sum, tensor) => sum + tensorBytes(tensor), 0);
  const feedForward = options.targetBytes ? widthFor(options.targetBytes, bytesOf) : shape.feedForward;
  const sized = { ...shape, feedForward };
  const metadata: Record<string, WritableValue> = {
    ...commonMetadata(architecture, options.name ?? `Generated ${architecture}`, sized),
    'general.file_type': u32(FILE_TYPE[options.weights ?? 'f16']),
    ...(architecture === 'llama' && llamaMetadata(sized, options)),
    ...(architecture === 'gemma3' && gemmaMetadata(sized, options.slidingWindow ?? 512)),
    ...(architecture === 'bert' && bertMetadata(options.pooling)),
    ...(tokenizer ?? encoder)?.metadata,
  };
  if (tokenizer && options.chatTemplate !== false)
    metadata['tokenizer.chat_template'] = { type: 'string', value: options.chatTemplate ?? CHAT_TEMPLATE };
  return { metadata, tensors: build(sized) };
}

function shapeOf(options: BuildOptions, fixedVocabulary: number | undefined): Shape {
  const large = options.targetBytes ?? 0;
  const mediumWidth = large > 4e6 ? 256 : 64;
  const embedding = options.embeddingLength ?? (large > 64e6 ? 512 : mediumWidth);
  const heads = options.headCount ?? Math.max(1, Math.floor(embedding / 32));
  const headsKv = options.headCountKv ?? (fixedVocabulary ? heads : Math.max(1, heads / 2));
  const vocabulary = fixedVocabulary ?? options.vocabularySize ?? 320;
  if (vocabulary < LEAST_VOCABULARY && !fixedVocabulary)
    throw new Error(`vocabularySize is ${vocabulary}; the bytes and specials alone are ${LEAST_VOCABULARY}`);
  if (embedding % 32 !== 0 || embedding % heads !== 0 || (embedding / heads) % 2 !== 0 || heads % headsKv !== 0)
    throw new Error(`${embedding} wide with ${heads} heads and ${headsKv} key-value heads does not divide evenly`);
  return {
    seed: options.seed ?? 1,
    vocabulary,
    embedding,
    blocks: options.blockCount ?? (large > 64e6 ? 4 : 2),
    heads,
    headsKv,
    feedForward: options.feedForwardLength ?? embedding * 2,
    context: options.contextLength ?? (fixedVocabulary ? 512 : 32_768),
    quantised: options.weights && options.weights !== 'f16' ? QUANTISED[options.weights] : undefined,
    tied: options.tied ?? false,
    experts: options.experts,
  };
}

/** The multiple of 32 with which the tensors come closest to the wanted size: the size grows linearly with the width. */
function widthFor(target: number, bytesOf: (width: number) => number): number {
  const base = bytesOf(32);
  const step = bytesOf(64) - base;
  return 32 * Math.max(1, 1 + Math.round((target - base) / step));
}

const u32 = (value: number) => ({ type: 'u32', value }) as const;
const f32 = (value: number) => ({ type: 'f32', value }) as const;
const text = (value: string) => ({ type: 'string', value }) as const;

function commonMetadata(architecture: string, name: string, shape: Shape): Record<string, WritableValue> {
  return {
    'general.architecture': text(architecture),
    'general.name': text(name),
    'general.file_type': u32(1),
    [`${architecture}.context_length`]: u32(shape.context),
    [`${architecture}.embedding_length`]: u32(shape.embedding),
    [`${architecture}.block_count`]: u32(shape.blocks),
    [`${architecture}.feed_forward_length`]: u32(shape.feedForward),
    [`${architecture}.attention.head_count`]: u32(shape.heads),
    [`${architecture}.attention.head_count_kv`]: u32(shape.headsKv),
  };
}

function llamaMetadata(
  shape: Shape,
  { pooling, experts, expertsUsed = 2 }: BuildOptions,
): Record<string, WritableValue> {
  return {
    'llama.attention.layer_norm_rms_epsilon': f32(1e-5),
    'llama.rope.dimension_count': u32(shape.embedding / shape.heads),
    'llama.rope.freq_base': f32(10_000),
    'llama.vocab_size': u32(shape.vocabulary),
    ...(pooling && { 'llama.pooling_type': u32(POOLING[pooling]) }),
    ...(experts !== undefined && {
      'llama.expert_count': u32(experts),
      'llama.expert_used_count': u32(expertsUsed),
    }),
  };
}

function gemmaMetadata(shape: Shape, slidingWindow: number): Record<string, WritableValue> {
  return {
    'gemma3.attention.layer_norm_rms_epsilon': f32(1e-6),
    'gemma3.attention.key_length': u32(shape.embedding / shape.heads),
    'gemma3.attention.value_length': u32(shape.embedding / shape.heads),
    'gemma3.attention.sliding_window': u32(slidingWindow),
    'gemma3.rope.freq_base': f32(1_000_000),
    'gemma3.vocab_size': u32(shape.vocabulary),
  };
}

function bertMetadata(pooling: BuildOptions['pooling']): Record<string, WritableValue> {
  return {
    'bert.attention.layer_norm_epsilon': f32(1e-12),
    'bert.attention.causal': { type: 'bool', value: false },
    'bert.pooling_type': u32(POOLING[pooling ?? 'mean']),
  };
}

async function main(): Promise<void> {
  const string = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      path: string,
      architecture: string,
      name: string,
      seed: string,
      'vocabulary-size': string,
      'embedding-length': string,
      'block-count': string,
      'head-count': string,
      'head-count-kv': string,
      'feed-forward-length': string,
      'context-length': string,
      'target-size': string,
      'chat-template': string,
      weights: string,
      tied: { type: 'boolean' },
      experts: string,
      'experts-used': string,
      merges: string,
      parts: string,
      'sliding-window': string,
      pooling: string,
    },
  });
  const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));
  const { architecture, pooling, weights } = values;
  if (!values.path) throw new Error('--path FILE is missing');
  if (architecture && !['llama', 'gemma3', 'bert'].includes(architecture))
    throw new Error('--architecture is llama, gemma3 or bert');
  if (weights && !(weights in FILE_TYPE)) throw new Error(`--weights is one of ${Object.keys(FILE_TYPE).join(', ')}`);
  if (pooling && !(pooling in POOLING)) throw new Error(`--pooling is one of ${Object.keys(POOLING).join(', ')}`);
  const targetBytes = values['target-size'] ? parseSize(values['target-size']) : undefined;
  if (values['target-size'] && !targetBytes) throw new Error('--target-size has a number and a unit: 300MB');
  const built = await buildGguf({
    path: values.path,
    architecture: architecture as BuildOptions['architecture'],
    name: values.name,
    seed: number(values.seed),
    vocabularySize: number(values['vocabulary-size']),
    embeddingLength: number(values['embedding-length']),
    blockCount: number(values['block-count']),
    headCount: number(values['head-count']),
    headCountKv: number(values['head-count-kv']),
    feedForwardLength: number(values['feed-forward-length']),
    contextLength: number(values['context-length']),
    targetBytes,
    weights: weights as BuildOptions['weights'],
    tied: values.tied,
    experts: number(values.experts),
    expertsUsed: number(values['experts-used']),
    merges: number(values.merges),
    parts: number(values.parts),
    slidingWindow: number(values['sliding-window']),
    chatTemplate: values['chat-template'],
    pooling: pooling as BuildOptions['pooling'],
  });
  console.log(`${built.path}  ${formatBytes(built.bytes)}  sha256 ${built.sha256}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 2;
  });
}
