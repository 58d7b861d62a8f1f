import { getDocumentProxy } from 'unpdf';

import { messageOf } from '../../shared/errors.ts';
import type { DocumentText } from './document-text.ts';
import { Unreadable } from './extract-error.ts';
import { type Line, linesOf, type TextItem } from './pdf-lines.ts';
import { pageTexts } from './pdf-text.ts';
import { cleanTitle } from './title.ts';

const MOST_PAGES = 20_000;
/** More of this in a text means that its fonts do not say what their shapes mean. */
const MOST_NONSENSE = 0.3;
const FIRST_PAGES = 4_000;
const MOST_RANGES = 10;
/** Named by the program that made it rather than by a person. */
const NO_TITLE = /^(?:untitled|sin título|document\d*|documento\d*|microsoft (?:word|powerpoint) - )/i;

type Pdf = Awaited<ReturnType<typeof getDocumentProxy>>;

/** @throws Unreadable */
export async function readPdf(bytes: Buffer, progress: (done: number) => void): Promise<DocumentText> {
  const pdf = await open(bytes);
  if (pdf.numPages > MOST_PAGES)
    throw new Unreadable(
      `has ${pdf.numPages} pages, more than the ${MOST_PAGES} that are read. Split it and add the parts.`,
    );
  const pages: Line[][] = [];
  const broken: number[] = [];
  for (let number = 1; number <= pdf.numPages; number++) {
    pages.push(await linesOfPage(pdf, number).catch(() => (broken.push(number), [])));
    progress(number / pdf.numPages);
  }
  if (broken.length === pdf.numPages)
    throw new Unreadable('is a damaged PDF: no page of it could be read. Open it, print it to a new PDF and add that.');
  const { text, starts, firstHeading } = pageTexts(pages);
  const empty = pages.flatMap((lines, index) => (lines.length === 0 && !broken.includes(index + 1) ? [index + 1] : []));
  if (text.trim() === '')
    throw new Unreadable(
      'is a PDF without text: its pages are pictures (scanned) or empty. Run text recognition on it (for example ocrmypdf) and add the result.',
    );
  if (isNonsense(text))
    throw new Unreadable(
      'is a PDF whose fonts do not say which letters they show, so that no text can be had from it. Run text recognition on it (for example ocrmypdf --force-ocr) and add the result.',
    );
  return {
    text,
    structure: 'markdown',
    mime: 'application/pdf',
    title: (await titleOf(pdf, text, firstHeading)) ?? firstHeading,
    warning: warningOf(broken, empty),
    pages: starts,
  };
}

async function open(bytes: Buffer): Promise<Pdf> {
  // The library takes the memory over, and no `Buffer`.
  const data = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  try {
    return await getDocumentProxy(data, {
      verbosity: 0,
      useSystemFonts: false,
      disableFontFace: true,
      isOffscreenCanvasSupported: false,
      useWorkerFetch: false,
      maxImageSize: 1,
    });
  } catch (error) {
    if (error instanceof Error && error.name === 'PasswordException')
      throw new Unreadable('is a PDF that a password protects. Save it without one and add that.', { cause: error });
    throw new Unreadable(`is a damaged PDF (${messageOf(error)}). Open it, print it to a new PDF and add that.`, {
      cause: error,
    });
  }
}

async function linesOfPage(pdf: Pdf, number: number): Promise<Line[]> {
  const page = await pdf.getPage(number);
  try {
    const { items } = await page.getTextContent();
    return linesOf(items.filter((item): item is TextItem & typeof item => 'str' in item));
  } finally {
    page.cleanup();
  }
}

/** What the file says, unless nothing of it stands on the first pages while something else does in large letters. */
async function titleOf(pdf: Pdf, text: string, heading: string | null): Promise<string | null> {
  const metadata = await pdf.getMetadata().catch(() => undefined);
  const { Title: given } = (metadata?.info ?? {}) as { Title?: unknown };
  const title = typeof given === 'string' ? cleanTitle(given) : null;
  if (title === null || NO_TITLE.test(title) || /\.\w{2,5}$/.test(title)) return null;
  return heading === null || folded(text.slice(0, FIRST_PAGES)).includes(folded(title)) ? title : null;
}

function folded(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

function isNonsense(text: string): boolean {
  const sample = text.slice(0, 100_000);
  const bad = sample.match(/[\ufffd\p{Co}]/gu)?.length ?? 0;
  return bad > sample.replace(/\s+/g, '').length * MOST_NONSENSE;
}

function warningOf(broken: readonly number[], empty: readonly number[]): string | null {
  const parts = [
    broken.length > 0 ? `Damaged, and not read: ${pageList(broken)}.` : '',
    empty.length > 0 ? `Without text (empty, or pictures): ${pageList(empty)}.` : '',
  ];
  return parts.filter(Boolean).join(' ') || null;
}

/** `page 3`, `pages 1, 4 to 7 and others`. */
function pageList(pages: readonly number[]): string {
  const ranges: { from: number; to: number }[] = [];
  for (const page of pages) {
    const last = ranges.at(-1);
    if (last && last.to === page - 1) last.to = page;
    else ranges.push({ from: page, to: page });
  }
  const shown = ranges.slice(0, MOST_RANGES).map(({ from, to }) => (from === to ? `${from}` : `${from} to ${to}`));
  return `${pages.length === 1 ? 'page' : 'pages'} ${shown.join(', ')}${ranges.length > MOST_RANGES ? ' and others' : ''}`;
}
