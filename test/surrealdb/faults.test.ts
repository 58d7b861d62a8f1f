import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, describe, expect, it } from 'vitest';

import type { Store } from '../../src/store/contract.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { ServerPlace } from '../../src/store/server.ts';
import { newChunks, newDocument, newUser } from '../store/parts.ts';
import { type RunningServer, startSurrealServer } from '../support/surrealdb-server.ts';
import { TcpShim } from '../support/tcp-shim.ts';
import { timed, until } from '../support/wait.ts';

/** Milliseconds; what is waited for in earnest is ten times as long. */
const LIMITS = { connectMs: 1_500, callMs: 1_000, heartbeatMs: 500, backoffMs: 50 };
const SOON_MS = 20_000;

describe('a server that goes away (L2)', () => {
  const after: (() => unknown)[] = [];
  afterEach(async () => {
    for (const work of after.splice(0).toReversed()) await work();
  });
  const start = async (options: Parameters<typeof startSurrealServer>[0] = {}) => {
    const server = await startSurrealServer(options);
    after.push(() => server.stop());
    return server;
  };
  const open = (place: ServerPlace): Store => {
    const store = openStore({ place, limits: LIMITS });
    after.push(() => store.close());
    return store;
  };

  it('killed and started again: refused at once meanwhile, everything acknowledged is there afterwards', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'orchestrator-surreal-'));
    after.push(() => rmSync(directory, { recursive: true, force: true }));
    const server = await start({ directory });
    const store = open(server.place);
    const user = newUser();
    const { document } = await store.documents.create(user, newDocument());
    await store.chunks.write(user, document.id, newChunks(700));
    await server.stop();
    await until('it is noticed', () => store.health().state === 'degraded', SOON_MS);
    await expectRefusedAtOnce(store);
    await start({ directory, port: server.port });
    await until('it is back', () => store.health().state === 'ready', SOON_MS);
    expect(await store.chunks.count(user)).toBe(700);
  });

  it('stopped in the middle of calls: each ends in time, and it comes back by itself', async () => {
    const server = await start();
    const store = open(server.place);
    await store.users();
    server.process.kill('SIGSTOP');
    const calls = Array.from({ length: 20 }, () => timed(() => store.users().catch((error: unknown) => error)));
    for (const { value, ms } of await Promise.all(calls)) {
      expect(value).toMatchObject({ code: 'knowledge_unavailable', retryAfterSeconds: expect.any(Number) });
      expect(ms).toBeLessThan(2 * LIMITS.callMs);
    }
    await until('it is known', () => store.health().state === 'degraded', SOON_MS);
    expect(store.health().reason).toMatch(/did not answer within|connection/);
    await expectRefusedAtOnce(store);
    server.process.kill('SIGCONT');
    await until('it is back', () => store.health().state === 'ready', SOON_MS);
    expect(await store.users()).toEqual([]);
  });

  it.each(['slow', 'hole', 'refusing'] as const)(
    'behind a line that is %s: noticed without a call, and mended by itself',
    async (state) => {
      const server = await start();
      const shim = await TcpShim.to(server.port);
      after.push(() => shim.close());
      const store = open({ ...server.place, url: `ws://127.0.0.1:${shim.port}` });
      await store.users();
      shim.state = state;
      if (state === 'refusing') shim.cut();
      await until('it is noticed', () => store.health().state === 'degraded', SOON_MS);
      await expectRefusedAtOnce(store);
      shim.state = 'open';
      await until('it is back', () => store.health().state === 'ready', SOON_MS);
      expect(await store.users()).toEqual([]);
    },
  );

  it('that ends sessions: a new one is opened before or at once', async () => {
    const server = await start();
    await server.asRoot(
      "USE NS orchestrator DB main; DEFINE USER short ON DATABASE PASSWORD 'of-moments' ROLES EDITOR DURATION FOR TOKEN 1s, FOR SESSION 2s",
    );
    const store = open({ ...server.place, username: 'short', password: 'of-moments' });
    await store.users();
    const endsAt = performance.now() + 6_000;
    let [answered, refused] = [0, 0];
    while (performance.now() < endsAt) {
      await store.users().then(
        () => (answered += 1),
        (error: unknown) => {
          expect(error).toMatchObject({ code: 'knowledge_unavailable' });
          refused += 1;
        },
      );
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await until('it is there', () => store.health().state === 'ready', SOON_MS);
    expect(answered).toBeGreaterThan(10 * refused);
  });

  it('nobody there from the beginning: said, and opened when somebody is', async () => {
    const first = await start();
    await first.stop();
    const store = open(first.place);
    await expect(store.users()).rejects.toMatchObject({ code: 'knowledge_unavailable', message: /no connection to/ });
    await start({ port: first.port });
    await until('it is there', () => store.health().state === 'ready', SOON_MS);
  });
});

async function expectRefusedAtOnce(store: Store): Promise<void> {
  const { value, ms } = await timed(() => store.documents.list('user').catch((error: unknown) => error));
  expect(value).toMatchObject({ code: 'knowledge_unavailable', status: 503 });
  expect(ms).toBeLessThan(200);
}

describe('the posture of a server (L4)', () => {
  const running: RunningServer[] = [];
  const stores: Store[] = [];
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
    for (const server of running.splice(0)) await server.stop();
  });
  const start = async (flags?: readonly string[]) => {
    const server = await startSurrealServer(flags && { flags });
    running.push(server);
    return server;
  };
  const refusal = async (place: ServerPlace): Promise<string> => {
    const store = openStore({ place, limits: LIMITS });
    stores.push(store);
    await expect(store.users()).rejects.toMatchObject({ code: 'knowledge_unavailable' });
    expect(store.health().state).toBe('degraded');
    return store.health().reason ?? '';
  };

  it('as the README has it is taken', async () => {
    const store = openStore({ place: (await start()).place, limits: LIMITS });
    stores.push(store);
    expect(await store.users()).toEqual([]);
  });

  it('that lets guests in, or everybody, is refused', async () => {
    expect(await refusal((await start(['--allow-guests', '--no-banner', '--log', 'error'])).place)).toMatch(
      /without a password/,
    );
    expect(await refusal((await start(['--unauthenticated', '--no-banner', '--log', 'error'])).place)).toMatch(
      /without a password|beyond the database/,
    );
  });

  it('with a root or namespace user, or a wrong password, is refused', async () => {
    const { place, asRoot } = await start();
    await asRoot("USE NS orchestrator; DEFINE USER wide ON NAMESPACE PASSWORD 'of-a-namespace' ROLES OWNER");
    expect(await refusal({ ...place, username: 'root', password: 'of-the-test' })).toMatch(/no connection|beyond/);
    expect(await refusal({ ...place, username: 'wide', password: 'of-a-namespace' })).toMatch(/no connection|beyond/);
    const wrong = await refusal({ ...place, password: 'guessed' });
    expect(wrong).toMatch(/no connection/);
    expect(wrong).not.toContain('guessed');
  });

  it('keeps every table from whoever has another way in', async () => {
    const { place, asRoot } = await start();
    const store = openStore({ place, limits: LIMITS });
    stores.push(store);
    await store.documents.create('user', newDocument());
    const [, info] = (await asRoot('USE NS orchestrator DB main; INFO FOR DB;')) as [
      unknown,
      { tables: Record<string, string> },
    ];
    for (const definition of Object.values(info.tables)) expect(definition).toContain('PERMISSIONS NONE');
  });
});
