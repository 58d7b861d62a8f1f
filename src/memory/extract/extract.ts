import type { Candidate, Said } from '../contract.ts';
import { answerTo } from './answers.ts';
import { candidateOf, type Found } from './candidates.ts';
import { LIFE_EN } from './grammar-en-life.ts';
import { WIDE_EN } from './grammar-en-wide.ts';
import { WHO_EN } from './grammar-en.ts';
import { LIFE_ES } from './grammar-es-life.ts';
import { WHO_ES } from './grammar-es.ts';
import { BODY_EN } from './grammar-en-body.ts';
import { MORE_EN } from './grammar-en-more.ts';
import { OCCUPATION_EN } from './grammar-en-occupation.ts';
import { PASTIMES_EN } from './grammar-en-pastimes.ts';
import { PERSON_EN } from './grammar-en-person.ts';
import { TASTES_EN } from './grammar-en-tastes.ts';
import { OCCUPIED_EN } from './grammar-en-work.ts';
import { TASTES_ES } from './grammar-es-tastes.ts';
import { OCCUPIED_ES } from './grammar-es-work.ts';
import { EVENTS_EN } from './grammar-en-events.ts';
import { BODY_ES } from './grammar-es-body.ts';
import { OVER_ES } from './grammar-es-over.ts';
import { PASSING_WORK_ES } from './grammar-es-passing-work.ts';
import { PASSING_ES } from './grammar-es-passing.ts';
import { EVENTS_ES } from './grammar-es-events.ts';
import { HABITS_EN, HABITS_ES } from './grammar-habits.ts';
import { INSTRUCTIONS_EN, INSTRUCTIONS_ES } from './grammar-instructions.ts';
import { WORK_EN, WORK_ES } from './grammar-work.ts';
import { isGivenBack } from './exercises.ts';
import { corrections, mayCorrect, priorsOf } from './corrections.ts';
import { guard } from './guards.ts';
import { bareKin, having, type Mentioned, mentioned, OF_YOU, ofKin, ofSame } from './kin.ts';
import { withSubjects } from './implied-subject.ts';
import { isCasual, ownWords } from './own-words.ts';
import type { Scope } from './pattern.ts';
import { plainAt } from './read.ts';
import { compileRule, Grammar } from './rules.ts';
import { holdsSecret } from './secrets.ts';
import { type Sentence, sentencesOf, type Start, startsOf } from './sentences.ts';
import { standsFromNowOn } from './slots-instructions.ts';
import { tokenize } from './tokens.ts';
import { Topic } from './topic.ts';

const MOST_CANDIDATES = 3;
/** Of what the assistant said, the end is looked at. */
const MOST_BEFORE = 2_000;

const GRAMMAR = new Grammar([
  {
    language: 'es',
    rules: [
      ...INSTRUCTIONS_ES,
      ...OVER_ES,
      ...PASSING_ES,
      ...PASSING_WORK_ES,
      ...BODY_ES,
      ...WHO_ES,
      ...OCCUPIED_ES,
      ...LIFE_ES,
      ...TASTES_ES,
      ...EVENTS_ES,
      ...HABITS_ES,
    ],
  },
  {
    language: 'en',
    rules: [
      ...INSTRUCTIONS_EN,
      ...PERSON_EN,
      ...OCCUPATION_EN,
      ...BODY_EN,
      ...PASTIMES_EN,
      ...MORE_EN,
      ...WHO_EN,
      ...OCCUPIED_EN,
      ...LIFE_EN,
      ...TASTES_EN,
      ...EVENTS_EN,
      ...WIDE_EN,
      ...HABITS_EN,
    ],
  },
]);
const WORK = new Grammar([
  { language: 'es', rules: WORK_ES },
  { language: 'en', rules: WORK_EN },
]);

const STANDS = compileRule('en', { say: '', is: 'instruction', tell: '{all}', value: '{all}', sure: 0.85 });

/** What a user says of themselves in a message, without any model: at most three, the best first. */
export function extract(said: Said): readonly Candidate[] {
  const { found, scope, isBarred } = heard(said);
  if (!mayCorrect(scope)) return best(said, found);
  const read = (text: string, earlier: readonly string[] = []) => heard({ ...said, text, before: null, earlier }).found;
  const priors = priorsOf(said, (text, back) => read(text, said.earlier.slice(back + 1)));
  return best(said, corrections(scope, found, priors, read, isBarred));
}

/** What a message says, as far as it can be read by itself; what stood before it tells of whom, and whether it is a game. */
function heard(said: Said) {
  const text = ownWords(said.text);
  const tokens = withSubjects(tokenize(text));
  const scope: Scope = { text, tokens, end: tokens.length, casual: isCasual(text) };
  const sentences = sentencesOf(scope);
  const guarded = guard(scope, sentences, said);
  const found: Candidate[] = [];
  const topic = new Topic(said);
  let person = personOf(said.before);
  for (const sentence of sentences) {
    let done = sentence.from;
    const held = found.length;
    const words = { ...scope, end: endOf(sentence, guarded.isBarred) };
    for (const start of startsOf(scope, sentence)) {
      if (start.at < done || guarded.isBarred(start.at)) continue;
      const read = readAt(said, start.stated === true ? { ...scope, end: sentence.to } : words, sentence, {
        ...start,
        person: mentioned(words, sentence.from, start.at) ?? person ?? topic.at(words, start.at),
      });
      found.push(...read.candidates);
      done = Math.max(done, read.end);
    }
    if (found.length === held) found.push(...topic.children(said, words, sentence));
    if (found.length === held) found.push(...standing(said, words, sentence));
    person = mentioned(scope, sentence.from, sentence.to) ?? person;
  }
  if (found.length === 0 && said.before !== null && !guarded.isBarred(0))
    found.push(...answerTo(said, scope, personOf(said.before)));
  return { found, scope, isBarred: guarded.isBarred };
}

/** Nothing is read over into what asks, or what is not the user's own. */
function endOf(sentence: Sentence, isBarred: (at: number) => boolean): number {
  let end = sentence.from;
  while (end < sentence.asks && !isBarred(end)) end++;
  return end;
}

/** Of whose the assistant has spoken last: "your grandmother". */
function personOf(before: string | null): Mentioned | undefined {
  if (before === null) return undefined;
  const text = before.slice(-MOST_BEFORE);
  const tokens = tokenize(text);
  return mentioned({ text, tokens, end: tokens.length, casual: true }, 0, tokens.length, OF_YOU);
}

/** "… from now on": told to stand, whatever it is. */
function standing(said: Said, scope: Scope, { from, to }: Sentence): readonly Candidate[] {
  if (scope.end < to || !standsFromNowOn(scope, from)) return [];
  const candidate = candidateOf(said, scope, {
    rule: STANDS,
    matched: { from, end: to, captures: [] },
    from,
    subject: 'user',
    who: null,
    corrects: false,
    sentence: from,
  });
  return candidate === undefined ? [] : [{ ...candidate, language: null }];
}

interface Read {
  readonly candidates: readonly Candidate[];
  /** The word behind what was read. */
  readonly end: number;
}

const NOTHING: Read = { candidates: [], end: 0 };

function readAt(
  said: Said,
  scope: Scope,
  sentence: Sentence,
  { at, corrects, onlyKin, person }: Start & { readonly person: Mentioned | undefined },
): Read {
  const same = person === undefined || onlyKin === true ? undefined : ofSame(scope, at, person);
  const kin = ofKin(scope, at) ?? having(scope, at) ?? same ?? (onlyKin === true ? undefined : bareKin(scope, at));
  if (kin !== undefined) {
    const candidates = kin.found.flatMap(
      ({ rule, matched, from }) =>
        candidateOf(said, scope, {
          rule,
          matched,
          from,
          subject: kin.subject,
          who: kin.who,
          corrects,
          sentence: sentence.from,
        }) ?? [],
    );
    return { candidates, end: kin.end };
  }
  if (onlyKin === true) return NOTHING;
  return readRule(said, scope, GRAMMAR, { at, from: at, corrects, sentence: sentence.from });
}

interface Place {
  /** The word at which the rule is tried, and the one at which what is said begins. */
  readonly at: number;
  readonly from: number;
  readonly corrects: boolean;
  readonly sentence: number;
}

function readRule(said: Said, scope: Scope, grammar: Grammar, { at, from, corrects, sentence }: Place): Read {
  for (const { rule, pattern } of grammar.beginningWith(plainAt(scope, at))) {
    const matched = pattern.match(scope, at);
    if (matched === undefined || isToYou(scope, matched.end)) continue;
    const found: Found = { rule, matched, from, subject: 'user', who: null, corrects, sentence };
    const candidate = candidateOf(said, scope, found);
    if (candidate === undefined) continue;
    const more =
      rule.also === 'work' ? readRule(said, scope, WORK, { at: matched.end, from, corrects, sentence }) : NOTHING;
    return { candidates: [candidate, ...more.candidates], end: Math.max(matched.end, more.end) };
  }
  return NOTHING;
}

/** "Me caso contigo", "I agree with you": said to the assistant, and in jest. */
const isToYou = (scope: Scope, at: number) =>
  ['contigo', 'you'].includes(plainAt(scope, at)) ||
  (plainAt(scope, at) === 'with' && plainAt(scope, at + 1) === 'you');

/** Once each, without secrets, the surest first; of the same, what matters more, and then what was said last. */
function best(said: Said, found: readonly Candidate[]): readonly Candidate[] {
  const kept = new Map<string, Candidate>();
  for (const candidate of found) {
    if (isGivenBack(candidate.quote, said.before)) continue;
    if (holdsSecret(candidate.quote) || said.text.slice(candidate.start, candidate.end) !== candidate.quote) continue;
    kept.set(`${candidate.subject} ${candidate.attribute} ${candidate.value.toLowerCase()}`, candidate);
  }
  return [...kept.values()]
    .sort(
      (one, other) => other.confidence - one.confidence || other.importance - one.importance || other.start - one.start,
    )
    .slice(0, MOST_CANDIDATES);
}
