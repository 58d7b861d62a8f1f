import type { Candidate, Said } from './contract.ts';
import { folded, oneLine } from './one-line.ts';

/** What tells the assistant how to be, rather than something of the user: "always …", "no me hables de …", "answer in …". */
const INSTRUCTION =
  /^(?:(?:por favor|please) )?(?:siempre|nunca|jamas|no me|no uses|no hagas|no digas|no respondas|respond\w*|contesta\w*|habla\w*|escrib[ea]\w*|usa|utiliza|llamame|tratame|tuteame|dime|dame|prefiero que (?:me|uses|respondas|contestes)|quiero que (?:me|uses|respondas|contestes|siempre|nunca)|always|never|do not|dont|don t|answer|respond|reply|speak|write|use|call me|address me|keep (?:it|your|answers)|be (?:brief|concise|short|formal|informal)|i (?:want|prefer|would like) you to)\b/;
const IMPORTANCE = 0.7;

/** Something free, as it was said: what no pattern knows a place for. */
export function freeMemory(
  text: string,
  quote: string,
  { text: message }: Pick<Said, 'text'>,
): Omit<Candidate, 'language'> {
  const line = oneLine(text);
  const start = Math.max(0, message.indexOf(quote));
  return {
    kind: kindOf(line),
    subject: 'user',
    attribute: '',
    value: '',
    text: line.charAt(0).toUpperCase() + line.slice(1),
    quote,
    start,
    end: start + quote.length,
    confidence: 1,
    importance: IMPORTANCE,
    corrects: false,
    negated: false,
    validFrom: null,
    expires: null,
  };
}

export function kindOf(text: string): 'instruction' | 'fact' {
  return INSTRUCTION.test(folded(text)) ? 'instruction' : 'fact';
}
