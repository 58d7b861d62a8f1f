/**
 * What no reader sees and a model may: zero-width characters, directions of writing, tags and selectors that can carry a hidden
 * text, control characters. Joiners stay where letters and pictures need them.
 */
export function withoutInvisible(text: string): string {
  return text
    .replaceAll(/\r\n?|[\u0085\u2028\u2029]/g, '\n')
    .replaceAll(CONTROLS, '')
    .replaceAll(JOINERS, '')
    .replaceAll(NEVER_SEEN, '');
}

// eslint-disable-next-line no-control-regex -- they are what is taken out
const CONTROLS = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F]/g;
/** Not behind a mark (signs that join in Indic scripts, variants of pictures), an Arabic letter or a picture. */
const JOINERS = /(?<![\p{M}\p{Script=Arabic}\p{Extended_Pictographic}\p{Emoji_Modifier}])[\u200C\u200D]/gu;
const NEVER_SEEN =
  /[\u00AD\u061C\u115F\u1160\u200B\u200E\u200F\u202A-\u202E\u2060-\u206F\u3164\uFEFF\uFFA0\uFFF0-\uFFFB]|\u{34F}|\u{17B4}|\u{17B5}|[\u{180B}-\u{180F}]|[\u{FE00}-\u{FE0D}]|[\u{E0000}-\u{E0FFF}]/gu;
