import type { WritableTensor } from '../../src/models/gguf-writer.ts';
import type { Quantised } from './quantise.ts';
import { constant, matrix } from './seeded-weights.ts';

export interface Shape {
  readonly seed: number;
  readonly vocabulary: number;
  readonly embedding: number;
  readonly blocks: number;
  readonly heads: number;
  readonly headsKv: number;
  readonly feedForward: number;
  readonly context: number;
  /** Type of the matrices; undefined is f16. */
  readonly quantised?: Quantised | undefined;
  /** No matrix of its own for the output: the embedding serves as it, as in many models below 10 billion parameters. */
  readonly tied?: boolean;
  /** A mixture: each layer has so many feed-forward parts, and a matrix that chooses among them. */
  readonly experts?: number | undefined;
}

/**
 * The first element of the hidden state never changes on its way through a generated model: it starts at this value, and no layer
 * writes to it. The last matrix reads from it, token by token, how welcome each token is.
 */
const STEADY = 4;
const UNWELCOME = -8;
/** Spread of the logits of welcome tokens: varied answers, none of them certain. */
const LOGIT_SPREAD = 2;

/** A llama with `welcome` saying which tokens it may generate; a tied one generates what it likes. */
export function llamaTensors(shape: Shape, welcome: (token: number) => boolean): WritableTensor[] {
  const tensors = decoderTensors(shape, () => []);
  if (shape.tied) return tensors;
  const { embedding, vocabulary, seed, quantised } = shape;
  tensors.push(
    matrix({
      name: 'output.weight',
      columns: embedding,
      rows: vocabulary,
      seed,
      quantised,
      spread: LOGIT_SPREAD / Math.sqrt(embedding),
      first: (token) => (welcome(token) ? 0 : UNWELCOME),
    }),
  );
  return tensors;
}

/** A Gemma 3: norms on both sides of each part and inside attention, and always tied. */
export function gemmaTensors(shape: Shape): WritableTensor[] {
  const { embedding, heads } = shape;
  return decoderTensors(shape, (at) => [
    constant(at('attn_q_norm'), embedding / heads, 1),
    constant(at('attn_k_norm'), embedding / heads, 1),
    constant(at('post_attention_norm'), embedding, 1),
    constant(at('post_ffw_norm'), embedding, 1),
  ]);
}

/** Embedding, layers and last norm; `norms` are those that an architecture has besides. */
function decoderTensors(shape: Shape, norms: (at: (name: string) => string) => WritableTensor[]): WritableTensor[] {
  const { embedding, vocabulary, feedForward, seed, quantised } = shape;
  const headLength = embedding / shape.heads;
  const weights = (name: string, columns: number, rows: number, copies?: number) =>
    matrix({ name, columns, rows, copies, seed, quantised, spread: 1 / Math.sqrt(columns) });
  // What layers add to the hidden state stays small however many there are, so that the steady element keeps its share.
  const contribution = (name: string, columns: number, copies?: number) => {
    const spread = 1 / Math.sqrt(columns * 2 * shape.blocks);
    return matrix({ name, columns, rows: embedding, copies, seed, quantised, spread, zeroFirstRow: true });
  };
  const feedForwardOf = (at: (name: string) => string) => {
    if (shape.experts === undefined)
      return [
        weights(at('ffn_gate'), embedding, feedForward),
        weights(at('ffn_up'), embedding, feedForward),
        contribution(at('ffn_down'), feedForward),
      ];
    const { experts } = shape;
    return [
      matrix({ name: at('ffn_gate_inp'), columns: embedding, rows: experts, seed, spread: 1, single: true }),
      weights(at('ffn_gate_exps'), embedding, feedForward, experts),
      weights(at('ffn_up_exps'), embedding, feedForward, experts),
      contribution(at('ffn_down_exps'), feedForward, experts),
    ];
  };
  const tensors = [
    matrix({
      name: 'token_embd.weight',
      columns: embedding,
      rows: vocabulary,
      seed,
      quantised,
      spread: 0.5,
      first: () => STEADY,
    }),
  ];
  for (let block = 0; block < shape.blocks; block += 1) {
    const at = (name: string) => `blk.${block}.${name}.weight`;
    tensors.push(
      constant(at('attn_norm'), embedding, 1),
      weights(at('attn_q'), embedding, embedding),
      weights(at('attn_k'), embedding, headLength * shape.headsKv),
      weights(at('attn_v'), embedding, headLength * shape.headsKv),
      contribution(at('attn_output'), embedding),
      constant(at('ffn_norm'), embedding, 1),
      ...feedForwardOf(at),
      ...norms(at),
    );
  }
  tensors.push(constant('output_norm.weight', embedding, 1));
  return tensors;
}

/** A BERT encoder; with `rank` also the head that turns a pair of texts into one score. */
export function bertTensors(shape: Shape, rank: boolean): WritableTensor[] {
  const { embedding, feedForward, seed } = shape;
  const table = (name: string, rows: number, single: boolean) =>
    matrix({ name, columns: embedding, rows, seed, spread: 1, single });
  const dense = (name: string, columns: number, rows: number) => [
    matrix({ name: `${name}.weight`, columns, rows, seed, spread: 1 / Math.sqrt(columns) }),
    constant(`${name}.bias`, rows, 0),
  ];
  const norm = (name: string) => [constant(`${name}.weight`, embedding, 1), constant(`${name}.bias`, embedding, 0)];
  const tensors = [
    table('token_embd.weight', shape.vocabulary, false),
    table('position_embd.weight', shape.context, true),
    table('token_types.weight', 2, true),
    ...norm('token_embd_norm'),
  ];
  for (let block = 0; block < shape.blocks; block += 1) {
    const at = (name: string) => `blk.${block}.${name}`;
    tensors.push(
      ...['attn_q', 'attn_k', 'attn_v', 'attn_output'].flatMap((name) => dense(at(name), embedding, embedding)),
      ...norm(at('attn_output_norm')),
      ...dense(at('ffn_up'), embedding, feedForward),
      ...dense(at('ffn_down'), feedForward, embedding),
      ...norm(at('layer_output_norm')),
    );
  }
  if (rank) tensors.push(...dense('cls', embedding, embedding), ...dense('cls.output', embedding, 1));
  return tensors;
}
