import { plainOf, GAP } from './tokens.ts';

/** A message is read as far as this; what lies behind is more likely pasted than said. */
const MOST_CHARACTERS = 16_000;
/** A paragraph longer than this is a document. */
const LONGEST_PARAGRAPH = 900;
/** In a message longer than this, paragraphs are held to be documents sooner. */
const LONG_MESSAGE = 1_800;
const LONGEST_IN_LONG = 420;
const MOST_TAGS = 40;

/**
 * The message with everything blanked that is not the user speaking: code, quoted lines, mails, logs, tables, tags that claim to be
 * context, special tokens of chat templates. As long as the message, up to a length, so that offsets stay.
 */
export function ownWords(message: string): string {
  let text = message.slice(0, MOST_CHARACTERS);
  text = blank(text, /```[\s\S]*?(?:```|$)/g);
  text = blank(text, /~~~[\s\S]*?(?:~~~|$)/g);
  text = withoutTags(withoutControl(text));
  text = blank(text, /\b(?:https?|ftp|file):\/\/\S+|\bwww\.\S+|[^\s@]{1,80}@[^\s@]{1,80}\.\S{1,20}/g);
  text = blankLines(text);
  return blankParagraphs(blankMails(text));
}

const fill = (text: string) => text.replaceAll(/[^\n]/g, GAP);

const blank = (text: string, what: RegExp) => text.replaceAll(what, fill);

/** Special tokens of chat templates, and headings that speak in the system's name: from there on nobody knows who speaks. */
const CONTROL =
  /<\|[^|\n]{1,40}\|>|\[\/?INST\]|<<\/?SYS>>|<\/?s>|<(?:start|end)_of_turn>|<\|?(?:im_start|im_end|endoftext)|^[ \t]*#{1,4}\s*(?:system|instructions?|assistant|human|user|response|memory|context|instrucciones|sistema|memoria|contexto)\b|^[ \t]*\[?(?:system|sistema|assistant|asistente)(?: message| prompt)?\]?\s*:|\[(?:memory|memoria|memories|context|contexto|system|sistema|user facts?|profile)\b/im;

function withoutControl(text: string): string {
  const found = CONTROL.exec(text);
  return found === null ? text : text.slice(0, found.index) + fill(text.slice(found.index));
}

/** Tags with what they hold. More of them than a person writes: the whole is markup. */
function withoutTags(text: string): string {
  const opening = /<([a-z][\w:-]{0,40})(?:\s[^<>\n]{0,200})?\/?>/gi;
  let result = text;
  let count = 0;
  for (let tag = opening.exec(text); tag !== null; tag = opening.exec(text)) {
    if (++count > MOST_TAGS) return fill(text);
    const closing = text.toLowerCase().indexOf(`</${tag[1]?.toLowerCase()}`, tag.index);
    // A tag that nothing closes claims the rest.
    const end = closing < 0 ? text.length : Math.max(closing, text.indexOf('>', closing) + 1);
    result = result.slice(0, tag.index) + fill(result.slice(tag.index, end)) + result.slice(end);
    opening.lastIndex = Math.max(opening.lastIndex, end);
  }
  return blank(result, /<\/[^<>\n]{0,60}>/g);
}

const QUOTED_LINE = /^\s*(?:>|\||\$ |# |\/\/|\* \d|--|@@|\+\+\+|<!--)/;
const CODE_LINE =
  /(?:[;{}]\s*$|^\s*(?:import (?:\w+ from|\{|[\w.]+\s*$)|from \S+ import|export (?:const|default|function)|(?:const|let|var)\s+\w+\s*[=:]|def \w+\(|class \w+\s*[:({]|(?:async )?function\s*\w*\(|public (?:class|static|void)|if ?\(|for ?\(|while ?\(|print\(|console\.|#include|SELECT .{1,80} FROM|INSERT INTO|UPDATE \w+ SET)|=>|<\/|==|&&|\|\||\w\(\)|\w\s=\s\S|^\s*["'][\w -]+["']\s*:|^\s*[\w.-]+:\s*["'[{])/;
const LOG_LINE =
  /^\s*(?:\[?\d{4}-\d\d-\d\d|\[?\d\d:\d\d(?::\d\d)?|\d{1,2}\/\d{1,2}\/\d{2,4},? |(?:\[)?(?:INFO|WARN|WARNING|ERROR|DEBUG|TRACE|FATAL)\b|at \S+\(|Traceback|Exception|\s*File ")/;
/** `User: …`, `Ana: …`, `[12:30] Ana: …`: a conversation of others, where several lines begin so. */
const SPEAKER_LINE = /^\s*[-–—*]?\s*(?:\[[^\]\n]{1,30}\]\s*)?(\p{L}[\p{L} .]{0,24}):\s/u;
const HEADER_LINE =
  /^\s*\**(?:from|to|cc|subject|sent|date|de|para|asunto|enviado|fecha|reply-to|name|nombre|email|phone|tel[eé]fono|address|direcci[oó]n)\**\s*:/i;

function blankLines(text: string): string {
  // A line of nothing but space would be tried at each length of it.
  const lines = text.split('\n').map((line) => ({ line, bare: line.trimStart() }));
  const speakers = lines.filter(({ bare }) => SPEAKER_LINE.test(bare)).length;
  const headers = lines.filter(({ bare }) => HEADER_LINE.test(bare)).length;
  let inHeaders = false;
  return lines
    .map(({ line, bare }) => {
      inHeaders ||= headers >= 2 && HEADER_LINE.test(bare);
      const isForeign =
        inHeaders ||
        QUOTED_LINE.test(bare) ||
        CODE_LINE.test(bare) ||
        LOG_LINE.test(bare) ||
        (speakers >= 2 && SPEAKER_LINE.test(bare));
      return isForeign ? fill(line) : line;
    })
    .join('\n');
}

const GREETING =
  /^\s*(?:dear|estimad[oa]s?|querid[oa]s?|muy señor|a quien corresponda|to whom|(?:hi|hello|hey|hola|buen[oa]s (?:d[ií]as|tardes))\s+\p{Lu}?[\p{L} ]{1,30}[,:]\s*$)/iu;
const FAREWELL =
  /^\s*(?:(?:best|kind|warm|many)?\s*(?:regards|wishes)|sincerely|yours|cheers|best|thanks|thank you|(?:un |muchos )?(?:saludos?|abrazo|besos)|atentamente|cordialmente|gracias)(?: \p{L}+){0,3}[,.!]?\s*$/iu;

/** From "Dear …," to the line after "Kind regards,". */
function blankMails(text: string): string {
  const lines = text.split('\n');
  const from = lines.findIndex((line) => GREETING.test(line.trimStart()));
  if (from < 0) return text;
  const length = lines.slice(from + 1).findIndex((line) => FAREWELL.test(line.trimStart()));
  if (length < 0) return text;
  const to = from + 1 + length + 2;
  return lines.map((line, index) => (index >= from && index <= to ? fill(line) : line)).join('\n');
}

function blankParagraphs(text: string): string {
  const most = text.length > LONG_MESSAGE ? LONGEST_IN_LONG : LONGEST_PARAGRAPH;
  return text
    .split(/(\n[ \t]*\n)/)
    .map((paragraph) => (paragraph.length > most ? fill(paragraph) : paragraph))
    .join('');
}

/** Whether a writer uses no capitals but at the beginning of sentences: then a name is not known by one. */
export function isCasual(text: string): boolean {
  for (const found of text.matchAll(/[\p{L}\d,] +(\p{Lu}[\p{L}']*)/gu)) {
    const plain = plainOf(found[1] ?? '');
    if (plain !== 'i' && !plain.startsWith("i'")) return false;
  }
  return true;
}
