import { crc32, deflateRawSync, deflateSync } from 'node:zlib';

/** Files of the formats that are read, made by hand: also such as no program writes. */

export interface ZipPart {
  readonly name: string;
  readonly content: string | Buffer;
  /** What the directory claims; default: the truth. */
  readonly size?: number;
  readonly compressed?: number;
  /** Of the file system it came from: 0o120777 is a link. */
  readonly mode?: number;
  readonly flags?: number;
}

export function zip(parts: readonly ZipPart[]): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content, size, compressed, mode = 0o100644, flags = 0 } of parts) {
    const bytes = Buffer.from(content);
    const packed = deflateRawSync(bytes);
    const encoded = Buffer.from(name, 'utf8');
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(20, 4);
    local.writeUInt16LE(0x0800 | flags, 6);
    local.writeUInt16LE(8, 8);
    local.writeUInt32LE(crc32(bytes), 14);
    local.writeUInt32LE(compressed ?? packed.length, 18);
    local.writeUInt32LE(size ?? bytes.length, 22);
    local.writeUInt16LE(encoded.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(0x0314, 4);
    local.copy(entry, 6, 4, 28);
    entry.writeUInt32LE((mode << 16) >>> 0, 38);
    entry.writeUInt32LE(offset, 42);
    bodies.push(local, encoded, packed);
    directory.push(entry, encoded);
    offset += 30 + encoded.length + packed.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(parts.length, 8);
  end.writeUInt16LE(parts.length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...bodies, ...directory, end]);
}

const OFFICE = 'http://schemas.openxmlformats.org';

/** The parts of a document of Word with this body. */
export function docxParts(body: string, relations = ''): ZipPart[] {
  const head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>';
  return [
    {
      name: '[Content_Types].xml',
      content: `${head}<Types xmlns="${OFFICE}/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`,
    },
    {
      name: '_rels/.rels',
      content: `${head}<Relationships xmlns="${OFFICE}/package/2006/relationships"><Relationship Id="rId1" Type="${OFFICE}/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`,
    },
    {
      name: 'word/_rels/document.xml.rels',
      content: `${head}<Relationships xmlns="${OFFICE}/package/2006/relationships">${relations}</Relationships>`,
    },
    {
      name: 'word/styles.xml',
      content: `${head}<w:styles xmlns:w="${OFFICE}/wordprocessingml/2006/main"><w:style w:type="paragraph" w:styleId="Ttulo1"><w:name w:val="heading 1"/></w:style></w:styles>`,
    },
    {
      name: 'word/document.xml',
      content: `${head}<w:document xmlns:w="${OFFICE}/wordprocessingml/2006/main" xmlns:r="${OFFICE}/officeDocument/2006/relationships" xmlns:a="${OFFICE}/drawingml/2006/main" xmlns:wp="${OFFICE}/drawingml/2006/wordprocessingDrawing"><w:body>${body}</w:body></w:document>`,
    },
  ];
}

export function docxParagraph(text: string, style = ''): string {
  return `<w:p>${style && `<w:pPr><w:pStyle w:val="${style}"/></w:pPr>`}<w:r><w:t xml:space="preserve">${text}</w:t></w:r></w:p>`;
}

export function docx(paragraphs: readonly string[]): Buffer {
  return zip(docxParts(paragraphs.map((text) => docxParagraph(text)).join('')));
}

export interface PdfLine {
  readonly text: string;
  /** Points. */
  readonly size?: number;
  readonly x?: number;
  readonly y: number;
}

export interface PdfOptions {
  readonly title?: string;
  /** The trailer names an encryption whose password nobody knows. */
  readonly isEncrypted?: boolean;
  /** Pages that the catalogue claims. */
  readonly count?: number;
  /** The content of the first page, instead of lines. */
  readonly content?: Buffer;
}

/** A PDF whose pages have these lines. */
export function pdf(pages: readonly (readonly PdfLine[])[], options: PdfOptions = {}): Buffer {
  const objects: Buffer[] = [];
  const add = (content: string | Buffer) => objects.push(Buffer.from(content as string, 'latin1'));
  const kids = pages.map((_, index) => `${4 + index * 2} 0 R`).join(' ');
  add('<< /Type /Catalog /Pages 2 0 R >>');
  add(`<< /Type /Pages /Kids [${kids}] /Count ${options.count ?? pages.length} >>`);
  add('<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>');
  for (const [index, lines] of pages.entries()) {
    const content = index === 0 && options.content ? options.content : deflateSync(Buffer.from(drawn(lines), 'latin1'));
    add(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents ${5 + index * 2} 0 R >>`,
    );
    objects.push(
      Buffer.concat([
        Buffer.from(`<< /Length ${content.length} /Filter /FlateDecode >>\nstream\n`),
        content,
        Buffer.from('\nendstream'),
      ]),
    );
  }
  add(`<< /Title (${options.title ?? ''}) >>`);
  add(`<< /Filter /Standard /V 1 /R 2 /O <${'ab'.repeat(32)}> /U <${'cd'.repeat(32)}> /P -44 >>`);
  return assembled(objects, options.isEncrypted === true);
}

function drawn(lines: readonly PdfLine[]): string {
  const shown = lines.map(({ text, size = 11, x = 72, y }) => {
    const escaped = text.replace(/[\\()]/g, '\\$&');
    return `/F1 ${size} Tf 1 0 0 1 ${x} ${y} Tm (${escaped}) Tj`;
  });
  return `BT\n${shown.join('\n')}\nET`;
}

function assembled(objects: readonly Buffer[], isEncrypted: boolean): Buffer {
  const parts = [Buffer.from('%PDF-1.4\n%\u00e2\u00e3\u00cf\u00d3\n', 'latin1')];
  const offsets: number[] = [];
  let offset = parts[0]?.length ?? 0;
  for (const [index, object] of objects.entries()) {
    const bytes = Buffer.concat([Buffer.from(`${index + 1} 0 obj\n`), object, Buffer.from('\nendobj\n')]);
    offsets.push(offset);
    offset += bytes.length;
    parts.push(bytes);
  }
  const rows = offsets.map((at) => `${String(at).padStart(10, '0')} 00000 n \n`).join('');
  const encryption = isEncrypted ? `/Encrypt ${objects.length} 0 R /ID [<00><00>]` : '';
  parts.push(
    Buffer.from(
      `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${rows}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R /Info ${objects.length - 1} 0 R ${encryption} >>\nstartxref\n${offset}\n%%EOF\n`,
    ),
  );
  return Buffer.concat(parts);
}
