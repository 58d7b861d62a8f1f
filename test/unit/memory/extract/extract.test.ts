import { describe, expect, it } from 'vitest';

import { extract } from '../../../../src/memory/extract/extract.ts';

const AT = Date.UTC(2026, 10, 21, 12);
const read = (text: string, before: string | null = null) =>
  extract({ text, at: AT, conversation: null, request: null, before });

describe('extract', () => {
  it('a first introduction is a name and a residence, each with its words', () => {
    const text = 'Hola, me llamo Ana y vivo en Bilbao desde 2019';
    const [name, residence] = read(text);
    expect(name).toMatchObject({ attribute: 'name', value: 'Ana', text: 'Se llama Ana', language: 'es', kind: 'fact' });
    expect(residence).toMatchObject({ attribute: 'residence', value: 'Bilbao', validFrom: Date.UTC(2019, 0, 1) });
    for (const { quote, start, end } of [name!, residence!]) expect(text.slice(start, end)).toBe(quote);
  });
});
