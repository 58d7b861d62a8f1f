/** H5: nobody but this orchestrator makes tokens that it believes. */
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';

import { base64url, SignJWT } from 'jose';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { SigningKeys } from '../../../../src/server/identity/signing-keys.ts';
import { CALLER, PASSWORD, peopleHouse } from './people-house.ts';

async function loggedIn() {
  const house = peopleHouse();
  onTestFinished(() => house[Symbol.asyncDispose]());
  await house.book.opened;
  await house.add('ana');
  const login = await house.accounts.logins.login(CALLER, 'ana', PASSWORD);
  const [, payload = ''] = login.access_token.split('.');
  const { kid, secret } = house.signing.signing(1);
  return {
    ...house,
    token: login.access_token,
    claims: JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>,
    kid,
    secret,
  };
}

const encode = (value: unknown) => base64url.encode(JSON.stringify(value));

/** A token in the plainest way, signed with this key. */
function forge(header: object, claims: object, key: string | Uint8Array, hash = 'sha256'): string {
  const signed = `${encode(header)}.${encode(claims)}`;
  return `${signed}.${createHmac(hash, key).update(signed).digest('base64url')}`;
}

describe('a token', () => {
  it('says who it is for, and no more', async () => {
    const { as, token, claims } = await loggedIn();
    expect(await as(token)).toMatchObject({ user: 'ana', admin: false, credential: { kind: 'token' }, scopes: {} });
    expect(Object.keys(claims).sort()).toEqual(['aud', 'exp', 'iat', 'iss', 'nbf', 'sid', 'sub']);
  });

  it('is believed where it is made by hand as it should be: what follows fails for its own reason', async () => {
    const { outcome, kid, secret, claims } = await loggedIn();
    expect(await outcome(forge({ alg: 'HS256', kid, typ: 'at+jwt' }, claims, secret))).toBe('let in');
  });

  it('H5 whose algorithm is none does not count, however that is written', async () => {
    const { outcome, kid, token, claims } = await loggedIn();
    const [, , signature] = token.split('.');
    for (const alg of ['none', 'None', 'NONE', 'nOnE', 'nonE', '', null, undefined])
      for (const end of ['', signature, 'AA'])
        expect(await outcome(`${encode({ alg, kid, typ: 'at+jwt' })}.${encode(claims)}.${end}`), `${alg}`).toBe(
          'unauthorized',
        );
  });

  it('H5 of another algorithm does not count, though its key be ours', async () => {
    const { outcome, kid, secret, claims } = await loggedIn();
    const header = (alg: string) => ({ alg, kid, typ: 'at+jwt' });
    expect(await outcome(forge(header('HS512'), claims, secret, 'sha512'))).toBe('unauthorized');
    expect(await outcome(forge(header('HS384'), claims, secret, 'sha384'))).toBe('unauthorized');
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const rs = new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid, typ: 'at+jwt' });
    expect(await outcome(await rs.sign(privateKey)), 'RS256').toBe('unauthorized');
    const pem = publicKey.export({ type: 'spki', format: 'pem' });
    expect(await outcome(forge(header('HS256'), claims, pem as string)), 'a public key as the secret').toBe(
      'unauthorized',
    );
    const jwk = publicKey.export({ format: 'jwk' });
    const embedded = new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid, typ: 'at+jwt', jwk });
    expect(await outcome(await embedded.sign(privateKey)), 'a key of its own').toBe('unauthorized');
  });

  it('H5 with a bad key id does not count', async () => {
    const { outcome, secret, claims } = await loggedIn();
    for (const kid of [undefined, '', 'x', '../../dev/null', "' OR 1=1 --", '__proto__', 'constructor', 7, null, []])
      expect(await outcome(forge({ alg: 'HS256', kid, typ: 'at+jwt' }, claims, secret)), String(kid)).toBe(
        'unauthorized',
      );
    expect(await outcome(forge({ alg: 'HS256', kid: '', typ: 'at+jwt' }, claims, ''))).toBe('unauthorized');
  });

  it('H5 without what it must say, for others, of others, or not yet, does not count', async () => {
    const { outcome, kid, secret, claims } = await loggedIn();
    const now = Math.floor(Date.now() / 1_000);
    const without = (name: string) => Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name));
    const wrong: [string, object][] = [
      ...['exp', 'nbf', 'iat', 'sub', 'sid', 'iss', 'aud'].map((name): [string, object] => [name, without(name)]),
      ['exp in the past', { ...claims, exp: now - 60 }],
      ['exp as text', { ...claims, exp: '9999999999' }],
      ['nbf to come', { ...claims, nbf: now + 600 }],
      ['of others', { ...claims, iss: 'elsewhere' }],
      ['for others', { ...claims, aud: 'elsewhere' }],
      ['another user', { ...claims, sub: 'ben' }],
      ['another login', { ...claims, sid: 'login_00000000000000000000' }],
    ];
    for (const [what, said] of wrong)
      expect(await outcome(forge({ alg: 'HS256', kid, typ: 'at+jwt' }, said, secret)), what).toBe('unauthorized');
    for (const typ of [undefined, 'JWT', 'at+jwe'])
      expect(await outcome(forge({ alg: 'HS256', kid, typ }, claims, secret)), String(typ)).toBe('unauthorized');
    const crit = { alg: 'HS256', kid, typ: 'at+jwt', crit: ['x'], x: 1 };
    expect(await outcome(forge(crit, claims, secret)), 'critical and unknown').toBe('unauthorized');
  });

  it('H5 with an empty, a foreign or a changed signature does not count', async () => {
    const { outcome, token, kid, claims } = await loggedIn();
    const [header = '', payload = '', signature = ''] = token.split('.');
    const other = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
    for (const end of ['', 'AA', other, signature.slice(0, -2), `${signature}AA`])
      expect(await outcome(`${header}.${payload}.${end}`), end).toBe('unauthorized');
    expect(await outcome(`${header}.${encode({ ...claims, sub: 'ben' })}.${signature}`)).toBe('unauthorized');
    expect(await outcome(forge({ alg: 'HS256', kid, typ: 'at+jwt' }, claims, 'another key'))).toBe('unauthorized');
    expect(await outcome(`${header}.${payload}`)).toBe('unauthorized');
    expect(await outcome(`${token}.x`)).toBe('unauthorized');
  });

  it('ends on time, remembered or not', async () => {
    const { outcome, token } = await loggedIn();
    expect(await outcome(token)).toBe('let in');
    vi.useFakeTimers({ now: Date.now() + 901_000, toFake: ['Date'] });
    try {
      expect(await outcome(token)).toBe('unauthorized');
    } finally {
      vi.useRealTimers();
    }
  });

  it('costs one look-up from the second time on', async () => {
    const { authenticator, token } = await loggedIn();
    const headers = { authorization: `Bearer ${token}` };
    const first = authenticator.identify(headers, false);
    expect(first).toBeInstanceOf(Promise);
    expect(authenticator.identify(headers, false)).toBeInstanceOf(Promise);
    const identity = await first;
    expect(authenticator.identify(headers, false)).toBe(identity);
  });
});

describe('the keys that tokens are signed with', () => {
  it('H5 overlap: after a rotation the tokens before it count to their end, and no longer', async () => {
    const { accounts, signing, outcome, token, kid } = await loggedIn();
    accounts.rotate();
    expect(signing.list().map((key) => key.until === null)).toEqual([true, false]);
    const later = await accounts.logins.login(CALLER, 'ana', PASSWORD);
    expect([await outcome(token), await outcome(later.access_token)]).toEqual(['let in', 'let in']);
    expect(signing.find(kid)).toBeDefined();
    vi.useFakeTimers({ now: Date.now() + 901_000, toFake: ['Date'] });
    try {
      expect(signing.find(kid), 'its last token has ended').toBeUndefined();
      accounts.rotate();
      expect(signing.list()).toHaveLength(2);
    } finally {
      vi.useRealTimers();
    }
  });

  it('are for their owner alone, and outlive the program', async () => {
    const { file, signing, secrets, kid } = await loggedIn();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const text = readFileSync(file, 'utf8');
    for (const secret of secrets) expect(text).toContain(secret);
    expect(secrets.length).toBeGreaterThan(0);
    const next = new SigningKeys(file, () => undefined);
    expect(next.find(kid)).toEqual(signing.find(kid));
    expect(next.list()).toEqual(signing.list());
  });
});
