import { describe, expect, it } from 'vitest';

import { chooseGguf } from '../../../src/models/choose-gguf.ts';

const FILES = [
  'README.md',
  'Qwen3-4B-BF16-00001-of-00002.gguf',
  'Qwen3-4B-BF16-00002-of-00002.gguf',
  'Qwen3-4B-Q4_K_M.gguf',
  'Qwen3-4B-Q4_K_S.gguf',
  'Qwen3-4B-UD-Q4_K_XL.gguf',
  'UD/Qwen3-4B-UD-IQ2_M.gguf',
  'mmproj-BF16.gguf',
  'mmproj-F16.gguf',
];

describe('the choice of a GGUF file in a repository', () => {
  it('is the one of the quantisation, with the projector', () => {
    expect(chooseGguf(FILES, 'Q4_K_S')).toEqual({ file: 'Qwen3-4B-Q4_K_S.gguf', mmproj: 'mmproj-F16.gguf' });
    expect(chooseGguf(FILES, 'ud-q4_k_xl')?.file).toBe('Qwen3-4B-UD-Q4_K_XL.gguf');
    expect(chooseGguf(FILES, 'BF16')?.file).toBe('Qwen3-4B-BF16-00001-of-00002.gguf');
  });

  it('takes a dynamic quantisation for the plain one where there is no other', () => {
    expect(chooseGguf(FILES, 'IQ2_M')?.file).toBe('UD/Qwen3-4B-UD-IQ2_M.gguf');
    expect(chooseGguf(FILES, 'Q4_K_XL')?.file).toBe('Qwen3-4B-UD-Q4_K_XL.gguf');
  });

  it('is the usual one where none is named, or the only one', () => {
    expect(chooseGguf(FILES)?.file).toBe('Qwen3-4B-Q4_K_M.gguf');
    expect(chooseGguf(['model-fp16.gguf'])).toEqual({ file: 'model-fp16.gguf', mmproj: undefined });
  });

  it('is nobody’s guess where there is none, or several fit', () => {
    expect(chooseGguf(FILES, 'Q6_K')).toBeUndefined();
    expect(chooseGguf(['a-Q5_0.gguf', 'b-Q5_1.gguf'])).toBeUndefined();
    expect(chooseGguf(['a-Q8_0.gguf', 'b-Q8_0.gguf'])).toBeUndefined();
    expect(chooseGguf(['model.safetensors', 'mmproj-F16.gguf'])).toBeUndefined();
  });
});
