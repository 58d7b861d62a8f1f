/** What an expert of llama-server gets where its profile does not say: for the schema, and for the prediction of its memory. */
export const LLAMA_DEFAULTS = {
  /** Tokens. */
  batch: 2_048,
  ubatch: 512,
  /** llama-server's own 32, each as large as the sliding window, are 13 GiB for each slot of a Gemma 3 27B. */
  contextCheckpoints: 4,
  /** Tokens between two of them that are kept for longer than the next request. */
  checkpointSpacing: 8_192,
} as const;
