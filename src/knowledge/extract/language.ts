import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { LanguageIdentifier } from '../../router/language.ts';
import { plainText } from '../../router/plain-text.ts';
import { decodeWeights } from '../../router/weights.ts';
import { packageRoot } from '../../shared/package-root.ts';
import type { Structure } from './blocks.ts';

/** Beginnings are title pages and ends are registers: the middle counts as well. */
const SAMPLES = [0, 0.25, 0.5, 0.75];
const SAMPLE_LENGTH = 1_600;
const COMMON = ['en', 'es'];

let identifier: LanguageIdentifier | undefined;

/** ISO 639-1 of the language that most of the samples are in; null: not known, or a program. Reads the router's weights once. */
export function documentLanguage(text: string, structure: Structure): string | null {
  if (structure === 'code') return null;
  identifier ??= new LanguageIdentifier(
    decodeWeights(readFileSync(join(packageRoot(), 'data', 'router', 'weights.bin'))).languages,
  );
  const votes = new Map<string, number>();
  for (const share of text.length <= SAMPLE_LENGTH ? [0] : SAMPLES) {
    const start = Math.floor((text.length - Math.min(text.length, SAMPLE_LENGTH)) * share);
    const { code, confidence } = identifier.identify(plainText(text.slice(start, start + SAMPLE_LENGTH)), COMMON);
    if (code !== undefined) votes.set(code, (votes.get(code) ?? 0) + confidence);
  }
  const [best] = [...votes].sort((left, right) => right[1] - left[1]);
  return best?.[0] ?? null;
}
