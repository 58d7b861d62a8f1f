import { describe, expect, it } from 'vitest';

import { plainJson, plainLine, plainText } from '../../../src/cli/plain.ts';

const HOSTILE = 'a\u001B[31mred\u001B[0m\u001B]0;title\u0007\u009B2J\u0008\u202Eevil\r\nnext\tcell\u0000\u2028';

describe('what others wrote', () => {
  it('cannot steer a terminal', () => {
    expect(plainText(HOSTILE)).toBe('aredevil\nnext\tcell');
    expect(plainLine(HOSTILE)).toBe('aredevil next cell');
  });

  it('is the same as JSON, without a byte that could', () => {
    const json = plainJson({ text: HOSTILE });
    expect(JSON.parse(json)).toEqual({ text: HOSTILE });
    // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
    expect(json).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202E\u2028]/);
  });
});
