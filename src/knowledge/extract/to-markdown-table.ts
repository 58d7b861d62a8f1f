import { type DomElement, type DomNode, isElement, lineOf } from './dom.ts';

/** A table of GitHub's Markdown; undefined where it is none but a layout: one column, or a table in a cell. */
export function tableLines(table: DomElement): readonly string[] | undefined {
  const rows = rowsOf(table).map(cellsOf);
  if (rows.some((cells) => cells.some(hasTable))) return undefined;
  const texts = rows.map((cells) => cells.map(cellText)).filter((cells) => cells.some((text) => text !== ''));
  const columns = texts.reduce((most, cells) => Math.max(most, cells.length), 0);
  if (columns < 2) return undefined;
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const [head = [], ...body] = texts;
  const padded = [...head, ...Array.from({ length: columns - head.length }, () => '')];
  return [line(padded), line(padded.map(() => '---')), ...body.map(line)];
}

function rowsOf(node: DomNode): DomElement[] {
  return elementsOf(node).flatMap((child) => {
    if (child.localName === 'tr') return [child];
    return ['thead', 'tbody', 'tfoot'].includes(child.localName) ? rowsOf(child) : [];
  });
}

function cellsOf(row: DomElement): DomElement[] {
  return elementsOf(row).filter(({ localName }) => localName === 'td' || localName === 'th');
}

function elementsOf(node: DomNode): DomElement[] {
  return [...node.childNodes].filter(isElement);
}

function hasTable(node: DomElement): boolean {
  return 'querySelector' in node && (node as unknown as ParentNodeLike).querySelector('table') !== null;
}

interface ParentNodeLike {
  querySelector(selector: string): unknown;
}

function cellText(cell: DomElement): string {
  return lineOf(cell).replaceAll('|', '\\|');
}
