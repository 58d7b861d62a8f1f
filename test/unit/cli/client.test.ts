import { describe, expect, it } from 'vitest';

import { connect } from '../../../src/cli/client.ts';
import { CliError } from '../../../src/shared/errors.ts';
import { FakeHouse, json, StateDir } from './fake-house.ts';

const failure = async (promise: Promise<unknown> | (() => unknown)) => {
  try {
    await (typeof promise === 'function' ? promise() : promise);
  } catch (error) {
    if (error instanceof CliError) return error;
    throw error;
  }
  throw new Error('it did not fail');
};

describe('finding the orchestrator', () => {
  it('goes by the runtime file, with its token', async () => {
    await using house = await new FakeHouse().on('GET /stats', { ok: true }).open();
    using state = new StateDir().write({ url: house.url });
    const client = connect({ stateDir: state.path }, {});
    expect(await client.json('/stats')).toEqual({ ok: true });
    expect(house.asked[0]?.headers.authorization).toBe('Bearer file-token');
    expect(client.runtime?.pid).toBe(process.pid);
  });

  it('prefers ORCHESTRATOR_TOKEN to the token of the file', async () => {
    await using house = await new FakeHouse().on('GET /stats', {}).open();
    using state = new StateDir().write({ url: house.url });
    await connect({ stateDir: state.path }, { ORCHESTRATOR_TOKEN: 'mine' }).json('/stats');
    expect(house.asked[0]?.headers.authorization).toBe('Bearer mine');
  });

  it('never sends the token of the file to another address', async () => {
    await using house = await new FakeHouse().on('GET /stats', {}).open();
    using state = new StateDir().write({ url: 'http://127.0.0.1:1' });
    await connect({ url: house.url, stateDir: state.path }, {}).json('/stats');
    await connect({ stateDir: state.path }, { ORCHESTRATOR_URL: house.url }).json('/stats');
    expect(house.asked.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined]);
  });

  it('keeps the path of a URL that has one, and adds the scheme to one that has none', async () => {
    await using house = await new FakeHouse().on('GET /below/stats', { ok: true }).open();
    const client = connect({ url: `${house.url.replace('http://', '')}/below/`, stateDir: '/nowhere' }, {});
    expect(await client.json('/stats')).toEqual({ ok: true });
  });

  it('takes a file of another start time, of a process that is gone, or no file for none that runs', async () => {
    using state = new StateDir();
    for (const facts of [undefined, { startTicks: 1 }, { pid: 2 ** 22 + 1 }]) {
      if (facts) state.write({ url: 'http://127.0.0.1:1', ...facts });
      const error = await failure(() => connect({ stateDir: state.path }, {}));
      expect(error.exitCode).toBe(69);
      expect(error.message).toContain('orchestrator up --profile demo');
    }
  });

  it('calls a URL that is none wrong usage', async () => {
    expect((await failure(() => connect({ url: 'http://', stateDir: '/nowhere' }, {}))).exitCode).toBe(2);
  });
});

describe('asking the orchestrator', () => {
  it('ends with 69 where nothing listens', async () => {
    const error = await failure(connect({ url: 'http://127.0.0.1:1', stateDir: '/nowhere' }, {}).json('/stats'));
    expect(error.exitCode).toBe(69);
    expect(error.message).toContain('ECONNREFUSED');
  });

  it('says what the server says, and for a missing key what to do', async () => {
    await using house = await new FakeHouse()
      .on('GET /a', (response) => json(response, { error: { message: 'There is no expert "x".' } }, 404))
      .on('GET /b', (response) => json(response, { error: { message: 'No key.' } }, 401))
      .on('GET /c', (response) => response.writeHead(502).end('<html>bad gateway'))
      .on('GET /d', (response) => response.end('<html>hello'))
      .on('GET /e', (response) => json(response, { error: { message: 'Not allowed.', code: 'forbidden' } }, 403))
      .on('GET /f', (response) => json(response, { error: { message: 'Not there.', code: 'web_refused' } }, 403))
      .open();
    const client = connect({ url: house.url, stateDir: '/nowhere' }, {});
    expect((await failure(client.json('/a'))).message).toBe('There is no expert "x".');
    expect((await failure(client.json('/b'))).message).toContain('ORCHESTRATOR_TOKEN');
    expect((await failure(client.json('/c'))).message).toContain('502: <html>bad gateway');
    expect((await failure(client.json('/d'))).message).toContain('is it an orchestrator?');
    expect((await failure(client.json('/e'))).message).toContain('ORCHESTRATOR_TOKEN');
    expect((await failure(client.json('/f'))).message).toBe('Not there.');
  });
});
