import type { RequestListener, ServerResponse } from 'node:http';

/** Imitations of the interfaces that are learned from: what they document, in the form in which they answer. */

const EXTRACT = `The Quillon Lighthouse is a lighthouse in Quillon. Its lamp is green.


== History ==
It was built in 1761.


=== The fire ===
It burned in 1803.


== See also ==


== References ==`;

interface Article {
  readonly pageid: number;
  readonly title: string;
  readonly extract?: string;
  readonly disambiguation?: boolean;
}

const ARTICLES: readonly Article[] = [
  { pageid: 7, title: 'Quillon Lighthouse', extract: EXTRACT },
  { pageid: 8, title: 'Quillon (disambiguation)', extract: 'Quillon may refer to:', disambiguation: true },
  { pageid: 9, title: 'Quillon', extract: 'Quillon is a city.' },
  { pageid: 10, title: 'Lamp', extract: 'A lamp gives light.' },
  { pageid: 11, title: 'Empty', extract: '' },
];

/** MediaWiki's Action API with TextExtracts: `list=search` and `prop=extracts|info|revisions|pageprops`, formatversion 2. */
export function wikipedia(language: string, articles = ARTICLES): RequestListener {
  return (request, response) => {
    const asked = new URL(request.url ?? '', `https://${language}.wikipedia.org`).searchParams;
    if (asked.get('action') !== 'query' || asked.get('format') !== 'json' || asked.get('formatversion') !== '2')
      return send(response, { error: { code: 'badvalue', info: 'Unrecognized value', docref: 'See the API' } });
    if (asked.get('list') === 'search')
      return send(response, {
        batchcomplete: true,
        continue: { sroffset: 5, continue: '-||' },
        query: { search: articles.map(({ pageid, title }) => ({ ns: 0, title, pageid })) },
      });
    const article = articles.find(({ pageid }) => String(pageid) === asked.get('pageids'));
    if (!article) return send(response, { batchcomplete: true, query: { pages: [{ pageid: 0, missing: true }] } });
    const { pageid, title, extract, disambiguation } = article;
    const url = `https://${language}.wikipedia.org/wiki/${title.replaceAll(' ', '_')}`;
    send(response, {
      batchcomplete: true,
      query: {
        pages: [
          {
            pageid,
            ns: 0,
            title,
            extract,
            contentmodel: 'wikitext',
            pagelanguage: language,
            pagelanguagedir: 'ltr',
            touched: '2026-03-02T10:00:00Z',
            lastrevid: 1_234_567,
            length: 5_000,
            fullurl: url,
            editurl: `${url}?action=edit`,
            canonicalurl: url,
            revisions: [{ revid: 1_234_567, parentid: 1_234_566, timestamp: '2026-03-01T09:08:07Z' }],
            ...(disambiguation ? { pageprops: { disambiguation: '' } } : {}),
          },
        ],
      },
    });
  };
}

/** The Instant Answer API, whose JSON comes as a script. */
export function duckDuckGo(answer: Readonly<Record<string, unknown>> = {}): RequestListener {
  const body = {
    Abstract: 'The Quillon Lighthouse is a lighthouse with a green lamp.',
    AbstractSource: 'Wikipedia',
    AbstractText: 'The Quillon Lighthouse is a lighthouse with a green lamp.',
    AbstractURL: 'https://en.wikipedia.org/wiki/Quillon_Lighthouse',
    Answer: '',
    AnswerType: '',
    Definition: '',
    DefinitionSource: '',
    DefinitionURL: '',
    Entity: 'lighthouse',
    Heading: 'Quillon Lighthouse',
    Image: '/i/quillon.jpg',
    ImageHeight: 300,
    ImageIsLogo: 0,
    ImageWidth: 200,
    Infobox: { content: [{ data_type: 'string', label: 'Lamp', value: 'green', wiki_order: 0 }], meta: [] },
    Redirect: '',
    RelatedTopics: [
      { FirstURL: 'https://duckduckgo.com/c/Lighthouses', Icon: {}, Result: '<a>Lighthouses</a>', Text: 'Lighthouses' },
    ],
    Results: [],
    Type: 'A',
    meta: { id: 'wikipedia_fathead', src_name: 'Wikipedia' },
    ...answer,
  };
  return (_, response) => send(response, body, 'application/x-javascript');
}

/** `GET /search?format=json` */
export function searxng(): RequestListener {
  const result = (url: string, title: string) => ({
    url,
    title,
    content: 'A snippet.',
    engine: 'brave',
    parsed_url: ['https', new URL(url).host, new URL(url).pathname, '', '', ''],
    template: 'default.html',
    engines: ['brave'],
    positions: [1],
    score: 1,
    category: 'general',
    publishedDate: null,
  });
  return (request, response) => {
    const asked = new URL(request.url ?? '', 'http://localhost').searchParams;
    if (asked.get('format') !== 'json') response.writeHead(400).end();
    else
      send(response, {
        query: asked.get('q'),
        number_of_results: 0,
        results: [
          result('https://www.example.com/lamp', 'The lamp'),
          result('https://www.example.com/lamp', 'The lamp again'),
          result('https://elsewhere.example.net/lamp', 'Elsewhere'),
          result('http://10.0.0.1/admin', 'Inside'),
        ],
        answers: [],
        corrections: [],
        infoboxes: [],
        suggestions: ['quillon lamp colour'],
        unresponsive_engines: [['duckduckgo', 'CAPTCHA']],
      });
  };
}

function send(response: ServerResponse, body: unknown, type = 'application/json; charset=utf-8'): void {
  response.writeHead(200, { 'content-type': type }).end(JSON.stringify(body));
}
