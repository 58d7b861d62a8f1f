/** Longest text whose language is looked at, before what is no language is taken out. */
const MAX_LENGTH = 1_600;

/** What of a text is somebody's language: without code blocks, code spans, addresses, markup and numbers. Linear in the text. */
export function plainText(window: string): string {
  const text = withoutFences(window).slice(0, MAX_LENGTH);
  return text
    .replace(/`[^`\n]{1,200}`/g, ' ')
    .replace(/\b(?:https?:\/\/|www\.)\S{1,300}/gi, ' ')
    .replace(/\S{1,64}@\S{1,64}\.\w{2,10}/g, ' ')
    .replace(/<\/?[a-z][^<>\n]{0,120}>/gi, ' ')
    .replace(/\\[a-z]{1,30}/gi, ' ');
}

/** A fence that is never closed hides the rest. */
function withoutFences(text: string): string {
  if (!text.includes('```')) return text;
  return text
    .split('```')
    .filter((_, index) => index % 2 === 0)
    .join(' ');
}
