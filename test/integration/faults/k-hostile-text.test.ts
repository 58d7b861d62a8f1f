/** Faults, group K: text of users and models that would be a page, a request, or a log record, wherever it is shown. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { KnowledgeStatusJson } from '../../../src/server/knowledge/views.ts';
import { fakeExpert } from '../../support/fake-expert.ts';
import { type Orchestrator, runCommand, startOrchestrator } from '../../support/orchestrator.ts';
import { profileOf } from '../../support/profile.ts';
import { exchangeRaw } from '../../support/raw-socket.ts';
import { until } from '../../support/wait.ts';

/** One of each kind of DOMPurify’s corpus: handlers, schemes, foreign content, mutation, templates, entities. */
const SCRIPTS = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '<svg><animate onbegin=alert(1) attributeName=x dur=1s>',
  '<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>',
  '<a href="javascript:alert(1)">x</a>',
  '<iframe srcdoc="<script>alert(1)</script>">',
  '"><body onload=alert(1)>',
  '</title><script>alert(1)</script>',
  '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
  '{{constructor.constructor("alert(1)")()}}',
  '&#x3C;script&#x3E;alert(1)&#x3C;/script&#x3E;',
  '[x](javascript:alert(1))',
];

/** What would leave the machine if anything rendered or previewed it. */
const beacons = (url: string) => [
  `![x](${url}/inline?d=secret)`,
  `![x][r]\n\n[r]: ${url}/reference?d=secret`,
  `<img src="${url}/img"><link rel=stylesheet href="${url}/css"><style>@import url(${url}/import)</style>`,
  `Look at ${url}/preview and [this](${url}/link).`,
];

/** Bytes that end a record, colour a terminal, or end a JSON string. */
const BREAKERS = [
  'a\r\nERROR forged',
  'a\u001B[2J\u001B]0;owned\u0007',
  'a"}\n{"level":"error"',
  'a\u2028b\u0085c\u009B31m\u202Ed',
];

let house: Orchestrator;
const asked: string[] = [];
const web = createServer((request, response) => {
  asked.push(request.url ?? '');
  response.end();
});
let url = '';
let planted = 0;

beforeAll(async () => {
  await new Promise<void>((done) => web.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
  house = await startOrchestrator({
    profile: profileOf(
      { a: fakeExpert({ echo: true }) },
      {
        knowledge: { enabled: true },
        memory: { enabled: true },
        conversations: { enabled: true },
        feedback: { enabled: true },
      },
    ),
    args: ['--log-level', 'debug'],
  });
  await until('the store is open', async () => {
    const status = (await (await house.request('/api/knowledge')).json()) as KnowledgeStatusJson;
    return (
      status.state === 'ready' && (await house.request('/api/memory')).ok && (await house.request('/api/feedback')).ok
    );
  });
});

afterAll(async () => {
  await house[Symbol.asyncDispose]();
  web.close();
});

/** Has this text be kept wherever a user can put one, and answers the routes that show it. */
async function plant(text: string): Promise<string[]> {
  const line = text.replaceAll(/\s+/g, ' ');
  // A title with control characters is refused.
  const isTitle = !/\p{Cc}/u.test(line);
  const body = { text: `Some words. ${text}`, collection: 'c', ...(isTitle && { title: line }) };
  const added = await house.post('/api/knowledge/documents?wait=30s', body);
  const { id } = (await added.json()) as { id: string };
  const form = new FormData();
  form.set('file', new Blob([`A file. ${text}`]), `${line.replaceAll(/[/\\]/g, '')}.md`);
  form.set('purpose', 'assistants');
  expect((await house.request('/v1/files', { method: 'POST', body: form })).status).toBe(200);
  const conversation = `c-${planted}`;
  planted += 1;
  const answer = await house.chat(text, { model: 'a', orchestrator: { conversation } });
  await answer.text();
  const request = answer.headers.get('x-request-id') ?? '';
  const judged = { request_id: request, rating: 'down', ideal_response: text, comment: text };
  expect((await house.post('/v1/feedback', judged)).status).toBe(201);
  // What is remembered is a line of 500 characters.
  const remembered = await house.post('/api/memory', { text: `${planted} ${line}` });
  expect(remembered.status, await remembered.clone().text()).toBe(201);
  const memory = (await remembered.json()) as { id: string };
  await until('the conversation is kept', async () => (await house.request(`/api/conversations/${conversation}`)).ok);
  if (isTitle)
    await house.request(`/api/conversations/${conversation}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ title: line }),
    });
  return [
    '/api/memory',
    `/api/memory/${memory.id}`,
    '/api/memory/export',
    `/api/memory/${encodeURIComponent(line)}`,
    '/api/conversations',
    `/api/conversations/${conversation}`,
    '/api/feedback',
    '/api/feedback?all=1',
    '/api/feedback/export',
    `/api/requests/${request}`,
    '/api/usage?format=csv',
    '/api/knowledge/documents',
    `/api/knowledge/documents/${id}`,
    `/api/knowledge/documents/${id}/text`,
    '/api/knowledge/collections',
    '/api/knowledge/export',
    '/v1/files',
    `/v1/files/${id.replace('doc_', 'file-')}/content`,
    `/v1/models/${encodeURIComponent(line)}`,
    `/no/${encodeURIComponent(line)}`,
  ];
}

async function search(query: string): Promise<Response> {
  return house.post('/api/knowledge/search', { query });
}

const DATA =
  /^(?:application\/json|application\/jsonl; charset=utf-8|text\/(?:plain|csv); charset=utf-8|text\/event-stream)/i;

describe('K2 text that would be a page', () => {
  it.each(SCRIPTS)('K2 %s is data in every answer', async (script) => {
    const paths = await plant(script);
    const answers = [
      ...(await Promise.all(paths.map((path) => house.request(path)))),
      await search('words'),
      await house.post('/api/conversations/export'),
      await house.chat(script, { model: 'a' }),
      await house.chat(script, { model: 'a', stream: true }),
      await house.chat('x', { model: script }),
    ];
    for (const answer of answers) {
      const where = `${answer.url}: ${answer.headers.get('content-type')}`;
      expect(answer.headers.get('content-type'), where).toMatch(DATA);
      const isPlain = /^text\/(?:plain|csv)/.test(answer.headers.get('content-type') ?? '');
      if (isPlain) expect(answer.headers.get('content-disposition'), where).toMatch(/^attachment\b/);
      // What an engine says goes through as it is, with the type that it says.
      if (!answer.url.includes('/v1/chat/'))
        expect(answer.headers.get('x-content-type-options'), where).toBe('nosniff');
      await answer.body?.cancel();
    }
  });
});

describe('K3 text that would fetch', () => {
  it('K3 no link or picture in documents, questions and answers is ever followed', async () => {
    for (const beacon of beacons(url)) {
      const paths = await plant(beacon);
      for (const path of paths) await (await house.request(path)).text();
      await (await search(beacon)).text();
      await (await house.chat(beacon, { model: 'a', orchestrator: { knowledge: true, memory: true } })).text();
    }
    expect(asked).toEqual([]);
    // The server is one that would have told.
    await fetch(`${url}/counted`);
    expect(asked).toEqual(['/counted']);
  });
});

describe('K4 text that would be a log record', () => {
  it('K4 each event is one record of plain text, whatever is in model, path, agent, user and file name', async () => {
    for (const breaker of BREAKERS) {
      await plant(breaker);
      await (await house.chat(breaker, { model: breaker })).text();
      await (await house.request(`/v1/${encodeURIComponent(breaker)}`)).text();
      await exchangeRaw(
        house.url,
        `POST /v1/chat/completions?${encodeURIComponent(breaker)} HTTP/1.1\r\nHost: ${new URL(house.url).host}\r\nUser-Agent: x\u009B31m {"level":"error"}\r\n` +
          'Connection: close\r\nContent-Length: 1\r\n\r\n{',
      );
    }
    // A broken PDF has the log tell of a document by its name.
    const form = new FormData();
    form.set('file', new Blob(['%PDF-1.7 broken']), 'x"}\u2028{"level":"error","message":"forged".pdf');
    await (await house.request('/api/knowledge/documents?wait=30s', { method: 'POST', body: form })).text();
    const file = readFileSync(join(house.stateDir, 'logs', 'orchestrator.jsonl'), 'utf8');
    const lines = file.split('\n').filter((line) => line !== '');
    expect(lines.length).toBeGreaterThan(3);
    for (const line of lines) {
      const record = JSON.parse(line) as { level: string; message: string };
      expect(Object.keys(record).slice(0, 3)).toEqual(['time', 'level', 'message']);
      expect(record.message).not.toMatch(/^forged/);
    }
    const shown = await runCommand(house.directory, ['logs', '-n', '1000']);
    for (const text of [file, house.output, shown.stdout]) {
      // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
      expect(text).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u2028\u2029\u202A-\u202E\u2066-\u2069]/);
      expect(text).not.toMatch(/^(?:ERROR )?forged/m);
    }
  });
});
