/** H1 and G3 at the door itself: every route there is, whoever asks, wherever the key stands. */
import { createServer, request as send, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

import { describe, expect, it, onTestFinished } from 'vitest';

import { INFERENCE_PATHS } from '../../../src/engines/routes.ts';
import type { RequestContext } from '../../../src/server/context.ts';
import { Cors } from '../../../src/server/cors.ts';
import { createFrontDoor } from '../../../src/server/front-door.ts';
import { Authenticator, type KnownKey } from '../../../src/server/identity/authenticator.ts';
import { createIdentityApp } from '../../../src/server/identity/identity-app.ts';
import type { Inference } from '../../../src/server/inference.ts';
import { createDocumentApp } from '../../../src/server/knowledge/document-app.ts';
import { createMemoryApp } from '../../../src/server/memory/memory-app.ts';
import { findPolicy, type Policy } from '../../../src/server/policy.ts';
import type { Settings } from '../../../src/server/settings.ts';
import { Metrics } from '../../../src/telemetry/metrics.ts';
import { House } from '../supervisor/house.ts';
import { routesOver } from './cold-house.ts';

const KEYS = { user: 'the-key-of-a-user-01', admin: 'the-key-of-an-admin-01', limited: 'the-key-that-is-limited' };
const KNOWN: KnownKey[] = [
  { key: KEYS.user, id: 'USER', user: 'ben', admin: false, scopes: {} },
  { key: KEYS.admin, id: 'ADMIN', user: 'ana', admin: true, scopes: {} },
  {
    key: KEYS.limited,
    id: 'LIMITED',
    user: 'bot',
    admin: true,
    scopes: { routes: ['/v1/chat/*', '/v1/models/:id', '/api/experts'] },
  },
];
const LISTED = 'https://chat.example';

/** The door with a room behind it that answers everything with who came in. */
async function door(settings: Partial<Settings> = {}) {
  const house = await House.open();
  const cold = await routesOver(house);
  const inForce: Settings = {
    ...cold.options.settings(),
    authenticator: new Authenticator({ required: true, keys: KNOWN, runToken: 'the-token-of-this-run' }),
    ...settings,
  };
  const reached = ({ outgoing, identity, requestId }: RequestContext) => {
    outgoing.writeHead(200, ['x-request-id', requestId, 'content-type', 'text/plain']);
    outgoing.end(identity.user);
  };
  const server = createServer(
    createFrontDoor({
      settings: () => inForce,
      inference: { handle: reached } as unknown as Inference,
      cold: reached,
      gate: () => undefined,
      metrics: new Metrics(),
    }),
  );
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  onTestFinished(async () => {
    await new Promise((done) => server.close(done));
    await house[Symbol.asyncDispose]();
  });
  const ask = (method: string, path: string, headers: Record<string, string> = {}) =>
    new Promise<{ status: number; headers: IncomingHttpHeaders; text: string }>((done, fail) => {
      const sent = send({ port, host: '127.0.0.1', method, path, headers }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part: string) => (text += part));
        answer.on('end', () => done({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
      });
      sent.on('error', fail).end();
    });
  return { ask, cold, port };
}

/** Each pair of method and path that a router knows, with something in place of its parameters. */
function everyRoute({ app, options }: Awaited<ReturnType<typeof routesOver>>): [string, string, Policy][] {
  const apps = [app, createDocumentApp(options), createMemoryApp(options), createIdentityApp(options)];
  const routed = apps.flatMap(({ routes }) => routes.filter(({ method }) => method !== 'ALL'));
  const pairs = [...routed.map(({ method, path }) => [method, path]), ...INFERENCE_PATHS.map((path) => ['POST', path])];
  return pairs.map(([method = '', path = '']) => {
    const filled = path.replaceAll(/:\w+/g, 'x1');
    const policy = findPolicy(filled);
    if (policy === undefined) throw new Error(`${method} ${path} has no policy`);
    return [method, filled, policy];
  });
}

const IN_FORCE: [string, (key: string) => Record<string, string>, string][] = [
  ['authorization', (key) => ({ authorization: `Bearer ${key}` }), ''],
  ['x-api-key', (key) => ({ 'x-api-key': key }), ''],
];
const NEVER: [string, (key: string) => Record<string, string>, (key: string) => string][] = [
  ['a cookie', (key) => ({ cookie: `token=${key}; key=${key}; session=${key}` }), () => ''],
  ['the query', () => ({}), (key) => `?key=${key}&api_key=${key}&access_token=${key}&token=${key}`],
  ['basic', (key) => ({ authorization: `Basic ${Buffer.from(`user:${key}`).toString('base64')}` }), () => ''],
];

describe('H1 every route', () => {
  it('decides by who asks, and alike wherever the key stands; cookies and queries never count', async () => {
    const { ask, cold } = await door();
    const routes = everyRoute(cold);
    expect(routes.length).toBeGreaterThan(80);
    const expected = (policy: Policy, who: keyof typeof KEYS, path: string): number => {
      if (policy === 'public') return 200;
      if (policy === 'admin' && who === 'user') return 403;
      const isListed = path.startsWith('/v1/chat/') || path === '/v1/models/x1' || path === '/api/experts';
      return who === 'limited' && !isListed ? 403 : 200;
    };
    const wrong: string[] = [];
    const judge = async (what: string, want: number, method: string, path: string, headers: Record<string, string>) => {
      const { status, headers: got } = await ask(method, path, headers);
      if (status !== want) wrong.push(`${method} ${path}, ${what}: ${status}, not ${want}`);
      if (status === 401 && got['www-authenticate'] !== 'Bearer') wrong.push(`${path}: 401 without a challenge`);
    };
    for (const [method, path, policy] of routes) {
      const open = policy === 'public' ? 200 : 401;
      await judge('anonymous', open, method, path, {});
      for (const [who, key] of Object.entries(KEYS) as [keyof typeof KEYS, string][]) {
        for (const [where, headers] of IN_FORCE)
          await judge(`${who} in ${where}`, expected(policy, who, path), method, path, headers(key));
        for (const [where, headers, query] of NEVER)
          await judge(`${who} in ${where}`, open, method, path + query(key), headers(key));
      }
    }
    expect(wrong).toEqual([]);
  });

  it('says to a key with restrictions what it may', async () => {
    const { ask } = await door();
    const { text } = await ask('POST', '/v1/embeddings', { 'x-api-key': KEYS.limited });
    expect(JSON.parse(text)).toMatchObject({
      error: { code: 'forbidden', message: expect.stringContaining('/v1/chat/*, /v1/models/:id, /api/experts') },
    });
  });
});

describe('G3 pages of other origins', () => {
  const cors = new Cors([LISTED, 'http://localhost:3000']);
  const key = { authorization: `Bearer ${KEYS.user}` };
  const preflight = (origin: string, more: Record<string, string> = {}) => ({
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,content-type,x-stainless-os',
    ...more,
  });

  it('a listed one may read every answer, refusals too', async () => {
    const { ask } = await door({ cors });
    for (const [path, headers, status] of [
      ['/v1/chat/completions', key, 200],
      ['/v1/chat/completions', {}, 401],
      ['/api/shutdown', key, 403],
      ['/nothing', key, 404],
    ] as const) {
      const answer = await ask('POST', path, { ...headers, origin: LISTED });
      expect(answer.status, path).toBe(status);
      expect(answer.headers['access-control-allow-origin']).toBe(LISTED);
      expect(answer.headers['access-control-expose-headers']).toContain('x-request-id');
      expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
      expect(answer.headers.vary).toBe('Origin');
    }
    expect((await ask('GET', '/v1/chat/completions', { origin: LISTED })).status).toBe(405);
  });

  it('a preflight of a listed one is answered before any key is asked for', async () => {
    const { ask } = await door({ cors });
    const answer = await ask('OPTIONS', '/v1/chat/completions', preflight('http://localhost:3000'));
    expect(answer).toMatchObject({
      status: 204,
      headers: {
        'access-control-allow-origin': 'http://localhost:3000',
        'access-control-allow-headers': 'authorization,content-type,x-stainless-os',
        'access-control-max-age': '600',
      },
    });
    expect(answer.headers['access-control-allow-methods']).toContain('DELETE');
    expect(answer.headers['access-control-allow-private-network']).toBeUndefined();
    const near = preflight(LISTED, { 'access-control-request-private-network': 'true' });
    const private_ = await ask('OPTIONS', '/api/experts', near);
    expect(private_).toMatchObject({ status: 204, headers: { 'access-control-allow-private-network': 'true' } });
    const odd = await ask('OPTIONS', '/api/experts', preflight(LISTED, { 'access-control-request-headers': '*;x' }));
    expect(odd.headers['access-control-allow-headers']).toBe('authorization, content-type, x-api-key');
    expect((await ask('OPTIONS', '/nothing', preflight(LISTED))).status).toBe(404);
    const isNone = await ask('OPTIONS', '/v1/chat/completions', { origin: LISTED });
    expect(isNone.status, 'no method is asked for').toBe(405);
  });

  it.each([
    'https://evil.example',
    'https://chat.example.evil.example',
    'https://chat.example:444',
    'http://chat.example',
    'https://CHAT.example',
    'https://chat.example/',
    'null',
    '',
    '*',
  ])('%j gets nothing, and no permission', async (origin) => {
    const { ask } = await door({ cors });
    for (const [method, path, headers] of [
      ['POST', '/v1/chat/completions', { ...key, origin }],
      ['DELETE', '/api/keys/x1', { ...key, origin }],
      ['GET', '/v1/models', { ...key, origin }],
      ['OPTIONS', '/v1/chat/completions', preflight(origin, { 'access-control-request-private-network': 'true' })],
    ] as const) {
      const answer = await ask(method, path, headers);
      expect(answer.status, `${method} ${path}`).toBe(403);
      expect(JSON.stringify(answer.headers)).not.toContain('access-control');
    }
  });

  it('no origin, or our own, is served as ever; without a list nothing is added to any answer', async () => {
    const listed = await door({ cors });
    const own = await listed.ask('POST', '/v1/chat/completions', { ...key, origin: `http://127.0.0.1:${listed.port}` });
    expect(own).toMatchObject({ status: 200, headers: { vary: 'Origin' } });
    expect(own.headers['access-control-allow-origin']).toBeUndefined();
    expect((await listed.ask('POST', '/v1/chat/completions', key)).status).toBe(200);
    const none = await door();
    const answer = await none.ask('POST', '/v1/chat/completions', key);
    expect(answer.headers.vary).toBeUndefined();
    expect((await none.ask('OPTIONS', '/v1/chat/completions', preflight(LISTED))).status).toBe(403);
  });
});

describe('who has to be waited for', () => {
  it('comes in when it is known who it is, or is told why not', async () => {
    const later = { counts: () => true };
    const authenticator = new Authenticator({
      required: true,
      keys: KNOWN,
      runToken: 'the-token-of-this-run',
      people: {
        ...later,
        identify: async (presented) => {
          await new Promise(setImmediate);
          if (presented !== 'known') throw new Error('a defect');
          return { user: 'eva', admin: false, credential: { kind: 'key', id: 'key_1' }, scopes: {} };
        },
      },
    });
    const { ask } = await door({ authenticator });
    const as = (presented: string) => ({ authorization: `Bearer ${presented}` });
    expect(await ask('POST', '/v1/chat/completions', as('known'))).toMatchObject({ status: 200, text: 'eva' });
    expect(await ask('GET', '/health', as('known'))).toMatchObject({ status: 200, text: 'eva' });
    expect(await ask('GET', '/api/experts', as('known'))).toMatchObject({ status: 403 });
    expect(await ask('POST', '/v1/messages', as('other'))).toMatchObject({ status: 500 });
    expect(await ask('GET', '/health', as('other'))).toMatchObject({ status: 200, text: '' });
  });
});
