import { afterAll, describe, expect, it } from 'vitest';

import type { Connection, Database } from '../../../src/store/connection.ts';
import { connectEmbedded } from '../../../src/store/embedded.ts';
import { counts } from '../../../src/store/counts.ts';
import { eraseAllNoted, eraseUser } from '../../../src/store/people/erasure.ts';
import { peopleStore } from '../../../src/store/people/people.ts';
import { beginRemoval, removeMany, sweep, sweepAll } from '../../../src/store/removal.ts';
import { type Migration, migrate, MIGRATIONS } from '../../../src/store/schema.ts';
import { Serial } from '../../../src/store/serial.ts';
import { users } from '../../../src/store/users.ts';
import { newFeedback, newMemory, newTurn } from '../../store/people-parts.ts';

const NEXT = Math.max(...MIGRATIONS.map(({ version }) => version)) + 1;
const opened: Connection[] = [];
afterAll(() => Promise.all(opened.map((connection) => connection.close())));

async function empty(): Promise<Connection> {
  const connection = await connectEmbedded({ kind: 'memory' }, { connectMs: 10_000, callMs: 10_000 });
  opened.push(connection);
  return connection;
}

/** Ends after so many statements, as a process does that is killed. */
function endingAfter(database: Database, statements: number): Database {
  let left = statements;
  return {
    run: (statement, values) => {
      left -= 1;
      return left < 0 ? Promise.reject(new Error('killed')) : database.run(statement, values);
    },
  };
}

describe('the schema', () => {
  it('is brought to the newest version, and a second time nothing changes', async () => {
    const database = await empty();
    const newest = Math.max(...MIGRATIONS.map(({ version }) => version));
    expect(await migrate(database)).toBe(newest);
    const before = await database.run('INFO FOR DB');
    expect(await migrate(database)).toBe(newest);
    expect(await database.run('INFO FOR DB')).toEqual(before);
  });

  it('gives nobody but the program rights to a table', async () => {
    const database = await empty();
    await migrate(database);
    const { tables } = await database.run<{ tables: Record<string, string> }>('INFO FOR DB');
    expect(Object.keys(tables).sort()).toEqual([
      'account',
      'api_key',
      'chunk',
      'collection',
      'conversation',
      'coverage',
      'document',
      'erasure',
      'feedback',
      'login',
      'memory',
      'memory_vector',
      'meta',
      'presence',
      'removal',
      'turn',
      'vector',
    ]);
    for (const definition of Object.values(tables)) expect(definition).toMatch(/SCHEMAFULL.*PERMISSIONS NONE/);
  });

  it('of a newer program is left alone, and it is said what to do', async () => {
    const database = await empty();
    await migrate(database);
    await database.run('UPSERT meta:schema SET version = 99');
    await expect(migrate(database)).rejects.toThrow(/schema is 99, this program knows \d+\): use that version again/);
  });

  it('that was left half way goes on there, wherever that was', async () => {
    const migrations: Migration[] = [
      ...MIGRATIONS,
      {
        version: NEXT,
        statements: [
          'DEFINE FIELD IF NOT EXISTS note ON document TYPE option<string>',
          'UPDATE document SET note = title WHERE note = NONE RETURN NONE',
        ],
      },
    ];
    const statements = migrations.flatMap((each) => each.statements).length + migrations.length + 3;
    const whole = await empty();
    await migrate(whole, migrations);
    const expected = await whole.run('INFO FOR DB');
    for (let stop = 0; stop < statements; stop += 3) {
      const database = await empty();
      await expect(migrate(endingAfter(database, stop), migrations)).rejects.toThrow('killed');
      expect(await migrate(database, migrations)).toBe(NEXT);
      expect(await database.run('INFO FOR DB')).toEqual(expected);
    }
  });

  it('refuses a document under another user’s name, and what is no field', async () => {
    const database = await empty();
    await migrate(database);
    const collection = { id: ['one', 'c'], owner: 'two', name: 'n', created: 1, metadata: {} };
    await expect(database.run('INSERT INTO collection $collection', { collection })).rejects.toThrow(/owner/);
    const more = { ...collection, owner: 'one', more: 1 };
    await expect(database.run('INSERT INTO collection $more', { more })).rejects.toThrow(/more/);
  });
});

/** Of a whole removal: the note, the look at it, twice rows, the end. */
const STATEMENTS = 5;
/** More than one of its transactions takes away. */
const PASSAGES = 1_001;

describe('a removal', () => {
  it('that was cut off after any of its statements is finished by the next look', async () => {
    for (const whole of [true, false]) {
      for (let stop = 0; stop <= STATEMENTS; stop += 1) {
        const database = await empty();
        await migrate(database);
        await fill(database);
        const ending = endingAfter(database, stop);
        const begun = await beginRemoval(ending, 'user', 'doc', whole)
          .then(async (there) => {
            await sweep(ending, 'user', 'doc');
            return there;
          })
          .catch(() => stop > 0);
        expect(begun).toBe(stop > 0);
        // Gone from the first statement on, whatever of it is still there.
        expect(await countOf(database, 'SELECT VALUE id FROM document WHERE chunks > 0')).toBe(stop > 0 ? 1 : 2);
        await sweepAll(database);
        for (const table of ['chunk', 'vector', 'coverage'] as const) {
          expect(await countOf(database, COUNT[table])).toBe(stop > 0 ? 1 : table === 'coverage' ? 2 : PASSAGES + 1);
        }
        expect(await countOf(database, 'SELECT VALUE id FROM removal')).toBe(0);
        expect(await countOf(database, 'SELECT VALUE id FROM document')).toBe(stop > 0 && whole ? 1 : 2);
      }
    }
  }, 60_000);
});

describe('a removal of many', () => {
  it('that was cut off after any of its statements is finished by the next look', async () => {
    for (let stop = 0; stop <= 5; stop += 1) {
      const database = await empty();
      await migrate(database);
      await fill(database);
      const removing = removeMany(endingAfter(database, stop), 'user', ['doc', 'other', 'none']);
      if (stop < 5) await expect(removing).rejects.toThrow('killed');
      await removing.catch(() => undefined);
      await sweepAll(database);
      expect(await countOf(database, COUNT.chunk), `after ${stop}`).toBe(stop === 0 ? PASSAGES + 1 : 0);
      expect(await countOf(database, 'SELECT VALUE id FROM document')).toBe(stop === 0 ? 2 : 0);
      expect(await countOf(database, 'SELECT VALUE id FROM removal')).toBe(0);
    }
  }, 60_000);
});

describe('a conversation that becomes private', () => {
  it('has no turns after the next look, wherever it was cut off', async () => {
    for (let stop = 0; ; stop += 1) {
      const database = await empty();
      await migrate(database);
      await peopleStore(database, new Serial()).conversations.append('user', 'chat', [newTurn(), newTurn()], 'title');
      const ending = peopleStore(endingAfter(database, stop), new Serial());
      const isWhole = await ending.conversations.change('user', 'chat', { private: true }).then(
        () => true,
        () => false,
      );
      await eraseAllNoted(database);
      expect((await counts(database)).turns, `after ${stop}`).toBe(stop === 0 ? 2 : 0);
      if (isWhole) return expect(stop).toBeGreaterThan(2);
    }
  });
});

describe('an erasure', () => {
  it('of a user that was cut off after any of its statements is finished by the next look', async () => {
    for (let stop = 0; ; stop += 1) {
      const database = await empty();
      await migrate(database);
      await fill(database);
      const people = peopleStore(database, new Serial());
      await people.accounts.create({ name: 'user', admin: false, password: null });
      const added = await people.memories.apply('user', { add: [newMemory(), newMemory()] });
      const vector = Float32Array.of(1, 0);
      await people.memories.vectors.write(
        'user',
        'model',
        added.map(({ id }) => ({ id, vector })),
      );
      await people.conversations.append('user', 'chat', [newTurn()], '');
      await people.feedback.put(newFeedback('user'));
      const isWhole = await eraseUser(endingAfter(database, stop), 'user').then(
        () => true,
        () => false,
      );
      await sweepAll(database);
      await eraseAllNoted(database);
      const left = Object.entries(await counts(database)).filter(([, count]) => count > 0);
      if (stop === 0) expect(left.length).toBeGreaterThan(5);
      else expect(left, `after ${stop}`).toEqual([]);
      expect(await users(database)).toEqual(stop === 0 ? ['user'] : []);
      expect(await countOf(database, 'SELECT VALUE id FROM erasure')).toBe(0);
      if (isWhole) return expect(stop).toBeGreaterThan(10);
    }
  }, 120_000);
});

const COUNT = {
  chunk: 'SELECT VALUE id FROM chunk',
  vector: 'SELECT VALUE id FROM vector',
  coverage: 'SELECT VALUE id FROM coverage',
};

async function countOf(database: Database, statement: string): Promise<number> {
  return (await database.run<unknown[]>(statement)).length;
}

/** A document of many passages, and one of one. */
async function fill(database: Database): Promise<void> {
  for (const [document, chunks] of [
    ['doc', PASSAGES],
    ['other', 1],
  ] as const) {
    const text = { title: '', uri: null, mime: '', language: null, error: null, attribution: null, attributes: {} };
    const numbers = { bytes: 0, chunks, extent: chunks, characters: 0, created: 0, updated: 0, fetched: null };
    const rest = { id: ['user', document], owner: 'user', sha256: document.padEnd(64, '0'), collections: [] };
    const row = { ...text, ...numbers, ...rest, origin: 'text', state: 'ready' };
    const ords = Array.from({ length: chunks }, (_, ord) => ord);
    const values = {
      row,
      chunks: ords.map((ord) => ({
        id: ['user', document, ord],
        text: '',
        begins: 0,
        ends: 0,
        page: null,
        headings: [],
      })),
      vectors: ords.map((ord) => ({ id: ['user', document, ord, 'model'], f32: new Uint8Array(4) })),
      covered: { id: ['user', document, 'model'], vectors: chunks },
    };
    await database.run('INSERT INTO document $row RETURN NONE', values);
    await database.run('INSERT INTO chunk $chunks RETURN NONE', values);
    await database.run('INSERT INTO vector $vectors RETURN NONE', values);
    await database.run('INSERT INTO coverage $covered RETURN NONE', values);
  }
}
