import type { IncomingHttpHeaders } from 'node:http';

import { describe, expect, it } from 'vitest';

import { Authenticator, type KnownKey } from '../../../../src/server/identity/authenticator.ts';
import type { Identity } from '../../../../src/server/identity/contract.ts';
import { AppError } from '../../../../src/shared/errors.ts';

const [ANA, BEN, WEB] = ['the-key-of-ana-0001', 'the-key-of-ben-0002', 'the-key-of-web-0003'];
const KEYS: KnownKey[] = [
  { key: ANA, id: 'ANA_KEY', user: 'ana', admin: true, scopes: {} },
  { key: BEN, id: 'BEN_KEY', user: 'ben', admin: false, scopes: { experts: ['a'] } },
  { key: WEB, id: 'WEB_KEY', user: 'web', admin: true, scopes: { actAs: true } },
];
const TOKEN = 'the-token-of-this-run';
const of = (user: string, admin: boolean, id: string, scopes: Identity['scopes'] = {}): Identity => ({
  user,
  admin,
  credential: { kind: 'profile-key', id },
  scopes,
});
const ben = of('ben', false, 'BEN_KEY', { experts: ['a'] });
const run: Identity = { user: 'local', admin: true, credential: { kind: 'run', id: 'run' }, scopes: {} };

const codeOf = (authenticator: Authenticator, headers: IncomingHttpHeaders, fromLoopback = true): string => {
  try {
    void authenticator.identify(headers, fromLoopback);
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
  return 'let in';
};

describe('with keys', () => {
  const authenticator = new Authenticator({ required: true, keys: KEYS, runToken: TOKEN });
  const identify = (headers: IncomingHttpHeaders) => authenticator.identify(headers, true);

  it.each([
    ['authorization', `Bearer ${BEN}`],
    ['authorization', `bearer   ${BEN}`],
    ['x-api-key', BEN],
  ])('a key in %s is known: %s', (name, value) => {
    expect(identify({ [name]: value })).toEqual(ben);
  });

  it('one header that holds no bearer does not hide the other', () => {
    expect(identify({ authorization: 'Basic YTpi', 'x-api-key': ANA })).toEqual(of('ana', true, 'ANA_KEY'));
  });

  it('the token of the run is an administrator’s', () => {
    expect(identify({ authorization: `Bearer ${TOKEN}` })).toEqual(run);
  });

  it('the token of the run may speak for another user, and no other key may', () => {
    const named = { 'x-orchestrator-user': 'ben' };
    expect(identify({ authorization: `Bearer ${TOKEN}`, ...named })).toEqual({ ...run, user: 'ben' });
    expect(identify({ authorization: `Bearer ${TOKEN}`, 'x-orchestrator-user': 'web/joe' })).toMatchObject({
      user: 'web/joe',
    });
    expect(identify({ 'x-api-key': ANA, ...named }), 'an administrator').toEqual(of('ana', true, 'ANA_KEY'));
    for (const name of ['../x', 'a/b/c', '/b', 'a/'])
      expect(codeOf(authenticator, { authorization: `Bearer ${TOKEN}`, 'x-orchestrator-user': name })).toBe(
        'invalid_request',
      );
  });

  it.each([
    {},
    { authorization: 'Bearer' },
    { authorization: 'Bearer ' },
    { authorization: 'Bearer nobody' },
    { authorization: 'Bearer the-key-of-ben-000' },
    { authorization: BEN },
    { authorization: `Bearer ${BEN} x` },
    { 'x-api-key': '' },
    { 'x-api-key': 'THE-KEY-OF-BEN-0002' },
    { cookie: `key=${BEN}; token=${TOKEN}` },
    { 'x-orchestrator-user': 'ben' },
  ])('%j is nobody', (headers) => {
    expect(codeOf(authenticator, headers)).toBe('unauthorized');
    expect(authenticator.tryIdentify(headers, true)).toMatchObject({ user: '', admin: false });
  });

  it('the user is the key’s, whatever else the request says', () => {
    const headers = { 'x-api-key': BEN, 'x-orchestrator-user': 'ana', 'x-openwebui-user-id': 'ana' };
    expect(authenticator.identify(headers, true)).toEqual(ben);
  });

  it('a key counts to the end of its last day', () => {
    const keys = (expires: number): KnownKey[] => [{ ...KEYS[1]!, expires }];
    const until = (expires: number) => new Authenticator({ required: true, keys: keys(expires), runToken: TOKEN });
    expect(codeOf(until(Date.now() + 60_000), { 'x-api-key': BEN })).toBe('let in');
    expect(codeOf(until(Date.now() - 1), { 'x-api-key': BEN })).toBe('unauthorized');
  });

  it('what is no longer listed does not count any more', () => {
    const later = new Authenticator({ required: true, keys: KEYS.slice(1), runToken: TOKEN });
    expect([of('ana', true, 'ANA_KEY'), ben, run].map((identity) => later.counts(identity))).toEqual([
      false,
      true,
      true,
    ]);
  });
});

describe('two users behind one key', () => {
  const authenticator = new Authenticator({ required: true, keys: KEYS, runToken: TOKEN });
  const as = (key: string, headers: IncomingHttpHeaders) =>
    authenticator.identify({ 'x-api-key': key, ...headers }, false);

  it('are two users with the scope, and neither is an administrator', () => {
    const one = as(WEB, { 'x-openwebui-user-id': '7f3a', 'x-openwebui-chat-id': 'chat-1' });
    const other = as(WEB, { 'x-openwebui-user-id': '9b1c' });
    expect([one, other]).toMatchObject([
      { user: 'web/7f3a', admin: false, conversation: 'chat-1' },
      { user: 'web/9b1c', admin: false, conversation: undefined },
    ]);
  });

  it('are the key’s own user without it', () => {
    const headers = { 'x-openwebui-user-id': '7f3a', 'x-openwebui-chat-id': 'chat-1' };
    expect(as(BEN, headers)).toEqual(ben);
  });

  it('never become one by their names', () => {
    const names = ['a b', 'a_b', 'a/b', 'ab', 'A b', 'josé', 'jose', '../web', 'x'.repeat(65), 'x'.repeat(66)];
    const users = names.map((name) => (as(WEB, { 'x-openwebui-user-id': name }) as Identity).user);
    const made = users.find((user) => user.startsWith('web/h-'))?.slice('web/'.length) ?? '';
    // Who knows what another name was made into, and takes that for a name, is somebody else still.
    users.push((as(WEB, { 'x-openwebui-user-id': made }) as Identity).user);
    expect(new Set(users).size).toBe(names.length + 1);
    for (const user of users) expect(user).toMatch(/^web\/[\w.@-]{1,64}$/);
  });
});

describe('without authentication', () => {
  const authenticator = new Authenticator({ required: false, keys: [], runToken: TOKEN });
  const local = { ...run, credential: { kind: 'local', id: 'local' } };

  it('any key of a client is ignored', () => {
    for (const headers of [{}, { authorization: 'Bearer sk-something' }, { 'x-api-key': 'sk-something' }]) {
      expect(authenticator.identify(headers, true)).toEqual(local);
    }
  });

  it('a user may be named, from this machine alone', () => {
    const headers = { 'x-orchestrator-user': 'ana@example.org' };
    expect(authenticator.identify(headers, true)).toEqual({ ...local, user: 'ana@example.org' });
    expect(authenticator.identify(headers, false)).toEqual(local);
  });

  it.each(['', 'a b', '../x', 'a'.repeat(65), 'ana\u0000'])('%j is no name', (name) => {
    expect(codeOf(authenticator, { 'x-orchestrator-user': name })).toBe('invalid_request');
  });
});
