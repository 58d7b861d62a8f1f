import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Connection } from '../../../src/store/connection.ts';
import { connectEmbedded } from '../../../src/store/embedded.ts';
import { lockOwner } from '../../../src/store/lock-owner.ts';
import { checkVersion } from '../../../src/store/server.ts';

describe('the posture of the embedded engine (L4)', () => {
  let connection: Connection;
  beforeAll(async () => {
    connection = await connectEmbedded({ kind: 'memory' }, { connectMs: 10_000, callMs: 10_000 });
  });
  afterAll(() => connection.close());

  it.each([
    ["http::get('http://127.0.0.1:9/')", /not allowed/],
    ["http::post('http://localhost:9/', {})", /not allowed/],
    ['function() { return 1 }', /not enabled/],
    ["crypto::argon2::generate('x')", /not allowed/],
    ['session::id()', /not allowed/],
    ['sleep(1ms)', /not allowed/],
  ])('does not carry out %s', async (expression, refusal) => {
    await expect(connection.run(`RETURN ${expression}`)).rejects.toThrow(refusal);
  });

  it('has the functions that the statements use', async () => {
    expect(await connection.run("RETURN [array::len([1]), count([1, 2]), string::lowercase('A')]")).toEqual([
      1,
      2,
      'a',
    ]);
  });
});

describe('the version of a server', () => {
  it.each(['surrealdb-3.1.0', 'surrealdb-3.3.5', '3.10.0', 'surrealdb-4.0.0', 'surrealdb-3.1.1-beta.2'])(
    '%s is taken',
    (version) => {
      expect(() => checkVersion(version)).not.toThrow();
    },
  );
  it.each(['surrealdb-3.0.9', '2.6.1', 'surrealdb-1.0.0', 'surrealdb-3.1.0-beta.3', 'something else', ''])(
    '“%s” is refused, and it is said what to do',
    (version) => {
      expect(() => checkVersion(version)).toThrow(/upgrade the server/);
    },
  );
});

describe('who holds a directory', () => {
  it('is nobody where nothing is there', () => {
    expect(lockOwner('/nowhere/at/all')).toBeUndefined();
  });
});
