import { PassThrough } from 'node:stream';

import { describe, expect, it } from 'vitest';

import { Client } from '../../../src/cli/client.ts';
import { watch } from '../../../src/cli/watch.ts';
import { CliError } from '../../../src/shared/errors.ts';
import { budgetView, events, expertView, FakeHouse, json, statsView } from './fake-house.ts';

const MOVE = {
  type: 'lifecycle',
  at: '2026-01-01T00:00:01.000Z',
  expert: 'general',
  from: 'stopped',
  to: 'starting',
  event: 'start',
  reason: 'a request',
};

function house(onEvents: Parameters<FakeHouse['on']>[1]): FakeHouse {
  return new FakeHouse()
    .on('GET /stats', statsView())
    .on('GET /api/experts', { experts: [expertView()] })
    .on('GET /api/budget', budgetView())
    .on('GET /api/events', onEvents);
}

/** Watches until the text has been written; what was written then. */
async function watchUntil(text: string, connect: () => Client, more: { json?: boolean; terminal?: boolean } = {}) {
  const output = new PassThrough().setEncoding('utf8');
  Object.assign(output, more.terminal ? { isTTY: true, columns: 200, rows: 20 } : {});
  const enough = new AbortController();
  let written = '';
  output.on('data', (chunk: string) => {
    written += chunk;
    if (written.includes(text)) enough.abort();
  });
  await watch({
    connect,
    json: more.json ?? false,
    output: output as unknown as NodeJS.WriteStream,
    signal: enough.signal,
  });
  return written;
}

describe('status --watch', () => {
  it('prints where experts are, and then one line for each move', async () => {
    await using orchestrator = await house((response) => events(response, MOVE)).open();
    const written = await watchUntil('a request', () => new Client(new URL(orchestrator.url)));
    expect(written.split('\n').slice(0, 2)).toEqual([
      expect.stringMatching(/^\S+ {2}general {2}stopped$/),
      '2026-01-01T00:00:01.000Z  general  stopped → starting  (a request)',
    ]);
  });

  it('prints who was refused room, and why', async () => {
    const plan = { type: 'plan', at: MOVE.at, expert: 'big', action: 'refuse', reason: 'general is pinned' };
    await using orchestrator = await house((response) => events(response, plan, MOVE)).open();
    const written = await watchUntil('a request', () => new Client(new URL(orchestrator.url)));
    expect(written.split('\n')[1]).toBe('2026-01-01T00:00:01.000Z  big  refused  (general is pinned)');
  });

  it('prints events alone with --json', async () => {
    await using orchestrator = await house((response) => events(response, MOVE)).open();
    const written = await watchUntil('a request', () => new Client(new URL(orchestrator.url)), { json: true });
    expect(JSON.parse(written)).toEqual(MOVE);
  });

  it('draws the table again in place on a terminal', async () => {
    await using orchestrator = await house((response) => {
      orchestrator.on('GET /api/experts', { experts: [expertView({ state: 'starting' })] });
      setImmediate(() => events(response, MOVE));
    }).open();
    const written = await watchUntil('starting', () => new Client(new URL(orchestrator.url)), { terminal: true });
    expect(written).toContain('EXPERT');
    expect(written).toContain('Ctrl-C ends the watching');
  });

  it('goes on when the orchestrator ends and comes back at another address', async () => {
    await using first = await house((response) => {
      events(response);
      // Ends when the table has been read, as an orchestrator that is killed later would.
      first.on('GET /api/experts', (table) => {
        table.once('finish', () => response.destroy());
        json(table, { experts: [expertView()] });
      });
    }).open();
    await using second = await house((response) => events(response, MOVE)).open();
    const urls = [first.url, second.url];
    const written = await watchUntil('a request', () => new Client(new URL(urls.shift() ?? second.url)));
    expect(written.match(/general {2}stopped$/gm)).toHaveLength(1);
    expect(written).toContain('stopped → starting');
  });

  it('fails at once where none answers from the beginning', async () => {
    const error = new CliError('no orchestrator is running', 69);
    const connect = () => {
      throw error;
    };
    await expect(watchUntil('never', connect)).rejects.toBe(error);
  });
});
