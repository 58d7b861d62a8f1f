import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it, vi } from 'vitest';

import type { SlotProtocol } from '../../../src/engines/contract.ts';
import { AppError } from '../../../src/shared/errors.ts';
import { DEFAULT_BACKOFF } from '../../../src/supervisor/backoff.ts';
import type { ExpertProcess } from '../../../src/supervisor/expert-process.ts';
import { KeptCaches } from '../../../src/supervisor/kept-caches.ts';
import type { Lease } from '../../../src/supervisor/lease.ts';
import { promptMark } from '../../../src/supervisor/prompt-mark.ts';
import { House, QUICK_BACKOFF } from './house.ts';

const held = (lease: Lease | undefined): Lease => {
  if (!lease) throw new Error('no lease was given');
  return lease;
};

const BIND_FAILED = "couldn't bind HTTP server socket, hostname: 127.0.0.1, port: 40001";

describe('an expert whose prompt caches are kept', () => {
  /** A house whose expert has one prompt in a slot that is not written yet, and what happens to it, in order. */
  async function withPrompt(house: House) {
    const saved: string[] = [];
    const stateDir = mkdtempSync(join(tmpdir(), 'kept-'));
    house.cleanUps.push(() => Promise.resolve(rmSync(stateDir, { recursive: true })));
    const caches = new KeptCaches({
      stateDir,
      clock: house.clock,
      report: (_expert, { action, reason }) => saved.push(`${action}: ${reason}`),
    });
    const call = (path: string) => ({ method: 'POST', path }) as const;
    const process = await house.ready(
      {},
      { caches },
      {
        slots: () => ({
          maxBytes: 1_000,
          protocol: {
            fields: () => ({}),
            save: () => call('/save'),
            restore: () => call('/restore'),
            erase: () => call('/erase'),
            tokens: () => 700,
          },
        }),
      },
    );
    const lease = held(process.tryEnter());
    await lease.bindSlot({ user: 'ana', mark: promptMark('x'.repeat(5_000)), single: true, reuse: true });
    lease.release(true, { total: 600, cached: 0 });
    return { process, saved };
  }

  it('writes them when it is unloaded, before the engine is told to end', async () => {
    await using house = await House.open();
    const { process, saved } = await withPrompt(house);
    const stopping = house.log.next('stopping').then(() => [...saved]);
    await process.stop('idle', 1_000);
    expect(await stopping).toEqual(['saved: 0 bytes']);
    expect(house.host.last.stops).toEqual([10_000]);
  });

  it.each([
    ['by force', (process: ExpertProcess) => process.stop('force', 0)],
    [
      'in a hurry while it writes',
      async (process: ExpertProcess, house: House) => {
        house.host.habits.canary = 'silent';
        const before = house.host.canaries;
        const ended = process.stop('idle', 60_000);
        await vi.waitFor(() => expect(house.host.canaries).toBe(before + 1));
        await process.stop('shutdown', 0);
        await ended;
        // It hears nothing while it writes.
        expect(house.host.last.stops).toEqual([0]);
      },
    ],
    [
      'by a crash',
      async (_process: ExpertProcess, house: House) => {
        const over = house.log.next('backoff');
        house.host.last.exit({ signal: 'SIGSEGV' });
        await over;
      },
    ],
  ])('says that they are gone when it ends %s', async (_how, end) => {
    await using house = await House.open();
    const { process, saved } = await withPrompt(house);
    await end(process, house);
    expect(saved).toHaveLength(1);
    expect(saved[0]).toMatch(/^unsaved: (the engine ended before it was written|there was no time left to write it)$/);
  });

  it('runs without them where there is no place for them', async () => {
    await using house = await House.open();
    const caches = new KeptCaches({ stateDir: import.meta.filename, clock: house.clock, report: () => undefined });
    const protocol = {} as SlotProtocol;
    const process = await house.ready({}, { caches }, { slots: () => ({ maxBytes: 1_000, protocol }) });
    expect(process.tryEnter()?.takesSlot).toBe(false);
    expect(house.logger.messages).toContain('the prompt caches cannot be kept');
  });
});

describe('a start', () => {
  it('goes stopped → starting → ready and a stop goes ready → draining → stopping → stopped', async () => {
    await using house = await House.open();
    const process = await house.ready();
    expect(process.pid).toBe(house.host.last.pid);
    expect(process.upstream).toBeDefined();
    await process.stop('enough', 0);
    expect(house.log.moves.map(({ event, to }) => `${event} ${to}`)).toEqual([
      'start starting',
      'healthy ready',
      'drain draining',
      'stop stopping',
      'exit stopped',
    ]);
    expect(house.host.last.stops).toEqual([10_000]);
    expect(process.pid).toBeUndefined();
    expect(process.upstream).toBeUndefined();
  });

  it('is single: a second one while the first runs is a defect of the caller', async () => {
    await using house = await House.open();
    house.host.habits.health = 503;
    const process = house.expert();
    process.start('first');
    expect(() => process.start('second')).toThrow('no move start from starting');
    await process.stop('enough', 0);
    expect(house.host.engines.length).toBeLessThanOrEqual(1);
  });

  it('is not over until a token was generated', async () => {
    await using house = await House.open();
    house.host.habits.canary = 'refused';
    const process = house.expert();
    const over = house.log.next('backoff');
    process.start('a test');
    await over;
    expect(process.failure).toMatchObject({ class: 'not_ready' });
    expect(process.startError).toMatchObject({ code: 'engine_start_failed' });
    expect(house.log.path).toEqual(['stopped→starting', 'starting→backoff']);
  });

  it('that is healthy and never answers is ended at the stall deadline, not at that of the whole start', async () => {
    await using house = await House.open();
    house.host.habits.canary = 'silent';
    const process = house.expert({ stallTimeout: 50, startTimeout: 600_000 });
    const over = house.log.next('backoff');
    process.start('a test');
    await over;
    expect(process.failure?.class).toBe('not_ready');
  });

  it('that shows nothing any more is stalled; one that shows progress is not, until its whole time is over', async () => {
    await using house = await House.open();
    house.host.habits.health = 503;
    const stalled = house.expert({ id: 'a', stallTimeout: 60, startTimeout: 60_000 });
    const over = house.log.next('backoff', 'a');
    stalled.start('a test');
    await over;
    expect(stalled.failure?.class).toBe('stalled');

    const slow = house.expert({ id: 'b', stallTimeout: 60, startTimeout: 400 });
    const overSlow = house.log.next('backoff', 'b');
    slow.start('a test');
    const progress = setInterval(() => (house.host.last.mark += 1), 5);
    await overSlow;
    clearInterval(progress);
    expect(slow.failure?.class).toBe('start_timeout');
  });

  it('that is refused leaves it stopped, and says so', async () => {
    await using house = await House.open();
    const missing = new AppError('model_unavailable', 'The model of a is not on this machine.');
    const process = house.expert({}, { prepare: () => Promise.reject(missing) });
    expect(await process.obstacle(), 'known before').toBe(missing.message);
    expect(await house.expert().obstacle()).toBeUndefined();
    const over = house.log.next('stopped');
    process.start('a test');
    await over;
    expect(process.startError).toBe(missing);
    expect(process.failure).toMatchObject({ class: 'refused', sentence: missing.message, tail: [] });
    expect(process.refusal(), 'whoever comes next tries again').toBeUndefined();
    expect(process.crashes).toBe(0);
    expect(house.host.engines).toEqual([]);
  });

  it('says how far it has come', async () => {
    await using house = await House.open();
    house.host.habits.health = 503;
    const process = house.expert();
    process.start('a test');
    await vi.waitFor(() => expect(house.host.engines).toHaveLength(1), { interval: 1 });
    house.clock.advance(3_000);
    await vi.waitFor(() => expect(process.progress()).toBe('loading: 50 % of the model read, 3 s'), { interval: 1 });
  });
});

describe('a stop', () => {
  it('during a start waits for the child to exit', async () => {
    await using house = await House.open();
    house.host.habits.health = 503;
    house.host.habits.ignoresStop = true;
    const process = house.expert();
    process.start('a test');
    await vi.waitFor(() => expect(house.host.engines).toHaveLength(1), { interval: 1 });
    let isOver = false;
    const stopped = process.stop('changed my mind', 0).then(() => (isOver = true));
    await vi.waitFor(() => expect(house.host.last.stops).not.toEqual([]), { interval: 1 });
    expect(process.state).toBe('stopping');
    expect(isOver).toBe(false);
    house.host.last.exit({ signal: 'SIGKILL' });
    await stopped;
    expect(process.state).toBe('stopped');
    expect(process.crashes, 'asked for is no crash').toBe(0);
  });

  it.each(['prepare', 'spawn'])('before the child exists (%s) leaves none behind', async (phase) => {
    await using house = await House.open();
    const gate = Promise.withResolvers<void>();
    if (phase === 'spawn') house.host.beforeStart = () => gate.promise;
    const prepared = { program: undefined, files: {}, modelBytes: 0, cores: 1 };
    const process = house.expert(
      {},
      { prepare: () => (phase === 'prepare' ? gate.promise : Promise.resolve()).then(() => prepared) },
    );
    process.start('a test');
    await new Promise(setImmediate);
    const stopped = process.stop('changed my mind', 0);
    expect(process.state).toBe('stopping');
    gate.resolve();
    await stopped;
    expect(process.state).toBe('stopped');
    expect(house.host.engines.every(({ exited }) => exited)).toBe(true);
    expect(house.host.engines).toHaveLength(phase === 'spawn' ? 1 : 0);
  });

  it('of one that is stopped, backing off or failed is no wait', async () => {
    await using house = await House.open();
    const process = house.expert();
    await process.stop('nothing', 0);
    expect(house.log.path).toEqual([]);
    house.host.habits.startsDead = { code: 1, signal: null, oomKilled: false, says: 'error: invalid argument: --frob' };
    const failed = house.log.next('failed');
    process.start('a test');
    await failed;
    await process.stop('give it another try', 0);
    expect(process.state).toBe('stopped');
    expect(process.refusal()).toBeUndefined();
  });

  it('lets what runs finish, and gives nothing new', async () => {
    await using house = await House.open();
    const process = await house.ready();
    const lease = held(process.tryEnter());
    const stopped = process.stop('room', 60_000);
    expect(process.state).toBe('draining');
    expect(process.tryEnter()).toBeUndefined();
    lease.release(true);
    await stopped;
    expect(process.state).toBe('stopped');
  });

  it('cuts what still runs at the end of the drain, with expert_stopped', async () => {
    await using house = await House.open();
    const process = await house.ready();
    const lease = held(process.tryEnter());
    const cut = new Promise<AppError>((resolve) => {
      lease.onCut = (error) => {
        lease.release(false);
        resolve(error);
      };
    });
    await process.stop('room', 20);
    expect(await cut).toMatchObject({ code: 'expert_stopped' });
    expect(process.inFlight).toBe(0);
  });

  it('is shortened by a later one with less patience, and never lengthened', async () => {
    await using house = await House.open();
    const process = await house.ready();
    const lease = held(process.tryEnter());
    lease.onCut = () => lease.release(false);
    const first = process.stop('room', 600_000);
    const second = process.stop('room', 900_000);
    const third = process.stop('down', 10);
    await Promise.all([first, second, third]);
    expect(process.state).toBe('stopped');
  });

  it('without patience kills an engine that is asked politely already', async () => {
    await using house = await House.open();
    const process = await house.ready();
    house.host.habits.ignoresStop = true;
    const first = process.stop('down', 0);
    expect(process.state).toBe('draining');
    await vi.waitFor(() => expect(house.host.last.stops).toEqual([10_000]), { interval: 1 });
    const second = process.stop('now', 0);
    expect(house.host.last.stops).toEqual([10_000, 0]);
    house.host.last.exit({ signal: 'SIGKILL' });
    await Promise.all([first, second]);
    expect(process.state).toBe('stopped');
  });
});

describe('a crash', () => {
  it('when ready cuts the requests with the cause, rests and comes back to stopped', async () => {
    await using house = await House.open();
    const process = await house.ready();
    const lease = held(process.tryEnter());
    const cut: AppError[] = [];
    lease.onCut = (error) => {
      cut.push(error);
      lease.release(false);
    };
    const rested = house.log.next('stopped');
    const crashed = house.log.next('backoff');
    house.host.last.exit({ code: 134, signal: null, says: 'GGML_ASSERT(n_tokens > 0) failed' });
    await crashed;
    expect(cut).toHaveLength(1);
    expect(cut[0]).toMatchObject({ code: 'engine_died', message: expect.stringContaining('GGML_ASSERT') as string });
    expect(process.refusal()).toMatchObject({ code: 'expert_backing_off', retryAfterSeconds: 1 });
    expect(process.failure?.tail).toContain('GGML_ASSERT(n_tokens > 0) failed');
    await rested;
    expect(process.refusal()).toBeUndefined();
    expect(process.retryInMs()).toBeUndefined();
  });

  it('gives the slots that come free to nobody', async () => {
    await using house = await House.open();
    const process = await house.ready();
    const lease = held(process.tryEnter());
    const granted: unknown[] = [];
    process.onRelease = () => granted.push(process.tryEnter());
    lease.onCut = () => lease.release(false);
    const crashed = house.log.next('backoff');
    house.host.last.exit({ code: 1 });
    expect(process.tryEnter(), 'gone, but not yet judged').toBeUndefined();
    await crashed;
    expect(granted).toEqual([undefined]);
  });

  it('in the middle of a drain ends the drain', async () => {
    await using house = await House.open();
    const process = await house.ready();
    const lease = held(process.tryEnter());
    const stopped = process.stop('room', 600_000);
    house.host.last.exit({ code: 1 });
    await stopped;
    expect(process.state).toBe('backoff');
    lease.release(false);
  });

  it('with a permanent cause is not tried again', async () => {
    await using house = await House.open();
    house.host.habits.startsDead = { code: 1, signal: null, oomKilled: false, says: 'error: invalid argument: --frob' };
    const process = house.expert();
    const failed = house.log.next('failed');
    process.start('a test');
    await failed;
    expect(process.retryInMs()).toBeUndefined();
    expect(process.refusal()).toMatchObject({ code: 'expert_failed', retryAfterSeconds: 3_600 });
    expect(process.refusal()?.message).toContain('orchestrator load a');
    house.clock.advance(10 * 86_400_000);
    expect(process.refusal(), 'time does not mend it').toBeDefined();
    expect(house.host.engines).toHaveLength(1);
  });

  it('that repeats rests ever longer, and after the last one for the cool-down', async () => {
    await using house = await House.open();
    house.host.habits.startsDead = { code: 1, signal: null, oomKilled: false, says: 'something' };
    const process = house.expert();
    const delays: (number | undefined)[] = [];
    for (let crash = 1; crash < QUICK_BACKOFF.giveUpAfter; crash += 1) {
      const crashed = house.log.next('backoff');
      const rested = house.log.next('stopped');
      process.start('a test');
      await crashed;
      delays.push(process.retryInMs());
      await rested;
    }
    expect(delays).toEqual([10, 20, 40, 80]);
    const failed = house.log.next('failed');
    process.start('a test');
    await failed;
    expect(process.retryInMs()).toBe(QUICK_BACKOFF.coolDownMs);
    expect(process.refusal()).toMatchObject({ code: 'expert_failed', retryAfterSeconds: 60 });
    house.clock.advance(QUICK_BACKOFF.coolDownMs);
    expect(process.refusal(), 'it may be asked for again').toBeUndefined();
    expect(process.crashes).toBe(QUICK_BACKOFF.giveUpAfter);
  });

  /** A4: the reset window is ten minutes. */
  const crashAfter = async (house: House, healthyMs: number): Promise<number | undefined> => {
    const [process] = house.processes;
    if (!process) throw new Error('no expert');
    const ready = house.log.next('ready');
    process.start('a test');
    await ready;
    house.clock.advance(healthyMs);
    const crashed = house.log.next('backoff');
    house.host.last.exit({ code: 1 });
    await crashed;
    return process.retryInMs();
  };

  it('A4 at 90 % of the reset window keeps the long delay; at 110 % it begins anew', async () => {
    await using house = await House.open();
    house.expert({}, { backoff: { ...DEFAULT_BACKOFF, baseMs: 1_000 } });
    expect(await crashAfter(house, 0)).toBe(1_000);
    expect(await crashAfter(house, 0)).toBe(2_000);
    expect(await crashAfter(house, DEFAULT_BACKOFF.resetAfterMs * 0.9)).toBe(4_000);
    expect(await crashAfter(house, DEFAULT_BACKOFF.resetAfterMs * 1.1)).toBe(1_000);
  });

  it('A4 the healthy time is that since the last crash, also over several orderly stops', async () => {
    await using house = await House.open();
    const process = house.expert({}, { backoff: DEFAULT_BACKOFF });
    expect(await crashAfter(house, 0)).toBe(1_000);
    for (let run = 0; run < 2; run += 1) {
      const ready = house.log.next('ready');
      process.start('a test');
      await ready;
      house.clock.advance(DEFAULT_BACKOFF.resetAfterMs * 0.55);
      await process.stop('idle', 0);
    }
    expect(await crashAfter(house, 0)).toBe(1_000);
  });
});

describe('a taken port', () => {
  it('is tried again elsewhere, and is no crash', async () => {
    await using house = await House.open();
    const { habits } = house.host;
    habits.health = 503;
    const process = house.expert();
    const ready = house.log.next('ready');
    process.start('a test');
    await vi.waitFor(() => expect(house.host.engines).toHaveLength(1), { interval: 1 });
    habits.health = 200;
    house.host.last.exit({ code: 1, says: BIND_FAILED });
    await ready;
    const [first, second] = house.host.engines;
    expect(house.host.engines).toHaveLength(2);
    expect(first?.request.listen).not.toEqual(second?.request.listen);
    expect(process.crashes).toBe(0);
    expect(house.log.path).toEqual(['stopped→starting', 'starting→ready']);
  });

  it('ten times in a row is a crash', async () => {
    await using house = await House.open();
    house.host.habits.startsDead = { code: 1, signal: null, oomKilled: false, says: BIND_FAILED };
    const process = house.expert();
    const crashed = house.log.next('backoff');
    process.start('a test');
    await crashed;
    expect(house.host.engines).toHaveLength(10);
    expect(process.failure?.class).toBe('port_in_use');
    expect(process.crashes).toBe(1);
  });

  it('with a stranger that answers on it is left, and the stranger never hears a client', async () => {
    await using house = await House.open();
    house.host.habits.provesIdentity = false;
    const process = house.expert();
    const failed = house.log.next('failed');
    process.start('a test');
    await failed;
    expect(house.host.engines, 'after a few it is no chance any more').toHaveLength(3);
    expect(house.host.canaries).toBe(0);
    expect(process.failure?.class).toBe('foreign_listener');
  });
});

describe('a verdict', () => {
  it('rests on what this engine said, not on the words of the one before', async () => {
    await using house = await House.open();
    house.host.habits.startsDead = { code: 1, signal: null, oomKilled: false, says: 'error loading model: nonsense' };
    const process = house.expert();
    const failed = house.log.next('failed');
    process.start('a test');
    await failed;
    house.host.habits.startsDead = undefined;
    const ready = house.log.next('ready');
    process.start('once more');
    await ready;
    const crashed = house.log.next('backoff');
    house.host.last.exit({ signal: 'SIGKILL' });
    await crashed;
    expect(process.failure?.class).toBe('killed');
  });

  it('on an engine that was ready is not swayed by what a request made it print', async () => {
    await using house = await House.open();
    const process = await house.ready();
    const crashed = house.log.next('backoff');
    house.host.last.exit({ signal: 'SIGKILL', says: 'srv  operator(): jinja error: unknown filter' });
    await crashed;
    expect(process.failure?.class).toBe('killed');
  });
});

describe('silence on a request', () => {
  const silence = (lease: Lease): void => {
    lease.reportSilence();
    lease.release(false);
  };

  it('has the engine asked for one token, and nothing more where it gives one', async () => {
    await using house = await House.open();
    const process = await house.ready();
    const before = house.host.canaries;
    silence(held(process.tryEnter()));
    await vi.waitFor(() => expect(house.host.canaries).toBe(before + 1), { interval: 1 });
    expect(process.state).toBe('ready');
  });

  it('replaces an engine that does not give one: killed at once, the others are told', async () => {
    await using house = await House.open();
    const process = await house.ready();
    house.host.habits.canary = 'silent';
    const neighbour = held(process.tryEnter());
    const cut = new Promise<AppError>((resolve) => {
      neighbour.onCut = (error) => {
        neighbour.release(false);
        resolve(error);
      };
    });
    const over = house.log.next('backoff');
    silence(held(process.tryEnter()));
    expect(await cut).toMatchObject({ code: 'engine_died' });
    await over;
    expect(house.host.last.stops).toEqual([0]);
    expect(process.failure?.class).toBe('unresponsive');
    expect(house.log.path.slice(2)).toEqual(['ready→stopping', 'stopping→backoff']);
  });

  it('costs an engine its grace where it is stopped before it has given one', async () => {
    await using house = await House.open();
    const process = await house.ready();
    house.host.habits.canary = 'silent';
    silence(held(process.tryEnter()));
    await process.stop('room for another', 60_000);
    expect(house.host.last.stops[0]).toBe(0);
    expect(process.state).toBe('stopped');

    house.host.habits.canary = 'token';
    const next = await house.ready({ id: 'b' });
    silence(held(next.tryEnter()));
    held(next.tryEnter()).release(true);
    await next.stop('room for another', 60_000);
    expect(house.host.last.stops).toEqual([10_000]);
  });

  it('three times in a row replaces it even where it still gives a token', async () => {
    await using house = await House.open();
    const process = await house.ready({ parallel: 1 });
    const over = house.log.next('backoff');
    for (let request = 0; request < 3; request += 1) silence(held(process.tryEnter()));
    await over;
    expect(process.failure?.class).toBe('unresponsive');
  });

  it('is forgotten after an answer', async () => {
    await using house = await House.open();
    const process = await house.ready({ parallel: 1 }, {}, { canary: () => undefined });
    silence(held(process.tryEnter()));
    silence(held(process.tryEnter()));
    held(process.tryEnter()).release(true);
    silence(held(process.tryEnter()));
    expect(process.state).toBe('ready');
    const over = house.log.next('backoff');
    silence(held(process.tryEnter()));
    silence(held(process.tryEnter()));
    await over;
  });
});

describe('a lease', () => {
  it('is given up to `parallel`, and comes back once however often it is released', async () => {
    await using house = await House.open();
    const process = await house.ready({ parallel: 2 });
    const first = held(process.tryEnter());
    const second = held(process.tryEnter());
    expect(process.tryEnter()).toBeUndefined();
    house.clock.advance(5);
    first.release(true);
    first.release(true);
    expect(process.inFlight).toBe(1);
    expect(process.lastUsedMs).toBe(house.clock.now());
    second.release(true);
    second.reportSilence();
    expect(process.inFlight).toBe(0);
    expect(process.state).toBe('ready');
  });
});

describe("yesterday's child", () => {
  it('that ends late moves nobody', async () => {
    await using house = await House.open();
    const process = await house.ready();
    const old = house.host.last;
    await process.stop('once', 0);
    const ready = house.log.next('ready');
    process.start('twice');
    await ready;
    const moves = house.log.moves.length;
    old.exit({ code: 1, says: 'far too late' });
    await new Promise(setImmediate);
    expect(house.log.moves).toHaveLength(moves);
    expect(process.state).toBe('ready');
  });
});

describe('defects', () => {
  it('in a lifecycle end the engine, and the expert is not starting for ever', async () => {
    await using house = await House.open();
    const process = house.expert(
      {},
      {},
      {
        health: () => {
          throw new Error('a defect in an adapter');
        },
      },
    );
    const failed = house.log.next('failed');
    process.start('a test');
    await failed;
    expect(house.host.last.exited).toBe(true);
    expect(process.failure).toMatchObject({ class: 'defect' });
    expect(process.retryInMs()).toBe(QUICK_BACKOFF.coolDownMs);
  });

  it('of a listener do not stop a lifecycle', async () => {
    await using house = await House.open();
    house.onMove = () => {
      throw new Error('a defect in a listener');
    };
    const process = await house.ready();
    await process.stop('enough', 0);
    expect(process.state).toBe('stopped');
    expect(house.logger.messages).toContain('a listener of a lifecycle failed');
  });
});

describe('the key of a start', () => {
  it('is hidden while the engine lives, and forgotten after it', async () => {
    await using house = await House.open();
    const process = await house.ready();
    expect(house.redactor.redact('key a-secret-of-start-1')).toBe('key [secret]');
    await process.stop('enough', 0);
    expect(house.redactor.redact('key a-secret-of-start-1')).toBe('key a-secret-of-start-1');
  });
});
