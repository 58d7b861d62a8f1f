import { join } from 'node:path';

import { resolvePaths } from '../../src/shared/paths.ts';
import { unitOf } from '../../src/shared/unit-vector.ts';
import { callEngine } from '../../src/supervisor/engine-call.ts';
import { type HelperEngine, startHelper } from './helper-engine.ts';

/** What `npm test` gets: English, 384 dimensions. */
const MINILM = '6cbaf558adb400c7/all-minilm-l6-v2-f16.gguf';
const BATCH = 16;

export interface BenchEmbedder {
  embed(texts: readonly string[]): Promise<readonly Float32Array[]>;
  close(): Promise<void>;
}

/** @param model A GGUF file; default: the MiniLM of the demo profile, and the pooling that it wants. */
export function startEmbeddings(model: string | undefined): Promise<HelperEngine> {
  const minilm = join(resolvePaths(process.env).modelsDir, MINILM);
  const settings = { task: 'embed', context: 512, ...(model ? {} : { 'llama-server': { pooling: 'mean' } }) };
  return startHelper(model ?? minilm, settings);
}

/** @param model As of {@link startEmbeddings}. */
export async function openEmbedder(model: string | undefined): Promise<BenchEmbedder> {
  const engine = await startEmbeddings(model);
  const batch = async (input: readonly string[]) => {
    const call = { method: 'POST', path: '/v1/embeddings', body: { input } } as const;
    const answer = JSON.parse(await callEngine(engine.upstream, call, new AbortController().signal)) as {
      data: readonly { readonly index: number; readonly embedding: readonly number[] }[];
    };
    const inOrder = answer.data.toSorted((one, other) => one.index - other.index);
    return inOrder.map(({ embedding }) => unitOf(embedding) ?? new Float32Array(embedding.length));
  };
  return {
    close: () => engine.close(),
    embed: async (texts) => {
      const vectors: Float32Array[] = [];
      for (let start = 0; start < texts.length; start += BATCH)
        vectors.push(...(await batch(texts.slice(start, start + BATCH))));
      return vectors;
    },
  };
}
