import { open, readFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

import { z } from 'zod';

import { AppError, messageOf } from '../shared/errors.ts';
import { F16, F32, writeGguf } from './gguf-writer.ts';
import type { WritableTensor, WritableValue } from './gguf-writer.ts';
import { toHalves } from './half-float.ts';
import { readSafetensors } from './safetensors.ts';
import type { SafeTensor } from './safetensors.ts';

/** What this conversion reads, besides the weights, from the folder of the model. */
export const MINILM_FILES = ['model.safetensors', 'vocab.txt', 'config.json'] as const;

const Config = z.object({
  model_type: z.literal('bert'),
  hidden_size: z.int().positive(),
  num_hidden_layers: z.int().positive().max(1_000),
  num_attention_heads: z.int().positive(),
  intermediate_size: z.int().positive(),
  max_position_embeddings: z.int().positive(),
  layer_norm_eps: z.number().positive(),
  type_vocab_size: z.int().positive(),
  vocab_size: z.int().positive(),
});
type Config = z.output<typeof Config>;

const CONTROL = new Set(['[PAD]', '[CLS]', '[SEP]', '[MASK]']);
const TOKEN_TYPE = { normal: 1, unknown: 2, control: 3 };
/** Mean pooling, as sentence-transformers does it for this model. */
const MEAN_POOLING = 1;

const OUTSIDE_LAYERS: Readonly<Record<string, string>> = {
  'embeddings.word_embeddings.weight': 'token_embd.weight',
  'embeddings.position_embeddings.weight': 'position_embd.weight',
  'embeddings.token_type_embeddings.weight': 'token_types.weight',
  'embeddings.LayerNorm.weight': 'token_embd_norm.weight',
  'embeddings.LayerNorm.bias': 'token_embd_norm.bias',
};
const IN_LAYER: Readonly<Record<string, string>> = {
  'attention.self.query': 'attn_q',
  'attention.self.key': 'attn_k',
  'attention.self.value': 'attn_v',
  'attention.output.dense': 'attn_output',
  'attention.output.LayerNorm': 'attn_output_norm',
  'intermediate.dense': 'ffn_up',
  'output.dense': 'ffn_down',
  'output.LayerNorm': 'layer_output_norm',
};

/**
 * Converts all-MiniLM-L6-v2 (and BERT encoders like it) to GGUF with f16 weights. The same files give the same bytes.
 * Resolves to the size in bytes and the digest of what was written to `target`, which must not exist.
 * @throws AppError `model_unavailable` when the files are not such a model.
 */
export async function convertMinilm(
  files: { readonly safetensors: string; readonly vocabulary: string; readonly config: string },
  target: string,
): Promise<{ bytes: number; sha256: string }> {
  const config = await readConfig(files.config);
  const vocabulary = (await readFile(files.vocabulary, 'utf8')).replace(/\r?\n$/, '').split(/\r?\n/);
  if (vocabulary.length !== config.vocab_size)
    throw refuse(`vocab.txt has ${vocabulary.length} tokens, config.json says ${config.vocab_size}`);
  const weights = await open(files.safetensors, 'r');
  try {
    const source = await readSafetensors(weights, 'model.safetensors');
    const tensors = tensorNames(config).map(([from, to]) => convertTensor(weights, source, from, to));
    return await writeGguf(target, { metadata: metadataOf(config, vocabulary), tensors });
  } finally {
    await weights.close();
  }
}

const refuse = (what: string) =>
  new AppError('model_unavailable', `The package does not carry the MiniLM model that this version converts: ${what}.`);

async function readConfig(path: string): Promise<Config> {
  try {
    return Config.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    throw refuse(`config.json does not fit (${messageOf(error)})`);
  }
}

/** Names in the safetensors file and in GGUF, in the order in which they are written. */
function tensorNames(config: Config): [from: string, to: string][] {
  const names = Object.entries(OUTSIDE_LAYERS);
  for (let layer = 0; layer < config.num_hidden_layers; layer += 1) {
    for (const [from, to] of Object.entries(IN_LAYER)) {
      for (const part of ['weight', 'bias'])
        names.push([`encoder.layer.${layer}.${from}.${part}`, `blk.${layer}.${to}.${part}`]);
    }
  }
  return names;
}

function convertTensor(file: FileHandle, source: Map<string, SafeTensor>, from: string, to: string): WritableTensor {
  const tensor = source.get(from) ?? source.get(`bert.${from}`);
  if (tensor === undefined) throw refuse(`it has no tensor ${from}`);
  if (tensor.dtype !== 'F32') throw refuse(`${from} is ${tensor.dtype}, not F32`);
  // Norms, biases, positions and token types stay f32: they are small, and llama.cpp adds them without conversion.
  const half = tensor.shape.length === 2 && !to.startsWith('position_embd') && !to.startsWith('token_types');
  return {
    name: to,
    dims: tensor.shape.toReversed(),
    type: half ? F16 : F32,
    data: async function* () {
      const bytes = Buffer.alloc(tensor.bytes);
      const { bytesRead } = await file.read(bytes, 0, tensor.bytes, tensor.position);
      if (bytesRead !== tensor.bytes) throw refuse(`${from} ends early`);
      yield half ? toHalves(bytes) : bytes;
    },
  };
}

function metadataOf(config: Config, vocabulary: readonly string[]): Record<string, WritableValue> {
  const u32 = (value: number) => ({ type: 'u32', value }) as const;
  const string = (value: string) => ({ type: 'string', value }) as const;
  const id = (token: string) => {
    const index = vocabulary.indexOf(token);
    if (index < 0) throw refuse(`its vocabulary has no ${token}`);
    return u32(index);
  };
  return {
    'general.architecture': string('bert'),
    'general.name': string('all-MiniLM-L6-v2'),
    'general.file_type': u32(F16),
    'bert.block_count': u32(config.num_hidden_layers),
    'bert.context_length': u32(config.max_position_embeddings),
    'bert.embedding_length': u32(config.hidden_size),
    'bert.feed_forward_length': u32(config.intermediate_size),
    'bert.attention.head_count': u32(config.num_attention_heads),
    'bert.attention.layer_norm_epsilon': { type: 'f32', value: config.layer_norm_eps },
    'bert.attention.causal': { type: 'bool', value: false },
    'bert.pooling_type': u32(MEAN_POOLING),
    'tokenizer.ggml.model': string('bert'),
    'tokenizer.ggml.pre': string('default'),
    'tokenizer.ggml.token_type_count': u32(config.type_vocab_size),
    'tokenizer.ggml.tokens': { type: 'strings', value: vocabulary.map(toPhantomSpace) },
    'tokenizer.ggml.token_type': { type: 'i32s', value: vocabulary.map(tokenType) },
    'tokenizer.ggml.bos_token_id': id('[CLS]'),
    'tokenizer.ggml.cls_token_id': id('[CLS]'),
    'tokenizer.ggml.eos_token_id': id('[SEP]'),
    'tokenizer.ggml.seperator_token_id': id('[SEP]'),
    'tokenizer.ggml.unknown_token_id': id('[UNK]'),
    'tokenizer.ggml.padding_token_id': id('[PAD]'),
    'tokenizer.ggml.mask_token_id': id('[MASK]'),
  };
}

const isSpecial = (token: string) => CONTROL.has(token) || token === '[UNK]';

/** WordPiece marks what continues a word (`##x`), GGUF what begins one (`▁x`). */
function toPhantomSpace(token: string): string {
  if (isSpecial(token)) return token;
  return token.startsWith('##') ? token.slice(2) : `\u2581${token}`;
}

function tokenType(token: string): number {
  if (token === '[UNK]') return TOKEN_TYPE.unknown;
  return CONTROL.has(token) ? TOKEN_TYPE.control : TOKEN_TYPE.normal;
}
