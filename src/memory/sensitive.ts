import { attributeOf } from './attributes.ts';

/** Attributes under which anything at all may stand; the others say by themselves whether they are sensitive. */
const FREE = new Set([
  '',
  'happened',
  'plan',
  'goal',
  'likes',
  'dislikes',
  'family',
  'household',
  'instruction',
  'style',
]);

const BELIEFS =
  'catolic[oa]s?|musulman(?:a|es)?|judi[oa]s?|ate[oa]s?|agnostic[oa]s?|cristian[oa]s?|evangelic[oa]s?|protestantes?|budistas?|hindu(?:es|s)?|catholic|muslim|jewish|atheist|agnostic|christian|evangelical|protestant|buddhist|religios[oa]s?|religious|creyente';
const POLITICS =
  'vot(?:o|e|a|ar|ante|ed?|er|ing)|militante|afiliad[oa] a|partido (?:popular|socialista)|psoe|vox|republican[oa]?s?|democrats?|socialistas?|comunistas?|anarquistas?|conservador(?:a|es)?|left[- ]wing|right[- ]wing|de (?:izquierdas?|derechas?)|socialist|communist|conservative party|labour party';
const SEXUALITY =
  'gays?|lesbianas?|lesbian|bisexual(?:es)?|homosexual(?:es)?|heterosexual(?:es)?|transexual|transgender|transgenero|no binari[oa]|nonbinary|asexual|queer|orientacion sexual|sexual orientation';
const DIAGNOSES =
  'diagnos\\w+|diabet\\w+|cancer|tumou?r(?:es)?|vih|hiv|sida|aids|depresion|depression|depressed|ansiedad|anxiety|bipolar|esquizofrenia|schizophreni\\w+|autis\\w+|tdah|adhd|epilep\\w+|parkinson|alzheimer|esclerosis|sclerosis|hepatitis|embarazad[ao]|pregnant|aborto|abortion|antidepresiv\\w+|antidepressants?|quimioterapia|chemotherapy|adiccion|addict\\w*|alcoholi\\w+|bulimi\\w+|anorexi\\w+';

const WORDS = new RegExp(String.raw`\b(?:${[BELIEFS, POLITICS, SEXUALITY, DIAGNOSES].join('|')})\b`);

/** Beliefs, politics, sexuality and diagnoses, in Spanish and English: by what is said of whom, and where that is open, by the words. */
export function isSensitive(attribute: string, texts: readonly string[]): boolean {
  if (attributeOf(attribute)?.sensitive) return true;
  if (!FREE.has(attribute)) return false;
  return texts.some((text) => WORDS.test(text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase()));
}
