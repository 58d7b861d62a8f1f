import type { Candidate, Said } from '../contract.ts';
import { candidateOf } from './candidates.ts';
import type { Mentioned } from './kin.ts';
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
const QUESTIONS: readonly (readonly [
  asked: RegExp,
  language: 'es' | 'en',
  say: string | readonly string[],
  is: string,
  tell: string,
])[] = [
  [/\b(?:como te llamas|cual es tu nombre|tu nombre)\b/, 'es', '(soy|me llamo)? <name>', 'name', 'Se llama {1}'],
  [/\b(?:your name|call you)\b/, 'en', '(i am|it is)? <name>', 'name', 'Is called {1}'],
  [
    /\b(?:donde vives|donde estas|(?:que|cual) (?:ciudad|pais|zona|provincia)|donde resides|tu (?:ciudad|zona|ubicacion)|desde donde)\b/,
    'es',
    '(vivo|estoy)? (en|de|desde)? <place>',
    'residence',
    'Vive en {1}',
  ],
  [
    /\b(?:where do you live|where are you(?! from| going| planning| headed| travel)|(?:which|what) (?:city|country|area|town|state)|your (?:location|city|area))\b/,
    'en',
    '(i am|i live)? (in|near|from)? <place>',
    'residence',
    'Lives in {1}',
  ],
  [/\bde donde eres\b/, 'es', '(soy)? (de)? <place>', 'origin', 'Es de {1}'],
  [/\b(?:where are you from|where you are from)\b/, 'en', '(from)? <place>', 'origin', 'Is from {1}'],
  [
    /\b(?:a que te dedicas|en que trabajas|de que trabajas|cual es tu (?:profesion|trabajo)|que haces)\b/,
    'es',
    '(soy|de|como)? <oficio>',
    'occupation',
    'Es {1}',
  ],
  [
    /\b(?:what do you do|(?:what is|what's) your (?:job|profession|occupation|role)|what kind of work|line of work)\b/,
    'en',
    '(i am)? (a|an)? <trade>',
    'occupation',
    'Is a {1}',
  ],
  [
    /\b(?:donde trabajas|en que empresa|para quien trabajas|que sector)\b/,
    'es',
    ['(en)? <org>', '(en)? <workplace>', '(en)? <field>'],
    'employer',
    'Trabaja en {1}',
  ],
  [
    /\b(?:where do you work|which company|what company|what industry|what field)\b/,
    'en',
    ['(at|for|in)? <org>', '(at|in)? <workplace>', '(in)? <field>'],
    'employer',
    'Works at {1}',
  ],
  [/\b(?:que estudias|que carrera)\b/, 'es', '<study>', 'studies', 'Estudia {1}'],
  [/\b(?:what do you study|what are you studying|your major)\b/, 'en', '<study>', 'studies', 'Studies {1}'],
  [/\b(?:cuantos anos tienes|que edad tienes|tu edad)\b/, 'es', '(tengo)? <age> (anos)?', 'age', 'Tiene {1} años'],
  [/\b(?:how old are you|your age)\b/, 'en', '(i am)? <age>', 'age', 'Is {1} years old'],
  [/\b(?:cuando es tu cumpleanos|cuando cumples)\b/, 'es', '(el)? <rest>', 'birthday', 'Su cumpleaños es el {1}'],
  [/\bwhen is your birthday\b/, 'en', '(on)? <rest>', 'birthday', 'Has a birthday on {1}'],
  [
    /\b(?:alergias?|alergic[oa]s?|intolerancias?)\b/,
    'es',
    ['(si)? ,? (a (los|las|la|el)?|al) <rest>', '(si)? ,? (los|las|la|el)? <food>'],
    'allergy',
    'Tiene alergia a {1}',
  ],
  [
    /\b(?:allerg(?:y|ies|ic)|intoleran(?:t|ces?))\b/,
    'en',
    ['(yes|yeah)? ,? (to)? <food>', '(yes|yeah)? ,? (to)? <allergen>'],
    'allergy',
    'Is allergic to {1}',
  ],
  [
    /\b(?:dieta|restriccion(?:es)?|vegetarian[oa]|vegan[oa]|comes de todo|comes carne|alimentari[ao]s?|preferencias? aliment)\b/,
    'es',
    ['(si)? ,? (soy)? <diet>', '(si)? ,? (no como)? sin? <food>'],
    'diet',
    'Dieta: {1}',
  ],
  [
    /\b(?:diet(?:ary)?|restrictions?|vegetarian|vegan|eat meat|food preferences?)\b/,
    'en',
    ['(yes|yeah)? ,? (i am)? <diet>', '(yes|yeah)? ,? no <food>'],
    'diet',
    'Diet: {1}',
  ],
  [/\b(?:que idiomas|idioma nativo|lengua materna)\b/, 'es', '<langs>', 'language', 'Habla {1}'],
  [/\b(?:what languages|which languages|native language|first language)\b/, 'en', '<langs>', 'language', 'Speaks {1}'],
  [
    /\b(?:sistema operativo|que (?:movil|telefono|ordenador|portatil|editor|lenguaje|version|navegador) (?:usas|tienes|utilizas))\b/,
    'es',
    ['(un|una|en|con|uso|tengo)? <tech>', '(un|una|en|con|uso|tengo)? <product>'],
    'uses',
    'Usa {1}',
  ],
  [
    /\b(?:operating system|which os|what os|(?:what|which) (?:phone|laptop|computer|editor|language|device|browser) (?:do|are) you)\b/,
    'en',
    ['(a|an|on|i use|i have)? <tech>', '(a|an|on|i use|i have)? <product>'],
    'uses',
    'Uses {1}',
  ],
  [/\bque coche\b/, 'es', ['<product>', '<vehicle>'], 'vehicle', 'Tiene {1}'],
  [
    /\b(?:what car|which car|what kind of car|what do you drive)\b/,
    'en',
    ['<product>', '<vehicle>'],
    'vehicle',
    'Has {1}',
  ],
  [
    /\b(?:que te gusta|que tipo de .{1,40} te gusta|cuales son tus (?:gustos|aficiones|hobbies)|que (?:aficiones|hobbies))\b/,
    'es',
    '<taste>',
    'likes',
    'Le gusta {1}',
  ],
  [
    /\b(?:what do you like|what kind of .{1,40} do you (?:like|enjoy)|your (?:hobbies|interests)|what do you enjoy)\b/,
    'en',
    '(mostly|mainly|i like|i love)? <taste>',
    'likes',
    'Likes {1}',
  ],
];
/** The same of somebody of the user's: "What's your dog's name?" */
const OF_THEIRS: typeof QUESTIONS = [
  [/\bcomo se llama\b|\bnombre\b/, 'es', '(se llama)? <name>', 'name', '{who} se llama {1}'],
  [/\bname\b|\bcalled\b/, 'en', '(it is|she is|he is|is)? <name>', 'name', '{who} is called {1}'],
  [/\b(?:cuantos anos tiene|que edad tiene)\b/, 'es', '(tiene)? <age> (anos)?', 'age', '{who} tiene {1} años'],
  [/\bhow old\b/, 'en', '(she is|he is|it is)? <age>', 'age', '{who} is {1} years old'],
  [/\bque raza\b/, 'es', '(es)? (un|una)? <breed>', 'pet', '{who} es un {1}'],
  [/\b(?:what|which) breed\b/, 'en', '(a|an|he is a|she is a)? <breed>', 'pet', '{who} is a {1}'],
];
/** A correction in as few words as that: of what the assistant has said. */
const MEANT: typeof QUESTIONS = [
  [/\b\d{1,3} anos\b/, 'es', '<age>', 'age', 'Tiene {1} años'],
  [/\b\d{1,3}[- ]years?\b/, 'en', '<age>', 'age', 'Is {1} years old'],
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
const OF_OTHERS = compile(OF_THEIRS);

/** What a few words mean behind what the assistant said last: "in Bilbao", "I meant Porto", "it's Marta, not Maria". */
export function answerTo(said: Said, scope: Scope, person: Mentioned | undefined): readonly Candidate[] {
  const before = plainOf((said.before ?? '').slice(-MOST_BEFORE));
  const [sentence] = sentencesOf(scope);
  if (sentence === undefined || sentence.asks < sentence.to || scope.end > MOST_WORDS) return [];
  const read = { ...scope, casual: scope.casual || scope.end <= 2 };
  const cut = before.lastIndexOf('?');
  const question =
    cut < 0
      ? ''
      : (before
          .slice(0, cut)
          .split(/[.!\n]/)
          .at(-1) ?? '');
  for (const start of startsOf(read, sentence)) {
    const other = person === undefined ? undefined : candidateAt(said, read, start.at, OF_OTHERS, question, person);
    if (other !== undefined) return [other];
    const answered = candidateAt(said, read, start.at, ANSWERS, question);
    if (answered !== undefined) return [answered];
    const mayCorrect = start.corrects || start.at === sentence.from;
    const corrected = mayCorrect
      ? candidateAt(said, read, start.at, start.corrects ? CORRECTIONS : CORRECTIONS.slice(2), before)
      : undefined;
    if (corrected !== undefined) return [{ ...corrected, corrects: true }];
  }
  return [];
}

/** What begins the message is the answer, as far as a sign: else it is something else. */
function candidateAt(
  said: Said,
  scope: Scope,
  at: number,
  ways: typeof ANSWERS,
  before: string,
  person: Mentioned = NOBODY,
): Candidate | undefined {
  for (const { asked, rule } of ways) {
    if (!asked.test(before)) continue;
    for (const pattern of rule.patterns) {
      const matched = pattern.match(scope, at);
      if (matched === undefined || /\p{L}/u.test(plainAt(scope, matched.end))) continue;
      return candidateOf(said, scope, { ...person, rule, matched, from: at, corrects: false, sentence: at });
    }
  }
  return undefined;
}

const NOBODY: Mentioned = { subject: 'user', who: '' };
