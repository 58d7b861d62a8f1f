import { describe, expect, it } from 'vitest';

import { documentLanguage } from '../../../../src/knowledge/extract/language.ts';
import { readDocument } from '../../../../src/knowledge/extract/read-document.ts';
import { docx, docxParagraph, docxParts, pdf, zip } from '../../../support/documents.ts';

const read = (content: string | Buffer, name = 'x.txt', options: { mime?: string; isWebPage?: boolean } = {}) =>
  readDocument(Buffer.from(content), { name, isWebPage: false, ...options }, () => undefined);
const latin = (text: string) => Buffer.from(text, 'latin1');
const wide = (text: string) => Buffer.from(text, 'utf16le');

describe('the encoding of a text', () => {
  const text = 'Mañana, ¿vendrás? “Sí” – 5 €\r\n';

  it('is told by its mark or its bytes, and the text is the same', async () => {
    const marked = [Buffer.from(`\ufeff${text}`), wide(`\ufeff${text}`), wide(`\ufeff${text}`).swap16()];
    for (const bytes of [Buffer.from(text), ...marked, wide(text), wide(text).swap16()])
      expect(await read(bytes)).toMatchObject({ text, warning: null });
  });

  it('is Windows-1252 where it is no other, and that is said', async () => {
    const bytes = Buffer.from([...latin('Ma\u00f1ana '), 0x93, ...latin('s\u00ed'), 0x94, 0x20, 0x80]);
    const document = await read(bytes);
    expect(document.text).toBe('Mañana “sí” €');
    expect(document.warning).toMatch(/^The text is not UTF-8 and was read as Windows-1252/);
  });

  it('is what a page or its sender declares, where it is not UTF-8', async () => {
    const cyrillic = Buffer.from([0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2]);
    expect((await read(cyrillic, 'x.txt', { mime: 'text/plain; charset=windows-1251' })).text).toBe('Привет');
    const page = Buffer.concat([latin('<html><head><meta charset="windows-1251"></head><body><p>'), cyrillic]);
    expect((await read(page, 'x.html')).text).toBe('Привет\n');
    expect((await read('<html><head><meta charset="iso-8859-1"></head><body>año', 'x.html')).text).toBe('año\n');
  });

  it('stays UTF-8 where a few bytes are damaged, which are said', async () => {
    const bytes = Buffer.concat([Buffer.from('ñandú '.repeat(20)), Buffer.from([0xff]), Buffer.from(' fin')]);
    const document = await read(bytes);
    expect(document.text).toBe(`${'ñandú '.repeat(20)}\ufffd fin`);
    expect(document.warning).toBe('The text is UTF-8 but damaged: one place could not be read and stand as “\ufffd”.');
  });
});

describe('what a file is', () => {
  it('is told by its bytes, and by its name where these leave it open', async () => {
    const cases: readonly (readonly [string, string, string])[] = [
      ['notas.md', '# Hola', 'text/markdown'],
      ['a.csv', 'a;b\n1;2', 'text/csv'],
      ['a.tsv', 'a\tb', 'text/tab-separated-values'],
      ['a.json', '{"a": 1}', 'application/json'],
      ['a.json', 'no JSON', 'text/plain'],
      ['a.jsonl', '{"a":1}\n{"a":2}', 'application/jsonl'],
      ['datos', '[1, 2]', 'application/json'],
      ['datos', '{"a":1}\n{"a":2}\n', 'application/jsonl'],
      ['a.py', 'x = 1', 'text/x-python'],
      ['Dockerfile', 'FROM x', 'text/x-source'],
      ['a.txt', '<!-- x --><!DOCTYPE html><p>Hola', 'text/html'],
      ['a.html', 'sin etiquetas', 'text/plain'],
      ['a.pdf', 'un texto', 'text/plain'],
      ['MZ.txt', 'MZ fue un escritor', 'text/plain'],
      ['a.constructor', 'x', 'text/plain'],
    ];
    for (const [name, content, mime] of cases) expect([name, (await read(content, name)).mime]).toEqual([name, mime]);
    expect((await read('# Hola', 'x', { mime: 'text/markdown' })).mime).toBe('text/markdown');
  });

  it('is said where it has no reader', async () => {
    const cases: readonly (readonly [Buffer, string])[] = [
      [Buffer.from('89504e470d0a1a0a', 'hex'), 'is an image'],
      [Buffer.from('7f454c4602010100', 'hex'), 'is an executable'],
      [Buffer.from('4d5a900003000000', 'hex'), 'is an executable'],
      [Buffer.from('1f8b0800', 'hex'), 'is an archive'],
      [Buffer.from('d0cf11e0a1b11ae1', 'hex'), 'is an old Office document'],
      [latin('{\\rtf1 hola}'), 'is a document in RTF'],
      [latin('SQLite format 3\0'), 'is a database'],
      [Buffer.from('000000206674797069736f6d', 'hex'), 'is a video'],
      [Buffer.from('4944330400000000', 'hex'), 'is a sound'],
      [zip([{ name: 'xl/workbook.xml', content: '' }]), 'is an Excel workbook. Save each sheet as CSV'],
      [zip([{ name: 'a.txt', content: '' }]), 'is an archive (zip)'],
      [Buffer.from('fffe0000410000', 'hex'), 'is a text in UTF-32'],
    ];
    for (const [bytes, says] of cases) await expect(read(bytes)).rejects.toThrow(says);
  });
});

describe('a page', () => {
  it('becomes Markdown: what is not to be read goes, and addresses with it', async () => {
    const html = `<html><head><title> El faro </title><style>p{}</style></head><body><script>x()</script>
      <h1>El <em>faro</em></h1><p>Uno <a href="https://x.example">dos</a><br>tres &amp; <img src="data:x" alt="cuatro"></p>suelto
      <p hidden>no</p><p style="display:none">no</p>
      <ul><li>a<ul><li>b</li><li>c</li></ul></li><li><p>d</p><p>e</p></li></ul><ol start="3"><li>x<li>y</ol>
      <blockquote><p>q<p>r</blockquote>
      <table><thead><tr><th>k</th><th>v|w</th></tr></thead><tbody><tr><td><p>1</p><p>2</p></td><td>3</td></tr></tbody></table>
      <pre>let a;\n\nb();</pre><div>z<div>w</div></div></body></html>`;
    const { text, title } = await read(html, 'x.html');
    expect(title).toBe('El faro');
    expect(text).toBe(
      '# El faro\n\nUno dos\ntres & cuatro\n\nsuelto\n\n- a\n  - b\n  - c\n- d\n\n  e\n\n3. x\n4. y\n\n> q\n>\n> r\n\n' +
        '| k | v\\|w |\n| --- | --- |\n| 1 2 | 3 |\n\n```\nlet a;\n\nb();\n```\n\nz\n\nw\n',
    );
  });

  it('of the web is its article alone', async () => {
    const story =
      '<p>El faro de la isla se encendió por primera vez en 1802, cuando el puerto, que era pequeño, creció.</p>';
    const html = `<html><head><title>El faro - Diario</title></head><body><nav><a href="/">Inicio</a> <a href="/b">Otras noticias</a></nav>
      <article><h1>El faro</h1>${story.repeat(6)}</article><footer>Aviso legal</footer></body></html>`;
    const article = await read(html, 'x', { isWebPage: true });
    expect(article.text).toContain('se encendió');
    expect(article.text).not.toMatch(/Otras noticias|Aviso legal/);
    expect((await read(html, 'x.html')).text).toContain('Otras noticias');
  });
});

describe('a PDF', () => {
  it('becomes paragraphs and headings, page by page', async () => {
    const pages = [
      [
        { text: 'El faro', size: 20, y: 780 },
        { text: 'La torre se levant\xf3 junto al mar, y su cons-', y: 740 },
        { text: 'trucci\xf3n dur\xf3 tres a\xf1os de trabajo sin des-', y: 726 },
        { text: 'canso.', y: 712 },
        { text: 'Otro p\xe1rrafo.', y: 680 },
      ],
      [{ text: 'Segunda p\xe1gina, que no tiene m\xe1s que esto.', y: 740 }],
      [],
    ];
    const document = await read(pdf(pages, { title: 'El faro' }), 'x.pdf');
    const first =
      '# El faro\n\nLa torre se levantó junto al mar, y su construcción duró tres años de trabajo sin descanso.\n\nOtro párrafo.\n\n';
    expect(document).toMatchObject({
      text: `${first}Segunda página, que no tiene más que esto.\n\n`,
      title: 'El faro',
      mime: 'application/pdf',
      warning: 'Without text (empty, or pictures): page 3.',
    });
    expect(document.pages?.slice(0, 2)).toEqual([0, first.length]);
  });

  it('is rid of what stands on every page', async () => {
    const pages = ['uno', 'dos', 'tres', 'cuatro'].map((word, index) => [
      { text: 'Manual del faro', y: 820 },
      { text: `Texto ${word} de esta parte del libro.`, y: 700 },
      { text: `${index + 1}`, y: 20 },
    ]);
    const { text } = await read(pdf(pages), 'x.pdf');
    expect(text).toBe(
      ['uno', 'dos', 'tres', 'cuatro'].map((word) => `Texto ${word} de esta parte del libro.\n\n`).join(''),
    );
  });
});

describe('a document of Word', () => {
  it('becomes Markdown, with its headings and tables', async () => {
    const cell = (text: string) => `<w:tc>${docxParagraph(text)}</w:tc>`;
    const table = `<w:tbl>${[
      ['a', 'b'],
      ['1', '2'],
    ]
      .map((row) => `<w:tr>${row.map(cell).join('')}</w:tr>`)
      .join('')}</w:tbl>`;
    const body = docxParagraph('El faro', 'Ttulo1') + docxParagraph('Luce &amp; alumbra.') + table;
    expect(await read(zip(docxParts(body)), 'x.docx')).toMatchObject({
      text: '# El faro\n\nLuce & alumbra.\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n',
      title: 'El faro',
      warning: null,
    });
  });

  it('without text is refused, and what is embedded is not read, which is said', async () => {
    await expect(read(docx([]), 'x.docx')).rejects.toThrow('has no text in it: it is empty, or holds pictures alone');
    const parts = [...docxParts(docxParagraph('Hola')), { name: 'word/embeddings/a.xlsx', content: 'x' }];
    expect((await read(zip(parts), 'x.docx')).warning).toBe('Files that are embedded in the document were not read.');
  });
});

describe('a document', () => {
  it('is called what it calls itself', async () => {
    expect((await read('---\ntitle: "El faro"\ndate: x\n---\n\n# Otro', 'x.md')).title).toBe('El faro');
    expect((await read('Hola.\n\n## El *faro* [aquí](x)\n', 'x.md')).title).toBe('El faro aquí');
    expect((await read('Hola', 'x.md')).title).toBe(null);
  });

  it('has a language, unless it is a program', () => {
    expect(documentLanguage('El faro de la isla se encendió cuando el puerto era pequeño.', 'text')).toBe('es');
    expect(documentLanguage('The lighthouse was lit when the harbour was small.', 'text')).toBe('en');
    expect(documentLanguage('const a = 1;', 'code')).toBe(null);
    expect(documentLanguage('12 34', 'text')).toBe(null);
  });
});
