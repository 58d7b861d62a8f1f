/** Every step reads at most this much of a text, so that its length never matters: where requests begin, and where they end. */
export const HEAD_LENGTH = 2_000;
export const TAIL_LENGTH = 1_000;

/** The beginning and the end of a text that is too long to be read whole: the question stands in one of them. */
export function textWindow(text: string): string {
  if (text.length <= HEAD_LENGTH + TAIL_LENGTH) return text;
  return `${text.slice(0, HEAD_LENGTH)}\n${text.slice(-TAIL_LENGTH)}`;
}
