import type { Dispatcher } from 'undici';
import { describe, expect, it, vi } from 'vitest';

import { SecondOpinion } from '../../../src/server/second-opinion.ts';
import type { Settings } from '../../../src/server/settings.ts';
import { createSettings } from '../../../src/server/settings.ts';
import type { Fleet } from '../../../src/supervisor/fleet.ts';
import { Lease } from '../../../src/supervisor/lease.ts';
import { Sandbox } from '../profiles/sandbox.ts';
import { silentLogger } from '../supervisor/house.ts';

const PROFILE = `
experts:
  a: { model: { path: a.gguf }, fit: { general: 1 } }
  b: { model: { path: b.gguf }, fit: { coding: 1 } }
  vectors: { model: { path: c.gguf }, task: embed, languages: [en] }
router:
  embedding: { expert: vectors, timeout: 40ms }
  domains: { legal: { utterances: [zyzzyva law] } }
`;

type Answer = (texts: readonly string[]) => unknown;

/** An embedding expert in memory: it answers what the test says, and counts. */
class Expert {
  loaded = true;
  readonly asked: string[][] = [];
  readonly released: boolean[] = [];
  answer: Answer = (texts) => ({
    data: texts.map((text) => ({ embedding: [text.includes('zyzzyva') ? 1 : 0, 0.1] })),
  });
  silent = false;

  borrow(): Lease | undefined {
    if (!this.loaded) return undefined;
    const owner = { leave: (_lease: Lease, ok: boolean) => void this.released.push(ok), silent: () => undefined };
    const dispatcher = { request: (options: { body: string; signal: AbortSignal }) => this.#request(options) };
    return new Lease(owner, { dispatcher: dispatcher as unknown as Dispatcher, origin: 'http://x', headers: {} });
  }

  #request({ body, signal }: { body: string; signal: AbortSignal }): Promise<unknown> {
    const { input } = JSON.parse(body) as { input: string[] };
    this.asked.push(input);
    const answer = { statusCode: 200, body: { json: () => Promise.resolve(this.answer(input)) } };
    if (!this.silent) return Promise.resolve(answer);
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
  }
}

async function open(): Promise<{ expert: Expert; opinion: SecondOpinion; settings: Settings }> {
  const expert = new Expert();
  const sandbox = new Sandbox();
  const fleet = { borrow: () => expert.borrow(), remote: () => undefined } as unknown as Fleet;
  const profile = await sandbox.load(sandbox.write('p.yaml', PROFILE));
  const settings = createSettings({ generation: 1, profile, fleet, keys: [], runToken: 't', host: 'localhost' });
  return { expert, settings, opinion: new SecondOpinion({ fleet, logger: silentLogger }) };
}

async function filled() {
  const house = await open();
  expect(house.opinion.ask(house.settings, 'x', 'en')).toBeUndefined();
  await vi.waitFor(() => expect(house.opinion.ask(house.settings, 'x', 'en')).toBeInstanceOf(Promise), {
    timeout: 15_000,
    interval: 20,
  });
  return house;
}

describe('a second opinion', () => {
  it('comes from the examples nearest in meaning, which are embedded beforehand, a few at a time', async () => {
    const { expert, opinion, settings } = await filled();
    expect(Math.max(...expert.asked.map(({ length }) => length))).toBe(8);
    expect(expert.asked.flat()).toContain('zyzzyva law');
    const asked = expert.asked.length;
    expect((await opinion.ask(settings, 'the zyzzyva again', 'en'))?.['legal']).toBeGreaterThan(0.5);
    expect(expert.asked.slice(asked)).toEqual([['the zyzzyva again']]);
    expect(expert.released.every(Boolean)).toBe(true);
    // Another profile with the same examples needs none of it again.
    expect(opinion.ask({ ...settings }, 'the zyzzyva', 'en')).toBeInstanceOf(Promise);
  });

  it('is not waited for longer than the profile says', async () => {
    const { expert, opinion, settings } = await filled();
    expert.silent = true;
    const before = performance.now();
    expect(await opinion.ask(settings, 'the zyzzyva', 'en')).toBeUndefined();
    expect(performance.now() - before).toBeLessThan(1_000);
    expect(expert.released.at(-1)).toBe(false);
  });

  it('is none where the answer is not what was asked for', async () => {
    const { expert, opinion, settings } = await filled();
    for (const answer of [{}, { data: [] }, { data: [{ embedding: [] }] }, { data: [{ embedding: ['x'] }] }, []]) {
      expert.answer = () => answer;
      expect(await opinion.ask(settings, 'the zyzzyva', 'en')).toBeUndefined();
    }
  });

  it('is not asked of an expert that is not loaded, nor in a language that it does not list', async () => {
    const { expert, opinion, settings } = await filled();
    for (const language of ['es', undefined]) expect(opinion.ask(settings, 'hola', language)).toBeUndefined();
    expert.loaded = false;
    expect(opinion.ask(settings, 'x', 'en')).toBeUndefined();
    const { opinion: another, expert: away, settings: same } = await open();
    away.loaded = false;
    expect(another.ask(same, 'x', 'en')).toBeUndefined();
    expect(away.asked).toEqual([]);
  });
});
