import { describe, expect, it } from 'vitest';

import { llamaServer } from '../../../src/engines/llama-server.ts';
import { vllm } from '../../../src/engines/vllm.ts';
import { launchKey } from '../../../src/supervisor/launch-key.ts';
import type { ProcessExpert } from '../../../src/supervisor/launcher.ts';

const keyOf = (adapter: typeof llamaServer, settings: object) =>
  launchKey({ id: 'a', ...adapter.settings.parse(settings) } as unknown as ProcessExpert, adapter);
const llama = (settings: object = {}) =>
  keyOf(llamaServer, { engine: 'llama-server', model: { path: '/m.gguf' }, ...settings });
const served = (settings: object = {}) => keyOf(vllm, { engine: 'vllm', model: { path: '/m' }, ...settings });

const [A, B] = [{ path: '/a.gguf' }, { path: '/b.gguf' }];
const draft = { model: { path: '/d.gguf' } };

describe('what a process was started with', () => {
  it('are its adapters in their order, and not how strongly or by which names they are applied', () => {
    const key = llama({ variants: { one: { lora: A }, two: { lora: B } } });
    expect(llama({ variants: { uno: { lora: { ...A, scale: 2 } }, two: { lora: [B, A] }, three: {} } })).toBe(key);
    expect(llama({ lora: A, variants: { two: { lora: B } } })).toBe(key);
    expect(llama({ variants: { two: { lora: B }, one: { lora: A } } })).not.toBe(key);
    expect(llama({ variants: { one: { lora: A } } })).not.toBe(key);
    expect(llama()).not.toBe(key);
  });

  it('is its draft model, and how that guesses', () => {
    const key = llama({ draft });
    expect(llama({ draft })).toBe(key);
    for (const other of [{}, { draft: { ...draft, maxTokens: 3 } }, { draft: { model: { path: '/e.gguf' } } }])
      expect(llama(other)).not.toBe(key);
  });

  it('are, on vLLM, the names of its adapters too: they stand in its command line', () => {
    const key = served({ variants: { one: { lora: { path: '/a' } } } });
    expect(served({ variants: { one: { lora: { path: '/a' } }, plain: {} } })).toBe(key);
    expect(served({ variants: { uno: { lora: { path: '/a' } } } })).not.toBe(key);
  });
});
