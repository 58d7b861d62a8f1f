import { encode } from '@toon-format/toon';

import { carefulTokens } from './careful-tokens.ts';

const LEAST_ROWS = 2;
/** JSON's numbers are read as doubles: what has more digits would come out changed. */
const LONG_NUMBER = /\d{16}|\d[eE][+-]?\d/;
type Row = Readonly<Record<string, string | number | boolean | null>>;

/**
 * Rows of the same fields, as JSON writes them, without the names of the fields in every row (TOON): where that takes fewer tokens.
 * Anything else stays as it is.
 */
export function compactTable(text: string): string {
  const rows = rowsOf(text);
  if (!rows) return text;
  const toon = encode(rows);
  return carefulTokens(toon) < carefulTokens(text) ? toon : text;
}

/** A list of objects, lines of objects, or the part of a list that a passage holds. */
function rowsOf(text: string): readonly Row[] | undefined {
  const trimmed = text
    .trim()
    .replace(/^[[,]\s*/, '')
    .replace(/\s*[\],]$/, '');
  if (!trimmed.startsWith('{') || !trimmed.endsWith('}') || LONG_NUMBER.test(trimmed)) return undefined;
  const list = parse(`[${trimmed}]`) ?? parse(`[${trimmed.replaceAll(/\}\s*\n\s*\{/g, '},{')}]`);
  if (!list || list.length < LEAST_ROWS || !list.every(isRow)) return undefined;
  const names = Object.keys(list[0] ?? {}).join('\n');
  return list.every((row) => Object.keys(row).join('\n') === names) ? list : undefined;
}

function parse(text: string): readonly unknown[] | undefined {
  try {
    return JSON.parse(text) as readonly unknown[];
  } catch {
    return undefined;
  }
}

function isRow(value: unknown): value is Row {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((cell) => cell === null || ['string', 'number', 'boolean'].includes(typeof cell));
}
