import { describe, expect, it } from 'vitest';

import { identityOf, keyOf } from '../../../../src/knowledge/embed/model-identity.ts';
import type { Expert } from '../../../../src/profiles/profile.ts';
import { Sandbox } from '../../profiles/sandbox.ts';

async function expertOf(settings: string): Promise<Expert> {
  const sandbox = new Sandbox();
  const yaml = `experts:\n  a: { model: { path: a.gguf } }\n  e: ${settings}\n`;
  const profile = await sandbox.load(sandbox.write('p.yaml', yaml));
  const expert = profile.experts.find(({ id }) => id === 'e');
  if (!expert) throw new Error('no expert');
  return expert;
}

const digestOf = async (settings: string, size = 7) =>
  identityOf(await expertOf(settings), '/models', undefined, () => size).digest;

describe('the identity of an embedding model', () => {
  it('is its file and what changes the vectors, not how it is run', async () => {
    const plain = await digestOf('{ task: embed, model: { path: m.gguf } }');
    expect(await digestOf('{ task: embed, model: { path: m.gguf }, threads: 3, aliases: [x] }')).toBe(plain);
    expect(await digestOf('{ task: embed, model: { path: sub/m.gguf } }')).toBe(plain);
    const others = await Promise.all([
      digestOf('{ task: embed, model: { path: m.gguf } }', 8),
      digestOf('{ task: embed, model: { path: n.gguf } }'),
      digestOf('{ task: embed, model: { path: m.gguf }, llama-server: { pooling: cls } }'),
      digestOf(`{ task: embed, model: { path: m.gguf, sha256: ${'a'.repeat(64)} } }`),
      digestOf('{ engine: remote, task: embed, url: "http://x.example", endpoints: [/v1/embeddings] }'),
      digestOf('{ engine: remote, task: embed, url: "http://y.example", endpoints: [/v1/embeddings] }'),
    ]);
    expect(new Set([plain, ...others]).size).toBe(others.length + 1);
  });

  it('has the prefixes in it, which the profile may set', async () => {
    const expert = await expertOf('{ task: embed, model: { hf: intfloat/multilingual-e5-small, file: e5.gguf } }');
    const own = identityOf(expert, '/models', undefined);
    expect(own).toMatchObject({ name: 'e5', prefixes: { query: 'query: ', passage: 'passage: ' } });
    const set = identityOf(expert, '/models', { query: '', passage: '' });
    expect(set.prefixes).toEqual({ query: '', passage: '' });
    expect(set.digest).not.toBe(own.digest);
    expect(keyOf(own, 384)).toBe(`e5/384/${own.digest}`);
  });
});
