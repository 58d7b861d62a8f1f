/** Faults, group K: no secret in any sink (I6). */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { fakeExpert } from '../../support/fake-expert.ts';
import type { Orchestrator } from '../../support/orchestrator.ts';
import { runCommand, startOrchestrator } from '../../support/orchestrator.ts';
import { descendants, environmentOf } from '../../support/processes.ts';
import { profileOf } from '../../support/profile.ts';
import { openRaw } from '../../support/raw-socket.ts';
import { collect } from '../../support/sse.ts';
import { until } from '../../support/wait.ts';

describe('K1 secrets', () => {
  const CANARIES = {
    admin: 'canary-admin-5f0a9d3c1b7e4826',
    user: 'canary-user-81b2c4d6e8f00a1c',
    remote: 'sk-canary-remote-93e1f7a5c2d4b680',
    wrong: 'canary-wrong-6d2b8f4e0a1c3957',
    cookie: 'canary-cookie-4a7c9e1b3d5f2086',
  };

  it('K1 keys of clients, of remotes, of engines and our own token stand in no log, answer, metric, argument or file', async () => {
    const echoed: string[] = [];
    const remote = createServer((request, response) => {
      // A remote that repeats the key in its error, as some do.
      echoed.push(request.headers.authorization ?? '');
      response.writeHead(401, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: { message: 'Incorrect API key provided' } }));
    });
    await new Promise<void>((done) => remote.listen(0, '127.0.0.1', done));
    const { port } = remote.address() as AddressInfo;
    const profile = profileOf(
      {
        a: fakeExpert({ 'print-env': true }),
        crasher: fakeExpert({ 'print-env': true, crash: 'ready', 'exit-code': 7 }),
        broken: fakeExpert({ 'print-env': true, 'no-such-flag': true }),
        far: { engine: 'remote', url: `http://127.0.0.1:${port}`, keyEnv: 'FAR_KEY' },
      },
      {
        security: {
          auth: 'keys',
          keys: [
            { env: 'ADMIN_KEY', user: 'ana', admin: true },
            { env: 'USER_KEY', user: 'bert' },
          ],
        },
      },
    );
    const env = { ADMIN_KEY: CANARIES.admin, USER_KEY: CANARIES.user, FAR_KEY: CANARIES.remote };
    try {
      await using orchestrator = await startOrchestrator({ profile, env });
      using events = await follow(orchestrator, '/api/events');
      const sinks = await exercise(orchestrator);
      const engine = (await orchestrator.expert('a')).pid ?? 0;
      const engineKey = environmentOf(engine)['FAKE_KEY'] ?? '';
      expect(engineKey.length).toBeGreaterThan(15);
      expect(echoed).toContain(`Bearer ${CANARIES.remote}`);
      const secrets = { ...CANARIES, engineKey, token: orchestrator.token };

      for (const path of [
        '/metrics',
        '/stats',
        '/health',
        '/readyz',
        '/v1/models',
        '/api/experts',
        '/api/experts/a',
        '/api/experts/crasher',
        '/api/experts/a/logs',
        '/api/experts/crasher/logs',
        '/api/experts/broken/logs',
        '/api/logs',
        '/api/budget',
      ]) {
        sinks.push([path, await (await orchestrator.request(path)).text()]);
      }
      sinks.push(['/api/events', events.received], ['output', orchestrator.output]);
      for (const { pid, argv } of [{ pid: orchestrator.pid, argv: ['self'] }, ...descendants(orchestrator.pid)]) {
        sinks.push(
          [`arguments of ${pid}`, argv.join(' ')],
          [`arguments of ${pid}`, readFileSync(`/proc/${pid}/cmdline`, 'utf8')],
        );
        if (pid !== orchestrator.pid) {
          // An engine knows its own key, and no other secret.
          const { FAKE_KEY: _own, ...others } = environmentOf(pid);
          sinks.push([`environment of ${pid}`, JSON.stringify(others)]);
        }
      }
      for (const args of [['status', '--json'], ['logs', 'a'], ['logs']]) {
        const { stdout, stderr } = await runCommand(orchestrator.directory, args);
        sinks.push([`orchestrator ${args.join(' ')}`, stdout + stderr]);
      }
      await orchestrator.stop();
      sinks.push(['output at the end', orchestrator.output]);
      sinks.push(...filesBelow(orchestrator.directory));
      for (const [name, secret] of Object.entries(secrets)) {
        const leaks = sinks.filter(([, text]) => text.includes(secret)).map(([sink]) => sink);
        expect(leaks, name).toEqual([]);
      }
      expect(sinks.map(([sink]) => sink)).toEqual(expect.arrayContaining([expect.stringMatching(/\.log$/)]));
    } finally {
      remote.closeAllConnections();
      remote.close();
    }
  });

  it('K1 the file that holds the token is for its owner alone', async () => {
    await using orchestrator = await startOrchestrator({ profile: profileOf({ a: fakeExpert() }) });
    expect(statSync(join(orchestrator.stateDir, 'runtime.json')).mode & 0o777).toBe(0o600);
    expect(statSync(orchestrator.stateDir).mode & 0o077).toBe(0);
  });

  /** Successes, refusals and crashes, with what they answered. */
  async function exercise(orchestrator: Orchestrator): Promise<[string, string][]> {
    const sinks: [string, string][] = [];
    const keep = async (what: string, response: Response) => {
      sinks.push([`${what}: headers`, JSON.stringify([...response.headers])], [what, await response.text()]);
    };
    const as = (key: string, more: Record<string, string> = {}) => ({
      headers: { authorization: `Bearer ${key}`, ...more },
    });
    await keep(
      'admin',
      await orchestrator.chat('x', { model: 'a' }, as(CANARIES.admin, { cookie: `s=${CANARIES.cookie}` })),
    );
    await keep(
      'user',
      await orchestrator.chat('x', { model: 'a' }, { headers: { authorization: 'none', 'x-api-key': CANARIES.user } }),
    );
    await keep('user at an admin route', await orchestrator.request('/api/experts', as(CANARIES.user)));
    await keep('wrong', await orchestrator.chat('x', { model: 'a' }, as(CANARIES.wrong)));
    await keep(
      'in the query',
      await orchestrator.request(`/v1/models?key=${CANARIES.wrong}&api_key=${CANARIES.admin}`, as('x')),
    );
    await keep('in a path', await orchestrator.request(`/v1/models/nobody`, as(CANARIES.user)));
    await keep('crasher', await orchestrator.chat('x', { model: 'crasher' }, as(CANARIES.user)));
    await keep('broken', await orchestrator.chat('x', { model: 'broken' }, as(CANARIES.user)));
    await keep('remote', await orchestrator.chat('x', { model: 'far' }, as(CANARIES.user)));
    await keep('a dying engine', await orchestrator.chat('[[die]]', { model: 'a' }, as(CANARIES.user)));
    await until('the death is seen', async () => (await orchestrator.expert('a')).crashes === 1);
    await keep('root', await orchestrator.request('/', as(CANARIES.wrong)));
    await orchestrator.load('a');
    const stream = await collect(await orchestrator.chat('x', { model: 'a', stream: true }, as(CANARIES.admin)));
    sinks.push(['stream', stream.raw]);
    return sinks;
  }

  async function follow(orchestrator: Orchestrator, path: string) {
    const connection = await openRaw(orchestrator.url);
    connection.send(
      `GET ${path} HTTP/1.1\r\nHost: ${new URL(orchestrator.url).host}\r\nAuthorization: Bearer ${orchestrator.token}\r\n\r\n`,
    );
    await until('events flow', () => connection.received.includes('HTTP/1.1 200'));
    return connection;
  }

  function filesBelow(directory: string): [string, string][] {
    return readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .filter((name) => !name.endsWith('runtime.json'))
      .filter((name) => statSync(join(directory, name), { throwIfNoEntry: false })?.isFile())
      .map((name) => [name, readFileSync(join(directory, name), 'latin1')]);
  }
});
