import { CATALOGUE } from '../../src/shared/errors.ts';

const BEGIN = '<!-- errors -->';
const END = '<!-- /errors -->';

/** The catalogue of errors as a Markdown table, in its order. */
export function errorTable(): string {
  const rows = Object.entries(CATALOGUE).map(([code, { status, says }]) => `| \`${code}\` | ${status} | ${says} |`);
  return ['| Code | Status | Meaning |', '|---|---|---|', ...rows].join('\n');
}

/** The text with the table between the two markers. Throws where they are missing. */
export function withErrorTable(text: string): string {
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`the text has no ${BEGIN} … ${END}`);
  return `${text.slice(0, begin + BEGIN.length)}\n${errorTable()}\n${text.slice(end)}`;
}
