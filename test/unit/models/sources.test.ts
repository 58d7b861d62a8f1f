import { describe, expect, it } from 'vitest';

import type { Model } from '../../../src/engines/settings.ts';
import { describeSource, filesOf } from '../../../src/models/sources.ts';

const places = { paths: { modelsDir: '/cache/models' }, profileDirectory: '/profiles' };
const pathOf = (model: Model) => filesOf(model, places).weights[0].path;

describe('the place of a model file', () => {
  it('follows the digest where it is pinned, and the source where it is not', () => {
    const sha256 = 'ab'.repeat(32);
    const hub = { hf: 'o/r', file: 'm.gguf', revision: 'main' };
    expect(pathOf({ sources: [hub], file: 'm.gguf', size: 1, sha256 })).toBe('/cache/models/abababababababab/m.gguf');
    const unpinned = pathOf({ hf: 'o/r', file: 'm.gguf' });
    expect(unpinned).toMatch(/^\/cache\/models\/[0-9a-f]{16}\/m\.gguf$/);
    expect(pathOf({ hf: 'o/r', file: 'm.gguf', revision: 'main' })).toBe(unpinned);
    expect(pathOf({ hf: 'o/r', file: 'm.gguf', revision: 'v2' })).not.toBe(unpinned);
  });

  it('never leaves the cache, whatever the name says', () => {
    for (const file of ['../../etc/passwd', '/etc/passwd', 'a/../..//passwd', '..\\passwd', '.hidden', 'a\0b'])
      expect(pathOf({ hf: 'o/r', file })).toMatch(/^\/cache\/models\/[0-9a-f]{16}\/[\w+@-][\w.+@-]*$/);
    for (const file of ['..', '.', '/']) expect(() => pathOf({ hf: 'o/r', file })).toThrow('no name for a model file');
  });

  it('is beside the profile for files of the user’s own', () => {
    const files = filesOf({ path: 'm.gguf', mmproj: '../p.gguf' }, places);
    expect([files.weights[0].path, files.mmproj?.path]).toEqual(['/profiles/m.gguf', '/p.gguf']);
    expect(filesOf({ hf: 'o/r', file: 'm.gguf', mmproj: './p.gguf' }, places).mmproj?.path).toBe('/profiles/p.gguf');
  });

  it('is one folder for all parts of a split file; pins are for whole files', () => {
    const { weights } = filesOf({ hf: 'o/r', file: 'q/x-00001-of-00002.gguf' }, places);
    expect(weights.map(({ sources }) => sources[0])).toEqual([
      { hf: 'o/r', file: 'q/x-00001-of-00002.gguf', revision: 'main' },
      { hf: 'o/r', file: 'q/x-00002-of-00002.gguf', revision: 'main' },
    ]);
  });
});

describe('the description of a source', () => {
  it('has no secrets of an address', () => {
    expect(describeSource({ url: 'https://user:pass@host.example/a/m.gguf?signature=x' })).toBe(
      'https://host.example/a/m.gguf',
    );
    expect(describeSource({ hf: 'o/r', file: 'm.gguf', revision: 'v2' })).toBe('hub o/r/m.gguf at v2');
    expect(describeSource({ pypi: ['a==1', 'b==1', 'c==1'], member: 'm' })).toBe('PyPI a==1 and 2 more');
  });
});
