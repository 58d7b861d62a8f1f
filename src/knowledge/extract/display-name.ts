const MOST_CHARACTERS = 255;
/** Controls, and what turns the direction of writing or is not seen at all. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u{e0000}-\u{e007f}]+/gu;

/** The name of a file as it may be shown and stored: its last part, without what cannot be seen. Never part of a path of ours. */
export function displayName(name: string): string {
  const last = name
    .slice(-4_096)
    .toWellFormed()
    .replace(UNSEEN, '')
    .split(/[/\\]/)
    .map((part) => part.trim())
    .filter((part) => part !== '' && part !== '.' && part !== '..')
    .at(-1);
  const shown = (last ?? '').normalize('NFC').replace(/\s+/g, ' ');
  if (shown.length <= MOST_CHARACTERS) return shown || 'unnamed';
  const extension = /\.[A-Za-z0-9]{1,8}$/.exec(shown)?.[0] ?? '';
  return `${shown
    .slice(0, MOST_CHARACTERS - extension.length - 1)
    .toWellFormed()
    .replace(/\u{fffd}$/u, '')}…${extension}`;
}
