import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import type { OutgoingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

import { describe, expect, it, onTestFinished } from 'vitest';

import { WebClient } from '../../../../src/knowledge/web/fetch-page.ts';
import type { WebSettings } from '../../../../src/knowledge/web/settings.ts';
import { type FakeWeb, fakeWeb, html, PUBLIC, redirectTo, webSettings } from '../../../support/fake-web.ts';

const PAGE = '<title>Lamps</title><p>The lamp of Quillon is green.</p>';

function clientOf(web: FakeWeb, settings: Partial<WebSettings> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'web-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const client = new WebClient({ settings: () => webSettings(settings), net: web.net, folder, pauseMs: 0 });
  return { client, left: () => readdirSync(folder) };
}

describe('a page', () => {
  it('is laid in a file of ours, with where it came from', async () => {
    const web = await fakeWeb({ 'www.example.com/lamps?a=1': PAGE });
    const { client } = clientOf(web);
    const page = await client.fetchPage('https://WWW.example.com./lamps?a=1#top');
    expect(page).toMatchObject({
      mime: 'text/html',
      bytes: PAGE.length,
      finalUrl: 'https://www.example.com/lamps?a=1',
    });
    expect(Math.abs(page.fetched - Date.now())).toBeLessThan(60_000);
    expect(readFileSync(page.path, 'utf8')).toBe(PAGE);
    expect(web.asked).toEqual(['www.example.com/robots.txt', 'www.example.com/lamps?a=1']);
    expect(web.dialled).toEqual([`${PUBLIC}:443`, `${PUBLIC}:443`]);
    expect(web.headers[1]?.['user-agent']).toMatch(/^Orchestrator\/\d+\.\d+\.\d+ \(\+ops@example\.com\)$/);
  });

  it('is not asked for while the web is off', async () => {
    const web = await fakeWeb({ 'example.com/': PAGE });
    const { client } = clientOf(web, { enabled: false });
    await expect(client.fetchPage('https://example.com/')).rejects.toMatchObject({ code: 'web_refused', status: 403 });
    expect(web.resolved).toEqual([]);
  });

  it.each([
    ['http://example.org/', /example\.org is not among/],
    ['http://notexample.com/', /is not among/],
    ['http://example.com.evil.net/', /is not among/],
    ['http://пример.рф/', /xn--e1afmkfd\.xn--p1ai is not among/],
    ['ftp://example.com/', /ftp:/],
    ['file:///etc/passwd', /file:/],
    ['data:text/html,hello', /data:/],
    ['javascript:alert(1)', /javascript:/],
    ['http://user@example.com/', /name or password/],
    ['http://:secret@example.com/', /name or password/],
    ['http://example.com:8080/', /port 8080/],
    ['https://example.com:80/', /port 80/],
    ['http://example.com:22/', /port 22/],
    ['nonsense', /not an address/],
    [`http://example.com/${'a'.repeat(2_000)}`, /longer than/],
  ])('is refused before anybody is asked: %s', async (address, problem) => {
    const web = await fakeWeb();
    const { client } = clientOf(web);
    await expect(client.fetchPage(address)).rejects.toMatchObject({
      code: 'web_refused',
      message: expect.stringMatching(problem) as string,
    });
    expect([web.resolved, web.connections()]).toEqual([[], 0]);
  });

  it('is not asked for any more when the profile does not allow it any more', async () => {
    const settings = { allow: ['example.com'] };
    const web = await fakeWeb({
      'example.com/': PAGE,
      'example.com/robots.txt': (_, response) => {
        settings.allow = ['elsewhere.example.net'];
        response.writeHead(404).end();
      },
    });
    const folder = mkdtempSync(join(tmpdir(), 'web-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const client = new WebClient({ settings: () => webSettings(settings), net: web.net, folder, pauseMs: 0 });
    await expect(client.fetchPage('http://example.com/')).rejects.toMatchObject({ code: 'web_refused' });
    expect(web.asked).toEqual(['example.com/robots.txt']);
  });

  it('is fetched from a name that is allowed as punycode', async () => {
    const web = await fakeWeb({ 'xn--bcher-kva.example.com/': PAGE });
    const { client } = clientOf(web, { allow: ['xn--bcher-kva.example.com'] });
    await expect(client.fetchPage('http://BÜCHER.example.com')).resolves.toMatchObject({ mime: 'text/html' });
  });
});

/** faults.md I1 */
describe('an address inside', () => {
  const FORMS = `
    2130706433 0x7f000001 0x7f.0.0.1 0177.0.0.1 017700000001 127.1 127.0.1 127.0.0.1 127.0.0.1. 0 0.0.0.0 0x0
    ①②⑦.⓪.⓪.① 127。0。0。1 %31%32%37.0.0.1 [::] [::1] [0:0:0:0:0:0:0:1] [::ffff:127.0.0.1] [::ffff:7f00:1]
    [::127.0.0.1] [64:ff9b::7f00:1] [2002:7f00:1::] 10.0.0.1 172.16.0.1 192.168.0.1 3232235521 169.254.169.254
    2852039166 0xa9fea9fe [fd00:ec2::254] [fe80::1] 100.64.0.1 100.100.100.200 224.0.0.1 255.255.255.255 8.8.8.8
    localhost localhost. LOCALHOST a.localhost a.localhost. metadata router kubernetes
  `;

  it.each(FORMS.trim().split(/\s+/))('is never connected to, however broad the list: %s', async (host) => {
    const web = await fakeWeb({ [`${host}/`]: PAGE });
    const broad = [
      '127.0.0.1',
      '*.0.0.1',
      '[::1]',
      '*.localhost',
      'localhost',
      '*.internal',
      '*.',
      'metadata',
      '*.254',
    ];
    const { client } = clientOf(web, { allow: [...broad, host, new URL(`http://${host}/`).hostname] });
    for (const scheme of ['http', 'https'])
      await expect(client.fetchPage(`${scheme}://${host}/`)).rejects.toMatchObject({ code: 'web_refused' });
    expect([web.connections(), web.resolved]).toEqual([0, []]);
  });

  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '169.254.169.254',
    '100.64.1.1',
    '::1',
    '::ffff:10.0.0.1',
    'fd00::1',
    '64:ff9b::a00:1',
  ])('is not reached by a name that leads to %s', async (address) => {
    const web = await fakeWeb({ 'www.example.com/': PAGE });
    web.names.set('www.example.com', [[address]]);
    const { client } = clientOf(web);
    await expect(client.fetchPage('http://www.example.com/')).rejects.toMatchObject({
      code: 'web_refused',
      message: expect.stringContaining(address) as string,
    });
    expect(web.connections()).toBe(0);
  });

  it('spoils an answer of the DNS that has public ones beside it', async () => {
    const web = await fakeWeb({ 'www.example.com/': PAGE });
    web.names.set('www.example.com', [[PUBLIC, '127.0.0.1']]);
    const { client } = clientOf(web);
    await expect(client.fetchPage('http://www.example.com/')).rejects.toMatchObject({ code: 'web_refused' });
    expect(web.connections()).toBe(0);
  });

  it('is not reached by a name that changes its mind between the check and the connection', async () => {
    const web = await fakeWeb({ 'www.example.com/': PAGE });
    // robots.txt, then the page: each is asked for once, checked, and connected to as checked.
    web.names.set('www.example.com', [[PUBLIC], ['93.184.215.15'], ['127.0.0.1']]);
    const { client } = clientOf(web);
    await client.fetchPage('http://www.example.com/');
    expect(web.dialled).toEqual([`${PUBLIC}:80`, '93.184.215.15:80']);
    await expect(client.fetchPage('http://www.example.com/')).rejects.toMatchObject({ code: 'web_refused' });
    expect(web.connections()).toBe(2);
  });
});

/** faults.md I2 */
describe('a redirect', () => {
  it.each([
    'http://127.0.0.1/secret',
    'http://localhost/secret',
    'http://[::1]/secret',
    'http://169.254.169.254/latest/meta-data/',
    'http://www.example.com:8080/secret',
    'http://www.example.com:6379/',
    'file:///etc/passwd',
    'gopher://www.example.com/',
    'http://user:secret@www.example.com/',
    'http://elsewhere.org/',
    '//elsewhere.org/',
    'http://inside.example.com/',
  ])('to %s is not followed', async (location) => {
    const web = await fakeWeb({ 'www.example.com/': redirectTo(location), 'inside.example.com/': PAGE });
    web.names.set('inside.example.com', [['10.0.0.7']]);
    const { client, left } = clientOf(web);
    await expect(client.fetchPage('http://www.example.com/')).rejects.toMatchObject({ code: 'web_refused' });
    expect(web.asked).toEqual(['www.example.com/robots.txt', 'www.example.com/']);
    expect([web.connections(), left()]).toEqual([2, []]);
  });

  it('is followed five times, and no sixth time', async () => {
    const web = await fakeWeb();
    for (let hop = 0; hop < 20; hop += 1) web.pages.set(`www.example.com/${hop}`, redirectTo(`/${hop + 1}`));
    web.pages.set('www.example.com/20', (_, response) => html(response, PAGE));
    const { client } = clientOf(web);
    await expect(client.fetchPage('http://www.example.com/0')).rejects.toMatchObject({ code: 'web_unavailable' });
    expect(web.asked.slice(1)).toEqual([0, 1, 2, 3, 4, 5].map((hop) => `www.example.com/${hop}`));
    await expect(client.fetchPage('http://www.example.com/15')).resolves.toMatchObject({
      finalUrl: 'http://www.example.com/20',
    });
  });

  it('carries no cookie and no credential', async () => {
    const web = await fakeWeb({
      'example.com/': redirectTo('http://www.example.com/new', 308),
      'www.example.com/new': PAGE,
    });
    const { client } = clientOf(web);
    await client.fetchPage('http://example.com/');
    for (const headers of web.headers)
      expect(Object.keys(headers).toSorted()).toEqual([
        'accept',
        'accept-encoding',
        'connection',
        'host',
        'user-agent',
      ]);
  });

  it('from https to http is not followed', async () => {
    const web = await fakeWeb({ 'example.com/': redirectTo('http://www.example.com/') });
    const { client } = clientOf(web);
    await expect(client.fetchPage('https://example.com/')).rejects.toMatchObject({ code: 'web_refused' });
  });

  it('is asked of the robots.txt of where it leads', async () => {
    const web = await fakeWeb({
      'example.com/': redirectTo('http://www.example.com/private/1'),
      'www.example.com/private/1': PAGE,
      'www.example.com/robots.txt': (_, response) => response.end('User-agent: *\nDisallow: /private/'),
    });
    const { client } = clientOf(web);
    await expect(client.fetchPage('http://example.com/')).rejects.toMatchObject({ code: 'web_refused' });
    expect(web.asked).not.toContain('www.example.com/private/1');
  });
});

describe('what a site sends', () => {
  it.each([
    ['gzip', gzipSync(PAGE)],
    ['x-gzip', gzipSync(PAGE)],
    ['br', brotliCompressSync(PAGE)],
    ['identity', Buffer.from(PAGE)],
  ])('is unpacked: %s', async (encoding, bytes) => {
    const web = await fakeWeb({
      'example.com/': (_, response) =>
        response.writeHead(200, { 'content-type': 'text/html', 'content-encoding': encoding }).end(bytes),
    });
    const { client } = clientOf(web);
    const { path } = await client.fetchPage('http://example.com/');
    expect(readFileSync(path, 'utf8')).toBe(PAGE);
  });

  it.each<[string, OutgoingHttpHeaders, Buffer, RegExp]>([
    ['stacked encodings', { 'content-encoding': 'gzip, gzip' }, gzipSync(gzipSync(PAGE)), /more than once/],
    [
      'stacked encodings in two headers',
      { 'content-encoding': ['br', 'gzip'] as unknown as string },
      gzipSync(PAGE),
      /more than once/,
    ],
    ['an encoding nobody asked for', { 'content-encoding': 'zstd' }, Buffer.from(PAGE), /zstd/],
    ['bytes that are not packed as they say', { 'content-encoding': 'gzip' }, Buffer.from(PAGE), /not packed as/],
    ['a packed page that breaks off', { 'content-encoding': 'gzip' }, gzipSync(PAGE).subarray(0, 40), /not packed as/],
    ['an empty page', {}, Buffer.alloc(0), /empty/],
    ['a page that says it is too large', { 'content-length': '5000000' }, Buffer.from(PAGE), /larger than/],
    ['a page that is too large', {}, Buffer.alloc(3 << 20, 'a'), /larger than/],
    ['an image', { 'content-type': 'image/png' }, Buffer.from(PAGE), /image\/png/],
    ['a program', { 'content-type': 'application/octet-stream' }, Buffer.from(PAGE), /octet-stream/],
  ])('is refused: %s', async (_, headers, bytes, problem) => {
    const web = await fakeWeb({
      'example.com/': (_request, response) =>
        response.writeHead(200, { 'content-type': 'text/html', ...headers }).end(bytes),
    });
    const { client, left } = clientOf(web);
    await expect(client.fetchPage('http://example.com/')).rejects.toMatchObject({
      code: 'web_unavailable',
      message: expect.stringMatching(problem) as string,
    });
    expect(left()).toEqual([]);
  });

  it('is refused where it does not come in time, though it never stops coming', async () => {
    const web = await fakeWeb({
      'example.com/': (_, response) => {
        response.writeHead(200, { 'content-type': 'text/html' });
        const timer = setInterval(() => response.write('.'), 5);
        response.once('close', () => clearInterval(timer));
      },
    });
    const { client, left } = clientOf(web, { timeout: 150 });
    await expect(client.fetchPage('http://example.com/')).rejects.toMatchObject({
      code: 'web_unavailable',
      message: expect.stringContaining('knowledge.web.timeout') as string,
    });
    expect(left()).toEqual([]);
  });

  it('is no longer received when whoever asked has left', async () => {
    const left = new AbortController();
    const web = await fakeWeb({
      'example.com/': (_, response) => {
        response.writeHead(200, { 'content-type': 'text/html' }).write('.');
        left.abort(new Error('gone'));
      },
    });
    const { client } = clientOf(web);
    await expect(client.fetchPage('http://example.com/', left.signal)).rejects.toThrow('gone');
  });

  it('is UTF-8 in the file, whatever the header says it was', async () => {
    const web = await fakeWeb({
      'example.com/': (_, response) =>
        response
          .writeHead(200, { 'content-type': 'text/plain; charset="ISO-8859-1"' })
          .end(Buffer.from('El faro está en el cañón', 'latin1')),
    });
    const { client } = clientOf(web);
    const { path, mime } = await client.fetchPage('http://example.com/');
    expect([mime, readFileSync(path, 'utf8')]).toEqual(['text/plain', '\u{FEFF}El faro está en el cañón']);
  });

  it('is told with its status where it is no page', async () => {
    const web = await fakeWeb();
    const { client } = clientOf(web);
    await expect(client.fetchPage('http://example.com/none')).rejects.toThrow('example.com answered 404');
  });
});

describe('robots.txt', () => {
  const robots = (text: string) => ({
    'example.com/robots.txt': text,
    'example.com/open': PAGE,
    'example.com/private': PAGE,
  });

  it('decides, for this program by name, and is asked for once', async () => {
    const web = await fakeWeb(robots('User-agent: orchestrator\nDisallow: /private\n\nUser-agent: *\nDisallow: /\n'));
    const { client } = clientOf(web);
    await client.fetchPage('http://example.com/open');
    await expect(client.fetchPage('http://example.com/private')).rejects.toMatchObject({ code: 'web_refused' });
    expect(web.asked).toEqual(['example.com/robots.txt', 'example.com/open']);
  });

  it.each([404, 403, 410, 401])('that is not there (%d) allows everything', async (status) => {
    const web = await fakeWeb({
      'example.com/open': PAGE,
      'example.com/robots.txt': (_, response) => response.writeHead(status).end('Disallow: /'),
    });
    const { client } = clientOf(web);
    await expect(client.fetchPage('http://example.com/open')).resolves.toMatchObject({ mime: 'text/html' });
  });

  it.each([500, 502, 503, 429])('that cannot be had (%d) allows nothing', async (status) => {
    const web = await fakeWeb({
      'example.com/open': PAGE,
      'example.com/robots.txt': (_, response) => response.writeHead(status, { 'retry-after': '3600' }).end(),
    });
    const { client } = clientOf(web);
    await expect(client.fetchPage('http://example.com/open')).rejects.toMatchObject({ code: 'web_unavailable' });
    expect(web.asked).toEqual(['example.com/robots.txt']);
  });

  it('is under the rules of every page, and two that point at each other end', async () => {
    const web = await fakeWeb({
      'example.com/open': PAGE,
      'example.com/robots.txt': redirectTo('http://www.example.com/robots.txt'),
      'www.example.com/robots.txt': redirectTo('http://example.com/robots.txt'),
      'a.example.com/robots.txt': redirectTo('http://127.0.0.1/robots.txt'),
    });
    const { client } = clientOf(web);
    await expect(client.fetchPage('http://example.com/open')).rejects.toThrow(/robots\.txt could not be read/);
    await expect(client.fetchPage('http://a.example.com/')).rejects.toThrow(/robots\.txt could not be read/);
    expect(web.asked.filter((address) => !address.endsWith('robots.txt'))).toEqual([]);
  });

  it('that would take long to understand is not tried', async () => {
    const rules = `User-agent: *\n${`Disallow: /${'*a'.repeat(500)}\n`.repeat(400)}`;
    const web = await fakeWeb({ 'example.com/robots.txt': rules });
    const { client } = clientOf(web);
    await expect(client.fetchPage(`http://example.com/${'a'.repeat(1_900)}`)).rejects.toThrow(/too intricate/);
  });
});

describe('a busy site', () => {
  it('is asked once more after the little patience that it wants', async () => {
    let times = 0;
    const web = await fakeWeb({
      'example.com/': (_, response) => {
        if ((times += 1) === 1) response.writeHead(429, { 'retry-after': '0' }).end();
        else html(response, PAGE);
      },
    });
    const { client } = clientOf(web);
    await expect(client.fetchPage('http://example.com/')).resolves.toMatchObject({ mime: 'text/html' });
  });

  it('is left alone for as long as it says', async () => {
    const web = await fakeWeb({
      'example.com/': (_, response) => response.writeHead(503, { 'retry-after': '120' }).end(),
      'www.example.com/': PAGE,
    });
    const { client } = clientOf(web);
    for (let time = 0; time < 3; time += 1)
      await expect(client.fetchPage('http://example.com/')).rejects.toMatchObject({ retryAfterSeconds: 120 });
    expect(web.asked).toEqual(['example.com/robots.txt', 'example.com/']);
    await client.fetchPage('http://www.example.com/');
  });

  it('is asked one thing at a time', async () => {
    let [running, most] = [0, 0];
    const page: Parameters<typeof web.pages.set>[1] = (_, response) => {
      most = Math.max(most, (running += 1));
      setImmediate(() => {
        running -= 1;
        html(response, PAGE);
      });
    };
    const web = await fakeWeb({ 'example.com/robots.txt': page, 'example.com/a': page, 'example.com/b': page });
    const { client } = clientOf(web);
    await Promise.all(['a', 'b', 'a', 'b'].map((name) => client.fetchPage(`http://example.com/${name}`)));
    expect(most).toBe(1);
  });
});

describe('a site that wants to know its visitors', () => {
  it('is not asked without a contact', async () => {
    const web = await fakeWeb({ 'es.wikipedia.org/wiki/Faro': PAGE });
    const { client } = clientOf(web, { allow: ['*.wikipedia.org'], contact: undefined });
    await expect(client.fetchPage('https://es.wikipedia.org/wiki/Faro')).rejects.toThrow(
      /^es\.wikipedia\.org answers only.*knowledge\.web\.contact/,
    );
    expect(web.resolved).toEqual([]);
  });
});
