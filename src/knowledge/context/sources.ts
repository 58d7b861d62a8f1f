import type { Citations } from './citations.ts';
import type { Passage } from './passages.ts';
import { plainData } from '../plain-data.ts';

/** A passage that an answer rests on, as its asker is shown it. Plain data: for a page to escape like any text. */
export interface SourceView {
  /** By which the answer cites it. */
  readonly n: number;
  /** Id. */
  readonly document: string;
  readonly title: string;
  readonly uri: string | null;
  /** From 1; null where there are no pages. */
  readonly page: number | null;
  /** UTF-16 code units of the document's text; the end is exclusive. */
  readonly start: number;
  readonly end: number;
  /** From 0 to 1. */
  readonly score: number;
  /** When it was fetched from the web; ISO 8601. */
  readonly fetched?: string;
  readonly attribution?: string;
  /** How it begins. */
  readonly text?: string;
}

/** `orchestrator` of an answer: what it rests on. */
export interface SourcesView {
  readonly sources: readonly SourceView[];
  /** Whether anything was found that counts. */
  readonly found: boolean;
  /** Once the answer is known. */
  readonly citations?: Citations;
  /** What was not as it should be: no sources, or not all. */
  readonly degraded?: string;
  /** Why passages that were found are not in the prompt. */
  readonly withheld?: string;
}

const LONGEST_TITLE = 200;
const LONGEST_ADDRESS = 500;
const LONGEST_QUOTE = 160;

export function sourceView(n: number, { document, text, start, end, page, score }: Passage): SourceView {
  const { id, title, uri, fetched, attribution } = document;
  return {
    n,
    document: id,
    title: plainData(title, LONGEST_TITLE),
    uri: uri === null ? null : plainData(uri, LONGEST_ADDRESS),
    page,
    start,
    end,
    score: Math.round(score * 1_000) / 1_000,
    ...(fetched !== null && { fetched: new Date(fetched).toISOString() }),
    ...(attribution !== null && { attribution: plainData(attribution, LONGEST_ADDRESS) }),
    text: plainData(text.slice(0, 2 * LONGEST_QUOTE), LONGEST_QUOTE),
  };
}

const LONGEST_HEADER = 3_000;

/** The sources as the value of a header: ASCII, bounded; the last ones are left out where there are too many. */
export function sourcesHeader({ sources, found, degraded, withheld }: SourcesView): string {
  const short = sources.map(({ text: _text, uri: _uri, attribution: _attribution, ...rest }) => ({
    ...rest,
    title: plainData(rest.title, 60),
  }));
  const notes = {
    ...(degraded !== undefined && { degraded: plainData(degraded, 200) }),
    ...(withheld !== undefined && { withheld: plainData(withheld, 200) }),
  };
  for (let count = short.length; ; count -= 1) {
    const header = ascii(JSON.stringify({ sources: short.slice(0, count), found, ...notes }));
    if (header.length <= LONGEST_HEADER || count === 0) return header;
  }
}

function ascii(json: string): string {
  return json.replaceAll(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
