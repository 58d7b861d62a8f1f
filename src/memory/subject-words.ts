import { KIN } from './extract/words/people.ts';

/** What a sister is besides, for who asks for all of a kind. */
const OF_A_KIND: Readonly<Record<string, string>> = {
  dog: 'mascota pet',
  cat: 'mascota pet',
  sister: 'siblings',
  brother: 'siblings',
  mother: 'mom mum padres parents',
  father: 'dad padres parents',
};

const WORDS = new Map<string, string[]>();
for (const [word, subject] of KIN) {
  const others = WORDS.get(subject);
  if (others) others.push(word);
  else WORDS.set(subject, [word]);
}

/** By which words people ask for somebody of theirs, in both languages and without accents. Of the user, none. */
export function subjectWords(subject: string): readonly string[] {
  if (subject === 'user') return [];
  return [subject, ...(WORDS.get(subject) ?? []), ...(OF_A_KIND[subject]?.split(' ') ?? [])];
}
