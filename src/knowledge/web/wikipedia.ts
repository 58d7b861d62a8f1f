import { z } from 'zod';

import { AppError } from '../../shared/errors.ts';
import { isAllowed, refused } from './allow-list.ts';
import { type Answer, type Found, type Question, readAs } from './source.ts';

const LICENCE = 'CC BY-SA 4.0 (https://creativecommons.org/licenses/by-sa/4.0/)';

/**
 * The articles that Wikipedia finds, whole, in the first language in which it finds any. By its Action API, one request after the
 * other, as its rules want; https://www.mediawiki.org/wiki/API:Etiquette
 */
export async function askWikipedia(question: Question): Promise<Answer> {
  const { languages, settings } = question;
  const hosts = languages.map((language) => `${language}.wikipedia.org`);
  const allowed = hosts.filter((host) => isAllowed(host, settings.allow));
  if (allowed.length === 0)
    throw refused(
      `${hosts.join(' and ')} may not be asked. Add ${hosts.length > 1 ? 'one of them' : 'it'} to knowledge.web.allow in the profile.`,
    );
  for (const host of allowed) {
    const found = await articlesOf(host, question);
    if (found.length > 0) return { found };
  }
  return { found: [] };
}

const SearchAnswer = z.object({
  error: z.object({ code: z.string(), info: z.string() }).optional(),
  query: z.object({ search: z.array(z.object({ pageid: z.int().positive() })) }).optional(),
});

const PageAnswer = z.object({
  error: z.object({ code: z.string(), info: z.string() }).optional(),
  query: z
    .object({
      pages: z.array(
        z.object({
          title: z.string(),
          extract: z.string().optional(),
          canonicalurl: z.url({ protocol: /^https$/ }),
          pageprops: z.object({ disambiguation: z.string().optional() }).optional(),
          revisions: z.array(z.object({ revid: z.int(), timestamp: z.string() })).min(1),
        }),
      ),
    })
    .optional(),
});

async function articlesOf(host: string, { topic, most, client, signal }: Question): Promise<readonly Found[]> {
  const ask = async <T extends { readonly error?: { readonly code: string; readonly info: string } | undefined }>(
    schema: z.ZodType<T>,
    parameters: Readonly<Record<string, string>>,
  ) => {
    const query = new URLSearchParams({ action: 'query', format: 'json', formatversion: '2', ...parameters });
    const answer = readAs(
      schema,
      await client.fetchJson(`https://${host}/w/api.php?${query.toString()}`, { signal }),
      host,
    );
    if (answer.error)
      throw new AppError(
        'web_unavailable',
        `${host} refused the question (${answer.error.code}): ${answer.error.info}`,
      );
    return answer;
  };
  const search = await ask(SearchAnswer, {
    list: 'search',
    srsearch: topic,
    // Articles, and some more than wanted: lists of meanings are left out.
    srnamespace: '0',
    srlimit: String(most + 2),
    srprop: '',
  });
  const found: Found[] = [];
  for (const { pageid } of search.query?.search ?? []) {
    if (found.length === most) break;
    // Whole texts are given of one page at a time.
    const { query } = await ask(PageAnswer, {
      prop: 'extracts|info|revisions|pageprops',
      pageids: String(pageid),
      explaintext: '1',
      exsectionformat: 'wiki',
      inprop: 'url',
      rvprop: 'ids|timestamp',
      ppprop: 'disambiguation',
    });
    const [page] = query?.pages ?? [];
    const [revision] = page?.revisions ?? [];
    if (!page || !revision || page.pageprops?.disambiguation !== undefined || (page.extract ?? '').trim() === '')
      continue;
    const { title, canonicalurl: url, extract = '' } = page;
    const version = `revision ${revision.revid} of ${revision.timestamp.slice(0, 10)}`;
    found.push({
      kind: 'text',
      title,
      url,
      text: `# ${title}\n\n${toMarkdown(extract)}\n`,
      attribution: `Wikipedia, ${LICENCE}: “${title}” by its authors, ${url}, ${version}`,
    });
  }
  return found;
}

/** `== Heading ==` as `## Heading`. A section without text is left out. */
function toMarkdown(extract: string): string {
  const lines = extract
    .split('\n')
    .map((line) =>
      line.replace(
        /^(={2,6})\s*([^=].*?)\s*\1\s*$/,
        (_, marks: string, heading: string) => `${'#'.repeat(marks.length)} ${heading}`,
      ),
    );
  const level = (line: string | undefined) => /^#{2,6} /.exec(line ?? '')?.[0].length ?? 0;
  const isEmptySection = (line: string, index: number) => {
    if (level(line) === 0) return false;
    const next = lines.slice(index + 1).find((other) => other.trim() !== '');
    return next === undefined || (level(next) > 0 && level(next) <= level(line));
  };
  return lines
    .filter((line, index) => !isEmptySection(line, index))
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim();
}
