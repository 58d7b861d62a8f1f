import { describe, expect, it } from 'vitest';

import { displayName } from '../../../../src/knowledge/extract/display-name.ts';

describe('the name of a file, as it is shown', () => {
  it.each([
    ['informe.pdf', 'informe.pdf'],
    ['../../etc/passwd', 'passwd'],
    ['/etc/', 'etc'],
    ['C:\\Users\\ana\\carta.docx', 'carta.docx'],
    ['a\u0000b\u001b[31m\r\n.txt', 'ab[31m.txt'],
    ['\u202egnp.exe', 'gnp.exe'],
    ['  a \t b  ', 'a b'],
    ['n\u0303.txt', 'ñ.txt'],
    ['..', 'unnamed'],
    ['', 'unnamed'],
    ['\ud800.txt', '\ufffd.txt'],
  ])('%j is %j', (name, shown) => {
    expect(displayName(name)).toBe(shown);
  });

  it('has at most 255 characters, its extension among them, and no half ones', () => {
    const shown = displayName(`${'😀'.repeat(300)}.markdown`);
    expect(shown.length).toBeLessThanOrEqual(255);
    expect(shown).toMatch(/^😀+…\.markdown$/u);
  });
});
