import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Store } from '../../../src/store/contract.ts';
import { StoreKeeper } from '../../../src/store/store-keeper.ts';
import { resolvePaths } from '../../../src/shared/paths.ts';
import { silentLogger } from '../supervisor/house.ts';

/** Nobody listens there. */
const AWAY = {
  url: 'ws://127.0.0.1:1',
  namespace: 'n',
  database: 'd',
  userEnv: 'STORE_USER',
  passwordEnv: 'STORE_PASSWORD',
};

const isClosed = (store: Store) => store.health().state === 'closed';

describe('the keeper of stores', () => {
  let directory: string;
  let secrets: string[];
  const keeperWith = (environment: NodeJS.ProcessEnv) =>
    new StoreKeeper({
      logger: silentLogger,
      paths: resolvePaths({ HOME: directory }, join(directory, 'state')),
      environment,
      hideSecret: (secret) => secrets.push(secret),
    });

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'orchestrator-stores-'));
    secrets = [];
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('opens the embedded store once, and has it again after another one', async () => {
    const keeper = keeperWith({ STORE_USER: 'ana', STORE_PASSWORD: 'of-ana' });
    const use = keeper.use();
    const embedded = await use.open('embedded');
    expect(await embedded.users()).toEqual([]);
    const server = await use.open(AWAY);
    expect([server.health().kind, secrets]).toEqual(['server', ['of-ana']]);
    expect(await use.open(AWAY)).toBe(server);
    const other = await use.open({ ...AWAY, database: 'other' });
    expect([other === server, server.health().state]).toEqual([false, 'closed']);
    expect(await use.open('embedded')).toBe(embedded);
    expect([other.health().state, embedded.health().state]).toEqual(['closed', 'ready']);
    await use.close();
    expect(embedded.health().state).toBe('ready');
    await keeper.close();
    expect(embedded.health().state).toBe('closed');
  });

  it('gives all who ask for one place the same store, and closes a server’s when the last of them lets it go', async () => {
    const keeper = keeperWith({ STORE_USER: 'ana', STORE_PASSWORD: 'of-ana' });
    const [knowledge, memory] = [keeper.use(), keeper.use()];
    const [embedded, same] = await Promise.all([knowledge.open('embedded'), memory.open('embedded')]);
    expect(same).toBe(embedded);
    const [first, second] = await Promise.all([knowledge.open(AWAY), memory.open(AWAY)]);
    expect(second).toBe(first);
    const other = await knowledge.open({ ...AWAY, database: 'other' });
    expect([other === first, isClosed(first)]).toEqual([false, false]);
    expect(await memory.open({ ...AWAY, database: 'other' })).toBe(other);
    expect([isClosed(first), isClosed(other)]).toEqual([true, false]);
    await memory.close();
    await memory.close();
    expect(isClosed(other)).toBe(false);
    await knowledge.close();
    expect(isClosed(other)).toBe(true);
    const anew = await knowledge.open(AWAY);
    expect([anew === first, isClosed(anew)]).toEqual([false, false]);
    await keeper.close();
    expect(isClosed(anew)).toBe(true);
  });

  it('names the variable that is not set', async () => {
    await expect(keeperWith({}).use().open(AWAY)).rejects.toThrow(/STORE_USER.*is not set/);
    await expect(keeperWith({ STORE_USER: 'ana', STORE_PASSWORD: '' }).use().open(AWAY)).rejects.toThrow(
      /STORE_PASSWORD/,
    );
  });
});
