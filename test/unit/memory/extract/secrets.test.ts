import { describe, expect, it } from 'vitest';

import { holdsSecret } from '../../../../src/memory/extract/secrets.ts';

describe('holdsSecret', () => {
  it.each([
    'mi contraseña es hunter2',
    'my password is correct-horse',
    'la clave del wifi es: gato1234',
    'el pin de mi tarjeta es 4821',
    'my API key is abcdef123456',
    'sk-proj-abcdefghijklmnop1234',
    'ghp_abcdefghijklmnopqrstuvwxyz0123456789',
    'AKIAIOSFODNN7EXAMPLE',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc',
    'my card is 4111 1111 1111 1111',
    'mi tarjeta 5500-0000-0000-0004',
    'IBAN ES91 2100 0418 4502 0005 1332 gracias',
    'DE89370400440532013000',
    'mi DNI es 12345678Z',
    'mi NIE es X1234567L',
    'my SSN is 078-05-1120',
    'my passport number is X12345678',
    '-----BEGIN RSA PRIVATE KEY-----',
  ])('%s', (text) => {
    expect(holdsSecret(text)).toBe(true);
  });

  it.each([
    'vivo en Bilbao',
    'mi teléfono acaba en 7',
    'the password is required',
    'I forgot my password',
    'la clave es importante',
    'nací el 12/06/1985',
    'the order 1234567890123 has come',
    'a very-long-hyphenated-word-that-goes-on-and-on',
    'the token limit is too low',
    'I keep my passwords in a manager',
  ])('%s: none', (text) => {
    expect(holdsSecret(text)).toBe(false);
  });
});
