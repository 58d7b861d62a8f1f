import { describe, expect, it } from 'vitest';

import { readHtml } from '../../../../src/knowledge/extract/html.ts';
import { hidesElement } from '../../../../src/knowledge/web/hidden-style.ts';

describe('a style', () => {
  it.each([
    'display:none',
    'DISPLAY : NONE !important',
    'color:red;display:none;',
    'display:/* x */none',
    'visibility: hidden',
    'opacity:0',
    'opacity: 0.0',
    'font-size:0',
    'font-size: 0px',
    'font-size:1px',
    'color: transparent',
    'position:absolute; left:-9999px',
    'text-indent:-9999em',
    'height:0; overflow:hidden',
    'overflow: hidden; width: 0px',
    'clip: rect(0, 0, 0, 0)',
    'clip-path: inset(100%)',
    'transform: scale(0)',
  ])('hides: %s', (style) => {
    expect(hidesElement(style)).toBe(true);
  });

  it.each([
    '',
    'display:block',
    'display:none-of-it',
    'opacity:0.9',
    'opacity:1',
    'font-size:10px',
    'font-size:0.9em',
    'font-size:12px',
    'left:-5px',
    'height:0',
    'overflow:hidden;height:100px',
    'margin-left:-10px',
  ])('does not: %s', (style) => {
    expect(hidesElement(style)).toBe(false);
  });
});

describe('a page', () => {
  it.each([
    '<div style="display:none">HIDDEN</div>',
    '<div style="position: absolute; left: -10000px"><p>HIDDEN</p></div>',
    '<p hidden>HIDDEN</p>',
    '<p aria-hidden="true">HIDDEN</p>',
    '<!-- HIDDEN -->',
    '<script>"HIDDEN"</script><style>p { content: "HIDDEN" }</style>',
    '<noscript><p>HIDDEN</p></noscript><template><p>HIDDEN</p></template>',
    '<span class="sr-only">HIDDEN</span><dialog>HIDDEN</dialog>',
    '<input type="hidden" value="HIDDEN"><meta name="description" content="HIDDEN">',
    '<img src="x.png" alt="" title="HIDDEN" data-x="HIDDEN">',
  ])('is read without what nobody sees: %s', (hidden) => {
    const page = `<html><body><h1>Lamps</h1><p>The lamp is green.</p>${hidden}<p>It burns at night.</p></body></html>`;
    for (const isWebPage of [true, false]) {
      const { text } = readHtml(page, { isWebPage });
      expect(text).not.toContain('HIDDEN');
      expect(text).toContain('It burns at night.');
    }
  });
});
