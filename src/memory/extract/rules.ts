import { Pattern, type Slot } from './pattern.ts';
import * as activities from './slots-activities.ts';
import * as fronted from './slots-fronted.ts';
import * as instructions from './slots-instructions.ts';
import * as people from './slots-people.ts';
import * as places from './slots-places.ts';
import * as spanish from './slots-spanish.ts';
import * as things from './slots-things.ts';
import * as wide from './slots-wide.ts';
import * as work from './slots-work.ts';

/** One way to say something of oneself, as it stands in a grammar. */
export interface Rule {
  /** What is said, in the language of {@link Pattern}; several ways may share a line. */
  readonly say: string | readonly string[];
  /** A name of attributes.ts. */
  readonly is: string;
  /** For a person, with `{1}` for what the first slot read and `{who}` for whom of the user's it is about. */
  readonly tell: string;
  /** What of it can be compared; else what the first slot read. */
  readonly value?: string;
  /** Confidence; else {@link SURE}. */
  readonly sure?: number;
  /** It no longer holds: closes what was known. */
  readonly ends?: true;
  /** Closes what was known of the same attribute, even where there may be several. */
  readonly corrects?: true;
  /** `since`: from when on is told near it. `ahead`: it comes, and is over then. `back`: it has happened. `must`: only with its date. */
  readonly time?: 'since' | 'ahead' | 'must' | 'back';
  /** What may be told in the same breath: where one works, behind what one does. */
  readonly also?: 'work';
  /** Whom it is about, where that is not the user: `partner`. */
  readonly of?: string;
}

export interface CompiledRule extends Rule {
  readonly language: 'es' | 'en';
  readonly patterns: readonly Pattern[];
}

export const SURE = 0.9;

const SLOTS: Readonly<Record<string, Slot>> = {
  name: people.name,
  own: people.ownName,
  names: people.names,
  ownnames: people.ownNames,
  kin: people.kin,
  kinds: people.kinNoun,
  company: people.company,
  owned: people.owned,
  count: people.howMany,
  number: people.count,
  age: people.age,
  bareage: people.bareAge,
  yearold: people.yearOld,
  stop: people.stop,
  year: people.year,
  fullyear: people.fullYear,
  place: places.place,
  known: places.knownPlace,
  origin: places.originPlace,
  home: places.home,
  trade: work.trade,
  oficio: work.oficio,
  org: work.employer,
  namedorg: work.namedEmployer,
  workplace: work.workplace,
  somewhere: work.somewhere,
  anyfood: wide.anyFood,
  thing: activities.thing,
  field: work.field,
  rest: things.rest,
  taste: things.taste,
  langs: things.languages,
  lang: things.language,
  demonym: things.demonym,
  diet: things.diet,
  nameddiet: things.namedDiet,
  food: things.food,
  tech: things.tech,
  product: things.product,
  study: things.study,
  lasting: things.lasting,
  'kind-of': things.kindOf,
  titled: wide.titled,
  model: wide.model,
  frontedknown: fronted.frontedKnown,
  topicfood: fronted.frontedFood,
  comparison: fronted.comparison,
  fronted: fronted.fronted,
  personkind: things.personKind,
  habitual: wide.habitual,
  any: things.any,
  street: places.street,
  address: places.address,
  'habit-es': instructions.habitEs,
  'habit-en': instructions.habitEn,
  standing: instructions.standing,
  level: instructions.level,
  measure: instructions.measure,
  fear: instructions.fear,
  weekdays: instructions.weekdays,
  habit: instructions.habit,
  foralways: instructions.forAlways,
  imperative: instructions.imperative,
  manners: instructions.manners,
  measures: instructions.measures,
  brief: instructions.brief,
  skill: instructions.skill,
  race: instructions.race,
  appointment: instructions.appointment,
  project: instructions.project,
  newthing: instructions.newThing,
  breed: instructions.breed,
  exam: instructions.exam,
  when: instructions.when,
  activity: activities.activity,
  instrument: activities.instrument,
  sport: activities.sport,
  sportnoun: activities.sportNoun,
  subject: activities.subject,
  allergen: activities.allergen,
  fanof: activities.fanOf,
  favorito: activities.favorito,
  favourite: activities.favourite,
  hobbyverb: activities.hobbyVerb,
  vehicle: activities.vehicle,
  possession: activities.possession,
  college: activities.college,
  course: spanish.course,
  ailment: spanish.ailment,
  bodypart: spanish.bodyPart,
  ending: spanish.ending,
  alone: spanish.alone,
  grown: people.grownAge,
  club: spanish.club,
  clubonly: spanish.clubOnly,
  device: spanish.device,
  preference: spanish.preference,
  'trade-place': spanish.tradePlace,
};

export function compileRule(language: 'es' | 'en', rule: Rule): CompiledRule {
  return { ...rule, language, patterns: [rule.say].flat().map((phrase) => new Pattern(phrase, SLOTS)) };
}

/** Rules by the words that they begin with. */
export class Grammar {
  readonly #byFirst = new Map<string, { readonly rule: CompiledRule; readonly pattern: Pattern }[]>();

  constructor(tables: readonly { readonly language: 'es' | 'en'; readonly rules: readonly Rule[] }[]) {
    for (const { language, rules } of tables) {
      for (const rule of rules) {
        const compiled = compileRule(language, rule);
        for (const pattern of compiled.patterns) this.#add(compiled, pattern);
      }
    }
  }

  #add(rule: CompiledRule, pattern: Pattern): void {
    if (pattern.first === null)
      throw new Error(`"${String(rule.say)}" begins with a slot: it would be tried at every word.`);
    for (const word of pattern.first) {
      const rules = this.#byFirst.get(word) ?? [];
      rules.push({ rule, pattern });
      this.#byFirst.set(word, rules);
    }
  }

  /** The ways of saying that begin with this word, in the order of the tables. */
  beginningWith(word: string): readonly { readonly rule: CompiledRule; readonly pattern: Pattern }[] {
    return this.#byFirst.get(word) ?? [];
  }
}
