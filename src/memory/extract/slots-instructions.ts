import type { Scope, Slot } from './pattern.ts';
import { endOfThing, isWordAt, plainAt, tokenAt } from './read.ts';
import { plainOf } from './tokens.ts';
import { longestIn, wordSet } from './words/word-set.ts';

const STANDING =
  /\b(?:siempre|always|nunca|never|a partir de ahora|de ahora en adelante|from now on|every time|in future|en adelante|de ahora en mas|de aqui en mas|desde ahora|a partir de hoy|por defecto|by default)\b/;
/** An instruction for the work at hand is none that stands. */
const OF_CODE = wordSet(`
  function funcion variable variables test tests file fichero archivo code codigo class clase line linea script table tabla query sql json html css
  commit branch column columna row fila column paragraph parrafo chapter capitulo essay ensayo poem poema story cuento above below anterior siguiente
  loop bucle component componente method metodo const null undefined
`);
const AT_HAND: ReadonlySet<string> = new Set([...OF_CODE, 'this', 'esta', 'este', 'estos', 'estas', 'these']);
const MANNERS = wordSet(`
  emojis emoji emoticonos emoticones markdown bullet_points bullets listas lists tables tablas jerga jargon anglicismos disculpas apologies exclamaciones
  exclamation_marks filler relleno headings encabezados bold negritas headers slang tecnicismos rodeos flattery cumplidos metaphors metaforas
  consejos sermones introducciones moralinas halagos parrafadas rollos florituras coletillas preguntas_al_final resumenes_finales technical_jargon bullet_lists vinetas acronyms abreviaturas contractions mayusculas em_dashes disclaimers advertencias
`);
const MEASURES = wordSet(`
  metric metric_units metric_system celsius fahrenheit kilometers kilometres imperial_units 24-hour 24h british_english american_english british_spelling
  sistema_metrico unidades_metricas kilometros euros dollars pounds dolares formato_24h formato_de_24_horas espanol_neutro castellano celsius_degrees
  uk_english us_english british_english american_spelling us_spelling australian_spelling metric imperial grams celsius 24-hour_time 24_hour_format iso_dates uk_spelling grados_celsius
`);
const BRIEF = wordSet(`
  short brief concise direct simple to_the_point long detailed succinct under formal informal casual honest
  cortas breves concisas directas sencillas largas detalladas claras al_grano cortos breve
`);
const IMPERATIVES = wordSet(`
  responde respondeme contesta contestame habla hablame usa utiliza no llamame tratame se dame explicame escribe escribeme ponme evita siempre nunca quiero
  tuteame incluye empieza termina cita resume prefiero respondas me en solo
  answer reply respond speak talk use do call treat be give explain write avoid always never i keep address include start end cite stop only format
  in please refer show tell spell check correct skip leave assume add remind ask
`);

const isAtHand = (scope: Scope, from: number, to: number) => hasOneOf(AT_HAND, scope, from, to);
export const isOfCode = (scope: Scope, from: number, to: number) => hasOneOf(OF_CODE, scope, from, to);

function hasOneOf(set: ReadonlySet<string>, scope: Scope, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (set.has(plainAt(scope, at))) return true;
  return false;
}

const words = (scope: Scope, from: number, to: number) =>
  scope.tokens
    .slice(from, to)
    .map(({ plain }) => plain)
    .join(' ');

/** Whatever is to be done, where the sentence says that it is to be done always. */
export const standing: Slot = (scope, at) => {
  const to = endOfThing(scope, at);
  const wide = endOfSentence(scope, at);
  if (to <= at || isAtHand(scope, at, wide) || !STANDING.test(words(scope, at, wide))) return undefined;
  return { from: at, to: Math.max(to, STANDING.test(words(scope, at, to)) ? to : wide) };
};

function endOfSentence(scope: Scope, at: number): number {
  let to = at;
  while (to < scope.end && to < at + 30) to++;
  return to;
}

/** What is to be done each time: as long as it is not about the work at hand. */
export const habit: Slot = (scope, at) => {
  const to = endOfThing(scope, at);
  return to > at && !isAtHand(scope, at, endOfSentence(scope, at)) ? { from: at, to } : undefined;
};

/** The same, where the sentence itself says that it is for always. */
export const forAlways: Slot = (scope, at) => {
  const to = endOfThing(scope, at);
  return to > at && !/\b(?:this|these|that|it|below|above)\b/.test(words(scope, at, to)) ? { from: at, to } : undefined;
};

/** After "from now on": anything that one can be told to do. */
export const imperative: Slot = (scope, at) => {
  const from = plainAt(scope, at) === ',' ? at + 1 : at;
  if (!IMPERATIVES.has(plainAt(scope, from))) return undefined;
  const to = endOfSentence(scope, from);
  return to > from && !isAtHand(scope, from, to) ? { from, to } : undefined;
};

const upTo =
  (set: ReadonlySet<string>): Slot =>
  (scope, at) => {
    if (longestIn(set, scope.tokens, at, scope.end, 4) === 0) return undefined;
    const to = endOfThing(scope, at);
    return isAtHand(scope, at, to) ? undefined : { from: at, to };
  };

export const manners = upTo(MANNERS);
export const measures = upTo(MEASURES);
export const brief = upTo(BRIEF);

/** A skill that takes long to learn: a language, an instrument; not "how this works". */
export const skill: Slot = (scope, at) => {
  const first = tokenAt(scope, at);
  if (first?.kind !== 'word' || NO_SKILLS.has(first.plain)) return undefined;
  const to = endOfThing(scope, at, NOT_IN_SKILLS);
  return to > at && to <= at + 6 ? { from: at, to } : undefined;
};

const NO_SKILLS = new Set(
  plainOf(
    'this that it how about more what why to mas como que cosas esto eso things a_lot mucho from de sobre on with con un lot',
  ).split(' '),
);
const NOT_IN_SKILLS = new Set([
  'para',
  'for',
  'con',
  'with',
  'on',
  'desde',
  'from',
  'at',
  'using',
  'so',
  'this',
  'these',
]);

const RACES = wordSet(`
  maraton media_maraton medio_maraton triatlon carrera oposicion oposiciones examen examenes selectividad ebau ironman boda 10k b1 b2 c1 c2 dele toefl ielts
  mir eir carnet carne viaje concierto torneo campeonato concurso certificado notarias judicaturas entrevista entrevistas camino_de_santiago
  marathon half_marathon half-marathon triathlon race exam exams bar bar_exam finals test competition tournament championship interview 5k ultra ultramarathon
  wedding recital concert trip certification jee neet upsc gate cpa a_levels a-levels gcses gcse highers hsc usmle bar_exam sat gre gmat lsat mcat olympics driving_test boards thesis_defense defense
`);
const APPOINTMENTS = wordSet(`
  examen examenes entrevista entrevistas boda vuelo operacion cita dentista medico cumpleanos parto mudanza concierto viaje juicio presentacion
  defensa oposicion maraton carrera revision resonancia ecografia competicion torneo graduacion bautizo comunion evento conferencia funeral parcial
  exam exams interview wedding flight surgery operation appointment dentist doctor's birthday move concert trip hearing presentation defense
  marathon race check-up checkup mri ultrasound tournament graduation conference recital final finals festival gig party scan op physio therapy test deadline baptism audition
`);
const PROJECTS = wordSet(`
  novela libro tesis tesina startup empresa negocio podcast canal blog disco album casa app aplicacion videojuego boda mudanza viaje cocina furgoneta
  barco documental tfg tfm restaurante huerto tienda
  novel book thesis dissertation startup company business podcast channel blog album house app game wedding trip kitchen van boat documentary memoir
  shed deck cabin restaurant bakery shop store garden family_tree
`);
const BREEDS = wordSet(`
  labrador golden_retriever golden pastor_aleman caniche bulldog beagle mestizo mestiza border_collie galgo chihuahua yorkshire siames persa husky
  german_shepherd poodle retriever corgi dachshund terrier pug mutt rescue tabby siamese persian maine_coon greyhound shepherd collie spaniel
`);

/** Some words, of which one is listed: `examen de química`, `my first marathon`. */
const around =
  (set: ReadonlySet<string>, before: number, stops: ReadonlySet<string>): Slot =>
  (scope, at) => {
    let head = at;
    while (head <= at + before && isWordAt(scope, head) && longestIn(set, scope.tokens, head, scope.end, 3) === 0) {
      if (stops.has(plainAt(scope, head))) return undefined;
      head++;
    }
    const length = longestIn(set, scope.tokens, head, scope.end, 3);
    if (length === 0 || head > at + before) return undefined;
    const to = Math.max(head + length, endOfThing(scope, at, stops));
    return { from: at, to: Math.min(to, head + length + 6) };
  };

const AFTER_DATE = new Set(
  `el on next this in en la manana tomorrow pasado proximo proxima dentro is was 's leaves starts begins ends hoy today lunes martes miercoles jueves viernes sabado domingo monday tuesday
  wednesday thursday friday saturday sunday at que tonight and y para so last ayer yesterday hace this some`.split(
    /\s+/,
  ),
);
export const race = around(RACES, 3, AFTER_DATE);
export const appointment = around(APPOINTMENTS, 3, AFTER_DATE);
export const project = around(
  PROJECTS,
  4,
  new Set(['that', 'que', 'para', 'to', 'in', 'with', 'con', 'using', 'called']),
);
export const newThing = around(
  wordSet('job jobs position role work university college school course classes internship phd masters job_at'),
  2,
  AFTER_DATE,
);
export const breed = around(BREEDS, 3, AFTER_DATE);
export const exam = around(
  wordSet(
    'oposiciones oposicion examen carnet carne selectividad mir bar bar_exam driving_test exam exams test finals boards',
  ),
  2,
  new Set(),
);

/** Stands before a time, which is read elsewhere. */
export const when: Slot = (scope, at) => (tokenAt(scope, at) === undefined ? undefined : { from: at, to: at + 1 });

const ORDINAL =
  /^(?:[1-9]|10|11|12|1st|2nd|3rd|[4-9]th|1[0-2]th|primero|segundo|tercero|cuarto|quinto|sexto|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth)$/;
const SCHOOL_YEARS =
  /^(?:grade|year|primaria|secundaria|eso|bachillerato|bach|carrera|medicina|derecho|fp|semestre|semester)$/;

/** `2º de bachillerato`, `10th grade`, `year 9` */
export const level: Slot = (scope, at) => {
  let isOrdinal = false;
  for (let next = at; next < at + 5; next++) {
    const plain = plainAt(scope, next);
    if (SCHOOL_YEARS.test(plain) && (isOrdinal || ORDINAL.test(plainAt(scope, next + 1)))) {
      return { from: at, to: isOrdinal ? next + 1 : next + 2 };
    }
    isOrdinal ||= ORDINAL.test(plain);
    if (!isOrdinal && plain !== 'º' && plain !== 'de' && !SCHOOL_YEARS.test(plain)) return undefined;
  }
  return undefined;
};

/** `1,80`, `82 kilos`, `5'4`, `10 kg`, `a few pounds` */
export const measure: Slot = (scope, at) => {
  let to = at;
  let hasNumber = false;
  while (to < at + 6 && (tokenAt(scope, to)?.kind === 'number' || OF_MEASURES.test(plainAt(scope, to)))) {
    hasNumber ||= tokenAt(scope, to)?.kind === 'number';
    to++;
  }
  // "peso 20 gramos de harina", "mido 3 metros de pared"
  return hasNumber && !/^(?:de|of|gramos|g|grams)$/.test(plainAt(scope, to)) ? { from: at, to } : undefined;
};

const OF_MEASURES =
  /^(?:kg|kgs|kilos?|cm|m|metros?|meters?|metres?|feet|foot|ft|inches|inch|lbs?|pounds?|stone|libras?|unos|unas|about|around|metro|y|size|a|talla|['"’.,]|size)$/;

/** What people are afraid of: an animal, a height, an act. */
export const fear: Slot = (scope, at) => {
  const first = plainAt(scope, at);
  if (
    /^(?:que|this|that|it|losing|you|decir|perder|no|equivocarme|romperlo|hacerlo|borrarlo|cagarla|meter|lo|eso|esto|breaking|making)$/.test(
      first,
    )
  )
    return undefined;
  const to = endOfThing(scope, at);
  return to > at && to <= at + 3 ? { from: at, to } : undefined;
};

const DAYS =
  /^(?:lunes|martes|miercoles|jueves|viernes|sabados?|domingos?|mondays?|tuesdays?|wednesdays?|thursdays?|fridays?|saturdays?|sundays?|weekends)$/;
export const weekdays: Slot = (scope, at) => (DAYS.test(plainAt(scope, at)) ? { from: at, to: at + 1 } : undefined);

const FROM_NOW_ON =
  /\b(?:from now on|going forward|de ahora en adelante|a partir de ahora|de aqui en adelante|in future|en adelante)\b/;

/** The whole of a sentence that ends with "from now on": whatever is told is to stand. */
export function standsFromNowOn(scope: Scope, from: number): boolean {
  const said = words(scope, from, scope.end);
  return (
    FROM_NOW_ON.test(said) &&
    !/\b(?:i will|i am|voy a|vivo|trabajo|soy|estoy|tengo|we will|we are)\b/.test(said) &&
    scope.end - from <= 30
  );
}

const OF_THE_MOMENT = wordSet(`
  hoy ahora anoche ayer manana today tonight now yesterday tomorrow error errors bug problem problema issue this esto este esta that eso get forget wonder
  thought said wanted knew see saw end confused stuck olvido pregunto quise pense he has olvide sale salen same mismo wrong crash crashes fails falla why
  understand entiendo remember recuerdo know heard been had tengo_que mess lose_track you your tu tus te le work works funciona
`);

const habitOf =
  (isFirst: (plain: string) => boolean): Slot =>
  (scope, at) => {
    if (!isWordAt(scope, at) || !isFirst(plainAt(scope, at))) return undefined;
    const to = endOfThing(scope, at);
    if (to <= at || hasOneOf(OF_THE_MOMENT, scope, at, to) || isAtHand(scope, at, to)) return undefined;
    return { from: at, to };
  };

/** Behind "suelo", "I usually": what is done, and not at the moment, nor about the work at hand. */
export const habitEs = habitOf((plain) => plain !== 'de' && plain !== 'que');
export const habitEn = habitOf(
  (plain) => !/^(?:the|this|to|for|been|am|have|had|want|need|get|see|find|forget)$/.test(plain),
);
