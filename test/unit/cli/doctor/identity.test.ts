import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { checkIdentity, runningChecks } from '../../../../src/cli/doctor/identity.ts';
import { Security } from '../../../../src/profiles/security-section.ts';

function state(): string {
  const folder = mkdtempSync(join(tmpdir(), 'doctor-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const told = (security: object, environment = {}, folder = state()) =>
  checkIdentity({ security: Security.parse(security) }, environment, folder).map(
    ({ status, sentence }) => `${status}: ${sentence}`,
  );

describe('who may ask, by the profile', () => {
  const keys = [{ env: 'ANA_KEY', user: 'ana', admin: true }];

  it('is told, with what is missing', () => {
    expect(told({})).toEqual([expect.stringMatching(/^ok: Nobody is asked/)]);
    expect(told({ auth: 'keys', keys }, { ANA_KEY: 'x' })).toEqual(['ok: 1 keys are set.']);
    expect(told({ auth: 'keys', keys })).toEqual([expect.stringMatching(/^fail: ANA_KEY is not set/)]);
    const ended = [{ ...keys[0], expires: '2001-01-01' }];
    expect(told({ auth: 'keys', keys: ended }, { ANA_KEY: 'x' })).toContain(
      'warn: The key of ana in ANA_KEY counts no more since 2001-01-01.',
    );
    const plain = [{ env: 'ANA_KEY', user: 'ana' }];
    expect(told({ auth: 'keys', keys: plain }, { ANA_KEY: 'x' }).at(-1)).toMatch(/^warn: None is an administrator/);
    expect(told({ auth: 'users', registration: 'open' })).toEqual([expect.stringMatching(/^warn: Anyone who reaches/)]);
    expect(told({ auth: 'users' })).toEqual([]);
  });

  it('says where others can read what tokens are signed with', () => {
    const folder = state();
    mkdirSync(join(folder, 'identity'));
    const file = join(folder, 'identity', 'signing-keys.json');
    writeFileSync(file, '{}', { mode: 0o600 });
    expect(told({ auth: 'users' }, {}, folder)).toEqual([]);
    chmodSync(file, 0o644);
    expect(told({ auth: 'users' }, {}, folder)).toEqual([expect.stringMatching(/^fail: Others on this machine/)]);
  });
});

describe('the accounts of the running orchestrator', () => {
  const identity = {
    auth: 'users',
    registration: 'closed',
    state: 'ready',
    reason: null,
    accounts: 2,
    administrators: 1,
    signingKeys: [],
  } as const;

  it.each([
    [{}, ['ok']],
    [{ auth: 'keys' } as const, []],
    [{ accounts: 0, administrators: 0 }, ['warn']],
    [{ administrators: 0 }, ['warn']],
    [{ state: 'opening' } as const, ['fail']],
    [{ state: 'stale', reason: 'it is away' } as const, ['fail']],
    [{ reason: 'it is away' }, ['ok', 'warn']],
  ])('%j', (change, expected) => {
    expect(runningChecks({ ...identity, signingKeys: [], ...change }).map(({ status }) => status)).toEqual(expected);
  });
});
