import type { Slot } from './pattern.ts';
import { isWordAt, plainAt } from './read.ts';
import { isOfTheTalk, taste } from './slots-things.ts';
import { ACTIVITIES, INSTRUMENTS, SPORTS } from './words/activities.ts';
import { FOODS } from './words/groups.ts';
import { longestIn, wordSet } from './words/word-set.ts';

/** What is named before it is judged: "a mí *las rosas* me encantan". */
export const fronted: Slot = (scope, at) => {
  if (isOfTheTalk(scope, at)) return undefined;
  let to = at;
  while (to < at + 5 && isWordAt(scope, to) && plainAt(scope, to) !== 'me' && plainAt(scope, to) !== 'no') to++;
  return to > at && to < at + 5 ? { from: at, to } : undefined;
};

/** The same, of a known food, activity or animal: what is named before it is judged and is nothing of the talk. */
export const frontedKnown: Slot = (scope, at) => {
  const capture = fronted(scope, at);
  if (capture === undefined || isOfTheTalk(scope, at)) return undefined;
  for (let index = at; index < capture.to; index++) {
    if (FRONTED.some((set) => longestIn(set, scope.tokens, index, capture.to, 3) > 0)) return capture;
  }
  return undefined;
};

const GENRES = wordSet(`
  musica jazz rock pop reggaeton regueton rap trap flamenco opera metal techno cumbia salsa bachata anime manga cine peliculas pelis series teatro libros novelas comics
  poesia politica matematicas mates fisica quimica filosofia playa montana campo ciudad mar nieve frio calor lluvia verano invierno otono primavera
  navidad navidades fiestas fallas petardos toros discotecas deporte cocina dulce dulces dulce_de_leche picante pizza sushi paella cocido postres verduras verdura fruta
  altura alturas viajes aviones tren trenes motos coches plantas flores rosas perros gatos pajaros animales aranas serpientes cucarachas videojuegos juegos_de_mesa
`);
const FRONTED = [FOODS, SPORTS, ACTIVITIES, INSTRUMENTS, GENRES];

/** What is not eaten, named before it is judged: `el ajo`. */
export const frontedFood: Slot = (scope, at) => {
  const length = longestIn(FOODS, scope.tokens, at, scope.end, 3);
  return length > 0 ? { from: at, to: at + length } : undefined;
};

/** "la montaña que la playa": what is liked more than something else. */
export const comparison: Slot = (scope, at) => {
  const capture = taste(scope, at);
  if (capture === undefined) return undefined;
  for (let index = at + 1; index < capture.to - 1; index++) if (plainAt(scope, index) === 'que') return capture;
  return undefined;
};
