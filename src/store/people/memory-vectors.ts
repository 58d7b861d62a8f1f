import type { Database } from '../connection.ts';
import { checkCount, checkUser, isKey } from '../ids.ts';
import type { MemoryRepository } from '../people-contract.ts';
import type { Serial } from '../serial.ts';
import { SLICE_ROWS } from '../slices.ts';
import { bytesOf, checkModel, checkUnit, floatsOf } from '../vectors.ts';
import { memoriesKey } from './serial-keys.ts';

/** Of one transaction. */
const WRITE_ROWS = 250;

export function memoryVectors(database: Database, serial: Serial): MemoryRepository['vectors'] {
  const idsWith = (user: string, model: string) =>
    database.run<string[]>('SELECT VALUE id[1] FROM memory_vector:[$user]..[$user, []] WHERE id[2] = $model', {
      user: checkUser(user),
      model: checkModel(model),
    });
  return {
    async write(user, model, vectors) {
      checkUser(user);
      checkModel(model);
      for (const { id, vector } of vectors) checkUnit(vector, `the memory ${id}`);
      const rows = vectors
        .filter(({ id }) => isKey(id))
        // Never as numbers: the SDK would send a `Float32Array` as bytes and cut each number off to one.
        .map(({ id, vector }) => ({ id: [user, id, model], f32: bytesOf(vector) }));
      await serial.run(memoriesKey(user), async () => {
        for (let start = 0; start < rows.length; start += WRITE_ROWS) {
          await database.run(WRITE, { user, rows: rows.slice(start, start + WRITE_ROWS) });
        }
      });
    },
    async missing(user, model, limit) {
      checkCount(limit, 'limit');
      const [there, counting] = await Promise.all([
        idsWith(user, model),
        database.run<string[]>('SELECT VALUE id[1] FROM memory:[$user]..[$user, []] WHERE retracted = NULL', { user }),
      ]);
      const known = new Set(there);
      return counting.filter((id) => !known.has(id)).slice(0, limit);
    },
    async *each(user, model) {
      const ids = await idsWith(user, model);
      for (let start = 0; start < ids.length; start += SLICE_ROWS) {
        const rows = await database.run<{ id: string; f32: ArrayBuffer | Uint8Array }[]>(
          `SELECT id[1] AS id, f32 FROM memory_vector:[$user, $first]..[$user, $last, []] WHERE id[2] = $model`,
          { user, model, first: ids[start], last: ids[Math.min(ids.length, start + SLICE_ROWS) - 1] },
        );
        if (rows.length > 0) yield rows.map(({ id, f32 }) => ({ id, vector: floatsOf(f32) }));
      }
    },
    count: async (user, model) => (await idsWith(user, model)).length,
    async retain(user, model) {
      checkUser(user);
      checkModel(model);
      await serial.run(memoriesKey(user), () =>
        database.run('DELETE memory_vector:[$user]..[$user, []] WHERE id[2] != $model RETURN NONE', { user, model }),
      );
    },
  };
}

/** A memory that went away meanwhile, or counts no longer, gets no vector. */
const WRITE = `{
  LET $kept = $rows.filter(|$row| (SELECT VALUE retracted FROM type::record('memory', [$user, $row.id[1]])) = [NULL]);
  INSERT INTO memory_vector $kept ON DUPLICATE KEY UPDATE f32 = $input.f32 RETURN NONE;
}`;
