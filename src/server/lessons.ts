import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Profile } from '../profiles/profile.ts';
import type { TrainingExample } from '../router/train-model.ts';
import { packageRoot } from '../shared/package-root.ts';

/** What the router's classifier was trained on, and what came of it: `npm run router:train`. */
const DATA = join(packageRoot(), 'data', 'router');
export const WEIGHTS_FILE = join(DATA, 'weights.bin');

/** Of each shipped file: they keep the domains that are known what they are while others are learned. */
const BACKGROUND_PER_FILE = 60;
/** A domain of a profile is heard like one of about so many examples, but none of them as more than a few. */
const EXAMPLES_HEARD = 100;
const MOST_WEIGHT = 10;

/** What a profile teaches the router: utterances of its own domains, and those of its experts. */
export function lessonsOf({ router, experts }: Profile): TrainingExample[] {
  const byDomain = new Map<string, string[]>();
  const add = (domain: string, utterances: readonly string[]) =>
    byDomain.set(domain, [...(byDomain.get(domain) ?? []), ...utterances]);
  for (const [domain, { utterances }] of Object.entries(router.domains)) add(domain, utterances);
  for (const expert of experts)
    for (const [domain, utterances] of Object.entries(expert.utterances ?? {})) add(domain, utterances);
  return [...byDomain].flatMap(([domain, utterances]) => {
    const weight = Math.min(MOST_WEIGHT, Math.max(1, EXAMPLES_HEARD / utterances.length));
    return utterances.map((text) => ({ text, domain, weight }));
  });
}

/**
 * Some of the shipped examples of each domain and language, evenly over their files; `languages`: only of these, none: all. Reads a few
 * small files.
 */
export function readBackground(languages: readonly string[] = []): TrainingExample[] {
  const folder = join(DATA, 'utterances');
  return readdirSync(folder)
    .filter((file) => file.endsWith('.txt'))
    .sort()
    .flatMap((file) => {
      const [domain = '', language = ''] = file.replace('.txt', '').split('-');
      if (languages.length > 0 && !languages.includes(language)) return [];
      return spread(readLines(join(folder, file))).map((line) => ({ text: line.replaceAll('\\n', '\n'), domain }));
    });
}

function readLines(file: string): string[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('# '));
}

function spread<T>(items: readonly T[]): T[] {
  const step = Math.max(1, items.length / BACKGROUND_PER_FILE);
  const count = Math.min(items.length, BACKGROUND_PER_FILE);
  return Array.from({ length: count }, (_, index) => items[Math.floor(index * step)] as T);
}
