import type { GgufShape } from './gguf-shape.ts';
import { cellsOf } from './kv-cache.ts';
import type { CacheSettings } from './kv-cache.ts';

export interface ComputeSettings extends CacheSettings {
  readonly flashAttention: boolean;
  /**
   * Builds up to about the end of 2025 reserve logits for every token of a physical batch; later ones for one token of each slot
   * (Debian's 0.7.0: 128,000 words add 0.5 MB, not 250).
   */
  readonly logitsPerToken: boolean;
}

export interface ComputeBuffer {
  readonly bytes: number;
  /** The masks alone: what stays on the host when every layer is on a GPU. */
  readonly maskBytes: number;
  readonly how: string;
}

/**
 * The buffer that ggml's allocator reserves for the largest graph: the moment at which most of it is alive. Found by varying one
 * measure at a time on the real server; exact to 0.1 MB for llama and gemma3 there:
 *   feed-forward    3 × feed-forward width + 5 × embedding        (gate, up and their product; residuals and norms)
 *                   without a gate 2 × the width; an encoder keeps 2 × embedding
 *   experts         what `expertsWidth` says + 5 × embedding
 *   recurrent layer 7 × its inner width + embedding + 4 × state (found with a Mamba)
 *   attention       4 × embedding + query + keys + values, at least 6 × embedding; without flash attention one embedding more,
 *                   and the scores, heads × cells
 * each times 4 bytes and the physical batch; the masks (f16 with flash attention, else f32) live through all of it, one for
 * full layers and one for sliding ones. Slots do not add: a batch is spread over the streams.
 */
export function computeBuffer(shape: GgufShape, settings: ComputeSettings): ComputeBuffer {
  const { ubatch, flashAttention } = settings;
  const query = shape.heads * shape.keyLength;
  const headsKv = Math.max(0, ...shape.layers.map((layer) => layer.headsKv));
  const keysAndValues = headsKv * (shape.keyLength + shape.valueLength);
  const feedForward = (shape.gated ? 3 : 2) * shape.feedForward + (shape.causal ? 5 : 2) * shape.embedding;
  const mixture = shape.mixture ? expertsWidth(shape.mixture, shape.embedding) + 5 * shape.embedding : 0;
  const cells = [
    ...new Set(shape.layers.filter(({ headsKv }) => headsKv > 0).map((layer) => cellsOf(shape, layer, settings))),
  ];
  const widestCells = Math.max(0, ...cells);
  const scores = flashAttention ? 0 : shape.heads * widestCells;
  const attention = Math.max(6 * shape.embedding, (flashAttention ? 4 : 5) * shape.embedding + query + keysAndValues);
  const { inner, state } = shape.recurrent ?? { inner: 0, state: 0 };
  const recurrent = inner > 0 ? 7 * inner + shape.embedding + 4 * state : 0;
  const width = Math.max(feedForward, mixture, attention + scores, recurrent);
  const logits = 4 * shape.vocabulary * (settings.logitsPerToken ? ubatch : settings.parallel);
  const maskBytes = cells.reduce((sum, count) => sum + count, 0) * ubatch * (flashAttention ? 2 : 4);
  const layers = 4 * width * ubatch + maskBytes;
  const last = logits + 4 * shape.embedding * ubatch + maskBytes;
  if (last > layers) {
    return {
      bytes: last,
      maskBytes,
      how: `logits of ${shape.vocabulary} words × ${settings.logitsPerToken ? `${ubatch} tokens` : `${settings.parallel} slots`} × 4 B, masks ${maskBytes} B`,
    };
  }
  const moments = { 'feed-forward': feedForward, experts: mixture, 'recurrent layer': recurrent };
  const [moment = 'attention'] = Object.entries(moments).find(([, elements]) => elements === width) ?? [];
  return {
    bytes: layers,
    maskBytes,
    how: `batch of ${ubatch} × ${width} elements (${moment}) × 4 B + masks of ${cells.join(' and ') || 0} cells × ${ubatch} × ${flashAttention ? 2 : 4} B`,
  };
}

/**
 * Gate, up and their product for each expert that a token sees, then its output beside the product: in the place of gate and up where
 * it fits there, else behind. A product no wider than the embedding lies in a hole left by attention. (Found like the rest, with 2 to
 * 8 experts of 32 to 1,536.) Elements for each token.
 */
export function expertsWidth({ used, feedForward }: NonNullable<GgufShape['mixture']>, embedding: number): number {
  if (used * feedForward <= embedding) return used * Math.max(2 * feedForward, embedding);
  return used * (3 * feedForward + (embedding <= 2 * feedForward ? 0 : embedding));
}

/**
 * What the CPU back end takes besides, for the input of the largest multiplication in the form that the other side wants: f16 beside
 * f16 weights, eight bits beside quantised ones. Without flash attention the scores are such an input, beside values in f16.
 */
export function workBufferBytes(shape: GgufShape, settings: ComputeSettings): number {
  const mixture = (shape.mixture?.used ?? 0) * (shape.mixture?.feedForward ?? 0);
  const widest = Math.max(shape.feedForward, shape.embedding, shape.heads * shape.valueLength, mixture);
  const types = new Set(
    shape.weights.filter(({ type, place }) => type !== 'F32' && place !== 'input').map(({ type }) => type),
  );
  const wide = types.has('F16') || types.has('BF16') || types.has(undefined);
  const cells = Math.max(0, ...shape.layers.map((layer) => cellsOf(shape, layer, settings)));
  const scores = settings.flashAttention ? 0 : shape.heads * cells * 2;
  return Math.round(settings.ubatch * Math.max(widest * (wide ? 2 : 292 / 256), scores));
}
