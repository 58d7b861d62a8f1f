import type { MemoryKind } from '../store/people-contract.ts';
import { FAVOURITES, WORDS_OF } from './attribute-words.ts';

/** One thing that can be known of a user, or of somebody of the user's. */
export interface Attribute {
  readonly name: string;
  readonly kind: MemoryKind;
  /** There is one of it: a new value closes the old one (see {@link isSingle} for people of whom a user has several). */
  readonly single: boolean;
  /** Days after which it counts half in ranking; null: it never fades. */
  readonly halfLife: number | null;
  /**
   * Says who the user is, and is told where there is room and the question is about the user: the smaller the earlier. Up to
   * {@link LAST_HEEDED} whatever the question. Null: told only where it fits the question.
   */
  readonly profile: number | null;
  /** Beliefs, politics, sexuality, diagnoses: kept without "remember that …" only where the profile allows it. */
  readonly sensitive: boolean;
  /** Words and phrases by which a question asks for it, in lower case and without accents: for the search index and "forget my address". */
  readonly keywords: { readonly es: readonly string[]; readonly en: readonly string[] };
}

/** Undefined: no such attribute (`''` among them). */
export function attributeOf(name: string): Attribute | undefined {
  return BY_NAME.get(name);
}

/** Whether a new value closes the old one. Of a mother there is one; of a sister there may be two, each with a name and a job. */
export function isSingle(name: string, subject: string): boolean {
  return attributeOf(name)?.single === true && (subject === 'user' || ONE_OF_THEM.has(subject));
}

/** Subjects of which a person has one at most. */
const ONE_OF_THEM = new Set(['partner', 'mother', 'father']);

/** Of places: what every answer heeds, how the user is addressed and what they cannot eat or do. */
export const LAST_HEEDED = 6;

type Extra = Partial<Pick<Attribute, 'single' | 'halfLife' | 'profile' | 'sensitive'>>;

/** Half-lives, in days. */
const YEARS = 1_095;
const YEAR = 365;
const SEASON = 90;
const WEEKS = 30;

export const ATTRIBUTES: readonly Attribute[] = [
  // Who it is.
  row('name', 'fact', { single: true, profile: 1 }),
  row('nickname', 'fact', { single: true, profile: 6 }),
  row('pronouns', 'fact', { single: true, profile: 5 }),
  row('age', 'fact', { single: true, profile: 11, halfLife: YEARS }),
  row('birthday', 'fact', { single: true, profile: 12 }),
  // Where.
  row('residence', 'fact', { single: true, profile: 7 }),
  row('origin', 'fact', { single: true, profile: 13 }),
  row('nationality', 'fact', { profile: 14 }),
  row('timezone', 'fact', { single: true, profile: 15 }),
  row('household', 'fact', { halfLife: YEARS }),
  // Work and studies.
  row('occupation', 'fact', { single: true, profile: 8 }),
  row('employer', 'fact', { single: true, profile: 9, halfLife: YEARS }),
  row('workplace', 'fact', { single: true, halfLife: YEARS }),
  row('schedule', 'fact', { single: true, halfLife: YEAR }),
  row('field', 'fact', { single: true, halfLife: YEARS }),
  row('employment', 'fact', { single: true, profile: 10, halfLife: YEAR }),
  row('studies', 'fact', { single: true, profile: 16, halfLife: YEARS }),
  row('education', 'fact', {}),
  row('language', 'fact', { profile: 17 }),
  // People and animals.
  row('marital', 'fact', { single: true, profile: 18 }),
  row('family', 'fact', { profile: 19 }),
  row('pet', 'fact', { profile: 20, halfLife: YEARS }),
  // What must be heeded.
  row('diet', 'fact', { profile: 3 }),
  row('allergy', 'fact', { profile: 2 }),
  row('accessibility', 'fact', { profile: 4 }),
  row('body', 'fact', { halfLife: YEAR }),
  row('health', 'fact', { sensitive: true }),
  row('belief', 'fact', { sensitive: true }),
  row('politics', 'fact', { sensitive: true }),
  row('sexuality', 'fact', { sensitive: true }),
  // Tastes.
  row('likes', 'preference', { halfLife: YEARS }),
  row('dislikes', 'preference', { halfLife: YEARS }),
  row('prefers', 'preference', { halfLife: YEARS }),
  row('routine', 'fact', { halfLife: YEAR }),
  ...favourites(),
  row('hobby', 'preference', { profile: 21, halfLife: YEARS }),
  // Things.
  row('vehicle', 'fact', { halfLife: YEARS }),
  row('owns', 'fact', { halfLife: YEARS }),
  row('uses', 'fact', { profile: 22, halfLife: YEAR }),
  // What comes, and what has been.
  row('goal', 'event', { halfLife: SEASON }),
  row('plan', 'event', { halfLife: WEEKS }),
  row('happened', 'event', { halfLife: YEAR }),
  // What has no attribute of its own.
  row('detail', 'fact', { halfLife: YEARS }),
  // How to speak with this user.
  row('instruction', 'instruction', {}),
  row('style', 'instruction', {}),
];

/** The attribute for a favourite of this word, in either language. */
export const FAVOURITE_OF: ReadonlyMap<string, string> = new Map(
  FAVOURITES.flatMap(([thing, es, en]) =>
    [...listed(es), ...listed(en)].map((word): [string, string] => [word, `favourite-${thing}`]),
  ),
);

const BY_NAME = new Map(ATTRIBUTES.map((attribute) => [attribute.name, attribute]));

function row(name: string, kind: MemoryKind, extra: Extra, words = WORDS_OF[name]): Attribute {
  return {
    name,
    kind,
    single: extra.single ?? false,
    halfLife: extra.halfLife ?? null,
    profile: extra.profile ?? null,
    sensitive: extra.sensitive ?? false,
    keywords: { es: listed(words?.es), en: listed(words?.en) },
  };
}

/** One attribute for each thing of which people name a favourite, so that a new favourite colour leaves the favourite book alone. */
function favourites(): Attribute[] {
  return FAVOURITES.map(([thing, es, en]) =>
    row(
      thing === '' ? 'favourite' : `favourite-${thing}`,
      'preference',
      { single: thing !== '', halfLife: YEARS },
      { es: `${es}, favorito, favorita, preferido, preferida`, en: `${en}, favourite, favorite, best` },
    ),
  );
}

function listed(words = ''): string[] {
  return words
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}
