import { describe, expect, it } from 'vitest';

import { oneLine } from '../../../src/memory/one-line.ts';
import { isSensitive } from '../../../src/memory/sensitive.ts';
import { windowOf } from '../../../src/memory/time-window.ts';
import { otherForms } from '../../../src/memory/word-forms.ts';
import { NOON } from './memory-house.ts';

const DAY = 86_400_000;
const TODAY = Math.floor(NOON / DAY) * DAY;

describe('the time of a question', () => {
  it.each<readonly [string, number, number]>([
    ['¿qué tengo mañana?', 1, 2],
    ['what do I have tomorrow', 1, 2],
    ['¿qué hice ayer?', -1, 0],
    ['pasado mañana', 2, 3],
    ['¿qué hago hoy por la mañana?', 0, 1],
    ['plans for next week', 1, 14],
  ])('is told by its words: %s', (question, from, to) => {
    expect(windowOf(question, NOON)).toEqual({ from: TODAY + from * DAY, to: TODAY + to * DAY });
  });

  it('is told by month and year, the nearest where it says no year', () => {
    expect(windowOf('en junio', NOON)).toEqual({ from: Date.UTC(2026, 5), to: Date.UTC(2026, 6) });
    expect(windowOf('in December', NOON)).toEqual({ from: Date.UTC(2025, 11), to: Date.UTC(2026, 0) });
    expect(windowOf('May 2023', NOON)).toEqual(windowOf('in may 2023', NOON));
    expect(windowOf('en 2024', NOON)).toEqual({ from: Date.UTC(2024), to: Date.UTC(2025) });
    expect(windowOf('may I ask something?', NOON)).toBeUndefined();
    expect(windowOf('¿dónde vivo?', NOON)).toBeUndefined();
  });
});

describe('words', () => {
  it('are found in their other number and gender', () => {
    expect(otherForms('Tiene dos gatos')).toContain('gato');
    expect(otherForms('Es vegetariana')).toContain('vegetariano');
    expect(otherForms('Has a city flat')).toContain('cities');
    expect(otherForms('Su voz y su pez')).toEqual([]);
    expect(otherForms('Colecciona relojes')).toContain('reloj');
  });

  it('are one line, never cut within a character', () => {
    expect(oneLine('  a\n\tb\u200b ')).toBe('a b');
    expect(oneLine('x'.repeat(600))).toHaveLength(500);
    expect(oneLine(`${'x'.repeat(498)}😀😀`).isWellFormed()).toBe(true);
  });

  it('are sensitive where they say what is nobody’s business, and not where a trade or a dish does', () => {
    expect(isSensitive('belief', [])).toBe(true);
    expect(isSensitive('', ['Le han diagnosticado diabetes'])).toBe(true);
    expect(isSensitive('', ['Votó a los Verdes', 'voto'])).toBe(true);
    expect(isSensitive('employer', ['Trabaja en el Instituto del Cáncer'])).toBe(false);
    expect(isSensitive('diet', ['Es celíaca'])).toBe(false);
    expect(isSensitive('likes', ['Le gusta el jazz'])).toBe(false);
  });
});
