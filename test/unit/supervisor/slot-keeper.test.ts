import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Agent } from 'undici';
import { describe, expect, it } from 'vitest';

import type { SlotProtocol } from '../../../src/engines/contract.ts';
import { CacheFolder } from '../../../src/supervisor/cache-folder.ts';
import type { CacheNews } from '../../../src/supervisor/kept-caches.ts';
import { promptMark } from '../../../src/supervisor/prompt-mark.ts';
import { type PromptCounts, SlotKeeper, type SlotRequest } from '../../../src/supervisor/slot-keeper.ts';
import { ManualClock } from './house.ts';

const protocol: SlotProtocol = {
  fields: (slot, fresh) => ({ slot, fresh }),
  save: (slot, file) => ({ method: 'POST', path: `/save/${slot}/${file}` }),
  restore: (slot, file) => ({ method: 'POST', path: `/restore/${slot}/${file}` }),
  erase: (slot) => ({ method: 'POST', path: `/erase/${slot}` }),
  tokens: (answer) => (answer as { tokens?: number }).tokens,
};

type Answer = (outgoing: ServerResponse, action: string) => void;
const tokens =
  (count: number): Answer =>
  (outgoing) =>
    void outgoing.end(JSON.stringify({ tokens: count }));
const refusing: Answer = (outgoing) => void outgoing.writeHead(500).end('{"error":"No space left on device"}');

/** An engine that does with its slots what a test says, and a keeper of them. */
class Bench implements AsyncDisposable {
  readonly calls: string[] = [];
  readonly news: CacheNews[] = [];
  readonly clock = new ManualClock();
  readonly folder: CacheFolder;
  answer: Answer = tokens(700);
  keeper!: SlotKeeper;
  readonly #agent = new Agent();
  readonly #root = mkdtempSync(join(tmpdir(), 'slot-keeper-'));
  readonly #server = createServer((incoming, outgoing) => {
    const [, action = '', slot, file] = (incoming.url ?? '').split('/');
    this.calls.push(`${action} ${slot}`);
    if (action === 'save') writeFileSync(join(this.folder.path, file ?? ''), 'a slot');
    this.answer(outgoing, action);
  });

  private constructor() {
    this.folder = new CacheFolder(join(this.#root, 'kv'));
  }

  static async open(slots = 2): Promise<Bench> {
    const bench = new Bench();
    await new Promise<void>((resolve) => bench.#server.listen(0, '127.0.0.1', resolve));
    bench.start(slots);
    return bench;
  }

  /** A new engine. */
  start(slots = 2): SlotKeeper {
    this.keeper = new SlotKeeper({
      slots,
      protocol,
      maxBytes: () => 10_000,
      build: 'b',
      folder: this.folder,
      upstream: {
        dispatcher: this.#agent,
        origin: `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`,
        headers: {},
      },
      clock: this.clock,
      report: (one) => this.news.push(one),
      saveTimeoutMs: 200,
    });
    return this.keeper;
  }

  /** A request from beginning to end; answers the fields it was sent with. */
  async ask(request: SlotRequest, counts: PromptCounts | 'uncounted' = { total: 600, cached: 0 }) {
    this.clock.advance(1_000);
    const binding = await this.keeper.bind(request);
    binding.release(true, counts === 'uncounted' ? undefined : counts);
    return binding.fields;
  }

  get actions(): string[] {
    return this.news.map(({ action }) => action);
  }
  get files(): number {
    return readdirSync(this.folder.path).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    rmSync(this.#root, { recursive: true, force: true });
  }
}

const prompt = (word: string, user = 'ana', more: Partial<SlotRequest> = {}): SlotRequest => ({
  user,
  mark: promptMark(`${word} `.repeat(600)),
  single: true,
  reuse: true,
  ...more,
});

describe('the slot of a request', () => {
  it('is the one that holds the beginning of its prompt, else an empty one, else the one that rested longest', async () => {
    await using bench = await Bench.open();
    expect(await bench.ask(prompt('one'))).toEqual({ slot: 0, fresh: true });
    expect(await bench.ask(prompt('two'))).toEqual({ slot: 1, fresh: true });
    expect(await bench.ask(prompt('one'))).toEqual({ slot: 0, fresh: false });
    expect(await bench.ask(prompt('three'))).toEqual({ slot: 1, fresh: false });
    expect(await bench.ask(prompt('one'))).toEqual({ slot: 0, fresh: false });
  });

  it('is begun afresh when it held the words of another', async () => {
    await using bench = await Bench.open(1);
    await bench.ask(prompt('one', 'ana'));
    expect(await bench.ask(prompt('one', 'ben'))).toEqual({ slot: 0, fresh: true });
    expect(await bench.ask(prompt('one', 'ben'))).toEqual({ slot: 0, fresh: false });
  });

  it('is another’s still when the request never began', async () => {
    await using bench = await Bench.open(1);
    await bench.ask(prompt('one', 'ana'));
    await bench.ask(prompt('one', 'ben'), 'uncounted');
    expect(await bench.ask(prompt('one', 'ben'))).toEqual({ slot: 0, fresh: true });
  });

  it('is not the one of a request that still runs', async () => {
    await using bench = await Bench.open();
    const running = await bench.keeper.bind(prompt('one'));
    expect(running.fields).toMatchObject({ slot: 0 });
    expect(await bench.ask(prompt('one'))).toEqual({ slot: 1, fresh: true });
    running.release(true, { total: 600, cached: 0 });
  });

  it('says nothing when several answers were computed in slots of the engine’s choice', async () => {
    await using bench = await Bench.open();
    await bench.ask(prompt('one', 'ben'));
    const running = await bench.keeper.bind(prompt('two', 'cid'));
    await bench.ask(prompt('three', 'ana', { single: false }));
    running.release(true, { total: 600, cached: 0 });
    await bench.keeper.save();
    expect(bench.calls).toEqual([]);
    expect(await bench.ask(prompt('one', 'ben'))).toMatchObject({ fresh: true });
  });
});

describe('an unload', () => {
  it('writes what is worth it, the latest first, and nothing twice', async () => {
    await using bench = await Bench.open(3);
    await bench.ask(prompt('one'));
    await bench.ask(prompt('two'));
    await bench.ask({ ...prompt('short'), mark: promptMark('a short one') });
    await bench.keeper.save();
    await bench.keeper.save();
    expect(bench.calls).toEqual(['save 1', 'save 0']);
    expect(bench.actions).toEqual(['saved', 'saved']);
    expect(bench.files).toBe(4);
    expect(bench.keeper.isWriting).toBe(false);
    bench.keeper.close();
    expect(bench.news).toHaveLength(2);
  });

  it('goes on where the disk is full: it is said, and no file is left', async () => {
    await using bench = await Bench.open();
    bench.answer = refusing;
    await bench.ask(prompt('one'));
    await bench.keeper.save();
    expect(bench.news).toMatchObject([{ action: 'unsaved', tokens: 600 }]);
    expect(bench.news[0]?.reason).toContain('No space left on device');
    expect(bench.files).toBe(0);
  });

  it('waits for a slow disk no longer than it may', async () => {
    await using bench = await Bench.open();
    bench.answer = () => undefined;
    await bench.ask(prompt('one'));
    await bench.ask(prompt('two'));
    await bench.keeper.save();
    expect(bench.calls).toEqual(['save 1']);
    expect(bench.keeper.isWriting).toBe(true);
    bench.keeper.close();
    expect(bench.news).toEqual([
      { action: 'unsaved', tokens: 600, reason: 'there was no time left to write it' },
      { action: 'unsaved', tokens: 600, reason: 'the engine ended before it was written' },
    ]);
    expect(bench.files).toBe(0);
  });

  it('ends at once for who has no time', async () => {
    await using bench = await Bench.open();
    bench.answer = () => bench.keeper.giveUp();
    await bench.ask(prompt('one'));
    await bench.keeper.save();
    expect(bench.actions).toEqual(['unsaved']);
  });

  it('keeps nothing of a slot that holds less than the prompt', async () => {
    await using bench = await Bench.open();
    bench.answer = tokens(2);
    await bench.ask(prompt('one'));
    await bench.keeper.save();
    expect(bench.news).toMatchObject([{ action: 'unsaved', reason: expect.stringContaining('held 2 tokens') }]);
    expect(bench.files).toBe(0);
  });
});

describe('after a load', () => {
  /** One prompt of ana's is kept, and a new engine runs. */
  async function kept(): Promise<Bench> {
    const bench = await Bench.open();
    await bench.ask(prompt('one'));
    await bench.keeper.save();
    bench.start();
    bench.calls.length = 0;
    bench.news.length = 0;
    return bench;
  }

  it('the request that goes on gets its cache back, and the engine’s count says that it held', async () => {
    await using bench = await kept();
    const longer = { ...prompt('one'), mark: promptMark(`${'one '.repeat(600)}and on`) };
    expect(await bench.ask(longer, { total: 605, cached: 598 })).toEqual({ slot: 0, fresh: false });
    expect(bench.calls).toEqual(['restore 0']);
    expect(bench.news).toMatchObject([{ action: 'restored', tokens: 598 }]);
    // It is in the slot now.
    await bench.ask(longer, { total: 605, cached: 604 });
    expect(bench.calls).toHaveLength(1);
  });

  it('what the engine computed all over again is said to be lost, and its file is removed', async () => {
    await using bench = await kept();
    await bench.ask(prompt('one'), { total: 600, cached: 0 });
    expect(bench.news).toMatchObject([{ action: 'lost' }]);
    expect(bench.files).toBe(0);
  });

  it('what the engine does not take is said to be lost, and the slot is begun afresh', async () => {
    for (const answer of [refusing, tokens(699)]) {
      await using bench = await kept();
      bench.answer = answer;
      expect(await bench.ask(prompt('one'))).toEqual({ slot: 0, fresh: true });
      expect(bench.news).toMatchObject([{ action: 'lost' }]);
      expect(bench.files).toBe(0);
    }
  });

  it('nobody else gets it, nor who wants everything computed, nor another prompt', async () => {
    await using bench = await kept();
    await bench.ask(prompt('one', 'ben'));
    await bench.ask(prompt('one', 'ana', { reuse: false }));
    await bench.ask(prompt('two', 'ana'));
    expect(bench.calls).toEqual([]);
  });

  it('nothing is said of a request that ended before the engine had counted, and the file stays', async () => {
    await using bench = await kept();
    await bench.ask(prompt('one'), 'uncounted');
    expect(bench.news).toEqual([]);
    expect(bench.files).toBe(2);
  });
});

describe('an erasure', () => {
  it('reaches the engine: slots at rest are emptied, and what runs is not kept', async () => {
    await using bench = await Bench.open(3);
    await bench.ask(prompt('one', 'ben'));
    await bench.ask(prompt('two', 'ana'));
    const running = await bench.keeper.bind(prompt('three', 'ana'));
    const emptied = new Promise<void>((resolve) => {
      bench.answer = (outgoing) => {
        outgoing.end('{}');
        resolve();
      };
    });
    bench.folder.erase('ana');
    await emptied;
    running.release(true, { total: 600, cached: 0 });
    bench.answer = tokens(700);
    await bench.keeper.save();
    expect(bench.calls).toEqual(['erase 1', 'save 0']);
    expect(bench.folder.kept.map(({ user }) => user)).toEqual(['ben']);
  });

  it('ends the folder of an engine that still runs: nothing is written any more, and nothing said', async () => {
    await using bench = await Bench.open();
    await bench.ask(prompt('one'));
    bench.folder.close();
    await bench.keeper.save();
    bench.keeper.close();
    expect(bench.calls.filter((call) => call.startsWith('save'))).toEqual([]);
    expect(bench.news).toEqual([]);
  });
});
