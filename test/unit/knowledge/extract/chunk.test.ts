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
});
