import type { Candidate, Said } from '../contract.ts';
import { candidateOf } from './candidates.ts';
import type { Scope } from './pattern.ts';
import { plainAt } from './read.ts';
import { compileRule } from './rules.ts';
import { sentencesOf, startsOf } from './sentences.ts';
import { plainOf } from './tokens.ts';

/** A longer message says something of its own. */
const MOST_WORDS = 8;
/** Of what the assistant said, the end is looked at. */
const MOST_BEFORE = 2_000;

/** What an assistant asks, and how its answer is read: "Where do you live?" – "in Bilbao". */
const QUESTIONS: readonly (readonly [asked: RegExp, language: 'es' | 'en', say: string, is: string, tell: string])[] = [
  [/\b(?:como te llamas|cual es tu nombre|tu nombre)\b/, 'es', '(soy|me llamo)? <name>', 'name', 'Se llama {1}'],
  [
    /\b(?:what is your name|what's your name|your name|call you)\b/,
    'en',
    '(i am|it is)? <name>',
    'name',
    'Is called {1}',
  ],
  [
    /\b(?:donde vives|en que (?:ciudad|pais|zona) vives|donde resides)\b/,
    'es',
    '(en)? <place>',
    'residence',
    'Vive en {1}',
  ],
  [
    /\b(?:where do you live|where are you (?:based|located)|(?:which|what) (?:city|country) do you live in)\b/,
    'en',
    '(in)? <place>',
    'residence',
    'Lives in {1}',
  ],
  [/\b(?:de donde eres)\b/, 'es', '(soy)? (de)? <place>', 'origin', 'Es de {1}'],
  [/\b(?:where are you from|where you are from)\b/, 'en', '(from)? <place>', 'origin', 'Is from {1}'],
  [
    /\b(?:a que te dedicas|en que trabajas|cual es tu (?:profesion|trabajo))\b/,
    'es',
    '(soy|de|como)? <oficio>',
    'occupation',
    'Es {1}',
  ],
  [
    /\b(?:what do you do(?: for (?:a living|work))?|what is your (?:job|profession|occupation))\b/,
    'en',
    '(i am)? (a|an)? <trade>',
    'occupation',
    'Works as {1}',
  ],
  [/\b(?:cuantos anos tienes|que edad tienes|tu edad)\b/, 'es', '(tengo)? <age> (anos)?', 'age', 'Tiene {1} años'],
  [/\b(?:how old are you|what is your age|your age)\b/, 'en', '(i am)? <age>', 'age', 'Is {1} years old'],
  [
    /\b(?:tienes alguna alergia|alguna alergia|alergico a algo)\b/,
    'es',
    '(a (los|las|la|el)?|al) <rest>',
    'allergy',
    'Tiene alergia a {1}',
  ],
  [
    /\b(?:any allergies|allergic to anything|food allergies)\b/,
    'en',
    '(yes ,?)? (to)? <allergen>',
    'allergy',
    'Is allergic to {1}',
  ],
  [/\b(?:que idiomas hablas)\b/, 'es', '<langs>', 'language', 'Habla {1}'],
  [/\b(?:what languages do you speak|which languages do you speak)\b/, 'en', '<langs>', 'language', 'Speaks {1}'],
];
/** A correction in as few words as that: of what the assistant has said. */
const MEANT: typeof QUESTIONS = [
  [
    /\b(?:vives|viviendo|mudado|resides)\b/,
    'es',
    '(quise decir|queria decir|me referia a) (en)? <place>',
    'residence',
    'Vive en {1}',
  ],
  [/\b(?:live|living|moved|based)\b/, 'en', '(i meant|i mean) (in)? <place>', 'residence', 'Lives in {1}'],
  [
    /\b(?:llamas|encantad[oa]|hola|nombre)\b/,
    'es',
    '(es|soy|me llamo|quise decir) <name> (, no <name>)',
    'name',
    'Se llama {1}',
  ],
  [
    /\b(?:name|nice to meet you|hi|hello|hey)\b/,
    'en',
    '(it is|i meant|i am) <name> (, not <name>)',
    'name',
    'Is called {1}',
  ],
];
/** Answers are short of words to be sure by; a correction is not. */
const SURE_OF_AN_ANSWER = 0.82;

const compile = (questions: typeof QUESTIONS) =>
  questions.map(([asked, language, say, is, tell]) => ({
    asked,
    rule: compileRule(language, { say, is, tell, sure: SURE_OF_AN_ANSWER }),
  }));
const ANSWERS = compile(QUESTIONS);
const CORRECTIONS = compile(MEANT);

/** What a few words mean behind what the assistant said last: "in Bilbao", "I meant Porto", "it's Marta, not Maria". */
export function answerTo(said: Said, scope: Scope): readonly Candidate[] {
  const before = plainOf((said.before ?? '').slice(-MOST_BEFORE));
  const [sentence] = sentencesOf(scope);
  if (sentence === undefined || sentence.asks < sentence.to || scope.end > MOST_WORDS) return [];
  const read = { ...scope, casual: scope.casual || scope.end <= 2 };
  for (const start of startsOf(read, sentence)) {
    const corrected = candidateAt(said, read, start.at, CORRECTIONS, before);
    if (corrected !== undefined) return [{ ...corrected, corrects: true }];
    const question =
      before.lastIndexOf('?') < 0
        ? ''
        : before
            .slice(0, before.lastIndexOf('?'))
            .split(/[.!\n?]/)
            .at(-1);
    const answered = candidateAt(said, read, start.at, ANSWERS, question ?? '');
    if (answered !== undefined) return [answered];
  }
  return [];
}

/** The whole of the sentence is the answer, or it is something else. */
function candidateAt(
  said: Said,
  scope: Scope,
  at: number,
  ways: typeof ANSWERS,
  before: string,
): Candidate | undefined {
  for (const { asked, rule } of ways) {
    if (!asked.test(before)) continue;
    const matched = rule.patterns[0]?.match(scope, at);
    if (matched === undefined || /\p{L}/u.test(plainAt(scope, matched.end))) continue;
    return candidateOf(said, scope, {
      rule,
      matched,
      from: at,
      subject: 'user',
      who: null,
      corrects: false,
      sentence: at,
    });
  }
  return undefined;
}
