import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

import { describe, expect, it, onTestFinished } from 'vitest';

import { WebClient } from '../../../../src/knowledge/web/fetch-page.ts';
import type { WebSettings } from '../../../../src/knowledge/web/settings.ts';
import { fakeWeb, webSettings } from '../../../support/fake-web.ts';

const MIB = 1 << 20;
/** 200 MB in 200 kB, without ever having had 200 MB. */
const GZIP_BOMB = Buffer.concat(Array.from({ length: 200 }, () => gzipSync(Buffer.alloc(1_000_000), { level: 9 })));
/** Not tight enough for a bomb, and as large: 96 MiB that must be taken in piece by piece. */
const LARGE = Buffer.concat(
  Array.from({ length: 96 }, () => gzipSync(Buffer.concat([randomBytes(40_000), Buffer.alloc(MIB - 40_000)]))),
);
const BROTLI_BOMB = brotliCompressSync(Buffer.alloc(64 * MIB), { params: { [constants.BROTLI_PARAM_QUALITY]: 3 } });

async function attempt(send: (response: ServerResponse) => void, settings: Partial<WebSettings>) {
  const web = await fakeWeb({ 'example.com/': (_, response) => send(response) });
  const folder = mkdtempSync(join(tmpdir(), 'bomb-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const client = new WebClient({ settings: () => webSettings(settings), net: web.net, folder, pauseMs: 0 });
  const before = process.memoryUsage.rss();
  let most = before;
  const timer = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 2);
  const outcome = await client.fetchPage('http://example.com/').catch((error: unknown) => error as Error);
  clearInterval(timer);
  return { outcome, grownMib: (most - before) / MIB, left: () => readdirSync(folder) };
}

function whole(bytes: Buffer, encoding: string) {
  return (response: ServerResponse) =>
    response.writeHead(200, { 'content-type': 'text/html', 'content-encoding': encoding }).end(bytes);
}

/** As fast as it is taken, until nobody takes it any more. */
function endless(bytes: Buffer, encoding?: string) {
  return (response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'text/html', ...(encoding ? { 'content-encoding': encoding } : {}) });
    const more = () => {
      while (!response.destroyed && response.write(bytes));
    };
    response.on('drain', more);
    more();
  };
}

/** faults.md I3 */
describe('a bomb costs no memory, and nothing is left of it', () => {
  it.each<[string, (response: ServerResponse) => void, Partial<WebSettings>, RegExp]>([
    ['gzip, 200 kB to 200 MB', whole(GZIP_BOMB, 'gzip'), {}, /100 times|larger than/],
    ['the same where pages may be large', whole(GZIP_BOMB, 'gzip'), { pageSize: 1024 * MIB }, /100 times/],
    ['brotli', whole(BROTLI_BOMB, 'br'), { pageSize: 1024 * MIB }, /100 times/],
    ['a page that never ends', endless(randomBytes(MIB)), {}, /larger than 2097152/],
    ['one that never ends and is packed', endless(gzipSync(randomBytes(MIB)), 'gzip'), {}, /larger than 2097152/],
    ['a large one, taken in nearly whole', whole(LARGE, 'gzip'), { pageSize: 95 * MIB }, /larger than/],
  ])('%s', async (_, send, settings, problem) => {
    const { outcome, grownMib, left } = await attempt(send, settings);
    expect(outcome).toMatchObject({ code: 'web_unavailable', message: expect.stringMatching(problem) as string });
    expect(grownMib).toBeLessThan(64);
    expect(left()).toEqual([]);
  });
});
