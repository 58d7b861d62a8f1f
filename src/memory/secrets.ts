/** Keys as their issuers make them, and what begins a private key. */
const KEYS =
  /-----BEGIN [A-Z ]*PRIVATE|\b(?:sk|pk|rk|orc)[-_][\w-]{16,}|\b(?:ghp|gho|ghs|github_pat|glpat|hf|xox[abprs]|npm|pypi)[-_][\w-]{16,}|\bAKIA[0-9A-Z]{12,}|\bAIza[\w-]{20,}|\beyJ[\w-]{8,}\.[\w-]{8,}/;
/** Long, of letters and figures mixed: no word, and no number that anybody has by heart. */
const TOKEN = /(?<![\w/.-])(?=[\w+/=-]*\d)(?=[\w+/=-]*[A-Za-z])[\w+/=-]{28,}/;
const SAYS = String.raw`[^.\n]{0,40}?(?:\b(?:is|es|was|era|son|are|sera|equals)\b|[:=]|«|"|“)`;
const PASSWORD = new RegExp(
  String.raw`\b(?:contrasenas?|passwords?|passphrase|passwd|passcode|pwd|seed phrase|recovery phrase|frase semilla|api[ -]?key|clave (?:api|privada|secreta)|secret key|private key|access token)\b${SAYS}`,
);
/** What has other meanings too is a secret where a number follows. */
const CODE =
  /\b(?:pin|cvv|cvc|clave|codigo|code|token|combinacion|combination)\b[^.\n]{0,60}?\d{3,}|\d{3,}\b[^.\n]{0,20}\b(?:pin|cvv|cvc)\b/;
const DIGITS = /(?<![\d.,])\d(?:[ -]?\d){12,18}(?![\d.,]?\d)/g;
const ACCOUNT = /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b/;
/** A post code, the code of a course or of a country is no secret. */
const NO_SECRET =
  /\b(?:codigo postal|post(?:al)? ?code|zip ?code|codigo de pais|country code|codigo de area|area code|source code|codigo fuente)\b/g;

/** Passwords, codes that open something, numbers of cards and accounts, keys: what is never kept, whoever asks for it. */
export function hasSecret(text: string): boolean {
  if (KEYS.test(text) || TOKEN.test(text) || ACCOUNT.test(text)) return true;
  for (const [digits] of text.matchAll(DIGITS)) if (isCardNumber(digits.replaceAll(/\D/g, ''))) return true;
  const plain = text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase().replaceAll(NO_SECRET, ' ');
  return PASSWORD.test(plain) || CODE.test(plain);
}

/** By its check digit (Luhn). */
function isCardNumber(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits[digits.length - 1 - index]);
    const doubled = index % 2 === 1 ? 2 * digit : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0 && /[1-9]/.test(digits);
}
