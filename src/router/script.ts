/** Which language a text in a script other than Latin is in: the script says it, and where several share one, their own letters do. */

interface Script {
  readonly from: number;
  readonly to: number;
  readonly script: string;
}

/** Sorted blocks of UTF-16 units. */
const BLOCKS: readonly Script[] = [
  { from: 0x0370, to: 0x03ff, script: 'el' },
  { from: 0x0400, to: 0x052f, script: 'cyrillic' },
  { from: 0x0530, to: 0x058f, script: 'hy' },
  { from: 0x0590, to: 0x05ff, script: 'he' },
  { from: 0x0600, to: 0x077f, script: 'arabic' },
  { from: 0x0900, to: 0x097f, script: 'devanagari' },
  { from: 0x0980, to: 0x09ff, script: 'bn' },
  { from: 0x0a00, to: 0x0a7f, script: 'pa' },
  { from: 0x0a80, to: 0x0aff, script: 'gu' },
  { from: 0x0b00, to: 0x0b7f, script: 'or' },
  { from: 0x0b80, to: 0x0bff, script: 'ta' },
  { from: 0x0c00, to: 0x0c7f, script: 'te' },
  { from: 0x0c80, to: 0x0cff, script: 'kn' },
  { from: 0x0d00, to: 0x0d7f, script: 'ml' },
  { from: 0x0d80, to: 0x0dff, script: 'si' },
  { from: 0x0e00, to: 0x0e7f, script: 'th' },
  { from: 0x0e80, to: 0x0eff, script: 'lo' },
  { from: 0x0f00, to: 0x0fff, script: 'bo' },
  { from: 0x1000, to: 0x109f, script: 'my' },
  { from: 0x10a0, to: 0x10ff, script: 'ka' },
  { from: 0x1100, to: 0x11ff, script: 'ko' },
  { from: 0x1200, to: 0x139f, script: 'am' },
  { from: 0x1780, to: 0x17ff, script: 'km' },
  { from: 0x1800, to: 0x18af, script: 'mn' },
  { from: 0x3041, to: 0x30ff, script: 'ja' },
  { from: 0x3400, to: 0x4dbf, script: 'zh' },
  { from: 0x4e00, to: 0x9fff, script: 'zh' },
  { from: 0xac00, to: 0xd7af, script: 'ko' },
  { from: 0xfb50, to: 0xfdff, script: 'arabic' },
  { from: 0xfe70, to: 0xfeff, script: 'arabic' },
];

/** A syllable or an ideograph says as much as two or three Latin letters. */
const DENSE = new Map([
  ['ja', 2],
  ['zh', 2.5],
  ['ko', 2],
]);

/** The first whose letters occur names the language; the last is what remains. */
const BY_LETTERS: Readonly<Record<string, readonly (readonly [language: string, letters: RegExp | undefined])[]>> = {
  cyrillic: [
    ['kk', /[әқңұүһ]/i],
    ['uk', /[іїєґ]|(?:^|\s)(?:що|чи|це|та|який|яка|дуже)(?=\s|$)/i],
    ['be', /ў/i],
    ['mk', /[ѓќѕ]/i],
    ['sr', /[ђјљњћџ]/i],
    ['mn', /[өү]/i],
    ['ru', /[ыэё]/i],
    ['bg', /ъ[а-я]|(?:^|\s)(?:съм|това|какво|как|къде|защо|се|ли|мога)(?=\s|[?.!]|$)/i],
    ['ru', undefined],
  ],
  arabic: [
    ['ur', /[ٹڈڑںےہ]/],
    ['ps', /[ټډړښځ]/],
    ['ckb', /[ڕڵێۆ]/],
    ['fa', /[پچژگیک]/],
    ['ar', undefined],
  ],
  devanagari: [
    ['mr', /ळ|आहे|काय|मला|आणि/],
    ['ne', /छ(?:\s|न|।|$)|हुन्छ|मलाई/],
    ['hi', undefined],
  ],
};

/** Latin letters, and the letters of the most frequent other script, weighed by how much one says. */
export interface ScriptCount {
  readonly latin: number;
  readonly other: number;
  /** ISO 639-1 of the language in that script. */
  readonly code: string | undefined;
}

/** @param text At most a window: every unit is looked at. */
export function countScripts(text: string): ScriptCount {
  const counts = new Map<string, number>();
  let latin = 0;
  let last: Script | undefined;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x0370) {
      if ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a) latin += 1;
      else if (code >= 0xc0 && code < 0x0300 && code !== 0xd7 && code !== 0xf7) latin += 1;
      continue;
    }
    if (!last || code < last.from || code > last.to) last = BLOCKS.find(({ from, to }) => code >= from && code <= to);
    if (last) counts.set(last.script, (counts.get(last.script) ?? 0) + 1);
    else if (code >= 0x1e00 && code < 0x1f00) latin += 1;
  }
  if (counts.size === 0) return { latin, other: 0, code: undefined };
  // Kana beside ideographs is Japanese, however few.
  const kana = counts.get('ja') ?? 0;
  if (kana > 0) {
    counts.set('ja', kana + (counts.get('zh') ?? 0));
    counts.delete('zh');
  }
  const [script, count] = [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best));
  return { latin, other: count * (DENSE.get(script) ?? 1), code: languageOf(script, text) };
}

function languageOf(script: string, text: string): string {
  const choices = BY_LETTERS[script];
  if (!choices) return script;
  return choices.find(([, letters]) => letters?.test(text) ?? true)?.[0] ?? script;
}
