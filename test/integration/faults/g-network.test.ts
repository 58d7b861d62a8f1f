/** Faults, group G: the network's edge, and browsers behind it. */
import { networkInterfaces } from 'node:os';

import { describe, expect, it } from 'vitest';

import { acceptances, fakeExpert } from '../../support/fake-expert.ts';
import type { Orchestrator } from '../../support/orchestrator.ts';
import { launchOrchestrator, startOrchestrator } from '../../support/orchestrator.ts';
import { listenersOf } from '../../support/processes.ts';
import { profileOf } from '../../support/profile.ts';
import type { RawAnswer } from '../../support/raw-socket.ts';
import { exchangeRaw } from '../../support/raw-socket.ts';

const house = (more: Record<string, unknown> = {}) => profileOf({ a: fakeExpert({ 'ledger-full': true }) }, more);
const CHAT = JSON.stringify({ model: 'a', messages: [{ role: 'user', content: 'x' }] });

/** A request in the plainest bytes. */
function raw(orchestrator: Orchestrator, line: string, headers: readonly string[], body = ''): Promise<RawAnswer> {
  return exchangeRaw(orchestrator.url, `${line}\r\n${headers.join('\r\n')}\r\n\r\n${body}`);
}

const usual = (orchestrator: Orchestrator, host = new URL(orchestrator.url).host): string[] => [
  `Host: ${host}`,
  `Authorization: Bearer ${orchestrator.token}`,
  'Connection: close',
];

const post = (
  orchestrator: Orchestrator,
  path: string,
  host?: string,
  extra: readonly string[] = [],
): Promise<RawAnswer> =>
  raw(
    orchestrator,
    `POST ${path} HTTP/1.1`,
    [...usual(orchestrator, host), ...extra, 'Content-Type: application/json', `Content-Length: ${CHAT.length}`],
    CHAT,
  );

describe('G1 a public address without authentication', () => {
  const publicAddress = Object.values(networkInterfaces())
    .flat()
    .find((entry) => entry && !entry.internal && entry.family === 'IPv4')?.address;

  it.each(['0.0.0.0', '::', '::ffff:0.0.0.0', publicAddress ?? '192.0.2.1'])(
    'G1 --host %s is refused with the way out',
    async (host) => {
      const attempt = launchOrchestrator({ profile: house(), args: ['--host', host] });
      const { code } = await attempt.ended;
      try {
        expect(code).toBeGreaterThan(0);
        expect(attempt.output).toMatch(/security/);
        expect(attempt.output).toMatch(/auth/);
      } finally {
        await attempt[Symbol.asyncDispose]();
      }
    },
  );

  it('G1 with keys it binds, and asks for them', async () => {
    const security = { auth: 'keys', keys: [{ env: 'TEST_KEY', user: 'ana', admin: true }] };
    await using orchestrator = await startOrchestrator({
      profile: house({ security }),
      args: ['--host', '0.0.0.0'],
      env: { TEST_KEY: 'a-key-of-sufficient-length-0123456789' },
    });
    expect(listenersOf(orchestrator.pid).some((address) => address.startsWith('0.0.0.0:'))).toBe(true);
    const url = orchestrator.url.replace('0.0.0.0', '127.0.0.1');
    expect((await fetch(`${url}/v1/models`)).status).toBe(401);
    expect((await fetch(`${url}/api/experts`)).status).toBe(401);
    const headers = { authorization: 'Bearer a-key-of-sufficient-length-0123456789' };
    expect((await fetch(`${url}/v1/models`, { headers })).status).toBe(200);
  });

  it('G1 auth: keys without a usable key is refused too', async () => {
    const security = { auth: 'keys', keys: [{ env: 'TEST_KEY', user: 'ana', admin: true }] };
    const attempt = launchOrchestrator({ profile: house({ security }), args: ['--host', '0.0.0.0'] });
    const { code } = await attempt.ended;
    try {
      expect(code).toBeGreaterThan(0);
      expect(attempt.output).toContain('TEST_KEY');
    } finally {
      await attempt[Symbol.asyncDispose]();
    }
  });
});

describe('G2 DNS rebinding', () => {
  const routes = [
    'GET /v1/models',
    'GET /v1/models/a',
    'GET /health',
    'GET /healthz',
    'GET /readyz',
    'GET /metrics',
    'GET /stats',
    'GET /api/experts',
    'GET /api/experts/a',
    'GET /api/experts/a/logs',
    'GET /api/events',
    'GET /api/logs',
    'POST /api/experts/a/load',
    'POST /api/experts/a/unload',
    'POST /api/shutdown',
    'POST /v1/chat/completions',
    'POST /v1/completions',
    'POST /v1/embeddings',
    'POST /v1/messages',
    'OPTIONS /v1/chat/completions',
    'DELETE /api/experts/a',
    'GET /',
    'GET /nothing',
  ];
  const hosts = [
    'evil.example',
    'evil.example:80',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'evil.example@127.0.0.1',
    '169.254.169.254',
  ];

  it('G2 a foreign Host is refused on every method and route', async () => {
    await using orchestrator = await startOrchestrator({ profile: house() });
    for (const route of routes) {
      for (const host of route === 'POST /v1/chat/completions' ? hosts : hosts.slice(0, 1)) {
        const { statuses } = await raw(orchestrator, `${route} HTTP/1.1`, [
          ...usual(orchestrator, host),
          'Content-Length: 0',
        ]);
        expect(statuses.length, `${route} for ${host}`).toBe(1);
        expect([403, 421, 400], `${route} for ${host}`).toContain(statuses[0]);
      }
    }
    expect(
      (await raw(orchestrator, 'GET /v1/models HTTP/1.1', ['Connection: close'])).statuses,
      'no Host at all',
    ).toEqual([400]);
    expect(acceptances(orchestrator.ledger('a'))).toEqual([]);
    const { port } = new URL(orchestrator.url);
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`]) {
      expect((await raw(orchestrator, 'GET /v1/models HTTP/1.1', usual(orchestrator, host))).statuses, host).toEqual([
        200,
      ]);
    }
  });

  it('G2 on a wildcard bind too, where an allowed name passes', async () => {
    const security = {
      auth: 'keys',
      keys: [{ env: 'TEST_KEY', user: 'ana', admin: true }],
      allowedHosts: ['models.example'],
    };
    await using orchestrator = await startOrchestrator({
      profile: house({ security }),
      args: ['--host', '0.0.0.0'],
      env: { TEST_KEY: 'a-key-of-sufficient-length-0123456789' },
    });
    const url = orchestrator.url.replace('0.0.0.0', '127.0.0.1');
    const ask = (host: string) =>
      exchangeRaw(
        url,
        `GET /v1/models HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer a-key-of-sufficient-length-0123456789\r\nConnection: close\r\n\r\n`,
      );
    expect([403, 421]).toContain((await ask('evil.example')).statuses[0]);
    expect((await ask('models.example')).statuses).toEqual([200]);
  });
});

describe('G3 writes from another origin', () => {
  const EVIL = 'https://evil.example';

  it('G3 a page of another origin can neither write nor read', async () => {
    await using orchestrator = await startOrchestrator({ profile: house() });
    const attempts: [string, string, Record<string, string>, string?][] = [
      ['POST', '/v1/chat/completions', { origin: EVIL, 'content-type': 'application/json' }, CHAT],
      ['POST', '/v1/chat/completions', { origin: 'null', 'content-type': 'application/json' }, CHAT],
      ['POST', '/v1/chat/completions', { origin: EVIL, 'content-type': 'text/plain' }, CHAT],
      [
        'POST',
        '/v1/chat/completions',
        { origin: EVIL, 'content-type': 'application/x-www-form-urlencoded' },
        `x=${CHAT}`,
      ],
      ['POST', '/api/experts/a/load', { origin: EVIL, 'content-type': 'text/plain' }, ''],
      ['POST', '/api/experts/a/unload', { origin: EVIL }],
      ['POST', '/api/shutdown', { origin: EVIL }],
      ['DELETE', '/api/experts/a', { origin: EVIL }],
    ];
    for (const credential of [true, false]) {
      for (const [method, path, headers, body] of attempts) {
        const response = await fetch(new URL(path, orchestrator.url), {
          method,
          headers: { ...headers, ...(credential ? { authorization: `Bearer ${orchestrator.token}` } : {}) },
          ...(body === undefined ? {} : { body }),
        });
        expect(response.status, `${method} ${path} ${JSON.stringify(headers)}`).toBeGreaterThanOrEqual(400);
        expect(response.status).toBeLessThan(500);
        expect(response.headers.get('access-control-allow-origin')).toBeNull();
        await response.body?.cancel();
      }
    }
    expect(orchestrator.ledger('a'), 'nothing was started').toEqual([]);
    expect((await fetch(`${orchestrator.url}/healthz`)).status).toBe(200);
  });

  it('G3 a simple form or text body never counts, whatever the origin', async () => {
    await using orchestrator = await startOrchestrator({ profile: house() });
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      const response = await orchestrator.request('/v1/chat/completions', {
        method: 'POST',
        headers: { 'content-type': type },
        body: CHAT,
      });
      expect(response.status, type).toBe(415);
      await response.body?.cancel();
    }
    expect(orchestrator.ledger('a')).toEqual([]);
  });

  it('G3 a preflight gets no permission, for the private network neither', async () => {
    const preflight = (orchestrator: Orchestrator, origin: string) =>
      fetch(`${orchestrator.url}/v1/chat/completions`, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization,content-type',
          'access-control-request-private-network': 'true',
        },
      });
    await using orchestrator = await startOrchestrator({ profile: house() });
    const refused = await preflight(orchestrator, EVIL);
    expect(refused.status).toBeGreaterThanOrEqual(400);
    expect(refused.headers.get('access-control-allow-origin')).toBeNull();
    expect(refused.headers.get('access-control-allow-private-network')).toBeNull();
  });
});

describe('G3 pages of origins that the profile lists', () => {
  const LISTED = 'https://chat.example';
  const KEY = 'a-key-of-sufficient-length-0123456789';
  const security = { auth: 'keys', keys: [{ env: 'TEST_KEY', user: 'ana', admin: true }], cors: [LISTED] };

  it('G3 read answers, streams, events and errors of an engine and of ours; nobody else does', async () => {
    const profile = profileOf({ a: fakeExpert(), broken: fakeExpert({ status: 500 }) }, { security });
    await using orchestrator = await startOrchestrator({ profile, env: { TEST_KEY: KEY } });
    const ask = async (path: string, body: object | undefined, headers: Record<string, string> = {}) => {
      const response = await fetch(new URL(path, orchestrator.url), {
        method: body ? 'POST' : 'GET',
        headers: { origin: LISTED, authorization: `Bearer ${KEY}`, 'content-type': 'application/json', ...headers },
        ...(body && { body: JSON.stringify(body) }),
      });
      return response;
    };
    const chat = { messages: [{ role: 'user', content: 'x' }] };
    for (const [path, body, status] of [
      ['/v1/chat/completions', { ...chat, model: 'a' }, 200],
      ['/v1/chat/completions', { ...chat, model: 'a', stream: true }, 200],
      ['/v1/chat/completions', { ...chat, model: 'nobody' }, 404],
      ['/v1/models', undefined, 200],
      ['/api/nothing', undefined, 404],
      ['/api/route', {}, undefined],
      ['/v1/messages', { model: 'nobody' }, 404],
    ] as const) {
      const response = await ask(path, body);
      await response.text();
      if (status !== undefined) expect(response.status, path).toBe(status);
      expect(response.headers.get('access-control-allow-origin'), path).toBe(LISTED);
      expect(response.headers.get('vary'), path).toContain('Origin');
      expect(response.headers.get('access-control-expose-headers'), path).toContain('x-orchestrator-expert');
    }
    const broken = await ask('/v1/chat/completions', { ...chat, model: 'broken' });
    await broken.text();
    expect([broken.ok, broken.headers.get('access-control-allow-origin')]).toEqual([false, LISTED]);
    const controller = new AbortController();
    const events = await fetch(new URL('/api/events', orchestrator.url), {
      headers: { origin: LISTED, authorization: `Bearer ${KEY}` },
      signal: controller.signal,
    });
    expect(events.headers.get('access-control-allow-origin')).toBe(LISTED);
    controller.abort();
    const stranger = await ask('/v1/models', undefined, { origin: 'https://evil.example' });
    expect(stranger.status).toBe(403);
    expect(stranger.headers.get('access-control-allow-origin')).toBeNull();
    await stranger.text();
    const keyless = await fetch(new URL('/v1/models', orchestrator.url), { headers: { origin: LISTED } });
    expect([keyless.status, keyless.headers.get('access-control-allow-origin')]).toEqual([401, LISTED]);
  });
});

describe('G4 reaching into an engine', () => {
  it('G4 only allow-listed pairs of method and path ever reach an engine', async () => {
    await using orchestrator = await startOrchestrator({ profile: house() });
    await orchestrator.load('a');
    const { host, port } = new URL(orchestrator.url);
    const targets = [
      '/slots /props /invocations /pause /resume /update_weights /collective_rpc /sleep /lora-adapters /apply-template',
      '/tokenize /detokenize /completion /completions /embedding /load /unload /v1/load /v1/../slots /v1/chat/../../slots',
      '/v1/chat/completions/../../../slots /%2e%2e/slots /v1/%2e%2e/slots /v1/..%2fslots //slots /v1//chat/completions',
      '/./slots /v1/chat/completions%2f..%2f..%2fslots /v1/chat/completions;/slots /v1\\..\\slots //evil.example/slots',
      `http://${host}/slots http://127.0.0.1:${port}/slots http://evil.example/v1/models * evil.example:443`,
      '/v1/chat/completions/ /V1/CHAT/COMPLETIONS /v1/chat/completions%00 /v1/chat/completions#/../slots /api/experts/a/slots',
    ].flatMap((line) => line.split(' '));
    for (const target of targets) {
      for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
        const line = `${method} ${target} HTTP/1.1`;
        const answer = await raw(
          orchestrator,
          line,
          [...usual(orchestrator), 'Content-Type: application/json', `Content-Length: ${CHAT.length}`],
          CHAT,
        );
        expect(answer.statuses[0] ?? 400, line).toBeGreaterThanOrEqual(400);
        expect(answer.statuses[0] ?? 400, line).toBeLessThan(500);
        expect(answer.text, line).not.toContain('is_processing');
      }
    }
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'TRACE', 'CONNECT']) {
      const answer = await raw(orchestrator, `${method} /v1/chat/completions HTTP/1.1`, usual(orchestrator));
      expect(answer.statuses[0] ?? 400, method).toBeGreaterThanOrEqual(400);
    }
    for (const badHost of [
      `${host}/slots`,
      `${host}/../slots`,
      `${host}?x`,
      `${host}#x`,
      `${host} `,
      `a@${host}`,
      `${host}\\slots`,
    ]) {
      const answer = await raw(orchestrator, 'GET /slots HTTP/1.1', usual(orchestrator, badHost));
      expect(answer.statuses[0] ?? 400, badHost).toBeGreaterThanOrEqual(400);
    }
    const reached = orchestrator
      .ledger('a')
      .filter(({ event, probe }) => (event === 'accept' && !probe) || event === 'denied');
    expect(reached.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
    expect((await post(orchestrator, '/v1/chat/completions')).statuses).toEqual([200]);
    expect(acceptances(orchestrator.ledger('a')).map(({ url }) => url)).toEqual(['/v1/chat/completions']);
  });

  it('G4 a query string does not reach the engine', async () => {
    await using orchestrator = await startOrchestrator({ profile: house() });
    await post(orchestrator, '/v1/chat/completions?api_base=http://evil.example&x=1');
    expect(acceptances(orchestrator.ledger('a')).map(({ url }) => url)).toEqual(['/v1/chat/completions']);
  });
});

describe('G5 smuggling and hop-by-hop headers', () => {
  it('G5 an ambiguous request is refused and its connection closed', async () => {
    await using orchestrator = await startOrchestrator({ profile: house() });
    await orchestrator.load('a');
    const head = [
      'POST /v1/chat/completions HTTP/1.1',
      `Host: ${new URL(orchestrator.url).host}`,
      `Authorization: Bearer ${orchestrator.token}`,
      'Content-Type: application/json',
    ];
    const inner = `GET /api/experts HTTP/1.1\r\nHost: x\r\n\r\n`;
    const attacks: Record<string, string> = {
      'both lengths': `${head.join('\r\n')}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${inner}`,
      'two lengths': `${head.join('\r\n')}\r\nContent-Length: 0\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`,
      'a list of lengths': `${head.join('\r\n')}\r\nContent-Length: 0, ${inner.length}\r\n\r\n${inner}`,
      'a signed length': `${head.join('\r\n')}\r\nContent-Length: +5\r\n\r\nhello`,
      'a hex length': `${head.join('\r\n')}\r\nContent-Length: 0x5\r\n\r\nhello`,
      'a folded header': `${head.join('\r\n')}\r\nX-Fold: a\r\n Content-Length: 5\r\nContent-Length: 0\r\n\r\n${inner}`,
      'an obscured encoding': `${head.join('\r\n')}\r\nTransfer-Encoding: xchunked\r\nContent-Length: 5\r\n\r\nhello`,
      'an encoding twice': `${head.join('\r\n')}\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n${inner}`,
      'a space before the colon': `${head.join('\r\n')}\r\nContent-Length : 5\r\n\r\nhello`,
      'bad chunks': `${head.join('\r\n')}\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n`,
      'a negative chunk': `${head.join('\r\n')}\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nhello\r\n0\r\n\r\n`,
      'a huge chunk': `${head.join('\r\n')}\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nhello\r\n0\r\n\r\n`,
      'bare line feeds': `${head.join('\n')}\nContent-Length: 0\n\n${inner}`,
      'a control character': `${head.join('\r\n')}\r\nX-Odd: a\u0000b\r\nContent-Length: 0\r\n\r\n`,
      'no version': `${head.join('\r\n').replace(' HTTP/1.1', '')}\r\n\r\n`,
    };
    for (const [name, bytes] of Object.entries(attacks)) {
      const answer = await exchangeRaw(orchestrator.url, bytes);
      expect(answer.statuses.length, `${name}: one answer at most`).toBeLessThanOrEqual(1);
      expect(answer.statuses[0] ?? 400, name).toBe(400);
      expect(answer.closed, `${name}: the connection is closed`).toBe(true);
    }
    expect(acceptances(orchestrator.ledger('a'))).toEqual([]);
  });

  it('G5 what belongs to one hop, and the client’s credentials, stay here', async () => {
    await using orchestrator = await startOrchestrator({ profile: house() });
    const extra = [
      'Cookie: session=client-cookie',
      'X-Api-Key: client-key',
      'Proxy-Authorization: Basic client-proxy',
      'X-Forwarded-For: 6.6.6.6',
      'Forwarded: for=6.6.6.6',
      'X-Drop-Me: client-hop',
      'X-Orchestrator-User: mallory',
      'TE: trailers',
      'Upgrade: websocket',
      'Keep-Alive: timeout=99',
      'Expect: 100-continue',
    ];
    const headers = [
      `Host: ${new URL(orchestrator.url).host}`,
      `Authorization: Bearer ${orchestrator.token}`,
      'Connection: close, x-drop-me, authorization, content-type',
      ...extra,
      'Content-Type: application/json',
      `Content-Length: ${CHAT.length}`,
    ];
    const answer = await raw(orchestrator, 'POST /v1/chat/completions HTTP/1.1', headers, CHAT);
    expect(answer.statuses).toContain(200);
    const [accepted] = acceptances(orchestrator.ledger('a'));
    const seen = JSON.stringify(accepted?.values);
    for (const secret of [
      orchestrator.token,
      'client-',
      '6.6.6.6',
      'mallory',
      'websocket',
      'timeout=99',
      '100-continue',
    ]) {
      expect(seen).not.toContain(secret);
    }
    expect(accepted?.headers).toContain('authorization');
    for (const name of ['cookie', 'x-api-key', 'proxy-authorization', 'te', 'upgrade', 'expect', 'x-drop-me']) {
      expect(accepted?.headers).not.toContain(name);
    }
  });
});
