import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { describe, expect, it } from 'vitest';

import { errorTable, withErrorTable } from '../scripts/lib/error-table.ts';
import { CATALOGUE } from '../src/shared/errors.ts';

const readme = readFileSync(resolve(import.meta.dirname, '../README.md'), 'utf8');

describe('the errors in the README', () => {
  it('are those of the catalogue (after a change: node scripts/write-error-table.ts)', () => {
    const table = readme.slice(readme.indexOf('<!-- errors -->'), readme.indexOf('<!-- /errors -->'));
    const documented = [...table.matchAll(/^\| `(\w+)` \| (\d+) \| (.+) \|$/gm)].map(([, code, status, says]) => ({
      code,
      status: Number(status),
      says,
    }));
    expect(documented).toEqual(Object.entries(CATALOGUE).map(([code, { status, says }]) => ({ code, status, says })));
    expect(withErrorTable(readme)).toBe(readme);
  });

  it('are each one row, whatever they say', () => {
    expect(errorTable().split('\n')).toHaveLength(Object.keys(CATALOGUE).length + 2);
    for (const { says } of Object.values(CATALOGUE)) expect(says).not.toMatch(/[|\n]|\.$/);
  });
});
