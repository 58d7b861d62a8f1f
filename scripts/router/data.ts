import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { LanguageExample, LanguageVocabulary } from '../../src/router/train-language.ts';
import { packageRoot } from '../../src/shared/package-root.ts';

export const DATA = join(packageRoot(), 'data', 'router');
export const WEIGHTS = join(DATA, 'weights.bin');

export interface Utterance {
  readonly text: string;
  readonly domain: string;
  readonly source: string;
  readonly lang?: string;
}

/** Prompts of public sets, labelled by their source. */
export function readPublic(): Utterance[] {
  return readRows<{ prompt: string; domain: string; source: string }>(join(DATA, 'public.jsonl')).map(
    ({ prompt, domain, source }) => ({ text: prompt, domain, source }),
  );
}

/** Written for this project: `utterances/<domain>-<language>.txt`, one a line. */
export function readOwn(): Utterance[] {
  const folder = join(DATA, 'utterances');
  return readdirSync(folder)
    .filter((file) => file.endsWith('.txt'))
    .sort()
    .flatMap((file) => {
      const [domain = '', lang = ''] = file.replace('.txt', '').split('-');
      return readLines(join(folder, file)).map((line) => ({
        text: line.replaceAll('\\n', '\n'),
        domain,
        lang,
        source: `own-${lang}`,
      }));
    });
}

export function readLanguages(): LanguageExample[] {
  return readRows<LanguageExample>(join(DATA, 'languages.jsonl'));
}

/** Short requests in many languages, written for this project: `language<TAB>request | request`. */
export function readRequests(): LanguageExample[] {
  return readLines(join(DATA, 'requests.tsv')).flatMap((line) => {
    const [language = '', requests = ''] = line.split('\t');
    return requests.split(' | ').map((text) => ({ language, text }));
  });
}

export function readVocabularies(): LanguageVocabulary[] {
  return readLines(join(DATA, 'words.tsv')).map((line) => {
    const [language = '', words = ''] = line.split('\t');
    return { language, words: words.split(' ') };
  });
}

export function readRows<T>(path: string): T[] {
  return readLines(path).map((line) => JSON.parse(line) as T);
}

/** Lines that say something; `#` begins a comment, and `\n` within a line is a line break of the text. */
export function readLines(path: string): string[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('# '));
}
