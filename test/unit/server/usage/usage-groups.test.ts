import { describe, expect, it } from 'vitest';

import { grouped, toCsv, totalOf } from '../../../../src/server/usage/usage-groups.ts';
import { NOTHING } from '../../../../src/server/usage/usage-rows.ts';

const row = (day: string, user: string, expert: string, requests: number) => ({
  ...NOTHING,
  day,
  user,
  key: 'k',
  expert,
  requests,
});
const ROWS = [row('2026-11-02', 'ben', 'a', 1), row('2026-11-01', 'ana', 'a', 2), row('2026-11-02', 'ana', 'b', 4)];

describe('usage in groups', () => {
  it('agree in what they are grouped by', () => {
    expect(grouped(ROWS, ['user'])).toEqual([
      { ...NOTHING, user: 'ana', requests: 6 },
      { ...NOTHING, user: 'ben', requests: 1 },
    ]);
    expect(grouped(ROWS, ['day', 'user']).map(({ day, requests }) => [day, requests])).toEqual([
      ['2026-11-01', 2],
      ['2026-11-02', 4],
      ['2026-11-02', 1],
    ]);
    expect(totalOf(ROWS).requests).toBe(7);
    expect(totalOf([])).toEqual(NOTHING);
  });

  it('are CSV in which no name is a formula or another cell', () => {
    const hostile = ['=1+1', '@SUM(A1)', '-2', 'a,"b"\r\nc', 'ana'];
    const csv = toCsv(
      hostile.map((user) => ({ ...NOTHING, user })),
      ['user'],
    );
    expect(csv).toBe(
      [
        'user,requests,refused,promptTokens,generatedTokens,engineMs',
        `'=1+1,0,0,0,0,0`,
        `'@SUM(A1),0,0,0,0,0`,
        `'-2,0,0,0,0,0`,
        '"a,""b""\r\nc",0,0,0,0,0',
        'ana,0,0,0,0,0',
        '',
      ].join('\r\n'),
    );
  });
});
