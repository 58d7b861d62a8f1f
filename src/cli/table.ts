import { stripVTControlCharacters } from 'node:util';

/** Rows as lines, their columns two spaces apart; those named in `right` end where the widest of them ends. Colours take no room. */
export function tableLines(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, lengthOf(cell));
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const space = ' '.repeat((widths[column] ?? 0) - lengthOf(cell));
        return right.includes(column) ? space + cell : cell + space;
      })
      .join('  ')
      .trimEnd(),
  );
}

const lengthOf = (cell: string) => stripVTControlCharacters(cell).length;
