import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { buildGguf } from '../../../scripts/build-gguf.ts';
import type { BuildOptions } from '../../../scripts/build-gguf.ts';
import { examineModel } from '../../../src/models/examine.ts';
import type { FoundModel } from '../../../src/models/found-models.ts';
import { F32, writeGguf } from '../../../src/models/gguf-writer.ts';
import type { WritableValue } from '../../../src/models/gguf-writer.ts';
import { temporaryFolder } from './support.ts';

const found = (path: string, more: Partial<FoundModel> = {}): FoundModel => ({
  path,
  mmproj: undefined,
  name: 'model',
  alsoCalled: [],
  store: 'test',
  ...more,
});

async function built(options: Omit<BuildOptions, 'path'>, name = 'model'): Promise<FoundModel> {
  const path = join(temporaryFolder(), 'model.gguf');
  await buildGguf({ path, ...options });
  return found(path, { name });
}

/** A file with a header and one small tensor. */
async function written(metadata: Record<string, WritableValue>, tensor = 'token_embd.weight'): Promise<string> {
  const path = join(temporaryFolder(), 'odd.gguf');
  const data = () => [new Uint8Array(128)];
  await writeGguf(path, { metadata, tensors: [{ name: tensor, dims: [32], type: F32, data }] });
  return path;
}

const text = (value: string): WritableValue => ({ type: 'string', value });
const number = (value: number): WritableValue => ({ type: 'u32', value });
const LLAMA = {
  'general.architecture': text('llama'),
  'llama.block_count': number(1),
  'llama.vocab_size': number(4),
  'llama.embedding_length': number(8),
};

describe('what a found model is', () => {
  it('follows from its header: a generator, an embedder or a reranker', async () => {
    expect(await examineModel(await built({ architecture: 'llama' }))).toMatchObject({
      task: 'generate',
      engine: 'llama-server',
      chatTemplate: true,
      pooling: undefined,
    });
    expect(await examineModel(await built({ architecture: 'bert' }))).toMatchObject({
      task: 'embed',
      pooling: undefined,
    });
    expect(await examineModel(await built({ architecture: 'bert', pooling: 'rank' }))).toMatchObject({
      task: 'rerank',
    });
    expect(await examineModel(await built({ architecture: 'llama' }, 'Qwen3-Embedding-0.6B'))).toMatchObject({
      task: 'embed',
      pooling: 'last',
    });
    expect(await examineModel(await built({ architecture: 'bert' }, 'bge-reranker-v2-m3'))).toMatchObject({
      task: 'rerank',
    });
  });

  it('with the projector beside it, and what that reads', async () => {
    const model = await built({ architecture: 'llama' });
    const mmproj = await written(
      { 'general.architecture': text('clip'), 'clip.has_audio_encoder': { type: 'bool', value: true } },
      'v.patch_embd.weight',
    );
    expect(await examineModel({ ...model, mmproj })).toMatchObject({
      mmproj: { path: mmproj, bytes: 128, vision: true, audio: true },
    });
    const broken = join(temporaryFolder(), 'mmproj.gguf');
    writeFileSync(broken, 'GGUF');
    expect(await examineModel({ ...model, mmproj: broken })).toMatchObject({ task: 'generate', mmproj: undefined });
  });

  it('is for bitnet.cpp where nothing else reads it', async () => {
    const path = await written({
      ...LLAMA,
      'general.architecture': text('bitnet-b1.58'),
      'bitnet-b1.58.block_count': number(1),
      'bitnet-b1.58.vocab_size': number(4),
    });
    expect(await examineModel(found(path))).toMatchObject({ engine: 'bitnet' });
  });

  it('is said where it cannot be an expert', async () => {
    const reason = async (path: string) => {
      const result = await examineModel(found(path));
      return 'reason' in result ? result.reason : 'usable';
    };
    expect(await reason(await written(LLAMA))).toBe('usable');
    expect(await reason(await written({ ...LLAMA, 'general.type': text('adapter') }))).toBe('it is a LoRA adapter');
    expect(await reason(await written({ 'general.architecture': text('clip') }))).toContain('architecture clip');
    expect(await reason(await written({ 'general.architecture': text('flux') }))).toContain('architecture flux');
    expect(await reason(await written({ 'general.architecture': text('other') }))).toContain(
      'no language model (other)',
    );
    expect(await reason(await written(LLAMA, 'v.blk.0.attn_q.weight'))).toContain(
      'its projector is inside the model file',
    );
    const cut = await written(LLAMA);
    truncateSync(cut, readFileSync(cut).length - 100);
    expect(await reason(cut)).toMatch(/it was cut: \d+ of \d+ bytes are here/);
    const text1 = join(temporaryFolder(), 'a.gguf');
    writeFileSync(text1, 'this is no model at all, but some text');
    expect(await reason(text1)).toContain('is not a usable GGUF file');
    expect(await reason('/nowhere/x.gguf')).toContain('cannot be read');
  });
});
