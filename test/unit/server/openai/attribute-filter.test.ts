import { describe, expect, it } from 'vitest';

import { attributeFilter } from '../../../../src/server/openai/attribute-filter.ts';

const DOCUMENT = { year: 2026, author: 'ana', draft: false };

describe('a filter', () => {
  it.each([
    [{ type: 'eq', key: 'year', value: 2026 }, true],
    [{ type: 'eq', key: 'year', value: '2026' }, false],
    [{ type: 'eq', key: 'draft', value: false }, true],
    [{ type: 'ne', key: 'author', value: 'ben' }, true],
    [{ type: 'ne', key: 'missing', value: 'x' }, true],
    [{ type: 'eq', key: 'missing', value: 'x' }, false],
    [{ type: 'gt', key: 'year', value: 2025 }, true],
    [{ type: 'gte', key: 'year', value: 2026 }, true],
    [{ type: 'lt', key: 'year', value: 2026 }, false],
    [{ type: 'lte', key: 'author', value: 'bea' }, true],
    [{ type: 'gt', key: 'author', value: 3 }, false],
    [{ type: 'gt', key: 'draft', value: false }, false],
    [{ type: 'lt', key: 'missing', value: 3 }, false],
    [{ type: 'in', key: 'author', value: ['ana', 'ben'] }, true],
    [{ type: 'nin', key: 'author', value: ['ana', 'ben'] }, false],
    [
      {
        type: 'and',
        filters: [
          { type: 'eq', key: 'year', value: 2026 },
          { type: 'eq', key: 'author', value: 'x' },
        ],
      },
      false,
    ],
    [
      {
        type: 'or',
        filters: [
          { type: 'eq', key: 'year', value: 1 },
          { type: 'eq', key: 'author', value: 'ana' },
        ],
      },
      true,
    ],
    [{ type: 'eq', key: 'constructor', value: 'x' }, false],
    [{ type: 'eq', key: '__proto__', value: 'x' }, false],
  ])('%j', (filter, holds) => {
    expect(attributeFilter(filter)(DOCUMENT)).toBe(holds);
  });

  const deep = (levels: number): unknown =>
    levels === 0 ? { type: 'eq', key: 'a', value: 1 } : { type: 'and', filters: [deep(levels - 1)] };

  it.each([
    [[]],
    ['year = 2026'],
    [{}],
    [{ type: 'eq', key: 'year' }],
    [{ type: 'eq', key: 'year', value: { $ne: null } }],
    [{ type: 'eq', key: 7, value: 1 }],
    [{ type: 'constructor', key: 'a', value: 1 }],
    [{ type: 'and', filters: [] }],
    [{ type: 'and', filters: { length: 1 } }],
    [{ type: 'in', key: 'a', value: 'b' }],
    [deep(20)],
    [{ type: 'or', filters: Array.from({ length: 200 }, () => deep(0)) }],
  ])('%# is refused', (filter) => {
    expect(() => attributeFilter(filter)).toThrow(
      expect.objectContaining({ code: 'invalid_request', param: 'filters' }),
    );
  });
});
