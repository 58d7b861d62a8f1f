import type { Scope } from './pattern.ts';
import { plainAt } from './read.ts';
import { longestIn, wordSet } from './words/word-set.ts';

/** They give the reason, and what they stand before is the user's own: ", que *soy* …". */
const REASONS = wordSet('que porque es_que ya_que pues dado_que puesto_que como');
const OF_ONESELF = wordSet(`
  soy somos estoy estamos tengo tenemos vivo vivimos trabajo llevo no_como no_puedo no_tomo no_bebo no_me_gusta no_me_gustan no_soporto no_tolero odio
  me_encanta me_encantan me_gusta me_gustan me_llamo me_dedico yo_soy yo_tengo yo_vivo uso hablo estudio voy_en mi mis me_sienta me_da me_dan
  sufro padezco naci en_casa_somos
`);
/** Behind one of these "que" begins what somebody is to say or to think. */
const SAYS_THAT = wordSet(`
  di dile diles decir decirle decirles digas diga digo dije decia cuentale contarle crees cree creen creia creo pienso piensas piensa piensan pensaba parece
  dice dicen dijo pon ponle pongas escribe escribele avisa avisale explica explicale imagina imaginate supon supongamos suponiendo finge simula
  haz juega sabes sabe saber saben sabias significa demuestra demostrar niego dudo ojala espero quiero quieres afirma confirma confirmar respondele
  contesta contestale responde asume invento inventa sone prueba probar certifica certifique acredita acredite acreditar indica indicando diciendo
`);
/** As far before "donde vivo" the place is looked for. */
const MOST_BEFORE_HOME = 8;

/** How many words give the reason here; 0: none. */
export const reasonAt = (scope: Scope, at: number): number =>
  isReasonAt(scope, at) ? longestIn(REASONS, scope.tokens, at, scope.end, 3) : 0;

/** ", *que* soy celíaca", ", *porque* vivo en …": behind a comma "que" gives the reason for what was asked. */
function isReasonAt(scope: Scope, at: number): boolean {
  if (plainAt(scope, at - 1) !== ',') return false;
  const length = longestIn(REASONS, scope.tokens, at, scope.end, 3);
  return length > 0 && longestIn(OF_ONESELF, scope.tokens, at + length, scope.end, 3) > 0;
}

/** "Dame una receta *que soy celíaca*": the reason for it, where nothing before is said or believed. */
export function isReasonOf(scope: Scope, from: number, at: number): boolean {
  if (plainAt(scope, at - 1) !== 'que' || at - 2 < from) return false;
  for (let back = from; back < at - 1; back++) if (SAYS_THAT.has(plainAt(scope, back))) return false;
  return !['lo', 'el', 'la', 'los', 'las', 'de', 'es', 'fue', 'verdad', 'cierto', 'tal', 'en'].includes(
    plainAt(scope, at - 2),
  );
}

/** Where "en Murcia, que es donde vivo" begins. */
export function whereOneLives(scope: Scope, from: number): number | undefined {
  for (let at = from + 2; at < scope.end; at++) {
    if (plainAt(scope, at) !== 'donde' || !/^(?:vivo|vivimos|resido|residimos)$/.test(plainAt(scope, at + 1))) continue;
    for (let back = at - 1; back >= Math.max(from, at - MOST_BEFORE_HOME); back--) {
      if (/^(?:en|desde|de|por|a|hasta)$/.test(plainAt(scope, back))) return back;
    }
  }
  return undefined;
}
