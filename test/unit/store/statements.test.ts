import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { describe, expect, it } from 'vitest';

const STORE = resolve(import.meta.dirname, '../../../src/store');
/** Constants of ours, in capitals, and integers that were checked on the way in. */
const ALLOWED =
  /^(?:[A-Z_]+|fieldOf\(dimension\)|fieldOf\(vector\.length\)|field|checkDimension\(dimension\)|neighbours|2 \* neighbours)$/;
const SURREALQL = /\b(?:SELECT|INSERT|UPDATE|UPSERT|DELETE|CREATE|DEFINE|RETURN)\b/;

describe('the statements of the store', () => {
  it('are made of constants and checked integers: every value is bound (L1)', () => {
    const found: string[] = [];
    let statements = 0;
    for (const file of readdirSync(STORE, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.ts'),
    )) {
      const source = readFileSync(join(STORE, file), 'utf8');
      for (const [literal] of source.matchAll(/`(?:[^`\\]|\\.)*`/g)) {
        if (!SURREALQL.test(literal)) continue;
        statements += 1;
        for (const [, inserted = ''] of literal.matchAll(/\$\{([^}]*)\}/g)) {
          if (!ALLOWED.test(inserted)) found.push(`${file}: \${${inserted}}`);
        }
      }
      expect(source, `${file}: a statement is not put together from pieces`).not.toMatch(
        /\.run(?:<[^;]*?>)?\(\s*[^`'(,)]*\+/,
      );
    }
    expect(found).toEqual([]);
    expect(statements).toBeGreaterThan(20);
  });
});
