import type { IncomingHttpHeaders } from 'node:http';

import { describe, expect, it } from 'vitest';

import { AppError } from '../../../src/shared/errors.ts';
import { Authenticator } from '../../../src/server/identity.ts';

const KEYS = [
  { key: 'the-key-of-ana-0001', user: 'ana', admin: true },
  { key: 'the-key-of-ben-0002', user: 'ben', admin: false },
];
const TOKEN = 'the-token-of-this-run';

const codeOf = (authenticator: Authenticator, headers: IncomingHttpHeaders, fromLoopback = true): string => {
  try {
    authenticator.identify(headers, fromLoopback);
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
    ['authorization', 'Bearer the-key-of-ben-0002'],
    ['authorization', 'bearer   the-key-of-ben-0002'],
    ['x-api-key', 'the-key-of-ben-0002'],
  ])('a key in %s is known: %s', (name, value) => {
    expect(identify({ [name]: value })).toEqual({ user: 'ben', admin: false });
  });

  it('one header that holds no bearer does not hide the other', () => {
    expect(identify({ authorization: 'Basic YTpi', 'x-api-key': KEYS[0]?.key })).toEqual({ user: 'ana', admin: true });
  });

  it('the token of the run is an administrator’s', () => {
    expect(identify({ authorization: `Bearer ${TOKEN}` })).toEqual({ user: 'local', admin: true });
  });

  it('the token of the run may speak for another user, and no other key may', () => {
    const named = { 'x-orchestrator-user': 'ben' };
    expect(identify({ authorization: `Bearer ${TOKEN}`, ...named })).toEqual({ user: 'ben', admin: true });
    expect(identify({ 'x-api-key': KEYS[0]?.key, ...named }), 'an administrator').toEqual({ user: 'ana', admin: true });
    expect(codeOf(authenticator, { authorization: `Bearer ${TOKEN}`, 'x-orchestrator-user': '../x' })).toBe(
      'invalid_request',
    );
  });

  it.each([
    {},
    { authorization: 'Bearer' },
    { authorization: 'Bearer ' },
    { authorization: 'Bearer nobody' },
    { authorization: 'Bearer the-key-of-ben-000' },
    { authorization: 'the-key-of-ben-0002' },
    { authorization: 'Bearer the-key-of-ben-0002 x' },
    { 'x-api-key': '' },
    { 'x-api-key': 'THE-KEY-OF-BEN-0002' },
    { cookie: 'key=the-key-of-ben-0002' },
    { 'x-orchestrator-user': 'ben' },
  ])('%j is nobody', (headers) => {
    expect(codeOf(authenticator, headers)).toBe('unauthorized');
  });

  it('the user is the key’s, whatever else the request says', () => {
    const headers = { 'x-api-key': KEYS[1]?.key, 'x-orchestrator-user': 'ana' };
    expect(authenticator.identify(headers, true)).toEqual({ user: 'ben', admin: false });
  });
});

describe('without authentication', () => {
  const authenticator = new Authenticator({ required: false, keys: [], runToken: TOKEN });

  it('any key of a client is ignored', () => {
    for (const headers of [{}, { authorization: 'Bearer sk-something' }, { 'x-api-key': 'sk-something' }]) {
      expect(authenticator.identify(headers, true)).toEqual({ user: 'local', admin: true });
    }
  });

  it('a user may be named, from this machine alone', () => {
    const headers = { 'x-orchestrator-user': 'ana@example.org' };
    expect(authenticator.identify(headers, true)).toEqual({ user: 'ana@example.org', admin: true });
    expect(authenticator.identify(headers, false)).toEqual({ user: 'local', admin: true });
  });

  it.each(['', 'a b', '../x', 'a'.repeat(65), 'ana\u0000'])('%j is no name', (name) => {
    expect(codeOf(authenticator, { 'x-orchestrator-user': name })).toBe('invalid_request');
  });
});
