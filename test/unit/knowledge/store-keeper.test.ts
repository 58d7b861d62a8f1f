import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { StoreKeeper } from '../../../src/knowledge/store-keeper.ts';
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
    const embedded = await keeper.open('embedded');
    expect(await embedded.users()).toEqual([]);
    const server = await keeper.open(AWAY);
    expect([server.health().kind, secrets]).toEqual(['server', ['of-ana']]);
    expect(await keeper.open(AWAY)).toBe(server);
    const other = await keeper.open({ ...AWAY, database: 'other' });
    expect([other === server, server.health().state]).toEqual([false, 'closed']);
    expect(await keeper.open('embedded')).toBe(embedded);
    expect([other.health().state, embedded.health().state]).toEqual(['closed', 'ready']);
    await keeper.close();
    expect(embedded.health().state).toBe('closed');
  });

  it('names the variable that is not set', async () => {
    await expect(keeperWith({}).open(AWAY)).rejects.toThrow(/STORE_USER.*is not set/);
    await expect(keeperWith({ STORE_USER: 'ana', STORE_PASSWORD: '' }).open(AWAY)).rejects.toThrow(/STORE_PASSWORD/);
  });
});
