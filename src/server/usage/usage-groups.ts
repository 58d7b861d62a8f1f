import type { UsageFiguresView, UsageRowView } from '../views.ts';
import { NOTHING, plus, type UsageRow } from './usage-rows.ts';

export const GROUPS = ['day', 'user', 'key', 'expert'] as const;
export type Group = (typeof GROUPS)[number];

/** Rows that agree in what they are grouped by, as one, in order of the groups. */
export function grouped(rows: readonly UsageRow[], by: readonly Group[]): UsageRowView[] {
  const groups = new Map<string, UsageRowView>();
  for (const row of rows) {
    const parts = by.map((group) => [group, row[group]] as const);
    const key = parts.map(([, value]) => value).join('\n');
    groups.set(key, { ...Object.fromEntries(parts), ...plus(groups.get(key) ?? NOTHING, row) });
  }
  return [...groups].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, row]) => row);
}

export function totalOf(rows: readonly UsageFiguresView[]): UsageFiguresView {
  return rows.reduce(plus, NOTHING);
}

const FIGURES = ['requests', 'refused', 'promptTokens', 'generatedTokens', 'engineMs'] as const;

/** With a head, lines end in CRLF (RFC 4180). No cell is a formula to a spreadsheet. */
export function toCsv(rows: readonly UsageRowView[], by: readonly Group[]): string {
  const head = [...by, ...FIGURES].join(',');
  const lines = rows.map((row) =>
    [...by.map((group) => cell(row[group] ?? '')), ...FIGURES.map((figure) => String(row[figure]))].join(','),
  );
  return [head, ...lines, ''].join('\r\n');
}

function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
