import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { openWeb } from '../../../../src/knowledge/web/open-web.ts';
import { realNet } from '../../../../src/knowledge/web/pinned-agent.ts';
import type { WebSettings } from '../../../../src/knowledge/web/settings.ts';
import { type FakeWeb, fakeWeb, redirectTo, webSettings } from '../../../support/fake-web.ts';
import { duckDuckGo, searxng, wikipedia } from '../../../support/web-apis.ts';

const ALLOW = ['*.wikipedia.org', 'api.duckduckgo.com', 'www.example.com'];

function open(web: FakeWeb, settings: Partial<WebSettings> = {}, languages = ['en', 'es']) {
  const folder = mkdtempSync(join(tmpdir(), 'learn-'));
  writeFileSync(join(folder, 'learned-of-yesterday'), 'left');
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const opened = openWeb({
    settings: () => webSettings({ allow: ALLOW, ...settings }),
    languages: () => languages,
    net: web.net,
    folder,
    pauseMs: 0,
  });
  return { web: opened, left: () => readdirSync(folder) };
}

const text = (item: { readonly path: string } | undefined) => readFileSync(item?.path ?? '', 'utf8');
const paths = (web: FakeWeb) => web.asked.map((address) => address.split('?')[0]);
const parameters = (address: string | undefined) => Object.fromEntries(new URL(`http://${address}`).searchParams);

describe('Wikipedia', () => {
  it('gives whole articles, with author, revision and licence', async () => {
    const net = await fakeWeb({ 'en.wikipedia.org/w/api.php': wikipedia('en') });
    const { web, left } = open(net, { maxPages: 2 });
    const { items, problems } = await web.learn('lighthouse of Quillon');
    expect(items.map(({ title, mime, finalUrl, attribution }) => ({ title, mime, finalUrl, attribution }))).toEqual([
      {
        title: 'Quillon Lighthouse',
        mime: 'text/markdown',
        finalUrl: 'https://en.wikipedia.org/wiki/Quillon_Lighthouse',
        attribution:
          'Wikipedia, CC BY-SA 4.0 (https://creativecommons.org/licenses/by-sa/4.0/): “Quillon Lighthouse” by its authors, ' +
          'https://en.wikipedia.org/wiki/Quillon_Lighthouse, revision 1234567 of 2026-03-01',
      },
      expect.objectContaining({ title: 'Quillon' }),
    ]);
    expect(text(items[0])).toBe(
      '# Quillon Lighthouse\n\nThe Quillon Lighthouse is a lighthouse in Quillon. Its lamp is green.\n\n' +
        '## History\nIt was built in 1761.\n\n### The fire\nIt burned in 1803.\n',
    );
    expect(problems).toEqual([]);
    expect(left()).toHaveLength(2);
    expect(net.asked.map(parameters)).toEqual([
      expect.objectContaining({
        list: 'search',
        srsearch: 'lighthouse of Quillon',
        format: 'json',
        formatversion: '2',
      }),
      // The second one is a list of meanings, which is left out.
      ...['7', '8', '9'].map(
        (pageids) => expect.objectContaining({ pageids, explaintext: '1', inprop: 'url' }) as unknown,
      ),
    ]);
    for (const headers of net.headers) expect(headers['user-agent']).toContain('(+ops@example.com)');
  });

  it('is asked in the language of the topic, then in those of the profile', async () => {
    const net = await fakeWeb({
      'en.wikipedia.org/w/api.php': wikipedia('en', []),
      'es.wikipedia.org/w/api.php': wikipedia('es'),
    });
    const { web } = open(net);
    await web.learn('¿Cuándo se construyó el faro de la ciudad de Quillón?');
    expect(paths(net)[0]).toBe('es.wikipedia.org/w/api.php');
    net.asked.length = 0;
    await web.learn('When was the lighthouse of the city built?');
    expect([...new Set(paths(net))]).toEqual(['en.wikipedia.org/w/api.php', 'es.wikipedia.org/w/api.php']);
  });

  it('is asked only where the profile allows its host', async () => {
    const net = await fakeWeb({ 'es.wikipedia.org/w/api.php': wikipedia('es') });
    const { web } = open(net, { allow: ['es.wikipedia.org'] });
    expect((await web.learn('the lighthouse of the city')).items).toHaveLength(3);
    expect(new Set(paths(net))).toEqual(new Set(['es.wikipedia.org/w/api.php']));
    const { web: other } = open(net, { allow: ['www.example.com'] });
    await expect(other.learn('lighthouse')).rejects.toThrow(/en\.wikipedia\.org.*knowledge\.web\.allow/);
  });

  it('is not asked without a contact', async () => {
    const net = await fakeWeb();
    const { web } = open(net, { contact: undefined });
    await expect(web.learn('lighthouse')).rejects.toMatchObject({
      code: 'web_refused',
      message: expect.stringContaining('knowledge.web.contact') as string,
    });
    expect(net.resolved).toEqual([]);
  });

  it.each<[string, RequestListener, RegExp]>([
    ['an error of its own', json({ error: { code: 'ratelimited', info: 'Slow down.' } }), /ratelimited.*Slow down/],
    ['another form', json({ query: { search: [{ pageid: 'x' }] } }), /documented one \(query\.search\.0\.pageid/],
    ['something else', json('<html>', 'application/json'), /not answer with JSON/],
    ['a page', json('<html>', 'text/html'), /text\/html/],
    ['a redirect to a host that is not allowed', redirectTo('https://evil.example.net/'), /evil\.example\.net/],
  ])('that answers with %s is told so', async (_, listener, problem) => {
    const net = await fakeWeb({ 'en.wikipedia.org/w/api.php': listener });
    const { web, left } = open(net);
    await expect(web.learn('the lighthouse of the city')).rejects.toThrow(problem);
    expect(left()).toEqual([]);
  });
});

describe('DuckDuckGo', () => {
  const only = { sources: ['duckduckgo'] as const };

  it('gives the abstract, with whom it is of', async () => {
    const net = await fakeWeb({ 'api.duckduckgo.com/': duckDuckGo() });
    const { web } = open(net, only);
    const { items } = await web.learn('Quillon Lighthouse');
    expect(items).toMatchObject([
      {
        title: 'Quillon Lighthouse',
        finalUrl: 'https://en.wikipedia.org/wiki/Quillon_Lighthouse',
        attribution: 'Wikipedia (https://en.wikipedia.org/wiki/Quillon_Lighthouse), by DuckDuckGo, CC BY-SA 4.0',
      },
    ]);
    expect(text(items[0])).toBe('# Quillon Lighthouse\n\nThe Quillon Lighthouse is a lighthouse with a green lamp.\n');
    expect(parameters(net.asked[0])).toEqual({
      q: 'Quillon Lighthouse',
      format: 'json',
      no_html: '1',
      no_redirect: '1',
      skip_disambig: '1',
      t: 'orchestrator',
    });
  });

  it.each([
    ['nothing', { AbstractText: '', AbstractURL: '', AbstractSource: '', Heading: '' }],
    ['a calculator', { AbstractText: '', Answer: { from: 'calculator', result: '' } }],
    ['meanings alone', { AbstractText: '', Type: 'D', RelatedTopics: [{ FirstURL: 'x', Text: 'y' }] }],
  ])('that has %s has nothing', async (_, answer) => {
    const net = await fakeWeb({ 'api.duckduckgo.com/': duckDuckGo(answer) });
    const { web } = open(net, only);
    await expect(web.learn('Quillon')).resolves.toEqual({ items: [], problems: [] });
  });

  it('that takes us for a robot (202) is left alone', async () => {
    const net = await fakeWeb({ 'api.duckduckgo.com/': (_, response) => response.writeHead(202).end() });
    const { web } = open(net, only);
    for (let time = 0; time < 3; time += 1)
      await expect(web.learn(`Quillon ${time}`)).rejects.toMatchObject({
        code: 'web_unavailable',
        retryAfterSeconds: 600,
      });
    expect(net.asked).toHaveLength(1);
  });
});

describe('SearXNG', () => {
  const own = (net: FakeWeb) => ({ sources: ['searxng'] as const, searxng: `http://127.0.0.1:${net.port}/find/` });

  it('on this machine gives pages, of which those are fetched that may be', async () => {
    const net = await fakeWeb({ 'www.example.com/lamp': '<p>green</p>' });
    net.pages.set(`127.0.0.1:${net.port}/find/search`, searxng());
    const { web } = open(net, own(net));
    const { items, problems } = await web.learn('Quillon lamp');
    expect(items).toMatchObject([
      {
        title: 'The lamp',
        finalUrl: 'https://www.example.com/lamp',
        mime: 'text/html',
        attribution: 'www.example.com',
      },
    ]);
    expect(text(items[0])).toBe('<p>green</p>');
    expect(problems).toEqual([expect.stringMatching(/\(elsewhere\.example\.net\).*knowledge\.web\.allow/)]);
    expect(parameters(net.asked[0])).toMatchObject({ q: 'Quillon lamp', format: 'json' });
    expect(net.asked.slice(1)).toEqual(['www.example.com/robots.txt', 'www.example.com/lamp']);
  });

  it('is the only source that its address is good for', async () => {
    const net = await fakeWeb();
    const { web } = open(net, { ...own(net), allow: ['*.example.com'] });
    await expect(web.fetchPage(`http://127.0.0.1:${net.port}/find/search`)).rejects.toMatchObject({
      code: 'web_refused',
    });
    expect(net.connections()).toBe(0);
  });

  it('may not send on to another port of this machine', async () => {
    const net = await fakeWeb();
    net.pages.set(`127.0.0.1:${net.port}/find/search`, redirectTo(`http://127.0.0.1:${net.port + 1}/`));
    const { web } = open(net, own(net));
    await expect(web.learn('lamp')).rejects.toMatchObject({ code: 'web_refused' });
    expect(net.connections()).toBe(1);
  });

  it('that does not answer in JSON is told what to set', async () => {
    const net = await fakeWeb();
    net.pages.set(`127.0.0.1:${net.port}/find/search`, (_, response) => response.writeHead(403).end());
    const { web } = open(net, own(net));
    await expect(web.learn('lamp')).rejects.toThrow('search.formats');
  });

  it('whose pages may all not be fetched says which', async () => {
    const net = await fakeWeb();
    net.pages.set(`127.0.0.1:${net.port}/find/search`, searxng());
    const { web } = open(net, { ...own(net), allow: [] });
    await expect(web.learn('lamp')).rejects.toThrow(/www\.example\.com.*knowledge\.web\.allow/);
  });
});

describe('the net itself', () => {
  it.each(['127.0.0.1', 'localhost'])('reaches what the operator named: %s', async (host) => {
    const net = await fakeWeb();
    net.pages.set(`${host}:${net.port}/search`, searxng());
    const settings = { sources: ['searxng'] as const, searxng: `http://${host}:${net.port}`, allow: [] };
    const { web } = open({ ...net, net: realNet }, settings);
    await expect(web.learn('lamp')).rejects.toThrow(/www\.example\.com.*knowledge\.web\.allow/);
    expect(net.asked).toHaveLength(1);
  });
});

describe('sources', () => {
  it('are asked in order, until there is enough, and one that fails does not stop the others', async () => {
    const net = await fakeWeb({
      'api.duckduckgo.com/': (_, response) => response.writeHead(500).end(),
      'en.wikipedia.org/w/api.php': wikipedia('en'),
    });
    const { web } = open(net, { sources: ['duckduckgo', 'wikipedia', 'searxng'], maxPages: 2 });
    const { items, problems } = await web.learn('lighthouse of the city');
    expect(items).toHaveLength(2);
    expect(problems).toEqual(['api.duckduckgo.com answered 500.']);
  });

  it.each<[string, Partial<WebSettings>, string, string]>([
    ['while the web is off', { enabled: false }, 'lamp', 'knowledge.web.enabled'],
    ['where none is named', { sources: [] }, 'lamp', 'knowledge.web.sources'],
    ['about nothing', {}, ' \n ', 'A topic has'],
    ['about a whole document', {}, 'lamp '.repeat(100), 'A topic has'],
    ['at an instance that nobody named', { sources: ['searxng'] }, 'lamp', 'knowledge.web.searxng'],
  ])('are not asked %s', async (_, settings, topic, says) => {
    const net = await fakeWeb();
    const { web } = open(net, settings);
    await expect(web.learn(topic)).rejects.toThrow(says);
    expect(net.resolved).toEqual([]);
  });

  it('are not asked any more when it closes, and leave nothing behind', async () => {
    const net = await fakeWeb({ 'en.wikipedia.org/w/api.php': wikipedia('en') });
    const { web, left } = open(net);
    const listener = net.pages.get('en.wikipedia.org/w/api.php') as RequestListener;
    net.pages.set('en.wikipedia.org/w/api.php', (request, response) => {
      if (request.url?.includes('pageids=9')) void web.close();
      else listener(request, response);
    });
    await expect(web.learn('lighthouse of the city')).rejects.toThrow('stopping');
    expect(left()).toEqual([]);
  });
});

function json(body: unknown, type = 'application/json; charset=utf-8'): RequestListener {
  return (_, response) =>
    response.writeHead(200, { 'content-type': type }).end(typeof body === 'string' ? body : JSON.stringify(body));
}
