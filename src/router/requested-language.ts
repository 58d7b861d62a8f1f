import { withoutAccents } from './characters.ts';
import { LANGUAGE_NAMES } from './language-names.ts';

/** A request stands in a sentence near one end of the text. */
const EDGE = 700;
/** How far before a language's name the verb may stand that asks for it. */
const REACH = 160;
/** Names of languages that are looked at; a text that lists more does not ask for one. */
const MOST_NAMES = 12;

const CODE_OF = new Map(
  Object.entries(LANGUAGE_NAMES).flatMap(([code, names]) => names.split(' ').map((name) => [name, code] as const)),
);
const NAME = [...CODE_OF.keys()].join('|');
/** What may come after a name that is a language and not `in German cities`. */
const AFTER =
  '(?=\\s*(?:$|[.,:;?!"\'()\\n\\[\\u2014\\u201c\\u00ab-]|(?:and|please|about|for|to|that|which|with|the|this|of|only|too|using|instead|y|por|sobre|para|que|con|de|del|el|la|los|las|lo|este|esta|esto|un|una|mi|a|al|si|solo|formal|subtitles|version)\\b))';
const TO_LANGUAGE = new RegExp(
  `\\b(?:to|into|in|al|en|a) (?:el |la )?(?:formal |simple |correct |plain |modern |simplified |traditional |brazilian |mandarin )?(${NAME})\\b${AFTER}`,
  'g',
);

const TRANSLATE =
  /\b(?:translat\w*|traduc\w*|traduzc\w*|traslad\w*|interpret(?:a|e|ar)?|convert|pasa(?:r|lo|me|la)?|pon(?:er|lo|me|la)?)\b/;
const OUTPUT =
  /\b(?:translat\w*|traduc\w*|traduzc\w*|write|writing|rewrite|say|saying|said|answer|answers|respond|reply|speak|talk|compose|draft|tell|explain|describe|summari[sz]e|give|list|express|greet|sing|poem|letter|email|sentence|sentences|phrase|word|words|called|mean|escrib\w*|redact\w*|respond\w*|responde\w*|contest\w*|di|dime|decir|diga|dice|dicen|digo|habla\w*|explic\w*|resum\w*|cuent\w*|despid\w*|salud\w*|poema|carta|correo|mensaje|frase|frases|palabra|palabras|llama|significa|version|generate|create|genera|crea|haz|hazme|haga|make|provide|prepara|necesito|quiero|need|want|output|spell|pronounce)\b/;
const QUESTION = /(?:^|[.?!\n] ?)[^.?!\n]{0,20}\b(?:what|how|which|como|que|cual)\b/;

/** The language, by ISO 639-1, that an answer is asked for in by an English or Spanish text: `translate to German`, `cómo se dice … en japonés`. */
export function requestedLanguage(window: string): string | undefined {
  if (window.length <= 2 * EDGE) return find(window);
  return find(window.slice(0, EDGE)) ?? find(window.slice(-EDGE));
}

function find(part: string): string | undefined {
  const text = withoutAccents(part).toLowerCase();
  let names = 0;
  for (const match of text.matchAll(TO_LANGUAGE)) {
    if (++names > MOST_NAMES) return undefined;
    const before = text.slice(Math.max(0, match.index - REACH), match.index);
    const preposition = /^\w+/.exec(match[0])?.[0];
    const isDirection = preposition === 'to' || preposition === 'into' || preposition === 'al' || preposition === 'a';
    const asks = isDirection
      ? TRANSLATE.test(before) || /\bfrom \w+ $/.test(before)
      : OUTPUT.test(before) || QUESTION.test(before) || before.trim() === '';
    if (asks) return CODE_OF.get(match[1] ?? '');
  }
  return undefined;
}
