import type { Token } from './tokens.ts';
import { wordSet } from './words/word-set.ts';

/** Verbs that "I" is left out before: "and *live* in Porto", "yes, *love* it there". */
const VERBS = wordSet(
  'live love hate work speak play study moved grew drive teach adore own prefer graduated joined loved hated enjoyed do can been got have',
);
/** The same for "I am": "*allergic* to nuts btw", "*based* in Leeds". */
const STATES = wordSet(
  'allergic based living pescatarian vegan vegetarian celiac lactose retired married divorced learning training studying working residing planning not',
);
/** Only with one of these behind it: else it is told to the assistant ("work on this"). */
const BEHIND: Readonly<Record<string, ReadonlySet<string>>> = {
  work: wordSet('as at in for from nights remotely part-time'),
  play: wordSet('the guitar piano tennis football chess bass drums violin golf basketball soccer padel rugby hockey'),
  study: wordSet('medicine law physics engineering biology nursing economics computer'),
  drive: wordSet('a an'),
  teach: wordSet('math maths english spanish history physics science art music yoga'),
  moved: wordSet('to from here'),
  working: wordSet('as at for in from'),
  studying: wordSet('medicine law physics engineering biology nursing economics computer'),
  living: wordSet('in with'),
  training: wordSet('for'),
  learning: wordSet('to'),
  own: wordSet('a an two'),
  do: wordSet('not_like not_eat not_drink not_enjoy'),
  can: wordSet('not_stand not_eat not_have not_do'),
  been: wordSet('a an working living vegan vegetarian playing learning training teaching'),
  got: wordSet('two three four a an my'),
  have: wordSet('two three four'),
  residing: wordSet('in'),
  planning: wordSet('a our'),
  not: wordSet('a_fan a_big keen_on into fond_of'),
};
const BEFORE = new Set(['and', 'but', ',', '.', '!', '\n', ';', 'yes', 'yeah', ')', '(', '-', 'then']);
const SUBJECTS = new Set([
  'you',
  'they',
  'we',
  'he',
  'she',
  'it',
  'to',
  'people',
  'who',
  'that',
  'do',
  'does',
  'did',
  'can',
  'would',
  'could',
  'will',
  'should',
]);
/** As far back as another subject is looked for. */
const LOOK_BACK = 12;

/** The words with the "I" that was left out, as tokens of no length: what is quoted stays as it stands. */
export function withSubjects(tokens: readonly Token[]): readonly Token[] {
  const result: Token[] = [];
  for (const [at, token] of tokens.entries()) {
    const isVerb = VERBS.has(token.plain);
    if ((isVerb || STATES.has(token.plain)) && token.kind === 'word' && lacksSubject(tokens, at)) {
      result.push(implied('i', token.start));
      if (!isVerb) result.push(implied('am', token.start));
    }
    result.push(token);
  }
  return result;
}

const implied = (plain: string, at: number): Token => ({
  plain,
  raw: '',
  start: at,
  end: at,
  kind: 'word',
  capital: false,
});

function lacksSubject(tokens: readonly Token[], at: number): boolean {
  const behind = BEHIND[tokens[at]?.plain ?? ''];
  const next = tokens[at + 1]?.plain ?? '';
  if (behind !== undefined && !behind.has(next) && !behind.has(`${next} ${tokens[at + 2]?.plain ?? ''}`)) return false;
  const before = tokens[at - 1]?.plain;
  if (before !== undefined && !BEFORE.has(before)) return false;
  if (before !== 'and' && before !== 'but') return true;
  // The subject is that of the clause before: only where it is the user.
  for (let back = at - 2; back >= Math.max(0, at - LOOK_BACK); back--) {
    const plain = tokens[back]?.plain ?? '';
    if (plain === 'i') return true;
    if (SUBJECTS.has(plain) || plain === '.' || plain === '?') return false;
  }
  return false;
}
