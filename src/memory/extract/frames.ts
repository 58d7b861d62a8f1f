import type { Scope, Slot } from './pattern.ts';
import { Phrases } from './phrases.ts';
import { plainAt } from './read.ts';
import { tokenize } from './tokens.ts';
import { LANGUAGES } from './words/groups.ts';
import { longestIn, wordSet } from './words/word-set.ts';

/** Whom an assistant is told to be in a scene, and with whom a user plays. "Act as an expert" has users speak for themselves. */
const SCENE = wordSet(`
  interviewer recruiter interview_coach candidate hiring_manager detective suspect policeman policewoman cop officer spy waiter waitress barista
  cashier shopkeeper shop_assistant receptionist customer guest tourist landlord tenant villain hero heroine knight squire king queen prince
  princess wizard witch dragon pirate vampire werewolf zombie ghost alien robot narrator dungeon_master game_master dm character patient
  student pupil language_partner conversation_partner native_speaker stranger neighbour neighbor gangster astronaut captain emperor
  entrevistador entrevistadora reclutador reclutadora candidato candidata detective sospechoso sospechosa policia espia camarero camarera
  cajero cajera dependiente dependienta tendero tendera recepcionista cliente clienta turista casero casera inquilino inquilina villano
  villana heroe heroina caballero escudero rey reina principe princesa mago maga bruja brujo hechicero dragon pirata vampiro vampira zombi
  fantasma extraterrestre robot narrador narradora personaje paciente alumno alumna estudiante desconocido desconocida vecino vecina gangster
  astronauta capitan capitana emperador emperatriz hablante_nativo nativo master director_de_juego
`);
const TEACHER = wordSet(
  'teacher tutor instructor profesor profesora profe maestro maestra professor coach partner companero companera',
);
/** Between "act as" and whom: `my`, `un`, `a grumpy old`. */
const MOST_BETWEEN = 3;

/** `a grumpy pirate`, `mi profesor de inglés`, `my English teacher`. */
const role: Slot = (scope, at) => {
  for (let head = at; head <= at + MOST_BETWEEN && head < scope.end; head++) {
    const length = longestIn(SCENE, scope.tokens, head, scope.end, 3);
    if (length > 0) return { from: at, to: head + length };
    const isTeacher = TEACHER.has(plainAt(scope, head));
    const language = [head - 1, head + 1, head + 2].some((near) => LANGUAGES.has(plainAt(scope, near)));
    if (isTeacher && language) return { from: at, to: head + 1 };
  }
  return undefined;
};
const language: Slot = (scope, at) => (LANGUAGES.has(plainAt(scope, at)) ? { from: at, to: at + 1 } : undefined);
const SLOTS = { role, language };

/** A game, a scene or an exercise is set up: what the user says from here on is part of it. */
const SET_UP = new Phrases(
  `
  act|acts|behave|respond|talk|speak|play|answer|roleplay (as | like | as if you (are | were)) <role>
  play|impersonate <role>
  actua|comportate|haz|hazme|responde|habla|juega (como (si fueras)? | de) <role>
  pretend|imagine|suppose (that)? (you are | to be | you were) <role>
  imagina|imaginate|finge|supon|haz (como)? que eres <role>
  (you are | you will be | you play | you can be | be) (now)? <role> and|. (i|you|we|let|ask|begin|start|interview)
  eres|seras|sos (ahora)? <role>
  (you are | you will be | be) my <role>
  let us pretend|roleplay|role-play
  i will play (the|your|a|an) <role>
  i will be (your <role> | the (candidate | customer | suspect | patient | interviewer | interviewee | detective | student))
  i am your <role>
  yo (sere | hago de | hare de | interpreto) (el|la|tu|un|una)? <role>
  (soy | yo soy | sere) tu <role>
  pretend|imagine|suppose|imagina|imaginate|imaginemos|supongamos|finge|finjamos (that | que)? (i am | you are | we are | yo soy | tu eres | soy | eres | somos | estamos) <any> <any>? <any>? <any>? <any>? <any>? and|y|, (i am | you are | tu eres | yo soy | tu | yo | soy | eres)
  (let us | can we | could we | i want to | i want you to | do | start | begin | this is) (do | have | start)? (a|an)? (role play | role-play | roleplay | roleplaying | mock interview)
  (give | do) me a mock interview
  (hagamos | quiero | vamos a | empecemos | podemos | hazme | esto es) (hacer)? (un|una)? (juego de rol | partida de rol | roleplay | rolear)
  roleemos|rolemos
  simulate|simula|simulame|simulemos (una|an|a|un)? (job)? interview|entrevista|conversation|conversacion|examen|exam|dialogue|dialogo
  let us play (a)? (game | <role> | dungeons | dnd)
  (juguemos | vamos a jugar | jugamos) a <any>
  text adventure
  aventura de texto
  let us write (a|the) <any>? story|tale|novel|poem|song|dialogue together
  (escribamos | vamos a escribir) (un|una|el|la) <any>? historia|cuento|relato|novela|poema|cancion|dialogo
  (let us | i want to | can we | could we | i would like to | help me) practice|practise (my | speaking | some)? <language>
  (quiero | vamos a | podemos | ayudame a | me gustaria) practicar (mi | el | un poco de)? <language>
  practiquemos|practicamos (mi | el | un poco de)? <language>
  (translate | correct) (everything | anything | all | whatever | what) (that)? i (write | say | send | type)
  (traduce | corrige | corregir | traducir | traduceme | corrigeme) (al <language>)? (todo)? lo que (yo)? (te)? (escriba | diga | mande | ponga | escribo | digo | pongo | envie)
  i will (send | write | give | say) (you)? (some)? sentences
  (voy a | te voy a | ire a | te ire) (escribir | mandar | decir | poner | pasar | dar | mandando | escribiendo | diciendo) (te)? (unas | algunas | varias)? frases
`,
  SLOTS,
);

/** It is over. Not "thanks" alone, which is said in games as well. */
const ENDS = new Phrases(`
  end (of)? (the)? scene|roleplay|role-play|game|story|interview|exercise|simulation
  stop (the)? (roleplay | role-play | role | game | interview | exercise | pretending | acting | playing | scene)
  (out of | break | breaking | drop the) character
  ooc
  game over
  (that is | thats) enough
  enough (of (the | this | that)?)? (roleplay | role-play | game | practice | practising | practicing | playing | pretending | acting | for today | for now)
  (back to | return to) (reality | normal | real life)
  (in real life | for real now | now for real | irl)
  (be yourself | normal again)
  (forget | leave) (the | this | that) (roleplay | role-play | game | story | interview | scene)
  (that was | this was | it was) (fun | great practice | good practice | helpful practice)
  (fin | final) (del | de la | de) (juego | escena | rol | entrevista | ejercicio | partida | simulacro | historia)
  fuera (del | de) (personaje | juego | rol | papel)
  (salimos | salgamos | sal | salte | salgo) (ya)? (del | de) (personaje | juego | rol | papel | escena)
  (dejamos | dejemos | deja | dejalo | para | paremos | paramos | acabemos | terminemos | basta) (ya)? (de | con | el | este | la | esta) (juego | rol | papel | personaje | entrevista | escena | actuar | jugar | practicar | ejercicio | simulacro)
  (lo dejamos | dejemoslo | dejalo ya | dejamoslo | paramos aqui | lo dejo aqui | hasta aqui)
  (hemos | ya)? (terminado | acabado) (el | la) (juego | entrevista | escena | ejercicio | simulacro)
  (continue | continuamos | seguimos | we will continue) (tomorrow | manana | otro dia | another day)
  (ahora en serio | ya en serio | hablando en serio | en la vida real | en la realidad)
  (vuelve | volvamos | volvemos) a (la realidad | la normalidad | ser tu | lo normal)
  (olvida | deja) (el | este | la | esta) (juego | rol | papel | entrevista | historia | escena)
`);

/**
 * Up to which word the message is part of a game or an exercise that was set up some turns ago: 0 where there is none, `scope.end` where it
 * goes on. A game lasts until it is visibly over.
 */
export function withinFrame(earlier: readonly string[], scope: Scope): number {
  let isOpen = false;
  for (const text of earlier.toReversed()) {
    const said = scopeOf(text);
    const begun = SET_UP.find(said);
    const ended = ENDS.find(said);
    if (begun !== undefined) isOpen = ended === undefined || ended.from < begun.from;
    else if (ended !== undefined) isOpen = false;
  }
  if (!isOpen) return 0;
  return ENDS.find(scope)?.end ?? scope.end;
}

export function scopeOf(text: string): Scope {
  const tokens = tokenize(text);
  return { text, tokens, end: tokens.length, casual: true };
}
