import { describe, expect, it } from 'vitest';

import type { UsageView } from '../../../src/server/views.ts';
import { FakeHouse } from './fake-house.ts';
import { runProgram } from './run-program.ts';

const figures = { requests: 3, refused: 1, promptTokens: 120, generatedTokens: 45, engineMs: 61_000 };
const VIEW: UsageView = {
  kept: true,
  from: '2026-10-23',
  to: '2026-11-21',
  rows: [
    { user: 'ana', ...figures },
    { user: 'ben\u001B[2J', ...figures, requests: 12 },
  ],
  totals: { ...figures, requests: 15 },
};

describe('user usage', () => {
  it('is a table with a sum, whoever is called what', async () => {
    await using house = await new FakeHouse().open();
    house.on('GET /api/usage', VIEW);
    const { code, stdout } = await runProgram(house.url, ['user', 'usage']);
    expect(code).toBe(0);
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['USER', 'REQUESTS', 'REFUSED', 'PROMPT', 'GENERATED', 'TIME'],
      ['ana', '3', '1', '120', '45', expect.stringContaining('1')],
      [expect.stringMatching(/^ben/), '12', '1', '120', '45', expect.stringContaining('1')],
      ['all', '15', '1', '120', '45', expect.stringContaining('1')],
      [''],
    ]);
    expect(stdout).not.toContain('\u001B');
    expect(house.asked.at(-1)?.url).toBe('/api/usage?by=user');
  });

  it('asks for what is wanted, and refuses what is none before it asks', async () => {
    await using house = await new FakeHouse().open();
    house.on('GET /api/usage', VIEW);
    const args = ['user', 'usage', '--user', 'ana', '--from', '2026-11-01', '--to', '2026-11-02', '--by', 'day,expert'];
    expect((await runProgram(house.url, [...args, '--json'])).stdout).toBe(`${JSON.stringify(VIEW, null, 2)}\n`);
    expect(house.asked.at(-1)?.url).toBe('/api/usage?user=ana&from=2026-11-01&to=2026-11-02&by=day%2Cexpert');
    await runProgram(house.url, ['user', 'usage', '--user', 'ana']);
    expect(house.asked.at(-1)?.url).toBe('/api/usage?user=ana&by=day%2Cexpert');
    for (const wrong of [
      ['--from', 'monday'],
      ['--by', 'moon'],
      ['--to', '2026-13-99'],
    ])
      expect((await runProgram(house.url, ['user', 'usage', ...wrong])).code).toBe(2);
    expect(house.asked).toHaveLength(2);
  });

  it('says where nothing is kept, and where nothing was used', async () => {
    await using house = await new FakeHouse().open();
    house.on('GET /api/usage', { ...VIEW, rows: [], kept: false });
    expect(await runProgram(house.url, ['user', 'usage'])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringContaining('auth: keys') as string,
    });
    house.on('GET /api/usage', { ...VIEW, rows: [] });
    expect((await runProgram(house.url, ['user', 'usage'])).stderr).toBe(
      'nothing was used from 2026-10-23 to 2026-11-21\n',
    );
  });
});
