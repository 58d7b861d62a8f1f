import { describe, expect, it } from 'vitest';

import { Redactor } from '../../../src/shared/redact.ts';

describe('what is taken out of a text', () => {
  it('is every secret that was named', () => {
    const redactor = new Redactor();
    const forget = redactor.add('a-secret-word');
    expect(redactor.redact('so a-secret-word it is')).toBe('so [secret] it is');
    forget();
    expect(redactor.redact('so a-secret-word it is')).toBe('so a-secret-word it is');
  });

  it('is what has the form of a key or a token that is made here', () => {
    const redactor = new Redactor();
    const key = `sk-orc-${'aB3_-'.repeat(8)}abc`;
    const refresh = `rt-orc-${'x'.repeat(43)}`;
    const token = `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbmEifQ.${'s'.repeat(43)}`;
    for (const secret of [key, refresh, token])
      expect(redactor.redact(`{"got":"${secret}"}`)).toBe('{"got":"[secret]"}');
    for (const plain of ['sk-orc-…', 'the eyJ of a token', 'work-orc-hestra'])
      expect(redactor.redact(plain)).toBe(plain);
  });
});
