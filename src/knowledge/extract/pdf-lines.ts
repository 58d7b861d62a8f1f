/** What is used of a piece of text on a page. */
export interface TextItem {
  readonly str: string;
  /** Scale, skew and position, in points from the lower left corner. */
  readonly transform: readonly number[];
  readonly width: number;
  readonly height: number;
  readonly hasEOL: boolean;
}

export interface Line {
  readonly text: string;
  readonly left: number;
  readonly right: number;
  /** From the bottom of the page. */
  readonly y: number;
  /** Of most of its letters, in points. */
  readonly size: number;
}

/** The lines of a page, in the order in which the file has them, which for nearly every file is that of reading. */
export function linesOf(items: readonly TextItem[]): Line[] {
  const lines: Line[] = [];
  let open: TextItem[] = [];
  const close = () => {
    const line = lineOf(open);
    if (line) lines.push(line);
    open = [];
  };
  for (const item of items) {
    open.push(item);
    if (item.hasEOL) close();
  }
  close();
  return lines;
}

function lineOf(items: readonly TextItem[]): Line | undefined {
  const text = items
    .map(({ str }) => str)
    .join('')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  if (text === '') return undefined;
  const shown = items.filter(({ str }) => str.trim() !== '');
  const largest = shown.reduce((best, item) => (item.str.length > best.str.length ? item : best));
  const left = (item: TextItem) => item.transform[4] ?? 0;
  return {
    text,
    left: shown.reduce((least, item) => Math.min(least, left(item)), Infinity),
    right: shown.reduce((most, item) => Math.max(most, left(item) + item.width), -Infinity),
    y: largest.transform[5] ?? 0,
    size: Math.hypot(largest.transform[2] ?? 0, largest.transform[3] ?? 0) || largest.height,
  };
}
