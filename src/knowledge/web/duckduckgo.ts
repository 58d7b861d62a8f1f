import { z } from 'zod';

import { type Answer, type Question, readAs } from './source.ts';

const HOST = 'api.duckduckgo.com';
const Text = z.string().default('');

const InstantAnswer = z.object({
  Heading: Text,
  AbstractText: Text,
  AbstractSource: Text,
  AbstractURL: Text,
  // A calculation or the like is an object, and nothing to keep.
  Answer: z.unknown().transform((answer) => (typeof answer === 'string' ? answer : '')),
  Definition: Text,
  DefinitionSource: Text,
  DefinitionURL: Text,
});

/**
 * The instant answer to a topic: a paragraph of an encyclopedia, a definition, or nothing. By the documented endpoint alone;
 * https://duckduckgo.com/duckduckgo-help-pages/features/instant-answers-and-other-features
 */
export async function askDuckDuckGo({ topic, client, signal }: Question): Promise<Answer> {
  const query = new URLSearchParams({
    q: topic,
    format: 'json',
    no_html: '1',
    no_redirect: '1',
    skip_disambig: '1',
    t: 'orchestrator',
  });
  const answer = readAs(
    InstantAnswer,
    await client.fetchJson(`https://${HOST}/?${query.toString()}`, { signal }),
    HOST,
  );
  const parts = [
    { text: answer.AbstractText, source: answer.AbstractSource, url: answer.AbstractURL },
    { text: answer.Definition, source: answer.DefinitionSource, url: answer.DefinitionURL },
    { text: answer.Answer, source: '', url: '' },
  ].filter(({ text }) => text.trim() !== '');
  const [first] = parts;
  if (!first) return { found: [] };
  const title = answer.Heading || topic;
  const sources = parts.flatMap(({ source, url }) =>
    source === '' ? [] : [isWeb(url) ? `${source} (${url})` : source],
  );
  const isWikipedia = parts.some(({ source }) => source === 'Wikipedia');
  return {
    found: [
      {
        kind: 'text',
        title,
        url: isWeb(first.url) ? first.url : `https://duckduckgo.com/?${new URLSearchParams({ q: topic }).toString()}`,
        text: `# ${title}\n\n${parts.map(({ text }) => text).join('\n\n')}\n`,
        attribution: `${[...sources, 'DuckDuckGo'].join(', by ')}${isWikipedia ? ', CC BY-SA 4.0' : ''}`,
      },
    ],
  };
}

function isWeb(url: string): boolean {
  return /^https?:\/\//.test(url) && URL.canParse(url);
}
