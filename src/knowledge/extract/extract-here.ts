import { setImmediate as turn } from 'node:timers/promises';

import type { Chunk } from '../../store/contract.ts';
import type { Extracted } from '../contract.ts';
import { isBlank } from './characters.ts';
import { chunkText } from './chunk.ts';
import { unreadable } from './extract-error.ts';
import { givenKind } from './kinds.ts';
import { documentLanguage } from './language.ts';
import { plainDocument } from './plain-document.ts';

interface Given {
  readonly name: string;
  readonly mime?: string | undefined;
  readonly chunkTokens: number;
  readonly signal?: AbortSignal | undefined;
}

/** Everybody else has a turn as often. */
const SLICE_MS = 5;

/** Passages of a short text, made here, a few milliseconds at a time. */
export async function extractHere(text: string, { name, mime, chunkTokens, signal }: Given): Promise<Extracted> {
  if (isBlank(text)) throw unreadable(name, 'has no text in it: there is nothing to read.');
  const kind = givenKind(mime);
  const { structure, ...document } = plainDocument(text, kind.structure, kind.mime);
  const chunks: Chunk[] = [];
  let since = performance.now();
  for (const chunk of chunkText(text, { tokens: chunkTokens, structure })) {
    chunks.push(chunk);
    if (performance.now() - since < SLICE_MS) continue;
    await turn();
    signal?.throwIfAborted();
    since = performance.now();
  }
  await turn();
  return {
    title: document.title,
    mime: document.mime,
    language: documentLanguage(text, structure),
    characters: text.length,
    warning: null,
    suspicion: null,
    chunks: slices([chunks]),
  };
}

async function* slices<T>(values: readonly T[]): AsyncGenerator<T> {
  yield* values;
}
