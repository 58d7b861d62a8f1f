import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Structure } from '../../../../src/knowledge/extract/blocks.ts';
import { chunkText } from '../../../../src/knowledge/extract/chunk.ts';
import { rangeTokens } from '../../../../src/knowledge/extract/tokens.ts';

const STRUCTURES: readonly Structure[] = ['markdown', 'text', 'code', 'csv', 'json', 'jsonl'];
const split = (text: string, structure: Structure, tokens = 20) => [...chunkText(text, { structure, tokens })];
const texts = (text: string, structure: Structure, tokens?: number) =>
  split(text, structure, tokens).map((chunk) => chunk.text);
const graphemes = new Intl.Segmenter('es', { granularity: 'grapheme' });

/** Texts that have what texts have: paragraphs, headings, tables, fences, emoji, combining marks, every line end. */
const part = fc.oneof(
  fc.constantFrom(
    '\n',
    '\r\n',
    '\r',
    '\n\n',
    ' ',
    '   ',
    '\t',
    '# Título\n',
    '## Otro\n',
    '- ítem\n',
    '1. uno\n',
    '```\n',
    '| a | b |\n| - | - |\n',
    '{',
    '}',
    '[',
    ']',
    ',',
    '"',
    '\\',
    '. ',
    '¿',
    '? ',
    '¡',
    '! ',
    'Sr. ',
    'EE. UU. ',
    '👩‍👩‍👧',
    '🇪🇸',
    'e\u0301',
    '한국',
    '。',
    '---\n',
    '===\n',
  ),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.lorem({ maxCount: 8 }),
);
const anyText = fc.array(part, { maxLength: 120 }).map((parts) => parts.join(''));

describe('the passages of a text', () => {
  it('are exact slices that together are the text, never of white space alone, never inside of a character', () => {
    fc.assert(
      fc.property(
        anyText,
        fc.constantFrom(...STRUCTURES),
        fc.integer({ min: 5, max: 60 }),
        (text, structure, tokens) => {
          const chunks = split(text, structure, tokens);
          expect(chunks.map((chunk) => chunk.text).join('')).toBe(text);
          const starts = new Set([...graphemes.segment(text)].map(({ index }) => index));
          let end = 0;
          for (const [index, chunk] of chunks.entries()) {
            expect([chunk.ord, chunk.start, chunk.text]).toEqual([index, end, text.slice(chunk.start, chunk.end)]);
            end = chunk.end;
            expect(starts.has(chunk.start)).toBe(true);
            if (chunks.length > 1) expect(chunk.text.trim()).not.toBe('');
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('a passage', () => {
  it('is about as large as was asked for', () => {
    const text = 'El tranvía llega a las ocho y cuarto. '.repeat(300);
    const sizes = texts(text, 'text', 100).map((chunk) => rangeTokens(chunk, 0, chunk.length));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(120);
    expect(Math.min(...sizes.slice(0, -1))).toBeGreaterThanOrEqual(50);
  });

  it('ends with a sentence, which an abbreviation, an initial or a number does not', () => {
    const sentences = [
      'El Sr. Pérez y la Dra. Gil viven en EE. UU. desde 1998. ',
      '¿Quién lo sabe? ',
      '¡Nadie! ',
      'Véase la pág. 12, fig. 3.5 del art. 4. ',
      'Dijo que no. ',
      'J. R. R. Tolkien wrote it, e.g. Mr. Smith says so. ',
      '—¿Vienes? ',
      '«Mañana.» ',
      'Fin. ',
    ];
    for (const tokens of [28, 34, 40]) {
      for (const chunk of texts(sentences.join(''), 'text', tokens)) {
        const rest = sentences.filter((sentence) => chunk.includes(sentence)).join('');
        expect(rest).toBe(chunk);
      }
    }
  });

  it('has the headings above it, and a small section shares one with its neighbour', () => {
    const body = 'Unas palabras sobre esto y aquello. '.repeat(8);
    const chunks = split(`# Uno\n\n## Dos\n\n${body}\n\n### Tres\n\n${body}\n\n# Cuatro\n\n${body}`, 'markdown', 60);
    const paths = chunks.map(({ headings }) => headings.join(' > '));
    expect([...new Set(paths)]).toEqual(['Uno > Dos', 'Uno > Dos > Tres', 'Cuatro']);
    expect(chunks[0]?.text.startsWith('# Uno\n\n## Dos\n\nUnas')).toBe(true);
    const small = split('# Uno\n\n## A\n\nEs a.\n\n## B\n\nEs b.\n', 'markdown', 60);
    expect(small.map(({ headings }) => headings)).toEqual([['Uno']]);
  });

  it('knows headings that are underlined, and none in a fence', () => {
    const body = 'Unas palabras sobre esto y aquello. '.repeat(8);
    const text = `Uno\n===\n\n${body}\n\nDos\n---\n\n\`\`\`sh\n# no heading\n\`\`\`\n\n${body}`;
    const chunks = split(text, 'markdown', 60);
    expect(chunks.at(0)?.headings).toEqual(['Uno']);
    expect(chunks.at(-1)?.headings).toEqual(['Uno', 'Dos']);
  });

  it('keeps a fence and a table whole where they fit, and cuts them at lines where not', () => {
    const before = 'Unas palabras sobre esto y aquello. '.repeat(4);
    const fence = `\`\`\`js\nfirst();\n\nsecond();\n\n# third\n\`\`\`\n\n`;
    const table = `| a | b |\n| - | - |\n${'| 1 | 2 |\n'.repeat(4)}\n`;
    const chunks = texts(`${before}\n\n${fence}${before}\n\n${table}${before}`, 'markdown', 60);
    expect(chunks.some((chunk) => chunk.includes(fence.trim()))).toBe(true);
    expect(chunks.some((chunk) => chunk.includes(table.trim()))).toBe(true);
    const large = texts(`\`\`\`\n${'call(argument);\n'.repeat(60)}\`\`\`\n`, 'markdown', 60);
    expect(large.length).toBeGreaterThan(3);
    expect(large.every((chunk) => chunk.endsWith('\n'))).toBe(true);
  });

  it('of a program begins with a definition', () => {
    const method = (name: string) => `function ${name}() {\n  const a = 1;\n\n  return a + ${name.length};\n}\n\n`;
    const chunks = texts(['uno', 'dos', 'tres', 'cuatro'].map(method).join(''), 'code', 20);
    expect(chunks).toHaveLength(4);
    expect(chunks.every((chunk) => chunk.startsWith('function'))).toBe(true);
  });

  it('of a table ends with a record, and has the header as its heading', () => {
    const text = `nombre,nota\n${'"Núñez, Ana","dijo:\n""sí"""\n'.repeat(20)}`;
    const chunks = split(text, 'csv', 40);
    expect(chunks[0]?.headings).toEqual([]);
    for (const { text: chunk, headings } of chunks.slice(1)) {
      expect(headings).toEqual(['nombre,nota']);
      expect(chunk).toMatch(/^("Núñez, Ana","dijo:\n""sí"""\n)+$/);
    }
  });

  it('of a table is not misled by a quote in the middle of a field, nor by one that is never closed', () => {
    const inches = `medida;precio\n${'tubo 5" largo;1\n'.repeat(30)}`;
    for (const chunk of texts(inches, 'csv', 40).slice(1)) expect(chunk).toMatch(/^(tubo 5" largo;1\n)+$/);
    const open = `a,b\n"x,1\n${'y,2\n'.repeat(60_000)}`;
    expect(texts(open, 'csv', 40).at(-1)).toMatch(/^(y,2\n)+$/);
  });

  it('of JSON ends with an element', () => {
    const text = JSON.stringify(Array.from({ length: 30 }, (_, id) => ({ id, texto: 'uno, dos' })));
    for (const chunk of texts(text, 'json', 40).slice(0, -1)) expect(chunk).toMatch(/\},$/);
  });

  it('says its page, and a page begins a new one unless it is small', () => {
    const page = 'Unas palabras sobre esto y aquello. '.repeat(8);
    const text = `${page}\n\n${page}\n\nCorta.\n\n${page}`;
    const second = page.length + 2;
    const pages = [0, second, 2 * second, 2 * second + 8];
    const chunks = [...chunkText(text, { tokens: 100, structure: 'markdown', pages })];
    expect(chunks.map((chunk) => chunk.page)).toEqual([1, 2, 3]);
    expect(chunks[1]?.start).toBe(second);
  });

  it('takes the same tokens in Spanish and English as tokenizers count', () => {
    // Counted with the vocabularies of MiniLM (English) and Gemma (many languages): 238 and 184, 145 and 156.
    const spanish =
      'Durante la guerra, la lámpara permaneció apagada casi tres años; después, los pescadores pidieron que volviera a funcionar.';
    const english =
      'During the war the lamp stayed dark for almost three years; afterwards the fishermen asked for it to work again.';
    expect(rangeTokens(spanish, 0, spanish.length)).toBeGreaterThan(rangeTokens(english, 0, english.length) * 1.1);
  });
});
