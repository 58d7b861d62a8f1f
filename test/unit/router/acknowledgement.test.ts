import { describe, expect, it } from 'vitest';

import { isAcknowledgement } from '../../../src/router/acknowledgement.ts';

describe('isAcknowledgement', () => {
  it.each([
    'sí',
    'Sí, continúa',
    'si continua por favor',
    'ok',
    'vale, sigue',
    'dale',
    'arréglalo',
    'no funciona',
    'inténtalo de nuevo',
    'otra vez',
    '¿por qué?',
    'gracias',
    'yes',
    'yes please go on',
    'continue',
    'fix it',
    'try again',
    "it doesn't work",
    'thanks!',
    'why?',
    '👍',
    '?',
  ])('"%s" inherits', (text) => expect(isAcknowledgement(text)).toBe(true));

  it.each([
    '',
    'sí, ¿y cuál es la capital de Francia?',
    'ok, now write it in Rust',
    'continúa con la historia del dragón',
    'fix the null pointer in parse()',
    'hola',
    'por favor',
    'explica la fotosíntesis',
    'gracias, ahora traduce esto al alemán',
    'yes or no: is Pluto a planet?',
    'a'.repeat(100),
  ])('"%s" says something of its own', (text) => expect(isAcknowledgement(text)).toBe(false));
});
