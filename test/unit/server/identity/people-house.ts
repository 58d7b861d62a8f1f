/** Accounts over a store in memory, with signing keys in a folder of the test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { AccountBook } from '../../../../src/server/identity/account-book.ts';
import { Accounts } from '../../../../src/server/identity/accounts.ts';
import { Authenticator } from '../../../../src/server/identity/authenticator.ts';
import type { Identity } from '../../../../src/server/identity/contract.ts';
import type { LoginSettings } from '../../../../src/server/identity/logins.ts';
import { SigningKeys } from '../../../../src/server/identity/signing-keys.ts';
import { AppError } from '../../../../src/shared/errors.ts';
import { Redactor } from '../../../../src/shared/redact.ts';
import { LogBuffer } from '../../../../src/telemetry/log-buffer.ts';
import { createLogger } from '../../../../src/telemetry/logger.ts';
import { FakeAccounts } from './fake-accounts.ts';

export const RUN: Identity = { user: 'local', admin: true, credential: { kind: 'run', id: 'run' }, scopes: {} };
export const CALLER = { address: '192.0.2.7', agent: 'a test' };
export const PASSWORD = 'correcto caballo';

export interface PeopleHouseOptions {
  readonly security?: Partial<LoginSettings['security']>;
  readonly store?: FakeAccounts;
  readonly isShared?: boolean;
}

export function peopleHouse({ security, store = new FakeAccounts(), isShared = false }: PeopleHouseOptions = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'people-'));
  const file = join(folder, 'identity', 'signing-keys.json');
  const secrets: string[] = [];
  const signing = new SigningKeys(file, (secret) => secrets.push(secret));
  const logged: string[] = [];
  const logger = createLogger({
    level: 'debug',
    format: 'json',
    write: (line) => logged.push(line),
    file: undefined,
    buffer: new LogBuffer(),
    redactor: new Redactor(),
  });
  const settings: LoginSettings = {
    security: { registration: 'open', accessToken: 900_000, refreshToken: 86_400_000, keys: [], ...security },
    experts: ['a', 'b'],
  };
  const revocations = { count: 0 };
  const book = new AccountBook({
    store: () => store,
    isShared: () => isShared,
    logger,
    onRevoked: () => (revocations.count += 1),
  });
  const accounts = new Accounts({ book, signing, settings: () => settings, erase: (user) => store.erase(user) });
  const authenticator = new Authenticator({
    required: true,
    keys: [{ key: 'the-key-of-the-profile', id: 'KEY', user: 'pat', admin: false, scopes: {} }],
    runToken: 'the-token-of-this-run',
    people: accounts,
  });
  const as = async (key: string) => authenticator.identify({ authorization: `Bearer ${key}` }, false);
  return {
    file,
    secrets,
    signing,
    logged,
    store,
    book,
    accounts,
    authenticator,
    revocations,
    as,
    /** `let in`, or the code of the refusal. */
    outcome: (key: string): Promise<string> => outcomeOf(() => as(key)),
    add: (user: string, more: { admin?: boolean; password?: string } = {}) =>
      accounts.create(RUN, { user, password: PASSWORD, admin: false, ...more }),
    async [Symbol.asyncDispose]() {
      await book.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export async function outcomeOf(work: () => unknown): Promise<string> {
  try {
    await work();
    return 'let in';
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
}
