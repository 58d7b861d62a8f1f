/** What of a model decides its memory: read from a header, or estimated from a shape record until there is one. */
import { TENSOR_TYPES } from './gguf-types.ts';
import type { GgufHeader } from './gguf.ts';

/** Weights of one tensor type that are placed together. Bytes as in the file. */
export interface WeightGroup {
  /** `embedding` and the rest of the `input` stay in host memory; `output` counts as one more layer; a number is a layer. */
  readonly place: 'embedding' | 'input' | 'output' | number;
  /** `Q4_K`, `F16`, …; undefined for a type that is not known here. */
  readonly type: string | undefined;
  readonly bytes: number;
  /** One matrix for each expert of a mixture: what `cpuMoe` keeps in host memory. */
  readonly expert: boolean;
  /** Matrices with as many rows as a repacked layout interleaves. */
  readonly repackable: boolean;
}

export interface LayerShape {
  /** 0 in layers without attention. */
  readonly headsKv: number;
  /** Whether it looks back on the sliding window alone. */
  readonly sliding: boolean;
  /** Of a recurrent layer (Mamba, linear attention): bytes of its state, which every slot has. */
  readonly stateBytes?: number | undefined;
}

export interface GgufShape {
  readonly architecture: string;
  /** From a shape record: the header is not here yet. */
  readonly estimated: boolean;
  readonly layers: readonly LayerShape[];
  readonly embedding: number;
  /** The widest layer's. */
  readonly feedForward: number;
  /** Gate and up are multiplied, as in every llama; without it the layer is up and down alone. */
  readonly gated: boolean;
  readonly heads: number;
  /** Elements of one head. */
  readonly keyLength: number;
  readonly valueLength: number;
  readonly vocabulary: number;
  /** Pairs of a byte-pair tokenizer; the engine keeps each in a hash table. */
  readonly merges: number;
  /** Tokens; undefined where no layer slides. */
  readonly slidingWindow: number | undefined;
  /** Of a mixture: experts that take part in one token, and the width of one. */
  readonly mixture: { readonly used: number; readonly feedForward: number } | undefined;
  /** Widths of what recurrent layers compute with; undefined where there are none. */
  readonly recurrent?: { readonly inner: number; readonly state: number } | undefined;
  /** False for encoders, which see the whole text at once and keep no cache. */
  readonly causal: boolean;
  /** The embedding is the output matrix too: with the output on a GPU it lies there a second time. */
  readonly tied: boolean;
  readonly weights: readonly WeightGroup[];
  /** All files together. */
  readonly fileBytes: number;
  readonly contextTrained: number | undefined;
}

/** Layers of a repeating group of which the last one is global, for files older than `sliding_window_pattern`. */
const SLIDING_GROUP: Readonly<Record<string, number>> = { gemma2: 2, gemma3: 6, cohere2: 4, 'gpt-oss': 2 };
/** Repacked layouts interleave so many rows. */
const REPACK_ROWS = 8;

/** The shape of a model from its header, or from the headers of all parts of a split one, the first part first. */
export function shapeFromHeader(...headers: readonly [GgufHeader, ...GgufHeader[]]): GgufShape {
  const [header] = headers;
  const { architecture } = header;
  const own = (key: string) => numberIn(header, `${architecture}.${key}`);
  const tensors = headers.flatMap((part) =>
    part.tensors.map((tensor) => ({ ...tensor, bytes: bytesOf(part, tensor) })),
  );
  const names = new Set(tensors.map(({ name }) => name));
  const causal = header.metadata.get(`${architecture}.attention.causal`) !== false;
  const tied = causal && names.has('token_embd.weight') && !names.has('output.weight');
  const blocks = header.blockCount ?? 0;
  // A pure Mamba says that it has none.
  const heads = largestOf(header.headCount) || 1;
  const embedding = header.embeddingLength ?? 0;
  const slidingWindow = windowOf(header);
  const usedExperts = own('expert_used_count');
  const recurrentLayers = new Set(tensors.flatMap(({ name }) => /^blk\.(\d+)\.ssm_/.exec(name)?.[1] ?? []));
  const recurs = (index: number) => recurrentLayers.has(String(index));
  // Keys of its own beside a state: both at once (Falcon H1). What is called `attn_qkv` there belongs to the state.
  const remembers = (index: number) => !recurs(index) || names.has(`blk.${index}.attn_k.weight`);
  const groups = new Map<string, WeightGroup>();
  const add = (group: WeightGroup) => {
    const key = JSON.stringify([group.place, group.type, group.expert, group.repackable]);
    groups.set(key, { ...group, bytes: group.bytes + (groups.get(key)?.bytes ?? 0) });
  };
  for (const { name, dims, type, bytes } of tensors) {
    add({
      place: placeOf(name),
      type: TENSOR_TYPES[type]?.name,
      bytes,
      expert: /_exps\b/.test(name),
      repackable: dims.length >= 2 && (dims[1] ?? 1) % REPACK_ROWS === 0 && name.endsWith('.weight'),
    });
  }
  return {
    architecture,
    estimated: false,
    layers: Array.from({ length: blocks }, (_, index) => ({
      headsKv: remembers(index) ? (perLayer(header.headCountKv, index) ?? heads) : 0,
      sliding: slidingWindow !== undefined && slides(header, index),
      ...(recurs(index) && { stateBytes: stateBytesOf(own) }),
    })),
    embedding,
    feedForward: own('feed_forward_length') ?? largestOf(listIn(header, `${architecture}.feed_forward_length`)) ?? 0,
    // Without a gate of its own a matrix of twice the width holds both (Phi 3).
    gated: names.has('blk.0.ffn_gate.weight') || tensors.some(({ name, dims }) => isFusedGate(name, dims, header)),
    heads,
    keyLength: own('attention.key_length') ?? Math.floor(embedding / heads),
    valueLength: own('attention.value_length') ?? Math.floor(embedding / heads),
    vocabulary: header.vocabularySize ?? 0,
    merges: lengthIn(header, 'tokenizer.ggml.merges'),
    slidingWindow,
    mixture: usedExperts
      ? {
          used: usedExperts,
          feedForward: own('expert_feed_forward_length') ?? header.feedForwardLength ?? 0,
        }
      : undefined,
    ...(recurrentLayers.size > 0 && {
      recurrent: { inner: own('ssm.inner_size') ?? 0, state: own('ssm.state_size') ?? 0 },
    }),
    causal,
    tied,
    weights: [...groups.values()],
    fileBytes: headers.reduce((sum, part) => sum + part.fileBytes, 0),
    contextTrained: header.contextLength,
  };
}

/** The state of a Mamba or of a gated delta net, in f32: the last inputs of its convolution, and what it remembers. */
function stateBytesOf(own: (key: string) => number | undefined): number {
  const [inner, state, groups] = [own('ssm.inner_size') ?? 0, own('ssm.state_size') ?? 0, own('ssm.group_count') ?? 0];
  const convolution = Math.max(0, (own('ssm.conv_kernel') ?? 0) - 1) * (inner + 2 * groups * state);
  return 4 * (convolution + inner * state);
}

function isFusedGate(name: string, dims: readonly number[], header: GgufHeader): boolean {
  return (
    /^blk\.\d+\.ffn_(?:gate_exps|up)\.weight$/.test(name) &&
    (name.includes('gate') || dims[1] === 2 * (header.feedForwardLength ?? 0))
  );
}

function placeOf(name: string): WeightGroup['place'] {
  const layer = /^blk\.(\d+)\./.exec(name)?.[1];
  if (layer !== undefined) return Number(layer);
  if (name === 'token_embd.weight') return 'embedding';
  return name.startsWith('output') || name.startsWith('cls') ? 'output' : 'input';
}

/** A window as long as the context (Phi 4 writes one) slides nowhere. */
function windowOf(header: GgufHeader): number | undefined {
  const window = numberIn(header, `${header.architecture}.attention.sliding_window`);
  if (!window || window >= (header.contextLength ?? Infinity)) return undefined;
  // Architectures that carry the key and do not use it (older Qwen 2 files, say) name no pattern.
  const known =
    header.architecture in SLIDING_GROUP ||
    header.metadata.has(`${header.architecture}.attention.sliding_window_pattern`);
  return known ? window : undefined;
}

function slides(header: GgufHeader, layer: number): boolean {
  const key = `${header.architecture}.attention.sliding_window_pattern`;
  const pattern = header.metadata.get(key);
  if (Array.isArray(pattern)) return Boolean(pattern[layer]);
  const group = typeof pattern === 'number' ? pattern : (SLIDING_GROUP[header.architecture] ?? 1);
  return group > 1 && layer % group < group - 1;
}

/** For an unknown type: what lies between this tensor and the next one. */
function bytesOf(header: GgufHeader, tensor: GgufHeader['tensors'][number]): number {
  if (tensor.bytes !== undefined) return tensor.bytes;
  const end = header.fileBytes - header.dataOffset;
  const next = header.tensors.reduce(
    (least, { offset }) => (offset > tensor.offset ? Math.min(least, offset) : least),
    end,
  );
  return Math.max(0, next - tensor.offset);
}

function numberIn(header: GgufHeader, key: string): number | undefined {
  const value = header.metadata.get(key);
  return typeof value === 'number' ? value : undefined;
}

function listIn(header: GgufHeader, key: string): readonly number[] | undefined {
  const value = header.metadata.get(key);
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'number') : undefined;
}

function lengthIn(header: GgufHeader, key: string): number {
  const value = header.metadata.get(key);
  return typeof value === 'object' ? value.length : 0;
}

const perLayer = (value: number | readonly number[] | undefined, layer: number) =>
  typeof value === 'object' ? value[layer] : value;
const largestOf = (value: number | readonly number[] | undefined) =>
  typeof value === 'object' ? (value.length > 0 ? Math.max(...value) : undefined) : value;
