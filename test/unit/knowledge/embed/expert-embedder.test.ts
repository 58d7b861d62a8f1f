import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { Dimensions } from '../../../../src/knowledge/embed/dimensions.ts';
import { ExpertEmbedder } from '../../../../src/knowledge/embed/expert-embedder.ts';
import { delay } from '../../../../src/shared/clock.ts';
import { silentLogger } from '../../supervisor/house.ts';
import { FakeEmbeddingExpert } from './fake-embedding-expert.ts';

const NEVER = new AbortController().signal;
const identity = { name: 'e5', digest: 'abc', prefixes: { query: 'query: ', passage: 'passage: ' } };

describe('an embedder', () => {
  let directory: string;
  let expert: FakeEmbeddingExpert;
  const open = (queryTimeoutMs = 1_000) => {
    const dimensions = new Dimensions(join(directory, 'dimensions.json'), silentLogger);
    return new ExpertEmbedder({ fleet: expert.fleet, helper: expert.helper, identity, dimensions, queryTimeoutMs });
  };

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'orchestrator-embedder-'));
    expert = new FakeEmbeddingExpert();
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('puts the model’s prefixes in front, and makes vectors of length 1 in the order of the texts', async () => {
    expert.answer = (texts) => ({
      status: 200,
      body: { data: texts.map((_, index) => ({ index, embedding: [3, index, 0] })).toReversed() },
    });
    const vectors = await open().passages(['a', 'b'], NEVER);
    expect(expert.asked).toEqual([['passage: a', 'passage: b']]);
    expect(vectors.map((vector) => vector?.[0]?.toFixed(3))).toEqual(['1.000', '0.949']);
    await open().question('a', NEVER);
    expect(expert.asked.at(-1)).toEqual(['query: a']);
    // Passages yield to requests; a question is one.
    expect(expert.acquired).toEqual([{ background: true }, { background: false }]);
    expect(expert.released).toEqual([true, true]);
  });

  it('knows its model by the dimension too, which the first vector shows and the next process remembers', async () => {
    const embedder = open();
    expect(embedder.model).toBe('e5/0/abc');
    await embedder.question('a', NEVER);
    expect(embedder.model).toBe('e5/3/abc');
    expect(open().model).toBe('e5/3/abc');
    expect(JSON.parse(readFileSync(join(directory, 'dimensions.json'), 'utf8'))).toEqual({ abc: 3 });
    // Another dimension under the same name is another model: nothing of it meets what is there.
    expert.vectorOf = () => [1, 0];
    await expect(embedder.passages(['a'], NEVER)).rejects.toThrow(/vectors of 2 numbers now, not of 3/);
    expect(embedder.model).toBe('e5/2/abc');
    expect(await embedder.passages(['a'], NEVER)).toHaveLength(1);
  });

  it('makes of a text that is too long what its halves say together, and of a text that is refused nothing', async () => {
    const long = `${'left '.repeat(30)}${'right '.repeat(30)}`;
    expert.vectorOf = (text) => (text.includes('left') ? [1, 0, 0] : [0, 1, 0]);
    const usual = expert.answer;
    expert.answer = (texts) => {
      if (texts.some((text) => text.endsWith(': forbidden'))) return { status: 400, body: 'this input is not allowed' };
      if (texts.some((text) => text.length > 220))
        return { status: 500, body: { error: { message: 'input is too large to process. increase the batch size' } } };
      return usual(texts);
    };
    const [short, halves, refused] = await open().passages(['short', long, 'forbidden'], NEVER);
    expect(short?.[1]).toBe(1);
    expect(halves?.[0]).toBeCloseTo(Math.SQRT1_2, 5);
    expect(halves?.[1]).toBeCloseTo(Math.SQRT1_2, 5);
    expect(refused).toBeUndefined();
    expect(expert.released).toEqual([true]);
    await expect(open().question('forbidden', NEVER)).rejects.toThrow(/makes no vector of this text/);
  });

  it('takes no zeros and nothing that is not a number for a vector', async () => {
    const bad = new Map<string, readonly unknown[]>([
      ['passage: zeros', [0, 0, 0]],
      ['passage: nothing', [null, null, null]],
    ]);
    expert.vectorOf = (text) => bad.get(text) ?? [1, 0, 0];
    const vectors = await open().passages(['good', 'zeros', 'nothing'], NEVER);
    expect(vectors.map((vector) => vector !== undefined)).toEqual([true, false, false]);
  });

  it.each([
    [503, 'loading', /answered 503/],
    [500, 'a crash', /answered 500/],
    [404, 'no such route', /answered 404/],
    [200, 'no JSON', /not JSON/],
    [200, { data: [{ embedding: 'text' }] }, /not a list of vectors/],
    [200, { data: [] }, /not a list of vectors/],
  ])('rejects where the engine is in trouble (%d, %j)', async (status, body, reason) => {
    expert.answer = () => ({ status, body });
    await expect(open().passages(['a'], NEVER)).rejects.toThrow(reason);
    expect(expert.released).toEqual([false]);
  });

  it('lets a question wait only so long for an expert that is being loaded', async () => {
    expert.admit = async (signal) => {
      await delay(60_000, signal);
      signal.throwIfAborted();
    };
    await expect(open(30).question('a', NEVER)).rejects.toThrow(/not ready to answer within 0\.03 s/);
    const left = new AbortController();
    const asked = open(60_000).question('a', left.signal);
    left.abort(new Error('the client left'));
    await expect(asked).rejects.toThrow(/the client left/);
  });

  it('does not unload the last expert that could answer for the sake of a question', async () => {
    const chat = { id: 'chat', state: 'ready', expert: { task: 'generate' } };
    const coder = { ...chat, id: 'coder' };
    const evict = (...ids: string[]) => ({ action: 'evict', victims: ids.map((id) => ({ id, how: 'stop' })) });
    const isBackground = async (plan: unknown, loaded: typeof expert.loaded) => {
      expert.plan = plan;
      expert.loaded = loaded;
      await open().question('a', NEVER);
      return expert.acquired.at(-1)?.background;
    };
    expect(await isBackground(evict('chat'), [chat])).toBe(true);
    expect(await isBackground(evict('chat'), [chat, coder])).toBe(false);
    expect(await isBackground(evict('other'), [])).toBe(false);
    expect(await isBackground({ action: 'start' }, [chat])).toBe(false);
  });
});
