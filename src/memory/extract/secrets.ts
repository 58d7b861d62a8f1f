/** Words that name a secret, with its value behind them. */
const NAMED =
  /(?:contrase(?:ñ|n)as?|passwords?|passwd|passphrase|clave(?: de acceso| secreta| privada)?|\bpin\b|\bcvv2?\b|\bcvc\b|api[ _-]?keys?|access[ _-]?keys?|secret(?: key)?|tokens?|credenciales|credentials|seed phrase|frase semilla|c(?:ó|o)digo de seguridad|security code)[^\n]{0,24}?(?:es|is|son|are|:|=|->|→)\s*["'“«`]?(?!not\b|no\b|the\b|a\b|my\b|mi\b|la\b|un\b|una\b|so\b|too\b|muy\b|tan\b|required|wrong|expired|invalid|importante|incorrect)[^\s"'”»`]{3,}/i;
/** `la clave de mi wifi 1234`, `PIN 4821` */
const NAMED_NUMBER =
  /(?:contrase(?:ñ|n)a|password|clave|\bpin\b|\bcvv\b|\bcvc\b)\W{0,3}(?:[\p{L}]{1,12}\W{1,3}){0,5}?\d{3,}/iu;
const SHAPES = [
  // Keys of known makers, tokens, private keys.
  /\b(?:sk|pk|rk)[-_](?:live|test|proj|ant|or)?[-_]?[A-Za-z0-9_-]{16,}/,
  /\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abprs]-[\w-]{10,}|AKIA[0-9A-Z]{12,}|AIza[\w-]{30,}|hf_[A-Za-z0-9]{20,}|npm_[A-Za-z0-9]{20,}|or[ck]_[A-Za-z0-9]{20,})/,
  /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/,
  /-----BEGIN [A-Z ]{0,30}PRIVATE KEY/,
  /\bBearer\s+[\w.~+/-]{16,}/i,
  // Identity numbers: DNI and NIE (with their letter), social security of the United States, passport by name.
  /\b[XYZxyz]?-?\d{7,8}[ -]?[A-HJ-NP-TV-Za-hj-np-tv-z]\b/,
  /\b\d{3}-\d{2}-\d{4}\b/,
  /(?:\bdni\b|\bnie\b|\bnif\b|\bcurp\b|\brfc\b|\bcuil\b|\bcuit\b|\bssn\b|social security|seguridad social|pasaporte|passport|national id|id number|id card|c(?:é|e)dula|driver'?s licen[cs]e)[^\n\d]{0,30}[A-Z]{0,4}[\d.-]{5,}/i,
  /\b[A-Z]{4}\d{6}[HM][A-Z]{5}[A-Z\d]\d\b/,
];
const CARD = /\d(?:[ -]?\d){12,18}/g;
const IBAN = /\b[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]{4}){3,7}(?: ?[A-Za-z0-9]{1,3})?\b/g;
/** Longer texts are read as far as this. */
const MOST_CHARACTERS = 20_000;

/** Whether a text holds a password, a card or account number, an identity number, a key: never kept, whoever asks for it. */
export function holdsSecret(text: string): boolean {
  const read = text.slice(0, MOST_CHARACTERS);
  if (NAMED.test(read) || NAMED_NUMBER.test(read) || SHAPES.some((shape) => shape.test(read))) return true;
  return matches(read, CARD).some(isCard) || matches(read, IBAN).some(beginsWithIban) || hasRandomWord(read);
}

const matches = (text: string, shape: RegExp) => [...text.matchAll(shape)].map(([found]) => found);

/** Luhn's sum. */
function isCard(found: string): boolean {
  const digits = Array.from(found.replaceAll(/\D/g, ''), Number).toReversed();
  const sum = digits.reduce((sum, digit, index) => {
    const doubled = index % 2 === 1 ? digit * 2 : digit;
    return sum + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return sum % 10 === 0 && digits.some((digit) => digit !== 0);
}

/** A word of four letters behind it looks like one more group: each beginning is tried. */
function beginsWithIban(found: string): boolean {
  const groups = found.split(' ');
  return groups.some((_, index) => isIban(groups.slice(0, groups.length - index).join('')));
}

/** The remainder by 97 that ISO 13616 asks for. */
function isIban(found: string): boolean {
  if (found.length < 15) return false;
  const plain = found.toUpperCase();
  let remainder = 0;
  for (const sign of plain.slice(4) + plain.slice(0, 4)) {
    for (const digit of String(Number.parseInt(sign, 36))) remainder = (remainder * 10 + Number(digit)) % 97;
  }
  return remainder === 1;
}

/** A run of letters and digits as no word has it: 24 or more, with capitals, small letters and digits through one another. */
function hasRandomWord(text: string): boolean {
  return matches(text, /[A-Za-z0-9_-]{24,200}/g).some(
    (word) => (word.match(/\d/g)?.length ?? 0) >= 3 && /[a-z]/.test(word) && /[A-Z]/.test(word),
  );
}
