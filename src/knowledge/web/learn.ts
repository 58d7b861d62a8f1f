import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { AppError, messageOf } from '../../shared/errors.ts';
import type { LearnedItem } from '../contract.ts';
import { refused } from './allow-list.ts';
import { askDuckDuckGo } from './duckduckgo.ts';
import type { WebClient } from './fetch-page.ts';
import { sanitiseTitle } from './sanitise.ts';
import { askSearxng } from './searxng.ts';
import type { WebSettings } from './settings.ts';
import type { AskSource, Found, Question } from './source.ts';
import { askWikipedia } from './wikipedia.ts';

export interface LearnParts {
  readonly settings: WebSettings;
  readonly client: WebClient;
  /** ISO 639-1, the best one first. */
  readonly languages: readonly string[];
  /** Where texts are laid, under names of ours. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

export interface Learned {
  readonly items: readonly LearnedItem[];
  /** What stood in the way of more, for a person. */
  readonly problems: readonly string[];
}

/** A topic is what a person would look up, and no document. */
const MOST_CHARACTERS = 300;

const SOURCES: Readonly<Record<WebSettings['sources'][number], AskSource>> = {
  wikipedia: askWikipedia,
  duckduckgo: askDuckDuckGo,
  searxng: askSearxng,
};

/**
 * What the sources have of a topic, in their order, at most `maxPages` things.
 * @throws AppError where nothing was got and something stood in the way of it: that of the first source, with what the others said.
 */
export async function learn(topic: string, parts: LearnParts): Promise<Learned> {
  const { settings, signal } = parts;
  const asked = topic.replaceAll(/\s+/g, ' ').trim();
  if (asked === '' || asked.length > MOST_CHARACTERS)
    throw new AppError('invalid_request', `A topic has 1 to ${MOST_CHARACTERS} characters.`, { param: 'topic' });
  if (!settings.enabled)
    throw refused('Nothing is asked of the web: set knowledge.web.enabled in the profile to allow it.');
  if (settings.sources.length === 0) throw refused('No source is named: set knowledge.web.sources in the profile.');
  const items: LearnedItem[] = [];
  const obstacles: unknown[] = [];
  const attempt = async <T>(work: Promise<T>): Promise<T | undefined> => {
    try {
      return await work;
    } catch (error) {
      obstacles.push(error);
      return undefined;
    }
  };
  for (const name of new Set(settings.sources)) {
    const most = settings.maxPages - items.length;
    if (most === 0 || signal.aborted) break;
    const answer = await attempt(SOURCES[name]({ ...parts, topic: asked, most } satisfies Question));
    for (const found of answer?.found ?? []) {
      const item = await attempt(fetched(found, parts));
      if (item) items.push(item);
    }
    if (answer?.problem !== undefined) obstacles.push(refused(answer.problem));
  }
  if (signal.aborted) {
    await Promise.all(items.map(({ path }) => rm(path, { force: true })));
    signal.throwIfAborted();
  }
  if (items.length === 0 && obstacles.length > 0) throw joined(obstacles);
  return { items, problems: obstacles.map(messageOf) };
}

async function fetched(found: Found, { client, folder, signal }: LearnParts): Promise<LearnedItem> {
  const { attribution } = found;
  const title = sanitiseTitle(found.title, new URL(found.url).host);
  if (found.kind === 'page') return { ...(await client.fetchPage(found.url, signal)), title, attribution };
  const path = join(folder, `learned-${randomUUID()}`);
  const content = Buffer.from(found.text);
  await writeFile(path, content, { flag: 'wx', mode: 0o600 });
  return {
    path,
    mime: 'text/markdown',
    bytes: content.length,
    finalUrl: found.url,
    title,
    attribution,
    fetched: Date.now(),
  };
}

/** The first one, which is of the source that is preferred, with what the others said. */
function joined(errors: readonly unknown[]): unknown {
  const [first] = errors;
  if (!(first instanceof AppError) || errors.length === 1) return first;
  const { code, retryAfterSeconds } = first;
  return new AppError(code, errors.map(messageOf).join(' '), {
    cause: first,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}
