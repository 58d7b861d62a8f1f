import type { Conversation } from '../../router/conversation.ts';
import { questionOf } from '../search/question.ts';

/** Of a long message the beginning and the end are searched for: a question stands in front of what was pasted, or behind it. */
const MOST_CHARACTERS = 1_200;
/** A longer message speaks for itself. */
const FOLLOW_UP_WORDS = 8;
const GOES_ON = /^[\s¿¡"'«(]*(?:y|e|o|pero|entonces|and|or|but|so|then|what about|how about|qué hay de|que hay de)\b/iu;
/** Words that stand for something that was said before. */
const REFERS =
  /(?<!\p{L})(?:it|its|he|she|they|them|him|her|his|their|that|this|those|these|there|él|ella|ellos|ellas|eso|esto|aquello|ahí|allí|lo|le|les|su|sus)(?!\p{L})/iu;

/**
 * What is searched for: the user's last words, and those of the turn before where the last ones are no question of their own ("¿y
 * cuándo?", "and who founded it?", "go on"). Empty: there is nothing to search for.
 */
export function searchText({ voices }: Pick<Conversation, 'voices'>): string {
  const [last = '', before] = voices;
  const own = bounded(last);
  return before !== undefined && isFollowUp(last) ? `${bounded(before)}\n${own}` : own;
}

function isFollowUp(text: string): boolean {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  if (words.length > FOLLOW_UP_WORDS) return false;
  const { terms, telling } = questionOf(text);
  return !telling || terms.length < 2 || GOES_ON.test(text) || REFERS.test(text);
}

function bounded(text: string): string {
  if (text.length <= MOST_CHARACTERS) return text;
  const half = MOST_CHARACTERS / 2;
  return `${text.slice(0, half)}\n${text.slice(-half)}`.toWellFormed();
}
