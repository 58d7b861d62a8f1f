import { Readability } from '@mozilla/readability';
import { parseHTML } from 'linkedom';

import type { DomElement } from './dom.ts';
import { hidesElement } from '../web/hidden-style.ts';
import type { DocumentText } from './document-text.ts';
import { toMarkdown } from './to-markdown.ts';
import { cleanTitle } from './title.ts';

type Page = ReturnType<typeof parseHTML>['document'];

interface HtmlOptions {
  /** Of a page from the web the article alone: no menus, no advertisements. */
  readonly isWebPage: boolean;
  readonly warning?: string | null;
}

/** Never text for a reader, or not to be seen by one. */
const UNREAD =
  'script, style, noscript, template, svg, math annotation, title, iframe, object, embed, canvas, audio, video, source, meta, ' +
  'link, input, select, option, textarea, [hidden], [aria-hidden="true"], dialog:not([open]), ' +
  '.sr-only, .visually-hidden, .screen-reader-text';
const CHARSET =
  /<meta\s[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{1,40})|^\s*<\?xml[^>]{0,100}?encoding\s*=\s*["']([\w.:-]{1,40})["']/i;
const CHARSET_WITHIN = 4_096;
/** An article of less is likely not what was meant: then the whole page is taken. */
const LEAST_ARTICLE = 200;

/** Looking for an article takes a time that grows with the square of a page. */
const MOST_ELEMENTS = 20_000;

/** The encoding that a page says it has. */
export function declaredCharset(bytes: Buffer): string | undefined {
  const match = CHARSET.exec(bytes.toString('latin1', 0, CHARSET_WITHIN));
  return match?.[1] ?? match?.[2];
}

/** Of a piece of HTML that we made ourselves. */
export function markdownOf(html: string): string {
  return toMarkdown(parseHTML(`<html><body>${html}</body></html>`).document.body);
}

export function readHtml(html: string, { isWebPage, warning = null }: HtmlOptions): DocumentText {
  const { document } = parseHTML(
    /<(?:html|body)\b/i.test(html.slice(0, 65_536)) ? html : `<html><body>${html}</body></html>`,
  );
  const named =
    document.querySelector('meta[property="og:title"]')?.getAttribute('content') ||
    document.querySelector('title')?.textContent ||
    document.querySelector('h1')?.textContent;
  for (const element of document.querySelectorAll(UNREAD)) element.remove();
  for (const element of document.querySelectorAll('[style]'))
    if (hidesElement(element.getAttribute('style') ?? '')) element.remove();
  const article = isWebPage ? articleOf(document) : undefined;
  const text = toMarkdown(article?.content ?? document.body);
  return {
    text,
    structure: 'markdown',
    mime: 'text/html',
    title: cleanTitle(article?.title || named || ''),
    warning,
  };
}

function articleOf(document: Page) {
  if (document.querySelectorAll('*').length > MOST_ELEMENTS) return undefined;
  // It takes the document apart.
  const copy = document.cloneNode(true);
  const options = { serializer: (node: unknown) => node as DomElement, disableJSONLD: true };
  const found = new Readability<DomElement>(copy as never, options).parse();
  const isMeant = found?.content && (found.textContent ?? '').trim().length >= LEAST_ARTICLE;
  return isMeant ? { title: found.title, content: found.content } : undefined;
}
