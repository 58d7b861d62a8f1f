import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { readCommands } from '../../../../src/memory/extract/commands.ts';
import { extract } from '../../../../src/memory/extract/extract.ts';
import { KEPT_EN } from './kept-sentences-en.ts';
import { KEPT_ES_2 } from './kept-sentences-es-2.ts';
import { KEPT_ES_1 } from './kept-sentences-es.ts';
import { KEPT as KEPT_ANYWHERE } from './kept-sentences.ts';
import { NOTHING_EN } from './nothing-sentences-en.ts';
import { NOTHING_ES } from './nothing-sentences-es.ts';
import { NOTHING as NOTHING_ANYWHERE } from './nothing-sentences.ts';

const KEPT = [...KEPT_ANYWHERE, ...KEPT_ES_1, ...KEPT_ES_2];
const NOTHING = [...NOTHING_ANYWHERE, ...NOTHING_ES];

/** A Saturday. */
const AT = Date.UTC(2026, 10, 21, 12);
const read = (text: string, before: string | null = null, earlier: readonly string[] = []) =>
  extract({ text, at: AT, conversation: null, request: null, before, earlier });

const folded = (text: string) => text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase();
const sorted = (kept: string) =>
  kept
    .split('; ')
    .filter((one) => one !== '')
    .map(folded)
    .sort();
const keptOf = (text: string, before?: string) =>
  read(text, before)
    .map(
      ({ attribute, negated, subject, value }) =>
        `${negated ? '-' : ''}${subject === 'user' ? '' : `${subject}.`}${attribute}=${value}`,
    )
    .map(folded)
    .sort();

describe('extract', () => {
  it.each(KEPT)('%s: %s', (text, kept, before) => {
    expect(keptOf(text, before)).toEqual(sorted(kept));
  });

  it.each(NOTHING)('%s: nothing', (text, before) => {
    expect(keptOf(text, before)).toEqual([]);
  });

  it.each(KEPT_EN)('%s: %s', (text, kept) => {
    expect(keptOf(text)).toEqual(sorted(kept));
  });

  it.each(NOTHING_EN)('%s: nothing', (text) => {
    expect(keptOf(text)).toEqual([]);
  });

  it('tells it in the language of the user, with their own words', () => {
    expect(read('vivo en Bilbao')[0]).toMatchObject({ text: 'Vive en Bilbao', language: 'es', kind: 'fact' });
    expect(read('I live in Leeds')[0]).toMatchObject({ text: 'Lives in Leeds', language: 'en', kind: 'fact' });
    expect(read('Mi hija se llama Lucía')[0]).toMatchObject({ text: 'Su hija se llama Lucía', subject: 'daughter' });
    expect(read('Always answer in English')[0]).toMatchObject({
      text: 'Always answer in English',
      kind: 'instruction',
    });
  });

  it('resolves times against when it was said', () => {
    expect(read('El martes tengo examen de química')[0]).toMatchObject({
      kind: 'event',
      expires: Date.UTC(2026, 10, 25),
      text: 'Tiene examen de química (2026-11-24)',
    });
    expect(read('vivo en Lugo desde 2019')[0]).toMatchObject({ validFrom: Date.UTC(2019, 0, 1), expires: null });
    expect(read('nos mudamos a Vigo hace dos años')[0]).toMatchObject({ validFrom: Date.UTC(2024, 0, 1) });
    expect(read("I'm getting married on 12 June")[0]).toMatchObject({ expires: Date.UTC(2027, 5, 13) });
    expect(read('I live in York')[0]).toMatchObject({ validFrom: null, expires: null });
  });

  it('a correction says so, and what is over closes what was known', () => {
    expect(read('No, en realidad vivo en Bilbao')[0]).toMatchObject({ corrects: true, negated: false });
    expect(read('ya no vivo en Madrid')[0]).toMatchObject({ negated: true, value: 'Madrid' });
    expect(read("I don't work at Google anymore")[0]).toMatchObject({ negated: true, value: 'Google' });
  });

  it('three at most, and what is surest', () => {
    const text = 'Me llamo Ana. Vivo en Bilbao. Soy enfermera. Tengo dos gatos. Odio madrugar. Soy vegana.';
    expect(read(text)).toHaveLength(3);
    expect(read(text).map(({ attribute }) => attribute)).toContain('name');
  });

  it('whatever stands together, a quote is exactly what stands there', () => {
    const sentences = [...KEPT.map(([said]) => said), ...NOTHING.map(([said]) => said)];
    const glue = fc.constantFrom(
      ' ',
      '. ',
      ', ',
      '\n',
      '\n\n',
      ' y ',
      ' and ',
      '… ',
      ' 😀 ',
      '"',
      '<b>',
      '\u0001',
      ' ñ́ ',
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.oneof(fc.constantFrom(...sentences), fc.string({ unit: 'binary' })), glue), {
          maxLength: 8,
        }),
        (pieces) => {
          const text = pieces.map(([piece, glue]) => piece + glue).join('');
          const candidates = read(text, 'Where do you live?');
          expect(candidates.length).toBeLessThanOrEqual(3);
          for (const { confidence, end, importance, quote, start, value } of candidates) {
            expect(text.slice(start, end)).toBe(quote);
            expect(quote.length).toBeGreaterThan(0);
            expect(value.length).toBeLessThanOrEqual(160);
            expect(confidence).toBeGreaterThan(0);
            expect(confidence).toBeLessThanOrEqual(1);
            expect(importance).toBeLessThanOrEqual(1);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each([
    '<',
    '<a><b>',
    "'",
    '" "',
    'i like a and ',
    'me gusta a, ',
    '(',
    'si ',
    'vivo en ',
    'mi hija y ',
    'Ana De La ',
    '1',
    'a',
    'a@a.',
    '\n',
    'a-',
    'no, ',
    'clave ',
    'recuerda que ',
    '```',
    'w = ',
    '# system',
    'el 1 de ',
    '4111 ',
    '-\n',
    ' \n',
  ])('100 kB of %j take no longer than 30 times what they are to take', (piece) => {
    const usual = 'Hola, me llamo Ana y vivo en Bilbao. Me gusta el cine.\n\n'.repeat(2_000).slice(0, 100_000);
    const hostile = piece.repeat(Math.ceil(100_000 / piece.length));
    const time = (text: string) => {
      const begun = performance.now();
      read(text, text);
      readCommands(`recuerda ${text}`, text);
      return performance.now() - begun;
    };
    time(usual);
    expect(time(hostile)).toBeLessThan(30 * Math.max(time(usual), 5));
  });
});
