/** Whether a `style` attribute keeps an element from every reader's eye, and from no model's. */
export function hidesElement(style: string): boolean {
  const plain = style
    .slice(0, 2_000)
    .toLowerCase()
    .replaceAll(/\/\*.{0,500}?\*\/|\s|!important/g, '');
  return HIDING.test(`;${plain};`);
}

/** Not shown, without size, without colour, or far outside of the page. */
const HIDING = new RegExp(
  [
    ';display:none;',
    ';visibility:(?:hidden|collapse);',
    ';content-visibility:hidden;',
    ';opacity:0?(?:\\.0+)?%?;',
    ';font-size:0?(?:\\.0\\d*)?(?:px|pt|em|rem|%|vw)?;',
    ';font-size:[01]px;',
    ';color:transparent;',
    ';(?:max-)?(?:height|width):0(?:px)?;(?:.*;)?overflow(?:-[xy])?:(?:hidden|clip);',
    ';overflow(?:-[xy])?:(?:hidden|clip);(?:.*;)?(?:max-)?(?:height|width):0(?:px)?;',
    ';(?:left|top|right|bottom|text-indent|margin-left|margin-top):-\\d{3,}(?:\\.\\d+)?(?:px|em|rem|vw|vh|%);',
    ';clip:rect\\((?:0|1)(?:px)?,(?:0|1)(?:px)?,(?:0|1)(?:px)?,(?:0|1)(?:px)?\\);',
    ';clip-path:(?:inset\\((?:50|100)%\\)|circle\\(0(?:px|%)?\\));',
    ';transform:scale\\(0(?:,0)?\\);',
  ].join('|'),
);
