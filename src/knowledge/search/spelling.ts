/** Shorter words are a letter away from too many others. */
const LEAST_LENGTH = 5;
const MOST_LENGTH = 24;
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

/** Everything one slip of the fingers away from a word: a letter too many, one missing, another one, or two in the wrong order. */
export function* nearbySpellings(word: string): Generator<string> {
  if (word.length < LEAST_LENGTH || word.length > MOST_LENGTH || !/^\p{L}+$/u.test(word)) return;
  for (let at = 0; at <= word.length; at += 1) {
    const before = word.slice(0, at);
    const after = word.slice(at);
    for (const letter of LETTERS) yield before + letter + after;
    if (at === word.length) return;
    const rest = after.slice(1);
    yield before + rest;
    for (const letter of LETTERS) yield before + letter + rest;
    if (rest.length > 0) yield before + rest.charAt(0) + after.charAt(0) + rest.slice(1);
  }
}
