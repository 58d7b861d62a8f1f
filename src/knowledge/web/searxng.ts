import { z } from 'zod';

import { AppError } from '../../shared/errors.ts';
import { checkedUrl, refused } from './allow-list.ts';
import { UpstreamStatus } from './exchanges.ts';
import { type Answer, type Found, type Question, readAs } from './source.ts';

const Results = z.object({ results: z.array(z.object({ url: z.string(), title: z.string().default('') })) });

/**
 * The pages that an instance of SearXNG finds, as far as their hosts may be fetched from;
 * https://docs.searxng.org/dev/search_api.html
 */
export async function askSearxng({ topic, most, languages, settings, client, signal }: Question): Promise<Answer> {
  if (settings.searxng === undefined)
    throw refused('No SearXNG is known: set knowledge.web.searxng in the profile to the URL of one.');
  const base = new URL(settings.searxng);
  const query = new URLSearchParams({ q: topic, format: 'json', language: languages[0] ?? 'auto' });
  const url = new URL(`${base.pathname.replace(/\/$/, '')}/search?${query.toString()}`, base);
  const json = await client.fetchJson(url.href, { ownOrigin: base.origin, signal }).catch((error: unknown) => {
    if (!(error instanceof UpstreamStatus) || error.upstream !== 403) throw error;
    const message = `${base.host} does not answer in JSON: add json to search.formats in its settings.yml.`;
    throw new AppError('web_unavailable', message, { cause: error });
  });
  const { results } = readAs(Results, json, base.host);
  const [found, elsewhere]: [Found[], Set<string>] = [[], new Set()];
  const seen = new Set<string>();
  for (const { url: address, title } of results) {
    if (seen.has(address)) continue;
    seen.add(address);
    const page = fetchable(address, settings.allow);
    if (page) found.push({ kind: 'page', title: title || page.host, url: page.href, attribution: page.host });
    // Hosts that nobody could allow are not worth a word.
    else if (fetchable(address, [URL.parse(address)?.hostname ?? ''])) elsewhere.add(new URL(address).host);
  }
  return {
    found: found.slice(0, most),
    problem: elsewhere.size > 0 && found.length < most ? sayElsewhere(elsewhere) : undefined,
  };
}

function fetchable(address: string, allow: readonly string[]): URL | undefined {
  try {
    return checkedUrl(address, { allow });
  } catch {
    return undefined;
  }
}

function sayElsewhere(hosts: ReadonlySet<string>): string {
  const [few, more] = [[...hosts].slice(0, 5).join(', '), hosts.size - 5];
  return `SearXNG found pages of hosts that may not be fetched from (${few}${more > 0 ? ` and ${more} more` : ''}): add those you trust to knowledge.web.allow.`;
}
