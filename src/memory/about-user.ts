import { folded } from './one-line.ts';

/** Words by which people speak of themselves. A bare "me" is none: "tell me", "dime" and "give me" say nothing of who asks. */
const OWN_WORDS = new Set(
  (
    'i my mine myself we our ours ourselves ' +
    'yo mi mis mio mia mios mias conmigo nuestro nuestra nuestros nuestras ' +
    // In Spanish it is the verb that says who.
    'soy estoy tengo vivo trabajo estudio puedo debo deberia quiero necesito voy llevo llamo hablo'
  ).split(' '),
);
const OWN_PHRASES =
  /\b(?:(?:about|for|of|to|with|like|near|suits?|remember|describe) me|me (?:conviene|recomiend\w+|suger\w+|sugier\w+|aconsej\w+|gusta\w*|queda\w*|conoces|recuerdas))\b/;

/** Whether a question is about whoever asks it, in English or Spanish. */
export function isAboutUser(question: string): boolean {
  // Who pastes a text does not ask more of themselves the longer it is.
  const text = folded(question.slice(0, MOST_CHARACTERS));
  return text.split(' ').some((word) => OWN_WORDS.has(word)) || OWN_PHRASES.test(text);
}

const MOST_CHARACTERS = 4_000;
