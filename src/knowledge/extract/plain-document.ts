import type { Structure } from './blocks.ts';
import type { DocumentText } from './document-text.ts';
import { markdownTitle } from './title.ts';

/** A text that stays what it is. */
export function plainDocument(text: string, structure: Structure, mime: string): DocumentText {
  return { text, structure, mime, title: structure === 'markdown' ? markdownTitle(text) : null, warning: null };
}
