import type { Scope } from './pattern.ts';
import { isWordAt, plainAt } from './read.ts';
import { wordSet } from './words/word-set.ts';

/** Behind these "I am", "I live" is no statement of its own. */
const LEAD_ON_EN = wordSet(`
  a an the my your his her our their this these those each every any some no not never only even ever
  that than when whenever where while if whether until unless after before once who whom whose which what whatever why how because since as though although
  and or nor then say said says saying tell told know knew knows think thought thinks guess feel feels felt hope wish believe believes suppose supposing
  imagine pretend assume assuming mean means mention mentioned forget forgot remember heard hear see like sure glad happy sad afraid worried convinced
  certain aware proud bet swear admit show prove realise realize understand explain believing thinking saying
  to of for with in at on about by from into over you he she it they we me him them us myself everyone everybody people someone somebody anyone anybody
  can could should would will do does did am is are was were must may might shall have has had been be
  reason time moment day way place thing fact if only yes no wherever whichever without until till
`);
/** A question that holds one of these may only suppose what follows. */
export const SUPPOSES = wordSet(`
  correct if unless whether say says said saying tell tells told telling imagine suppose supposing pretend assume assuming translate mean means wrote writes
  called answer reply respond phrase word
`);
/** "Tell my wife I'm in Paris". */
const TELLING = wordSet('tell say tells says telling saying ask text remind inform convince');
/** "… a good recipe *im coeliac*": a statement behind what was said, without any sign. */
export function isFreeEnglish(scope: Scope, at: number): boolean {
  if (plainAt(scope, at) !== 'i' || !isWordAt(scope, at - 1)) return false;
  const before = plainAt(scope, at - 1);
  const verb = plainAt(scope, at + 1);
  if (before === 'where') return /^(?:teach|study|work)$/.test(verb) && isWordAt(scope, at - 2);
  for (let back = at - 4; back < at; back++) if (TELLING.has(plainAt(scope, back))) return false;
  if (LEAD_ON_EN.has(before) || /^(?:the|all|things|everything|a)$/.test(plainAt(scope, at - 2))) return false;
  if (/^(?:do|can)$/.test(verb)) return plainAt(scope, at + 2) === 'not';
  return /^(?:am|have|live|work|study|teach)$/.test(verb);
}

/** "… to Leeds, where I live": begins at the word before the place. */
export function isHomeBehind(scope: Scope, at: number): boolean {
  if (!/^(?:in|to|near|around|from)$/.test(plainAt(scope, at))) return false;
  for (let next = at + 2; next < at + 6; next++) {
    if (plainAt(scope, next) !== 'where') continue;
    return /^(?:i|we) (?:live|am based|are based)/.test(
      `${plainAt(scope, next + 1)} ${plainAt(scope, next + 2)} ${plainAt(scope, next + 3)}`,
    );
  }
  return false;
}

export const isPoliteIf = (scope: Scope, at: number) =>
  (plainAt(scope, at) === 'if' && /^(?:me|know|see|check|ok|okay|fine|alright|safe)$/.test(plainAt(scope, at - 1))) ||
  (plainAt(scope, at) === 'tell' && plainAt(scope, at + 1) === 'me');

/** "Can you always …" asks for an answer to nothing. */
export const isStandingRequest = (scope: Scope, at: number) =>
  /^(?:can|could|would|will) you (?:always|never|please (?:always|never|from)|from now)(?: |$)/.test(
    [0, 1, 2, 3].map((behind) => plainAt(scope, at + behind)).join(' '),
  );

const SPEAKERS = wordSet('i we my our');
const REASONS = wordSet('since because as cause cuz cos coz given btw fyi considering seeing so but and');

/** Behind a sign or a reason the user speaks of themselves: "…, *I'm* vegan", "… since *we* live in …". */
export function beginsClause(scope: Scope, at: number, isBreak: boolean): boolean {
  if (!SPEAKERS.has(plainAt(scope, at)) || !(isBreak || REASONS.has(plainAt(scope, at - 1)))) return false;
  return !/^(?:can|could|would|will|should|think|mean|guess)$/.test(plainAt(scope, at + 1));
}
