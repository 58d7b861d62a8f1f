/** Faults, group H: identity and tenancy, over a running house with accounts in a real store. */
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';

import { describe, expect, it } from 'vitest';

import type { IdentityJson, KeyJson, LoginJson, MadeKeyJson, MeJson } from '../../../src/server/identity/views.ts';
import { fakeExpert } from '../../support/fake-expert.ts';
import { type Orchestrator, runCommand, startOrchestrator } from '../../support/orchestrator.ts';
import { profileOf } from '../../support/profile.ts';
import { collect, type StreamRecord } from '../../support/sse.ts';
import { until } from '../../support/wait.ts';

const PASSWORD = 'correcto caballo';
const WEB_KEY = 'the-key-of-a-front-end-0001';
const CHAT = '/v1/chat/completions';

const house = (security: Record<string, unknown> = {}) =>
  profileOf(
    {
      a: fakeExpert({ echo: true }),
      b: fakeExpert({ tokens: 4_000, rate: 20, parallel: 8 }, { settings: { parallel: 8 } }),
    },
    { security: { auth: 'users', ...security }, timeouts: { drain: '1s' } },
  );

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  json: Record<string, unknown> & { error?: { code: string; message: string } };
}

/** One request, with this key or none, on a connection of its own: those that were ended take their connections with them. */
async function ask(
  { url }: Pick<Orchestrator, 'url'>,
  method: string,
  path: string,
  { key, body, headers }: { key?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const sent = request(new URL(path, url), {
    method,
    agent: false,
    headers: {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
  });
  sent.end(body === undefined ? undefined : JSON.stringify(body));
  const [incoming] = (await once(sent, 'response')) as [IncomingMessage];
  const text = await readText(incoming);
  const isJson = incoming.headers['content-type']?.includes('json') ?? false;
  return {
    status: incoming.statusCode ?? 0,
    headers: incoming.headers,
    text,
    json: isJson ? (JSON.parse(text) as Answer['json']) : {},
  };
}

async function addUser(orchestrator: Orchestrator, user: string, more: object = {}): Promise<void> {
  const body = { user, password: PASSWORD, ...more };
  const { status, text } = await ask(orchestrator, 'POST', '/api/users', { key: orchestrator.token, body });
  expect(status, text).toBe(201);
}

async function login(orchestrator: Pick<Orchestrator, 'url'>, user: string, password = PASSWORD): Promise<LoginJson> {
  const { status, text } = await ask(orchestrator, 'POST', '/auth/login', { body: { user, password } });
  expect(status, text).toBe(200);
  return JSON.parse(text) as LoginJson;
}

async function addKey(orchestrator: Orchestrator, user: string, body: object = {}): Promise<MadeKeyJson> {
  const path = `/api/users/${user}/keys`;
  const { status, text } = await ask(orchestrator, 'POST', path, { key: orchestrator.token, body });
  expect(status, text).toBe(201);
  return JSON.parse(text) as MadeKeyJson;
}

const whoIs = async (orchestrator: Orchestrator, key: string): Promise<number> =>
  (await ask(orchestrator, 'GET', '/auth/me', { key })).status;

/** A stream of minutes, once its first token has come. */
async function openStream(orchestrator: Orchestrator, key: string): Promise<{ ended: Promise<StreamRecord> }> {
  const body = { model: 'b', stream: true, messages: [{ role: 'user', content: 'x' }] };
  const response = await fetch(new URL(CHAT, orchestrator.url), {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
  const begun = Promise.withResolvers<void>();
  const ended = collect(response, () => begun.resolve());
  await begun.promise;
  return { ended };
}

describe('the first account', () => {
  it('is made on this machine, and nothing is open before', async () => {
    await using orchestrator = await startOrchestrator({ profile: house(), args: ['--host', '0.0.0.0'] });
    const url = orchestrator.url.replace('0.0.0.0', '127.0.0.1');
    const at = { url };
    const credentials = { user: 'mallory', password: PASSWORD };
    expect((await ask(at, 'POST', '/auth/register', { body: credentials })).status).toBe(403);
    expect((await ask(at, 'POST', '/api/users', { body: { ...credentials, admin: true } })).status).toBe(401);
    expect((await ask(at, 'GET', '/v1/models')).status).toBe(401);
    const { stdout } = await runCommand(orchestrator.directory, ['doctor', '--json']);
    expect(stdout).toContain('There is no account yet');
    const made = await ask(at, 'POST', '/api/users', {
      key: orchestrator.token,
      body: { ...credentials, user: 'ana' },
    });
    expect(made.json).toMatchObject({ user: 'ana', admin: true });
    const { access_token: token } = await login(at, 'ana');
    const me = (await ask(at, 'GET', '/auth/me', { key: token })).json as unknown as MeJson;
    expect(me).toMatchObject({ user: 'ana', admin: true, credential: { kind: 'token' }, account: { user: 'ana' } });
    expect((await ask(at, 'GET', '/api/users', { key: token })).json).toMatchObject({ users: [{ user: 'ana' }] });
  });

  it('with registration open anyone makes one, and nobody an administrator’s', async () => {
    await using orchestrator = await startOrchestrator({ profile: house({ registration: 'open' }) });
    const register = (user: string) =>
      ask(orchestrator, 'POST', '/auth/register', { body: { user, password: PASSWORD } });
    const first = await register('eva');
    expect(first.status, first.text).toBe(201);
    expect((await register('eva')).json).toMatchObject({ error: { code: 'conflict' } });
    expect((await register('local')).json).toMatchObject({ error: { code: 'conflict' } });
    const key = String(first.json['access_token']);
    expect((await ask(orchestrator, 'GET', '/api/users', { key })).status).toBe(403);
    expect((await ask(orchestrator, 'GET', '/v1/models', { key })).status).toBe(200);
  });
});

describe('H1 a key with restrictions', () => {
  it('sees, is given and may name its experts alone, on the routes that it may use', async () => {
    await using orchestrator = await startOrchestrator({ profile: house() });
    await addUser(orchestrator, 'ana');
    const { key } = await addKey(orchestrator, 'ana', { scopes: { experts: ['a'], routes: ['/v1/*'] } });
    const models = (await ask(orchestrator, 'GET', '/v1/models', { key })).json['data'] as { id: string }[];
    expect(models.map(({ id }) => id)).toEqual(['auto', 'a']);
    expect((await ask(orchestrator, 'GET', '/v1/models/b', { key })).status).toBe(403);
    const chat = (fields: object) =>
      ask(orchestrator, 'POST', CHAT, { key, body: { messages: [{ role: 'user', content: 'x' }], ...fields } });
    const named = await chat({ model: 'b' });
    expect(named).toMatchObject({ status: 403, json: { error: { code: 'forbidden' } } });
    expect(named.text).toContain('it may use a');
    for (const fields of [{}, { model: 'auto' }, { model: 'a' }]) {
      const answer = await chat(fields);
      expect(answer.headers['x-orchestrator-expert'], answer.text).toBe('a');
    }
    expect((await chat({ orchestrator: { route: { only: ['b'] } } })).status).not.toBe(200);
    const unknown = await chat({ model: 'c' });
    expect(unknown).toMatchObject({ status: 404, json: { error: { code: 'model_not_found' } } });
    expect(unknown.text).not.toMatch(/\bb\b/);
    for (const [method, path] of [
      ['GET', '/stats'],
      ['GET', '/api/keys'],
      ['POST', '/api/keys'],
    ] as const)
      expect((await ask(orchestrator, method, path, { key })).status, path).toBe(403);
    expect((await ask(orchestrator, 'GET', '/health', { key })).json['experts']).toEqual({ a: 'ready' });
  });

  it('no cookie and no query counts, whatever is in it', async () => {
    await using orchestrator = await startOrchestrator({ profile: house() });
    await addUser(orchestrator, 'ana', { admin: true });
    const { key } = await addKey(orchestrator, 'ana', { admin: true });
    const { access_token: token } = await login(orchestrator, 'ana');
    for (const secret of [key, token, orchestrator.token]) {
      expect((await ask(orchestrator, 'GET', '/api/experts', { headers: { 'x-api-key': secret } })).status).toBe(200);
      expect((await ask(orchestrator, 'GET', '/api/experts', { key: secret })).status).toBe(200);
      for (const [name, value] of [
        ['cookie', `token=${secret}`],
        ['proxy-authorization', `Bearer ${secret}`],
      ] as const)
        expect((await ask(orchestrator, 'GET', '/api/experts', { headers: { [name]: value } })).status).toBe(401);
      for (const name of ['key', 'token', 'access_token', 'api_key'])
        expect((await ask(orchestrator, 'GET', `/api/experts?${name}=${secret}`)).status).toBe(401);
    }
  });
});

describe('H4 what is kept of secrets', () => {
  it('H4 is a digest: none stands in a file, a log or an answer; what was made counts after a restart', async () => {
    const orchestrator = await startOrchestrator({ profile: house() });
    const secrets: string[] = [PASSWORD];
    try {
      await addUser(orchestrator, 'ana');
      const { key, prefix } = await addKey(orchestrator, 'ana', { name: 'laptop' });
      const { access_token: token, refresh_token: refresh } = await login(orchestrator, 'ana');
      secrets.push(key, token, refresh);
      const kept = (await ask(orchestrator, 'GET', '/api/keys', { key: token })).json as unknown as { keys: KeyJson[] };
      expect(kept.keys).toMatchObject([{ prefix, name: 'laptop', user: 'ana' }]);
      await ask(orchestrator, 'POST', CHAT, { key: `${key}x` });
      await ask(orchestrator, 'POST', '/auth/refresh', { body: { refresh_token: `${refresh}x` } });
      await orchestrator.killHard();
      await using again = await startOrchestrator({ profile: house(), directory: orchestrator.directory });
      expect([await whoIs(again, key), await whoIs(again, token)]).toEqual([200, 200]);
      const logs = (await ask(again, 'GET', '/api/logs', { key: again.token })).text;
      const answers = [logs, orchestrator.output, again.output, JSON.stringify(kept)];
      await again.stop();
      for (const secret of secrets) {
        for (const text of answers) expect(text).not.toContain(secret);
        for (const file of everyFile(again.stateDir))
          expect(readFileSync(file).includes(secret), `${secret} in ${file}`).toBe(false);
      }
      expect(statSync(join(again.stateDir, 'identity', 'signing-keys.json')).mode & 0o777).toBe(0o600);
    } finally {
      await orchestrator[Symbol.asyncDispose]();
    }
  });
});

describe('H5 tokens', () => {
  it('H5 count as they were signed, through a rotation, and in no other form', async () => {
    await using orchestrator = await startOrchestrator({ profile: house() });
    await addUser(orchestrator, 'ana');
    const { access_token: token } = await login(orchestrator, 'ana');
    const [header = '', payload = '', signature = ''] = token.split('.');
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string };
    const signedWith = (secret: string) => {
      const signed = `${header}.${payload}`;
      return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
    };
    const forged = [
      ...['none', 'None', 'NONE', 'nOnE'].map((alg) => `${encode({ alg, kid, typ: 'at+jwt' })}.${payload}.`),
      `${encode({ alg: 'none', kid, typ: 'at+jwt' })}.${payload}.${signature}`,
      `${header}.${payload}.`,
      `${header}.${encode({ ...claims, sub: 'root', admin: true })}.${signature}`,
      `${encode({ alg: 'HS256', kid: 'other', typ: 'at+jwt' })}.${payload}.${signature}`,
      ...['', kid, 'secret', orchestrator.token].map(signedWith),
    ];
    for (const forgery of forged) expect(await whoIs(orchestrator, forgery), forgery).toBe(401);
    expect(await whoIs(orchestrator, token)).toBe(200);
    const rotated = await ask(orchestrator, 'POST', '/api/identity/rotate', { key: orchestrator.token });
    expect((rotated.json as unknown as IdentityJson).signingKeys.map(({ until }) => until === null)).toEqual([
      true,
      false,
    ]);
    const next = await login(orchestrator, 'ana');
    expect([await whoIs(orchestrator, token), await whoIs(orchestrator, next.access_token)]).toEqual([200, 200]);
  });
});

describe('H6 what is revoked', () => {
  it('H6 a suspended user: open streams end with an error frame, and every kind of credential is dead at once', async () => {
    await using orchestrator = await startOrchestrator({ profile: house() });
    await addUser(orchestrator, 'eva', { admin: true });
    await addUser(orchestrator, 'ana', { admin: true });
    const { key } = await addKey(orchestrator, 'ana', { admin: true });
    const { access_token: token, refresh_token: refresh } = await login(orchestrator, 'ana');
    const others = await openStream(orchestrator, (await login(orchestrator, 'eva')).access_token);
    const streams = [await openStream(orchestrator, key), await openStream(orchestrator, token)];
    const events = collect(
      await fetch(new URL('/api/events', orchestrator.url), { headers: { authorization: `Bearer ${key}` } }),
    );
    const suspended = await ask(orchestrator, 'PATCH', '/api/users/ana', {
      key: orchestrator.token,
      body: { suspended: true },
    });
    expect(suspended.status, suspended.text).toBe(200);
    expect([await whoIs(orchestrator, key), await whoIs(orchestrator, token)]).toEqual([401, 401]);
    for (const stream of await Promise.all(streams.map(({ ended }) => ended))) {
      expect(stream.error).toMatchObject({ code: 'unauthorized', source: 'orchestrator' });
      expect([stream.done, stream.finishReason]).toEqual([false, null]);
    }
    expect((await events).error).toMatchObject({ code: 'unauthorized' });
    expect((await ask(orchestrator, 'POST', '/auth/refresh', { body: { refresh_token: refresh } })).status).toBe(401);
    const again = { user: 'ana', password: PASSWORD };
    expect((await ask(orchestrator, 'POST', '/auth/login', { body: again })).status).toBe(403);
    await ask(orchestrator, 'PATCH', '/api/users/eva', { key: orchestrator.token, body: { suspended: true } });
    expect((await others.ended).error, 'somebody else’s went on until then').toMatchObject({ code: 'unauthorized' });
  });

  it('H6 a revoked key and a login that is ended take their own streams with them, and no others', async () => {
    await using orchestrator = await startOrchestrator({ profile: house() });
    await addUser(orchestrator, 'ana');
    const [one, other] = [await addKey(orchestrator, 'ana'), await addKey(orchestrator, 'ana')];
    const { access_token: token } = await login(orchestrator, 'ana');
    const byOne = await openStream(orchestrator, one.key);
    const revoked = await ask(orchestrator, 'DELETE', `/api/keys/${one.id}`, { key: one.key });
    expect(revoked, 'whoever revokes their own key is told so').toMatchObject({ status: 200, json: { id: one.id } });
    expect((await byOne.ended).error).toMatchObject({ code: 'unauthorized' });
    expect([await whoIs(orchestrator, one.key), await whoIs(orchestrator, other.key)]).toEqual([401, 200]);
    const byToken = await openStream(orchestrator, token);
    const byOther = await openStream(orchestrator, other.key);
    expect((await ask(orchestrator, 'POST', '/auth/logout', { key: token })).status).toBe(200);
    expect((await byToken.ended).error).toMatchObject({ code: 'unauthorized' });
    expect([await whoIs(orchestrator, token), await whoIs(orchestrator, other.key)]).toEqual([401, 200]);
    await ask(orchestrator, 'DELETE', `/api/keys/${other.id}`, { key: orchestrator.token });
    expect((await byOther.ended).error).toMatchObject({ code: 'unauthorized' });
  });

  it('H6 a user who is deleted while streaming is gone, and the engine computes for nobody', async () => {
    await using orchestrator = await startOrchestrator({ profile: house() });
    await addUser(orchestrator, 'ana');
    const { key } = await addKey(orchestrator, 'ana');
    const stream = await openStream(orchestrator, key);
    const removed = await ask(orchestrator, 'DELETE', '/api/users/ana', { key: orchestrator.token });
    expect(removed).toMatchObject({ status: 200, json: { deleted: true, erased: { accounts: 1, keys: 1 } } });
    expect((await stream.ended).error).toMatchObject({ code: 'unauthorized' });
    expect(await whoIs(orchestrator, key)).toBe(401);
    await until('nothing is in flight', async () => (await orchestrator.expert('b')).inFlight === 0);
    expect((await ask(orchestrator, 'GET', '/api/users/ana', { key: orchestrator.token })).status).toBe(404);
    await addUser(orchestrator, 'ana');
    expect(await whoIs(orchestrator, key), 'a new one of this name').toBe(401);
    await orchestrator.killHard();
    await using again = await startOrchestrator({ profile: house(), directory: orchestrator.directory });
    expect(await whoIs(again, key), 'and it stays so').toBe(401);
  });
});

describe('two users behind one key', () => {
  const keys = (actAs: boolean) => [{ env: 'WEB_KEY', user: 'web', ...(actAs && { actAs }) }];
  const env = { WEB_KEY };

  it('are two with the scope act-as: by header, or by `user` of the body', async () => {
    await using orchestrator = await startOrchestrator({ profile: house({ keys: keys(true) }), env });
    const me = async (user: string) => {
      const headers = { 'x-openwebui-user-id': user, 'x-openwebui-chat-id': 'c1' };
      return (await ask(orchestrator, 'GET', '/auth/me', { key: WEB_KEY, headers })).json['user'];
    };
    expect([await me('7f3a'), await me('9b1c')]).toEqual(['web/7f3a', 'web/9b1c']);
    const routed = await ask(orchestrator, 'POST', CHAT, {
      key: WEB_KEY,
      body: { user: '7f3a', messages: [{ role: 'user', content: 'x' }] },
    });
    const id = String(routed.headers['x-request-id']);
    const seen = async (user?: string) => {
      const headers: Record<string, string> = user === undefined ? {} : { 'x-openwebui-user-id': user };
      return (await ask(orchestrator, 'GET', `/api/requests/${id}`, { key: WEB_KEY, headers })).status;
    };
    expect([await seen('7f3a'), await seen('9b1c'), await seen()]).toEqual([200, 404, 404]);
  });

  it('are erased each by themselves, though they have no account', async () => {
    const profile = house({ keys: keys(true) });
    await using orchestrator = await startOrchestrator({ profile: { ...profile, memory: { enabled: true } }, env });
    const as = (user: string) => ({ key: WEB_KEY, headers: { 'x-openwebui-user-id': user } });
    const count = async (user: string) =>
      ((await ask(orchestrator, 'GET', '/api/memory', as(user))).json['memories'] as unknown[]).length;
    const add = (user: string) =>
      ask(orchestrator, 'POST', '/api/memory', { ...as(user), body: { text: 'Lives in Oviedo' } });
    await until('the memory is open', async () => (await add('7f3a')).status === 201);
    expect((await add('9b1c')).status).toBe(201);
    const remove = () => ask(orchestrator, 'DELETE', '/api/users/web%2F7f3a', { key: orchestrator.token });
    expect(await remove()).toMatchObject({ status: 200, json: { user: 'web/7f3a', erased: { memories: 1 } } });
    expect([await count('7f3a'), await count('9b1c')]).toEqual([0, 1]);
    expect(await remove()).toMatchObject({ status: 404, json: { error: { code: 'user_not_found' } } });
  });

  it('are one without it, whatever is said', async () => {
    await using orchestrator = await startOrchestrator({ profile: house({ keys: keys(false) }), env });
    for (const name of ['x-openwebui-user-id', 'x-orchestrator-user']) {
      const headers = { [name]: '7f3a' };
      expect((await ask(orchestrator, 'GET', '/auth/me', { key: WEB_KEY, headers })).json['user']).toBe('web');
    }
    const body = { user: '7f3a', messages: [{ role: 'user', content: 'x' }] };
    const routed = await ask(orchestrator, 'POST', CHAT, { key: WEB_KEY, body });
    const id = String(routed.headers['x-request-id']);
    const headers = { 'x-openwebui-user-id': '9b1c' };
    expect((await ask(orchestrator, 'GET', `/api/requests/${id}`, { key: WEB_KEY, headers })).status).toBe(200);
  });
});

function everyFile(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
}
