import mammoth from 'mammoth';

import { type Part, markupParts, storedZip } from './docx-parts.ts';
import type { DocumentText } from './document-text.ts';
import { Unreadable } from './extract-error.ts';
import { markdownOf } from './html.ts';
import { markdownTitle, cleanTitle } from './title.ts';
import { type ZipEntry, zipDirectory } from './zip-directory.ts';

const MIME = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';
/** What a zip file is that has an entry of this name. */
const OTHERS: readonly (readonly [RegExp, string, string])[] = [
  [/^xl\/workbook\./, 'an Excel workbook', 'Save each sheet as CSV and add those.'],
  [/^ppt\/presentation\./, 'a PowerPoint presentation', 'Save it as PDF and add that.'],
  [/^META-INF\/container\.xml$/, 'an e-book (EPUB)', 'Convert it to HTML or PDF and add that.'],
  [/^META-INF\/manifest\.xml$/, 'an OpenDocument file', 'Save it as .docx or PDF and add that.'],
  [/^AndroidManifest\.xml$|^META-INF\/MANIFEST\.MF$/, 'a program', 'It has no text that could be read.'],
];
const STYLES = [
  "p[style-name='Title'] => h1:fresh",
  "p[style-name='Título'] => h1:fresh",
  ...[1, 2, 3, 4, 5, 6].map((level) => `p[style-name='Título ${level}'] => h${level}:fresh`),
];

/** A document of Word: nothing that it refers to is fetched, nothing that is embedded is opened. @throws Unreadable */
export async function readDocx(bytes: Buffer): Promise<DocumentText> {
  const entries = zipDirectory(bytes);
  if (!entries.some(({ name }) => /^word\/document\d*\.xml$/i.test(name))) throw other(entries);
  const parts = markupParts(bytes, entries);
  const html = await htmlOf(parts);
  const text = markdownOf(html);
  if (text.trim() === '')
    throw new Unreadable(
      'has no text in it: it is empty, or holds pictures alone. Add the text, or a PDF with recognised text.',
    );
  const hasEmbedded = entries.some(({ name, size }) => name.startsWith('word/embeddings/') && size > 0);
  return {
    text,
    structure: 'markdown',
    mime: MIME,
    title: titleOf(parts) ?? markdownTitle(text),
    warning: hasEmbedded ? 'Files that are embedded in the document were not read.' : null,
  };
}

async function htmlOf(parts: readonly Part[]): Promise<string> {
  const { value } = await mammoth.convertToHtml(
    { buffer: storedZip(parts) },
    {
      styleMap: STYLES,
      externalFileAccess: false,
      // Pictures are not in what is handed over.
      convertImage: mammoth.images.imgElement(() => Promise.resolve({ src: '' })),
    },
  );
  return value;
}

function titleOf(parts: readonly Part[]): string | null {
  const core = parts.find(({ name }) => name === 'docProps/core.xml')?.bytes.toString('utf8', 0, 65_536) ?? '';
  const title = /<dc:title[^<>]{0,200}>([^<]{1,1000})<\/dc:title>/.exec(core)?.[1];
  const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
  return title === undefined
    ? null
    : cleanTitle(title.replace(/&(lt|gt|amp|quot|apos);/g, (_, name: string) => NAMED[name] ?? ''));
}

function other(entries: readonly ZipEntry[]): Unreadable {
  const known = OTHERS.find(([pattern]) => entries.some(({ name }) => pattern.test(name)));
  const [what, next] = known ? known.slice(1) : ['an archive (zip)', 'Unpack it and add the files in it.'];
  return new Unreadable(`is ${String(what)}. ${String(next)}`);
}
