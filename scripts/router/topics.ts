import { join } from 'node:path';

import { seededRandom, shuffle } from '../../src/router/seeded-random.ts';
import { DATA, readLines, type Utterance } from './data.ts';

const SEED = 77_001;
const FRAMES_PER_TOPIC = 3;

/**
 * Requests made of topics and frames (`Explica {}`): the same frames for every domain, so that only what they are filled with says
 * which one it is.
 */
export function requestsFromTopics(domains: readonly string[], languages: readonly string[]): Utterance[] {
  const random = seededRandom(SEED);
  const pick = (lines: readonly string[]) => lines[Math.floor(random() * lines.length)] ?? '';
  return languages.flatMap((lang) => {
    const frames = readLines(join(DATA, 'topics', `frames-${lang}.txt`));
    return domains.flatMap((domain) => {
      const topics = readLines(join(DATA, 'topics', `${domain}-${lang}.txt`)).flatMap((line) => line.split('; '));
      return topics.flatMap((topic) =>
        Array.from({ length: FRAMES_PER_TOPIC }, () => {
          const text = pick(frames)
            .replace('{}', topic)
            .replace('{}', () => pick(topics));
          return { text, domain, lang, source: `topics-${lang}` };
        }),
      );
    });
  });
}

const WORDS_PER_TEXT = 4;
const TEXTS_PER_WORD = 3;

/** Words of each domain thrown together: what they have in common is all that these say. */
export function textsFromVocabulary(domains: readonly string[], languages: readonly string[]): Utterance[] {
  const random = seededRandom(SEED + 1);
  return languages.flatMap((lang) =>
    domains.flatMap((domain) => {
      const words = readLines(join(DATA, 'vocabulary', `${domain}-${lang}.txt`)).flatMap((line) => line.split(' '));
      return Array.from({ length: TEXTS_PER_WORD }, () => [...words]).flatMap((round) => {
        shuffle(round, random);
        const texts: Utterance[] = [];
        for (let first = 0; first < round.length; first += WORDS_PER_TEXT) {
          const text = round.slice(first, first + WORDS_PER_TEXT).join(' ');
          texts.push({ text, domain, lang, source: `vocabulary-${lang}` });
        }
        return texts;
      });
    }),
  );
}
