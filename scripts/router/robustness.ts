import { withoutAccents } from '../../src/router/characters.ts';
import type { Classifier } from '../../src/router/classify.ts';
import { seededRandom } from '../../src/router/seeded-random.ts';
import { type TestPrompt, winner } from './quality.ts';

const SEED = 4_801;
const TYPO_SHARE = 0.08;

/** How many prompts go where they went, with eight of a hundred words mistyped, and letters (harder by far). */
export function sameAfterTypos(
  classifier: Classifier,
  prompts: readonly TestPrompt[],
): { words: number; letters: number } {
  const random = seededRandom(SEED);
  return {
    words: same(classifier, prompts, (text) => mistypedWords(text, random)),
    letters: same(classifier, prompts, (text) => mistypedLetters(text, random)),
  };
}

/** How many Spanish prompts go where they went, written without accents. */
export function sameWithoutAccents(classifier: Classifier, prompts: readonly TestPrompt[]): number {
  return same(
    classifier,
    prompts.filter(({ lang }) => lang === 'es'),
    withoutAccents,
  );
}

function same(classifier: Classifier, prompts: readonly TestPrompt[], change: (text: string) => string): number {
  const written = prompts.filter(({ has_image: hasImage }) => hasImage !== true);
  const kept = written.filter(({ prompt }) => {
    const { route } = winner(classifier.classify(prompt));
    return winner(classifier.classify(change(prompt))).route === route;
  });
  return kept.length / written.length;
}

function mistypedWords(text: string, random: () => number): string {
  return text.replace(/\p{L}{3,}/gu, (word) => (random() < TYPO_SHARE ? mistyped(word, random) : word));
}

function mistypedLetters(text: string, random: () => number): string {
  return text.replace(/\p{L}/gu, (letter) => (random() < TYPO_SHARE ? mistyped(letter, random) : letter));
}

/** A letter is left out, doubled, replaced, or changes places with the next. */
function mistyped(word: string, random: () => number): string {
  const at = Math.floor(random() * word.length);
  const [before, letter, after] = [word.slice(0, at), word.charAt(at), word.slice(at + 1)];
  switch (Math.floor(random() * 4)) {
    case 0:
      return before + after;
    case 1:
      return before + letter + letter + after;
    case 2:
      return before + String.fromCharCode(0x61 + Math.floor(random() * 26)) + after;
    default:
      return before + after.charAt(0) + letter + after.slice(1);
  }
}
