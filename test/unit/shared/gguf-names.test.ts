import { describe, expect, it } from 'vitest';

import {
  isProjectorName,
  nameWithoutQuantisation,
  parseGgufName,
  partNames,
  projectorFor,
  quantisationOf,
} from '../../../src/shared/gguf-names.ts';

describe('the name of a GGUF file', () => {
  it('says which part of a split file it is', () => {
    expect(parseGgufName('/m/x-Q4_0-00002-of-00003.gguf')).toEqual({ stem: 'x-Q4_0', part: { number: 2, count: 3 } });
    expect(parseGgufName('x.GGUF')).toEqual({ stem: 'x', part: undefined });
    expect(parseGgufName('x-00001-of-00001.gguf')).toEqual({ stem: 'x-00001-of-00001', part: undefined });
    expect(parseGgufName('x.gguf.part')).toBeUndefined();
    expect(partNames('/m/x-00002-of-00003.gguf')).toEqual([
      '/m/x-00001-of-00003.gguf',
      '/m/x-00002-of-00003.gguf',
      '/m/x-00003-of-00003.gguf',
    ]);
    expect(partNames('/m/x.gguf')).toEqual(['/m/x.gguf']);
  });

  it('says how it is quantised', () => {
    const types = {
      'Qwen2.5-Coder-7B-Instruct-Q4_K_M.gguf': 'Q4_K_M',
      'gemma-3-270m-q4_k_m.gguf': 'Q4_K_M',
      'Llama-3.2-3B.IQ3_XXS.gguf': 'IQ3_XXS',
      'Qwen3-UD-Q4_K_XL.gguf': 'UD-Q4_K_XL',
      'gpt-oss-20b-mxfp4.gguf': 'MXFP4',
      'all-minilm-l6-v2-f16.gguf': 'F16',
      'ggml-model-i2_s.gguf': 'I2_S',
      'Falcon3-TQ2_0-00001-of-00002.gguf': 'TQ2_0',
      'phi-4.gguf': undefined,
    };
    for (const [name, type] of Object.entries(types)) expect([name, quantisationOf(name)]).toEqual([name, type]);
    expect(nameWithoutQuantisation('Qwen2.5-Coder-7B-Instruct-Q4_K_M')).toBe('Qwen2.5-Coder-7B-Instruct');
  });

  it('says which model a projector is for', () => {
    expect(isProjectorName('/m/mmproj-gemma-3-4b-it-F16.gguf')).toBe(true);
    expect(isProjectorName('/mmproj/gemma.gguf')).toBe(false);
    const projectors = [
      'mmproj-gemma-3-4b-it-BF16.gguf',
      'mmproj-gemma-3-4b-it-F16.gguf',
      'Qwen2-VL.mmproj-f32.gguf',
      'mmproj-F16.gguf',
    ];
    const options = { alone: false };
    expect(projectorFor('gemma-3-4b-it-Q4_K_M.gguf', projectors, options)).toBe('mmproj-gemma-3-4b-it-F16.gguf');
    expect(projectorFor('Qwen2-VL-7B-Q4_K_M.gguf', projectors, options)).toBe('Qwen2-VL.mmproj-f32.gguf');
    expect(projectorFor('phi-4-Q4_K_M.gguf', projectors, options)).toBeUndefined();
    expect(projectorFor('phi-4-Q4_K_M.gguf', ['mmproj-model-f16.gguf'], { alone: true })).toBe('mmproj-model-f16.gguf');
  });
});
