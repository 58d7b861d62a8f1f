import { expect, it } from 'vitest';

import { keepSummary } from '../../../src/memory/summaries.ts';
import type { Writer } from '../../../src/memory/writer.ts';
import type { MemoryRepository, StoredMemory } from '../../../src/store/people-contract.ts';

async function kept(
  text: string,
  { sensitive = 'deny', counts = true }: { sensitive?: 'deny' | 'allow'; counts?: boolean } = {},
) {
  const writer = {
    run: <T>(_user: string, work: () => Promise<T>) => work(),
    time: () => Promise.resolve(1),
    apply: (_user: string, { add }: { add: readonly StoredMemory[] }) => Promise.resolve(add),
  } as unknown as Writer;
  const memories = {
    byHash: () => Promise.resolve(undefined),
    list: () => Promise.resolve([]),
  } as unknown as MemoryRepository;
  const summary = { conversation: 'c', text, language: 'en', at: 1, counts: () => counts };
  return (await keepSummary('ana', summary, { memories, writer, sensitive }))?.text;
}

it('keeps what a conversation was about', async () => {
  expect(await kept('They planned a trip to Rome.')).toBe('They planned a trip to Rome.');
});

it('keeps no secret, and what is sensitive only where the profile lets it', async () => {
  expect(await kept('The password is hunter2hunter2.')).toBeUndefined();
  expect(await kept('They were diagnosed with diabetes.')).toBeUndefined();
  expect(await kept('They were diagnosed with diabetes.', { sensitive: 'allow' })).toBeDefined();
});

it('keeps nothing of who has had something forgotten since', async () => {
  expect(await kept('They planned a trip to Rome.', { counts: false })).toBeUndefined();
});
