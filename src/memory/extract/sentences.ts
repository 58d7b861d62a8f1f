import { readTime } from './dates.ts';
import {
  beginsClause,
  isFreeEnglish,
  isHomeBehind,
  isPoliteIf,
  isStandingRequest,
  SUPPOSES,
} from './english-clauses.ts';
import type { Scope } from './pattern.ts';
import { isCondition, plainAt, tokenAt } from './read.ts';
import { isReasonOf, reasonAt, whereOneLives } from './reasons.ts';
import { GAP, type Token } from './tokens.ts';
import { INTRODUCE } from './words/common.ts';
import { ASKING, CORRECTING } from './words/openings.ts';
import { longestIn, wordSet } from './words/word-set.ts';

/** The words of a sentence, from `from` to before `to`. */
export interface Sentence {
  readonly from: number;
  readonly to: number;
  /** From here on it asks; `to` where it does not. */
  readonly asks: number;
}

/** Where a statement may begin, and what the words before it say of it. */
export interface Start {
  readonly at: number;
  /** "No, …", "actually …": what was known is wrong. */
  readonly corrects: boolean;
  /** So even within a question: "¿cuánto hay desde Salamanca, *donde vivo*?". */
  readonly stated?: boolean;
  /** Only what is told of somebody of the user's: "para *mi hija de 8 años*". */
  readonly onlyKin?: boolean;
}

const ENDS = new Set(['.', '!', '?', '…', '\n', GAP, '¡', '¿', ';', '\r', '|']);
const BREAKS = new Set([',', ':', '(', ')', '—', '–', '[', ']', '*', '-', '•', '…']);
const JOINTS = wordSet(
  'y e and but pero porque because since as so como aunque although though also tambien ya_que dado_que puesto_que asi_que plus ademas & cause cuz cos coz seeing_as seeing_that given_that given considering well pues',
);
/** Said before a statement, and no part of it. */
const LEADS = wordSet(`
  hola holi buenas buenos_dias buenas_tardes buenas_noches hey oye oiga mira bueno pues vale ok okay gracias muchas_gracias claro ah oh eh por_cierto
  ademas tambien yo pero y es_que la_verdad la_verdad_es_que lo_cierto_es_que resulta_que que_sepas_que para_que_sepas para_que_lo_sepas te_cuento te_cuento_que
  te_comento te_comento_que como_te_dije ya_te_dije_que te_dije_que en_realidad de_hecho actualmente hoy_en_dia asi_que entonces a_mi
  por_si_te_sirve por_si_sirve por_si_te_ayuda por_si_acaso por_si_ayuda si_te_sirve si_sirve si_te_ayuda a_ver o_sea encantado encantada
  un_placer mucho_gusto perdon perdona correccion me_equivoque rectifico mejor_dicho ahora_mismo en_mi_caso personalmente sinceramente
  la_cosa_es_que el_caso_es_que lo_que_pasa_es_que pasa_que sabes_que tienes_que_saber_que debes_saber_que has_de_saber_que ten_en_cuenta_que recuerda_que acuerdate_de_que
  apunta_que apunta anota_que anota ya ahora nosotros mi_pareja_y_yo mi_familia_y_yo fijate_que imaginate_que_no sobre_mi buah jo uf uff vaya hombre mujer tio tia
  no_se_si_te_lo_dije_pero no_te_lo_habia_dicho_pero antes_de_nada primero lo_primero una_cosa sii exacto correcto eso_es efectivamente
  hi hello greetings well so thanks thank_you yes yeah yep sure okay btw by_the_way also and but plus honestly tbh actually basically you_see
  you_know just_so_you_know for_the_record for_context for_reference fyi i_told_you i_told_you_that i_already_told_you as_i_said like_i_said as_i_mentioned as_you_know
  remember_that remember note_that keep_in_mind_that keep_in_mind please fun_fact
  in_case_it_helps if_it_helps if_it_matters in_case_it_matters sorry oops wait correction my_mistake my_bad i_mean i_meant i_meant_to_say i_mean_that in_fact
  the_thing_is the_thing_is_that the_truth_is truth_is you_should_know you_should_know_that i_should_mention i_should_mention_that i_should_say i_forgot_to_mention
  i_forgot_to_mention_that did_i_mention let_me_introduce_myself nice_to_meet_you pleased_to_meet_you good_morning good_afternoon good_evening
  personally nowadays these_days now currently right_now at_the_moment today hoy about_me me_presento first_of_all first to_be_honest
  in_my_case as_for_me for_my_part since_then quick_update update good_news great_news bad_news buenas_noticias noticia news for_me ah_yes ah_si oh_yes
  sabes_una_cosa adivina_que guess_what lately ultimamente desde_hace_poco desde_que por_fin finalmente finally unfortunately por_desgracia desgraciadamente
  en_casa en_mi_casa queria_decir queria_decir_que quise_decir quise_decir_que digo_que aclaro_que es_decir tambien_que aparte aparte_de_eso los_lunes los_martes los_miercoles los_jueves los_viernes los_sabados
  los_domingos los_fines_de_semana los_findes entre_semana todos_los_dias todas_las_semanas cada_dia cada_semana por_las_mananas por_las_tardes por_las_noches a_veces de_vez_en_cuando a_diario en_verano en_invierno
  buenas_a_todos saludos que_tal que_onda como_estas como_andas como_va buen_dia che epale wey guey pana porfa por_favor primero_de_todo ante_todo para_empezar de_profesion en_mi_tiempo desde_siempre desde_pequeno desde_pequena desde_nino desde_nina
  te_explico os_cuento les_cuento te_pongo_en_contexto te_pongo_en_situacion te_doy_contexto mas_contexto un_poco_de_contexto contexto por_cierto_que por_cierto_ya y_eso_que en_mi_opinion para_mi yo_la_verdad la_verdad_yo
  lamentablemente luckily por_suerte a_partir_de_ahora_pero desde_ahora normalmente usually soy_yo dato_curioso dato jaja haha lol
  al_final en_fin una_cosa otra_cosa por_lo_menos al_menos total en_serio mas_que_nada sobre_todo curiosamente de_momento de_todas_formas igualmente basicamente oficialmente
  anyway anyways still sadly one_thing fwiw for_what_it_is_worth heads_up then besides either_way otherwise obviously of_course ok_so okay_so right_so oh_and ah_y quick_note small_update
  by_profession by_trade for_work at_work in_my_job at_home for_fun being for_info small_thing context
  side_note no_worries no_problem perfect great cool awesome nice thx ty genial perfecto gracias_crack crack jajaja hehe uy ay jope che bueno_mira escucha sabes cheers correccion_mia yup nope
  turns_out_that apparently last_thing otra mas_datos de_hecho_yo by_now since_you_ask ya_que_preguntas como_dato como_dije como_te_comente te_recuerdo_que te_aviso_que que_conste_que ojo_que ojo
  ten_presente_que no_te_lo_he_dicho no_te_he_dicho_que i_should_add i_should_add_that i_have_to_say tengo_que_decir_que la_verdad_que bueno_en_realidad well_actually no_exactly exactly right correct that_is_right that_is_correct eso_si aunque although like resulta it_turns_out turns_out it_turns_out_that
`);

/** Verbs that say "I" by themselves: a new statement, even where no sign stands before them. */
const UNMISTAKABLE = wordSet('vivo vivimos tengo tenemos soy somos naci cumplo llevo trabajamos');
/** What a name or a trade of one's own begins with, wherever it stands. */
const UNMISTAKABLE_PAIRS = wordSet('me_llamo me_dedico mi_nombre me_apellido');
const POSSESSIVES = new Set(['mi', 'mis', 'my', 'our', 'nuestro', 'nuestra']);
/** Behind these they are part of what was being said. */
const LEAD_ON = wordSet(`
  no ni si que cuando donde como cual quien cuanto el la los las un una mi mis tu su este ese de del en con por para a al se lo te me le nos
  yo nunca casi apenas solo porque aunque segun tampoco ya sino mientras desde hasta ojala quiza quizas ella ellos dice dijo creo cuyo cuya
`);

/** Sentences in their order. */
export function sentencesOf(scope: Scope): Sentence[] {
  const sentences: Sentence[] = [];
  let from = 0;
  for (let at = 0; at <= scope.end; at++) {
    const token = scope.tokens[at];
    if (at < scope.end && token !== undefined && (!endsSentence(token) || isWithinLetters(scope, at))) continue;
    if (at > from) {
      const isOpened = scope.tokens[from - 1]?.plain === '¿';
      const isQuestion = token?.plain === '?' || isOpened;
      sentences.push(...partsOf({ ...scope, end: at }, from, isQuestion, isOpened));
    }
    from = at + 1;
  }
  return sentences;
}

/** Where what was asked is followed by why: "¿qué ceno, que soy celíaca?", "donde ceno soy celiaca". */
function reasonBehind(scope: Scope, asks: number, isQuestion: boolean): number | undefined {
  for (let at = asks + 2; at < scope.end; at++) {
    const isFree = UNMISTAKABLE.has(plainAt(scope, at)) && !LEAD_ON.has(plainAt(scope, at - 1));
    const reason = reasonAt(scope, at);
    if (reason > 0) return at + reason;
    if (!isQuestion && isFree) return at;
  }
  return undefined;
}

function endsSentence(token: Token): boolean {
  if (token.kind !== 'sign') return false;
  return ENDS.has(token.plain) || token.plain.charCodeAt(0) > 0x2030;
}

/** "B.Tech", "U.S.": what stands so close between letters ends nothing. */
const isWithinLetters = (scope: Scope, at: number) =>
  isWithinWord(scope, at) && scope.tokens[at]?.plain === '.' && (scope.tokens[at - 1]?.raw.length ?? 0) === 1;

/** "What can I cook, I'm vegan" asks and then states: two sentences, the second of which asks nothing. */
function partsOf(scope: Scope, from: number, isQuestion: boolean, isOpened: boolean): Sentence[] {
  const asks = asksFrom(scope, from, isQuestion, isOpened);
  const again = reasonBehind(scope, asks, isQuestion) ?? (isOpened ? undefined : statesAgain(scope, asks));
  if (again === undefined) return [{ from, to: scope.end, asks }];
  return [{ from, to: again, asks: Math.min(asks, again) }, ...partsOf(scope, again, false, false)];
}

/** From which word of a question on the user speaks of themselves again. */
function statesAgain(scope: Scope, asks: number): number | undefined {
  for (let at = asks + 1; at < scope.end; at++) {
    const plain = plainAt(scope, at);
    if (SUPPOSES.has(plain) && !isPoliteIf(scope, at)) return undefined;
    if (isHomeBehind(scope, at)) return at;
    const isBreak = BREAKS.has(plainAt(scope, at - 1)) && plainAt(scope, at - 1) !== ':';
    if (beginsClause(scope, at, isBreak)) return at;
    if (isFreeEnglish(scope, at)) return at;
  }
  return undefined;
}

/** From which word on a sentence asks: "I'm vegan, what can I cook?" states first. */
function asksFrom(scope: Scope, from: number, isQuestion: boolean, isOpened: boolean): number {
  if (isOpened) return from;
  const segments = segmentsOf(scope, from);
  if (segments.some((at) => isStandingRequest(scope, at))) return scope.end;
  // Without a mark only what cannot be anything else, at the very beginning.
  if (!isQuestion) return isAskingAt(scope, from, false) ? from : (askedLater(scope, from, segments) ?? scope.end);
  for (const at of segments) if (isAskingAt(scope, at, true)) return at;
  const later = askedLater(scope, from, segments);
  if (later !== undefined) return later;
  return segments.length > 1 ? (segments.at(-1) ?? from) : from;
}

/** "I'm vegan what can I cook", "soy celiaco que puedo cenar": many write no signs at all. */
function askedLater(scope: Scope, from: number, segments: readonly number[]): number | undefined {
  for (let at = from + 1; at < scope.end; at++) {
    if (ASKING_PAIR.test(`${plainAt(scope, at)} ${plainAt(scope, at + 1)}`) && !isRelative(scope, at)) return at;
    if (segments.includes(at) && isAskingAt(scope, at, false)) return at;
  }
  return undefined;
}

/** "…, *que es* arquitecta", "quiero *que me* llames": no question. */
function isRelative(scope: Scope, at: number): boolean {
  if (plainAt(scope, at) !== 'que') return false;
  if (plainAt(scope, at + 1) === 'es') return plainAt(scope, at - 1) === ',';
  return (
    plainAt(scope, at + 1) === 'me' &&
    !/^(?:recom|acons|sugier|puede|pod|convien|compr|pong|pas|falta|toca|ofrec)/.test(plainAt(scope, at + 2))
  );
}

const ASKING_PAIR =
  /^(?:(?:what|how|where|which|who|when) (?:can|should|could|do|does|would|is|are|kind|to|about|much|many)|(?:can|could|would) (?:you|i|we)|(?:que|donde|como|cual|cuanto) (?:puedo|puedes|podria|podrias|hago|deberia|recomiendas|debo|es)|(?:puedes|podrias) \w+me|me (?:puedes|podrias|recomiendas))$/;

function isAskingAt(scope: Scope, at: number, marked: boolean): boolean {
  let from = at;
  while (
    from < at + 3 &&
    (JOINTS.has(plainAt(scope, from)) || ['hola', 'hi', 'hey', 'oye'].includes(plainAt(scope, from)))
  ) {
    if (plainAt(scope, from) === 'como' || plainAt(scope, from) === 'since') break;
    from++;
  }
  const word = plainAt(scope, from);
  const next = plainAt(scope, from + 1);
  if (longestIn(ASKING, scope.tokens, from, scope.end, 3) === 0) return false;
  if (marked) return !(word === 'como' && (next === 'soy' || next === 'no' || next === 'tengo'));
  if (/^(?:what|which|who|where|how|why|can|could|would|should|do|does|did|is|are|am)$/.test(word)) {
    return next !== 'not' && next !== 'i_am' && tokenAt(scope, from + 1) !== undefined;
  }
  if (word === 'donde' && /^(?:vivo|vivimos)$/.test(next) && plainAt(scope, from + 2) === ',') return false;
  return (
    /^(?:donde|cual|cuales|quien|cuanto|cuanta|cuantos|cuantas|puedes|podrias|sabes|conoces|recomiendas)$/.test(word) &&
    !/^(?:llamarme|decirme|tutearme)$/.test(next)
  );
}

/** Where the parts of a sentence begin: behind signs, and behind words that join. */
function segmentsOf(scope: Scope, from: number): number[] {
  const segments = [from];
  for (let at = from; at < scope.end; at++) {
    const token = tokenAt(scope, at);
    if (token === undefined || token.kind === 'quoted') continue;
    if (token.kind === 'sign' && BREAKS.has(token.plain)) {
      if (token.plain === ':' && !INTRODUCE.has(plainAt(scope, at - 1))) break;
      if (token.plain === '-' && isWithinWord(scope, at)) continue;
      segments.push(at + 1);
    } else if (at > from) {
      const length = longestIn(JOINTS, scope.tokens, at, scope.end, 2);
      if (length > 0) segments.push(at + length);
      else if (reasonAt(scope, at) > 0) segments.push(at + reasonAt(scope, at));
    }
  }
  return segments;
}

const isWithinWord = (scope: Scope, at: number) =>
  scope.tokens[at - 1]?.end === scope.tokens[at]?.start && scope.tokens[at]?.end === scope.tokens[at + 1]?.start;

/** Every word of a sentence at which a statement of the user may begin, in their order. */
export function startsOf(scope: Scope, sentence: Sentence): Start[] {
  const within = { ...scope, end: sentence.to };
  const starts = new Map<number, Start>();
  let corrected = false;
  for (const segment of segmentsOf(within, sentence.from)) {
    let at = segment;
    let corrects: boolean = corrected;
    corrected = false;
    for (let steps = 0; steps < 6; steps++) {
      if (at >= sentence.asks) break;
      if (!starts.has(at)) starts.set(at, { at, corrects });
      const denies = plainAt(within, at) === 'no' && (plainAt(within, at + 1) === ',' || at + 1 >= sentence.to);
      const agrees = plainAt(within, at) === 'si' && !isCondition(within, at);
      const length = denies || agrees ? 1 : longestIn(LEADS, within.tokens, at, sentence.to, 7);
      const joint = length === 0 ? longestIn(JOINTS, within.tokens, at, sentence.to, 2) : 0;
      const time = length + joint === 0 ? readTime(within, at, 0, 'ahead') : undefined;
      const skipped = time === undefined ? length + joint : time.to - at;
      if (skipped === 0) break;
      corrects ||= denies || longestIn(CORRECTING, within.tokens, at, sentence.to, 3) > 0;
      at += skipped;
      corrected = corrects;
    }
  }
  for (let at = sentence.from + 1; at < Math.min(sentence.to, sentence.asks); at++) {
    if (POSSESSIVES.has(plainAt(within, at)) && !starts.has(at)) starts.set(at, { at, corrects: false, onlyKin: true });
    const isUnmistakable =
      UNMISTAKABLE.has(plainAt(within, at)) || longestIn(UNMISTAKABLE_PAIRS, within.tokens, at, sentence.to, 2) > 0;
    const isFree =
      isUnmistakable &&
      plainAt(within, at - 1) !== ':' &&
      (!LEAD_ON.has(plainAt(within, at - 1)) || isReasonOf(within, sentence.from, at));
    const isFreeToo = isFree || isFreeEnglish(within, at) || isHomeBehind(within, at);
    if (isFreeToo && !starts.has(at)) starts.set(at, { at, corrects: false });
  }
  const home = whereOneLives(within, sentence.from);
  if (home !== undefined) starts.set(home, { at: home, corrects: false, stated: true });
  return [...starts.values()].sort((one, other) => one.at - other.at);
}
