/** `user` over a running orchestrator with the real store: accounts, keys, and what they may. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { fakeExpert } from '../../support/fake-expert.ts';
import { type Orchestrator, runCommand, startOrchestrator } from '../../support/orchestrator.ts';
import { profileOf } from '../../support/profile.ts';
import { until } from '../../support/wait.ts';

let house: Orchestrator;
const run = (...args: string[]) => runCommand(house.directory, args);

beforeAll(async () => {
  house = await startOrchestrator({
    profile: profileOf({ a: fakeExpert({ echo: true }), b: fakeExpert() }, { security: { auth: 'users' } }),
  });
  await until('the accounts are read', async () => (await house.request('/api/users')).ok);
});

afterAll(async () => {
  await house[Symbol.asyncDispose]();
});

const ask = (key: string, path: string, body?: object) =>
  house.request(path, {
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  });
const chat = (key: string, model: string) =>
  ask(key, '/v1/chat/completions', { model, messages: [{ role: 'user', content: 'hi' }] });

describe('user', () => {
  it('makes accounts and keys, restricts and revokes them, and erases all of a user in numbers', async () => {
    // Without an administrator nobody could manage: the first one is it.
    expect((await run('user', 'add', 'root')).stdout).toBe('added: root, an administrator\n');
    expect(await run('user', 'add', 'ana')).toEqual({
      code: 0,
      stdout: 'added: ana\n',
      stderr: 'a key for them: orchestrator user key add ana\n',
    });
    const again = await run('user', 'add', 'ana');
    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(again.stderr).toMatch(/^error: .*ana/);
    const made = await run('user', 'key', 'add', 'ana', '--name', 'laptop', '--expert', 'a', '--route', '/v1/*');
    expect(made.code, made.stderr).toBe(0);
    const key = made.stdout.trim();
    expect((await chat(key, 'a')).status).toBe(200);
    expect((await chat(key, 'b')).ok).toBe(false);
    expect((await ask(key, '/api/keys')).status).toBe(403);
    const list = await run('user', 'key', 'list', 'ana');
    expect(list.stdout).toMatch(/^key_\S+ +ana +laptop +\S+… +counts +.*experts a; routes \/v1\/\*$/m);
    expect(list.stdout).not.toContain(key);
    const shown = await run('user', 'show', 'ana');
    expect(shown.stdout).toMatch(/^ana +user +active +no +\d{4}-\d\d-\d\d$/m);

    expect((await run('user', 'suspend', 'ana')).stdout).toBe('suspended: ana\n');
    await until('the key counts no more', async () => (await chat(key, 'a')).status === 401);
    expect((await run('user', 'list')).stdout).toMatch(/^ana +user +suspended since/m);
    expect((await run('user', 'resume', 'ana')).stdout).toBe('resumed: ana\n');
    await until('the key counts again', async () => (await chat(key, 'a')).status === 200);

    const id = /key_\S+/.exec(list.stdout)?.[0] ?? '';
    expect((await run('user', 'key', 'revoke', id, 'key_nobody')).stdout).toMatch(
      new RegExp(`^revoked: ${id}\nfailed: key_nobody: `),
    );
    await until('the key is dead', async () => (await chat(key, 'a')).status === 401);

    const removed = await run('user', 'remove', 'ana', '--yes');
    expect(removed).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^removed: ana\nerased: .*keys 1/) as string,
    });
    expect((await run('user', 'show', 'ana')).code).toBe(1);
  });

  it('H2: another’s key is one that never was, and what others use is nobody’s business', async () => {
    const keyOf = async (user: string) => {
      await run('user', 'add', user, '--no-admin');
      return JSON.parse((await run('user', 'key', 'add', user, '--json')).stdout) as { id: string; key: string };
    };
    const [eva, max] = [await keyOf('eva'), await keyOf('max')];
    const remove = (id: string) =>
      house.request(`/api/keys/${id}`, { method: 'DELETE', headers: { authorization: `Bearer ${max.key}` } });
    const [strange, never] = [await remove(eva.id), await remove(eva.id.replace(/.{6}$/, 'zzzzzz'))];
    expect([strange.status, never.status]).toEqual([404, 404]);
    expect((await strange.text()).replace(eva.id, '')).toBe((await never.text()).replace(/key_\w+zzzzzz/, ''));
    expect((await chat(eva.key, 'b')).status).toBe(200);
    const own = await ask(max.key, '/api/keys');
    expect(await own.text()).not.toContain(eva.id);
    for (const path of ['/api/usage?user=eva', '/api/users', '/api/users/eva', '/api/users/eva/keys', '/api/identity'])
      expect((await ask(max.key, path)).status, path).toBe(403);
    const usage = await ask(max.key, '/api/usage');
    expect(usage.status).toBe(200);
    expect(await usage.text()).not.toContain('eva');
  });

  it('sets passwords that are piped in, and logs in with them', async () => {
    const { status } = await ask(house.token, '/api/users', { user: 'ben', password: 'correct horse battery' });
    expect(status).toBe(201);
    const login = (password: string) => ask('', '/auth/login', { user: 'ben', password });
    expect((await login('wrong horse battery')).status).toBe(401);
    const answer = (await (await login('correct horse battery')).json()) as { access_token: string };
    expect((await chat(answer.access_token, 'b')).status).toBe(200);
    expect((await run('user', 'list', '--json')).stdout).toContain('"password": true');
    expect((await run('user', 'key', 'list', 'ben')).stderr).toContain('user key add');
  });
});
