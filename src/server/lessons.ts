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
const MOST_WEIGHT = 8;

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

/** Some of the shipped examples of each domain, evenly over their files. Reads 1 or 2 MB: not for the event loop. */
export function readBackground(): TrainingExample[] {
  const folder = join(DATA, 'utterances');
  const own = readdirSync(folder)
    .filter((file) => file.endsWith('.txt'))
    .sort()
    .flatMap((file) => {
      const domain = file.split('-')[0] ?? '';
      const texts = readLines(join(folder, file)).map((text) => text.replaceAll('\\n', '\n'));
      return spread(texts).map((text) => ({ text, domain }));
    });
  const rows = readLines(join(DATA, 'public.jsonl')).map((line) => JSON.parse(line) as PublicRow);
  const domains = [...new Set(rows.map(({ domain }) => domain))].filter((domain) => domain !== 'multilingual').sort();
  const others = domains.flatMap((domain) =>
    spread(rows.filter((row) => row.domain === domain)).map(({ prompt }) => ({ text: prompt, domain })),
  );
  return [...own, ...others];
}

interface PublicRow {
  readonly prompt: string;
  readonly domain: string;
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
