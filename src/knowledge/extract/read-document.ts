import { isBlank } from './characters.ts';
import { decodeText } from './decode.ts';
import type { DocumentText } from './document-text.ts';
import { Unreadable } from './extract-error.ts';
import { charsetOf, kindOf } from './kinds.ts';
import { magicOf } from './magic.ts';
import { plainDocument } from './plain-document.ts';

export interface Named {
  readonly name: string;
  readonly mime?: string | undefined;
  /** Fetched from the web: of a page, the article alone. */
  readonly isWebPage: boolean;
}

/**
 * The text of a file's bytes. Parsers are loaded when the first file needs them.
 * @throws Unreadable what cannot be read, with the reason.
 */
export async function readDocument(
  bytes: Buffer,
  named: Named,
  progress: (done: number) => void,
): Promise<DocumentText> {
  const document = await read(bytes, named, progress);
  if (isBlank(document.text)) throw new Unreadable('has no text in it: there is nothing to read.');
  return document;
}

async function read(bytes: Buffer, named: Named, progress: (done: number) => void): Promise<DocumentText> {
  switch (magicOf(bytes)) {
    case 'pdf':
      return (await import('./pdf.ts')).readPdf(bytes, progress);
    case 'zip':
      return (await import('./docx.ts')).readDocx(bytes);
    case 'text':
      return readText(bytes, named);
  }
}

async function readText(bytes: Buffer, { name, mime, isWebPage }: Named): Promise<DocumentText> {
  const sniffed = kindOf(bytes.toString('latin1', 0, 8_192), name, mime);
  if (sniffed.structure === 'html') {
    const { readHtml, declaredCharset } = await import('./html.ts');
    const { text, warning } = decodeText(bytes, charsetOf(mime) ?? declaredCharset(bytes));
    return readHtml(text, { isWebPage, warning });
  }
  const { text, warning } = decodeText(bytes, charsetOf(mime));
  const kind = kindOf(text, name, mime);
  if (kind.structure === 'html') return (await import('./html.ts')).readHtml(text, { isWebPage, warning });
  return { ...plainDocument(text, kind.structure, kind.mime), warning };
}
