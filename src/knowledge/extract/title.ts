import { plainData } from '../plain-data.ts';
import { frontMatterEnd, markdownBlocks } from './markdown-blocks.ts';

const LOOK = 16_384;
const LONGEST = 200;

/** What a Markdown text calls itself: `title` of its front matter, else its first heading. */
export function markdownTitle(text: string): string | null {
  const head = text.slice(0, LOOK);
  const frontMatter = head.slice(0, frontMatterEnd(head));
  const field = /^(?:title|título|titulo):[ \t]*(.{1,400}?)[ \t\r]*$/im.exec(frontMatter)?.[1];
  const named = field && cleanTitle(field.replace(/^(["'])(.*)\1$/, '$2'));
  if (named) return named;
  for (const { title, level } of markdownBlocks(head, 0, head.length)) {
    if (level !== undefined && title) return cleanTitle(title);
  }
  return null;
}

/** One line without controls; null where nothing is left. */
export function cleanTitle(title: string): string | null {
  return plainData(title.slice(0, 4 * LONGEST), LONGEST) || null;
}
