import type { Command } from '../contract.ts';
import { guard } from './guards.ts';
import { isCasual, ownWords } from './own-words.ts';
import { Pattern, type Scope, type Slot } from './pattern.ts';
import { plainAt, textOf, tokenAt } from './read.ts';
import { holdsSecret } from './secrets.ts';
import { type Sentence, sentencesOf, startsOf } from './sentences.ts';
import { isOfCode } from './slots-instructions.ts';
import { plainOf, tokenize } from './tokens.ts';
import { wordSet } from './words/word-set.ts';

type Act = 'remember' | 'note' | 'forget' | 'forget-said' | 'forget-all' | 'ignore' | 'ignore-all';

/** What tells the memory to do something, where a sentence begins. `<what>`: to its end. The more particular ways first. */
const PHRASES: readonly (readonly [act: Act, phrases: readonly string[]])[] = [
  [
    'ignore-all',
    [
      'no (recuerdes|guardes|memorices|apuntes|almacenes|registres|grabes) (nada de)? (esta conversacion|este chat|esta charla|esta sesion|lo que hablemos)',
      'que no (se guarde|quede registrada|quede guardada) esta (conversacion|charla)',
      '(do not|never) (remember|save|store|keep|memorize|memorise|record|log) (anything from|anything in|anything about|any of)? this (conversation|chat|session)',
      '(keep|make|let us keep) this (conversation|chat|session) (private|off the record|out of your memory)',
      'this (conversation|chat|session) is off the record',
      '(esta conversacion|este chat) (es privada|es privado|no la guardes|no lo guardes|no se guarda)',
    ],
  ],
  [
    'ignore',
    [
      'no (recuerdes|guardes|memorices|apuntes|almacenes|registres|grabes) (nada de)? (esto|eso|lo que te digo|lo que voy a decir|lo que te voy a decir|este mensaje|lo que acabo de decir|lo que te cuento|nada) <close>?',
      '(esto|eso) no lo (guardes|recuerdes|apuntes|memorices)',
      'que no quede (registrado|guardado|constancia)',
      'esto (es|queda) (off the record|extraoficial|entre nosotros|entre tu y yo)',
      '(do not|never) (remember|save|store|keep|memorize|memorise|record) (any of)? (this message|what i am about to say|what i just said|what i say next|this|that|anything) <close>',
      'off the record',
      '(this|what i say) is off the record',
      'between (you and me|us)',
    ],
  ],
  [
    'forget-all',
    [
      '(olvida|olvidate de|borra|elimina|borrame) todo (lo que)? (sabes|recuerdas|has guardado|tienes guardado|tienes|has aprendido|conoces|guardaste|sepas|hayas guardado)? (de|sobre|acerca de) mi <close>',
      '(olvida|borra|elimina) (absolutamente)? todo lo que (sabes|recuerdas|hayas guardado|has guardado) <close>',
      '(borra|elimina|vacia|limpia|resetea|reinicia) (toda)? (tu memoria|la memoria|mi memoria|tus recuerdos|todos tus recuerdos|mis recuerdos|todos mis recuerdos) (sobre mi|de mi)? <close>',
      'olvidate de mi <close>',
      '(olvida|borra|elimina) lo que sabes (de|sobre) mi <close>',
      '(forget|delete|erase|remove|wipe|clear) (absolutely)? (everything|all|anything) (that)? (you (know|remember|have|have saved|have stored|have learned|have on file|have remembered))? (about|on|of) me <close>',
      '(forget|delete|erase|wipe|clear) (everything|all) (that)? you (know|remember|have saved|have stored|have learned) <close>',
      '(delete|erase|wipe|clear|reset) (all of)? (all)? (your memory|my memories|my memory|your memories|the memories|all memories) (about me|of me)? <close>',
      'forget me <close>',
      'forget all about me <close>',
      '(delete|erase|forget) what you know about me <close>',
    ],
  ],
  [
    'forget-said',
    [
      '(olvida|olvidate de|borra) (todo)? lo que (te)? (he dicho|dije|acabo de decir|acabo de contar|he contado|conte) <about>?',
      '(forget|delete|erase) (everything)? what i (just|have)? (told|said|mentioned) (you|to you)? <about>?',
      '(forget|delete|erase) what i have (told|said) (you|to you)? <about>?',
      '(borra|elimina|quita) (eso|esto) de (tu memoria|la memoria) <close>',
      '(delete|remove|erase) (that|this) from (your memory|memory) <close>',
    ],
  ],
  [
    'forget',
    [
      '(olvida|olvidate de|borra|elimina) (todo)? lo que (sabes|recuerdas|tienes guardado|has guardado) (de|sobre|acerca de) <what>',
      'olvida|olvidate (de)? que <own-what>',
      '(olvida|olvidate de|borra|elimina|quita) (de tu memoria)? <mine>',
      'olvida|olvidate de? (donde|como|cuando|quien|cual|cuantos) <own-what>',
      '(olvida|olvidate de) lo (de|del) (que)? <what>',
      'forget (that)? <own-what>',
      '(forget|delete|erase|remove) (about)? <mine>',
      'forget (about)? (where|what|who|when|how old|how) <own-what>',
      '(forget|delete|erase|remove) (what|everything|anything|all) you (know|remember|have saved|have) (about|on) <what>',
    ],
  ],
  [
    'remember',
    [
      '(recuerda|acuerdate|apunta|anota|memoriza|guarda|apuntate|no olvides|no te olvides|toma nota) (de)? (siempre|bien|en tu memoria)? que <what>',
      '(recuerda|apunta|anota|memoriza|guarda) (esto|lo siguiente|esto para siempre|en tu memoria)? : <what>',
      '(recuerda|apunta|anota|memoriza|guarda) <mine>',
      'acuerdate de <mine>',
      '(quiero|necesito|me gustaria) que (recuerdes|te acuerdes de|apuntes|memorices) que <what>',
      '(puedes|podrias|quieres) (recordar|apuntar|memorizar|guardar|anotar) que <what>',
      '(remember|memorize|memorise|do not forget|make a note|take note|make sure you remember|make sure to remember|save the fact|store the fact) (the fact)? that <own-what>',
      'remember that <what>',
      '(remember|memorize|memorise|do not forget|save) <own-what>',
      '(remember|memorize|save|make a note|note down) (this|the following|this for later)? : <what>',
      '(can|could|will|would) you (please)? (remember|memorize|note) that <what>',
      '(i want|i need|i would like) you to remember that? <what>',
    ],
  ],
  [
    'note',
    [
      '(ten|tenga|tened) (en cuenta|presente) que <own-what>',
      'ten en cuenta <mine>',
      'que sepas que <own-what>',
      'para que lo (recuerdes|tengas en cuenta) (:|,)? <own-what>',
      '(note|keep in mind|bear in mind|take into account|please note) that? <own-what>',
      'for future reference (,|:)? <own-what>',
    ],
  ],
];

/** What begins a statement of the user's own. */
const OWN = wordSet(`
  i my we our mine me soy estoy tengo vivo trabajo mi mis me nos nuestro nuestra no yo odio prefiero como uso hablo estudio juego voy quiero odio
  adoro necesito ya naci cumplo llevo he somos tenemos vivimos
`);
/** Mine, and yet of the talk: "forget my last question". */
const NO_MEMORIES = wordSet(`
  question questions message messages request last previous earlier idea plan prompt instructions instruction comment word words mistake point answer
  pregunta preguntas mensaje mensajes anterior anteriores ultima ultimo peticion instrucciones instruccion comentario palabra palabras error respuesta
  mind nota keys llaves paraguas umbrella bad
`);
const CLOSING = wordSet(
  'please porfa por ok okay gracias thanks now ahora y and but pero anymore ever nunca de from for entre solo just because porque me que',
);
const ASKS_KINDLY = new Set(['can', 'could', 'will', 'would', 'puedes', 'podrias', 'quieres']);

const MINE = /^(?:mi|mis|my|our|nuestro|nuestra)$/;

const SLOTS: Readonly<Record<string, Slot>> = {
  what: (scope, at) => within(scope, at),
  // A statement of the user's own: "forget that I live in …", not "forget that the file …".
  'own-what': (scope, at) =>
    OWN.has(plainAt(scope, at)) && !(MINE.test(plainAt(scope, at)) && isOfTheTalk(scope, at))
      ? within(scope, at)
      : undefined,
  mine: (scope, at) => {
    if (!MINE.test(plainAt(scope, at))) return undefined;
    if (isOfTheTalk(scope, at)) return undefined;
    return within(scope, at);
  },
  about: (scope, at) => (/^(?:about|sobre|acerca|del?)$/.test(plainAt(scope, at)) ? within(scope, at) : undefined),
  // Nothing follows that would make it something else ("don't save this *file*").
  close: ({ tokens, end }, at) => {
    const token = tokens[at];
    return at >= end || token === undefined || token.kind === 'sign' || CLOSING.has(token.plain)
      ? { from: at, to: at }
      : undefined;
  },
};

const isOfTheTalk = (scope: Scope, at: number) => [1, 2, 3].some((step) => NO_MEMORIES.has(plainAt(scope, at + step)));

function within(scope: Scope, at: number): ReturnType<Slot> {
  return at < scope.end && tokenAt(scope, at)?.kind !== 'sign' ? { from: at, to: scope.end } : undefined;
}

const COMMANDS = PHRASES.flatMap(([act, phrases]) =>
  phrases.map((phrase) => ({ act, pattern: new Pattern(phrase, SLOTS) })),
);

/** Words of an assistant that has just kept something: only then is "forget that" about the memory. */
const HAS_KEPT =
  /\b(?:recordare|lo he guardado|guardado|apuntado|anotado|tomo nota|i will remember|i'll remember|noted|i have saved|i've saved|saved that|remembered)\b/;
/** Of what the assistant said, the end is looked at. */
const MOST_BEFORE = 2_000;
const THAT = new Pattern('(olvida|borra|forget|delete|erase) (eso|esto|that|this) <close>', SLOTS);
const KEEP_THAT = new Pattern(
  '(recuerda|recuerdalo|apuntalo|anotalo|acuerdate|memorizalo|remember|apunta) (de)? (esto|eso|this|that|it)? <close>',
  SLOTS,
);

/** No command is without one of these: most messages are done with here. */
const MAY_COMMAND =
  /recu[eé]rd|recorda|acu[eé]rda|ap[uú]nt|anot|memori|guard|registr|grab|almacen|toma nota|tener? |tenga|tened|ten en|ten pre|sepas|olv[ií]d|borr|elimin|vac[ií]|limpi|rese|reini|quit|qued|privad|entre|remember|not[ei]|mind|forget|delete|erase|remove|wipe|clear|save|store|stored|keep|make|log|record|between|account|future/i;

/** What a message tells the memory to do; `before` is what the assistant said last. Only what is told, never what is asked or quoted. */
export function readCommands(text: string, before: string | null): readonly Command[] {
  if (!MAY_COMMAND.test(text)) return [];
  const own = ownWords(text);
  const tokens = tokenize(own);
  const scope: Scope = { text: own, tokens, end: tokens.length, casual: isCasual(own) };
  const sentences = sentencesOf(scope);
  const guarded = guard(scope, sentences);
  const hasKept = before !== null && HAS_KEPT.test(plainOf(before.slice(-MOST_BEFORE)));
  const commands: Command[] = [];
  for (const [index, sentence] of sentences.entries()) {
    for (const { at } of startsOf(scope, { ...sentence, asks: sentence.to })) {
      if (guarded.isBarred(at)) continue;
      const command = commandAt(scope, sentence, at, hasKept) ?? keptBefore(scope, sentence, sentences[index - 1], at);
      if (command === undefined) continue;
      commands.push(command);
      break;
    }
  }
  return commands;
}

function commandAt(scope: Scope, sentence: Sentence, at: number, hasKept: boolean): Command | undefined {
  const first = plainAt(scope, at);
  // A question is a command only where it asks for it: "can you remember that …?"
  if (sentence.asks < sentence.to && !ASKS_KINDLY.has(first)) return undefined;
  const read = { ...scope, end: sentence.to };
  for (const { act, pattern } of COMMANDS) {
    if (pattern.first?.has(first) !== true) continue;
    const matched = pattern.match(read, at);
    if (matched === undefined || isOfCode(read, at, matched.end)) continue;
    const last = matched.captures.at(-1);
    const what = last === undefined ? '' : textOf(scope, last.from, last.to).trim();
    return commandOf(act, what, textOf(scope, at, Math.max(matched.end, at + 1)));
  }
  const matched = hasKept ? THAT.match(read, at) : undefined;
  return matched === undefined ? undefined : { do: 'forget', what: '', quote: textOf(scope, at, matched.end) };
}

function commandOf(act: Act, what: string, quote: string): Command | undefined {
  switch (act) {
    case 'ignore':
      return { do: 'ignore', scope: 'message', quote };
    case 'ignore-all':
      return { do: 'ignore', scope: 'conversation', quote };
    case 'forget-all':
      return { do: 'forget-all', quote };
    case 'forget-said':
      return { do: 'forget', what: what.replace(/^(?:about|sobre|acerca del?|del?)\s+/i, ''), quote };
    case 'forget':
      return { do: 'forget', what, quote };
    case 'remember':
    case 'note':
      return what === '' || holdsSecret(what) ? undefined : { do: 'remember', text: what, quote };
  }
}

/** "I'm allergic to nuts. Remember that." is about the sentence before. */
function keptBefore(scope: Scope, sentence: Sentence, previous: Sentence | undefined, at: number): Command | undefined {
  if (previous === undefined || previous.asks < previous.to || sentence.asks < sentence.to) return undefined;
  const matched = KEEP_THAT.match({ ...scope, end: sentence.to }, at);
  if (matched === undefined || !OWN.has(plainAt(scope, previous.from))) return undefined;
  const text = textOf(scope, previous.from, previous.to);
  return holdsSecret(text) ? undefined : { do: 'remember', text, quote: textOf(scope, previous.from, matched.end) };
}
