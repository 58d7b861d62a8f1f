/** `user` as a person runs it, against a server that answers as the contract of the routes says. */
import { describe, expect, it } from 'vitest';

import type { KeyJson, UserJson } from '../../../src/server/identity/views.ts';
import { FakeHouse, json } from './fake-house.ts';
import { runProgram } from './run-program.ts';

const ANA: UserJson = {
  user: 'ana',
  admin: false,
  password: true,
  suspended: null,
  created: '2026-01-01T00:00:00.000Z',
  updated: '2026-01-01T00:00:00.000Z',
};

const KEY: KeyJson = {
  id: 'key_1',
  user: 'ana',
  name: 'laptop\u001B[2J',
  prefix: 'ok-abc',
  scopes: { experts: ['general'], actAs: true, rateLimit: { requestsPerMinute: 20 }, budget: { tokensPerDay: 5_000 } },
  admin: false,
  expires: '2099-01-31T23:59:59.999Z',
  revoked: null,
  created: '2026-01-01T00:00:00.000Z',
  lastUsed: null,
};

async function open() {
  const house = await new FakeHouse().open();
  const bodyOf = (at = -1) => JSON.parse(house.asked.at(at)?.body ?? '{}') as Record<string, unknown>;
  return { house, bodyOf, run: (...args: string[]) => runProgram(house.url, ['user', ...args]) };
}

describe('accounts', () => {
  it('are made with a password that is piped in, never one that is an argument', async () => {
    const { house, bodyOf } = await open();
    await using _ = house;
    house.on('POST /api/users', ANA);
    const added = await runProgram(house.url, ['user', 'add', 'ana', '--password'], 'correct horse\nnot this\n');
    expect(added).toEqual({ code: 0, stdout: 'added: ana\n', stderr: '' });
    expect(bodyOf()).toEqual({ user: 'ana', password: 'correct horse' });
    expect(await runProgram(house.url, ['user', 'add', 'ana', '--password', 'secret'], '')).toMatchObject({ code: 2 });
    expect(await runProgram(house.url, ['user', 'add', 'ana', '--password'], '\n')).toMatchObject({ code: 2 });
    expect(house.asked).toHaveLength(1);
    house.on('POST /api/users', { ...ANA, admin: true, password: false });
    expect(await runProgram(house.url, ['user', 'add', 'ana', '--admin'])).toEqual({
      code: 0,
      stdout: 'added: ana, an administrator\n',
      stderr: 'a key for them: orchestrator user key add ana\n',
    });
    expect(bodyOf()).toEqual({ user: 'ana', admin: true });
  });

  it('are listed, shown, suspended and resumed', async () => {
    const { house, bodyOf, run } = await open();
    await using _ = house;
    house.on('GET /api/users', { users: [ANA, { ...ANA, user: 'ben', suspended: '2026-02-01T00:00:00.000Z' }] });
    expect((await run('list')).stdout).toMatch(
      /^ana +user +active +yes +2026-01-01\nben +user +suspended since 2026-02-01/m,
    );
    house.on('GET /api/users/ana', ANA).on('GET /api/users/ana/keys', { keys: [KEY] });
    const shown = await run('show', 'ana');
    expect(shown.stdout).toMatch(
      /^key_1 +ana +laptop +ok-abc… +until 2099-01-31 +never +act as others; experts general; requests a minute 20; tokens a day 5000$/m,
    );
    house.on('PATCH /api/users/ana', ANA);
    expect((await run('suspend', 'ana')).stdout).toBe('suspended: ana\n');
    expect(bodyOf()).toEqual({ suspended: true });
    expect((await run('resume', 'ana')).stdout).toBe('resumed: ana\n');
    expect(bodyOf()).toEqual({ suspended: false });
  });

  it('get a new password, their own by the one before', async () => {
    const { house, bodyOf } = await open();
    await using _ = house;
    house.on('PATCH /api/users/ana', ANA).on('POST /auth/password', {});
    expect((await runProgram(house.url, ['user', 'passwd', 'ana'], 'new one\n')).code).toBe(0);
    expect(bodyOf()).toEqual({ password: 'new one' });
    expect((await runProgram(house.url, ['user', 'passwd'], 'old\nnew\n')).stdout).toBe('changed: your password\n');
    expect(bodyOf()).toEqual({ old: 'old', new: 'new' });
  });

  it('are erased with everything, in numbers, after a question', async () => {
    const { house, run } = await open();
    await using _ = house;
    house.on('DELETE /api/users/ana', {
      user: 'ana',
      deleted: true,
      erased: { memories: 3, documents: 2, feedback: 0 },
    });
    expect((await run('remove', 'ana')).code).toBe(2);
    expect(house.asked).toEqual([]);
    const removed = await run('remove', 'ana', '--yes');
    expect(removed).toMatchObject({ code: 0, stdout: 'removed: ana\nerased: memories 3, documents 2\n' });
    expect(removed.stderr).toContain('orchestrator store rewrite');
  });
});

describe('keys', () => {
  it('are printed once, alone', async () => {
    const { house, bodyOf, run } = await open();
    await using _ = house;
    house.on('POST /api/users/ana/keys', { ...KEY, key: 'ok-abcdef' });
    const options = [
      '--name',
      'laptop',
      '--expert',
      'a',
      '--expert',
      'b',
      '--route',
      '/v1/*',
      '--act-as',
      '--no-memory',
    ];
    const limits = ['--requests-per-minute', '20', '--tokens-per-day', '5000', '--expires', '2099-01-31'];
    const made = await run('key', 'add', 'ana', ...options, ...limits);
    expect(made).toMatchObject({ code: 0, stdout: 'ok-abcdef\n', stderr: expect.stringContaining('key_1') as string });
    expect(made.stderr).not.toContain('ok-abcdef');
    expect(bodyOf()).toEqual({
      name: 'laptop',
      expires: '2099-01-31T23:59:59.999Z',
      scopes: {
        experts: ['a', 'b'],
        routes: ['/v1/*'],
        actAs: true,
        memory: false,
        rateLimit: { requestsPerMinute: 20 },
        budget: { tokensPerDay: 5_000 },
      },
    });
    expect((await run('key', 'add', 'ana', '--expires', 'soon')).code).toBe(2);
    expect((await run('key', 'add', 'ana', '--requests-per-minute', '0')).code).toBe(2);
  });

  it('are listed and revoked', async () => {
    const { house, run } = await open();
    await using _ = house;
    house.on('GET /api/keys', { keys: [] }).on('DELETE /api/keys/key_1', { id: 'key_1' });
    expect(await run('key', 'list')).toMatchObject({ code: 0, stdout: '' });
    house.on('DELETE /api/keys/key_9', (response) => json(response, { error: { message: 'No such key.' } }, 404));
    expect(await run('key', 'revoke', 'key_1', 'key_9')).toMatchObject({
      code: 1,
      stdout: 'revoked: key_1\nfailed: key_9: No such key.\n',
    });
  });
});
