/** Prompt caches that outlive their engine, with the real llama-server: what it says it had cached is what counts. */
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { buildGguf } from '../../scripts/build-gguf.ts';
import { buildLora } from '../../scripts/build-lora.ts';
import type { CacheView } from '../../src/server/views.ts';
import { type Orchestrator, startOrchestrator } from '../support/orchestrator.ts';
import { profileOf } from '../support/profile.ts';
import { realEnvironment, tinyExpert } from '../support/real-parts.ts';
import { collect } from '../support/sse.ts';
import { timed, until } from '../support/wait.ts';

const folder = mkdtempSync(join(tmpdir(), 'kept-caches-'));
const plain = join(folder, 'plain.gguf');
const sliding = join(folder, 'sliding.gguf');

beforeAll(async () => {
  await buildGguf({ path: plain, targetBytes: 60 << 20 });
  await buildGguf({ path: sliding, architecture: 'gemma3', slidingWindow: 128 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const keeping = (settings: Record<string, unknown> = {}) =>
  tinyExpert({ context: 4_096, request: { temperature: 0 }, 'llama-server': { keepCache: '256MiB' }, ...settings });
const house = (expert: Record<string, unknown>, more: Record<string, unknown> = {}) =>
  startOrchestrator({ profile: profileOf({ a: expert }, more), env: realEnvironment() });
/** Some 1,800 tokens of a model that reads letters. */
const story = (word: string, lines = 60) =>
  Array.from({ length: lines }, (_, line) => `${word} number ${line} is remembered.`).join(' ');

interface Answer {
  cached: number;
  total: number;
  text: string;
}

async function ask(
  orchestrator: Orchestrator,
  turns: string | readonly string[],
  { user = 'ana', ...fields }: Record<string, unknown> & { user?: string } = {},
): Promise<Answer> {
  const messages = [turns].flat().map((content, index) => ({ role: index % 2 === 0 ? 'user' : 'assistant', content }));
  const response = await orchestrator.post(
    '/v1/chat/completions',
    { model: 'a', messages, max_tokens: 4, ...fields },
    { headers: { 'x-orchestrator-user': user } },
  );
  const answer = (await response.json()) as {
    choices: { message: { content: string } }[];
    usage: { prompt_tokens: number; prompt_tokens_details: { cached_tokens: number } };
  };
  expect(response.status, JSON.stringify(answer)).toBe(200);
  const { prompt_tokens: total, prompt_tokens_details: details } = answer.usage;
  return { cached: details.cached_tokens, total, text: answer.choices[0]?.message.content ?? '' };
}

async function unload(orchestrator: Orchestrator, query = ''): Promise<void> {
  const response = await orchestrator.post(`/api/experts/a/unload${query}`);
  expect(response.status, await response.text()).toBe(200);
}

async function caches(orchestrator: Orchestrator, query = ''): Promise<CacheView[]> {
  return ((await (await orchestrator.request(`/api/caches${query}`)).json()) as { caches: CacheView[] }).caches;
}

async function count(orchestrator: Orchestrator, action: string): Promise<number> {
  const text = await (await orchestrator.request('/metrics')).text();
  return Number(new RegExp(`prompt_caches_total\\{expert="a",action="${action}"\\} (\\d+)`).exec(text)?.[1] ?? 0);
}

const files = (orchestrator: Orchestrator): string[] => {
  const root = join(orchestrator.stateDir, 'kv');
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
};

describe('prompt caches that are kept', () => {
  it('spare a long prompt after an unload, as the engine itself counts', async () => {
    await using orchestrator = await house(keeping({ model: { path: plain } }));
    await orchestrator.load('a');
    const cold = await timed(() => ask(orchestrator, story('apple'), { max_tokens: 1 }));
    expect(cold.value.cached).toBe(0);
    await unload(orchestrator);
    expect(await caches(orchestrator)).toMatchObject([{ expert: 'a', user: 'ana' }]);
    for (const file of files(orchestrator)) expect(statSync(file).mode & 0o777, file).toBe(0o600);
    expect(statSync(join(orchestrator.stateDir, 'kv')).mode & 0o777).toBe(0o700);

    await orchestrator.load('a');
    const warm = await timed(() => ask(orchestrator, story('apple'), { max_tokens: 1 }));
    expect(warm.value.cached).toBeGreaterThan(warm.value.total - 10);
    expect(await count(orchestrator, 'restored')).toBe(1);
    const { total } = cold.value;
    console.log(
      `first token of ${total} prompt tokens: ${Math.round(cold.ms)} ms computed, ${Math.round(warm.ms)} ms kept`,
    );
  });

  it('go on with a conversation over a restart of the whole house', async () => {
    const first = await house(keeping());
    let text: string;
    try {
      ({ text } = await ask(first, story('pear')));
      await first.stop();
    } catch (error) {
      await first[Symbol.asyncDispose]();
      throw error;
    }
    await using orchestrator = await startOrchestrator({
      profile: profileOf({ a: keeping() }),
      env: realEnvironment(),
      directory: first.directory,
    });
    const { cached, total } = await ask(orchestrator, [story('pear'), text, 'And then?']);
    expect(total - cached).toBeLessThan(100);
    expect(await count(orchestrator, 'restored')).toBe(1);
  });

  it('serve models with a sliding window, going on as well as going back', async () => {
    await using orchestrator = await house(keeping({ model: { path: sliding } }));
    const { text } = await ask(orchestrator, story('plum'));
    await unload(orchestrator);
    const further = await ask(orchestrator, [story('plum'), text, 'And then?']);
    expect(further.cached).toBeGreaterThan(1_000);
    await unload(orchestrator);
    const back = await ask(orchestrator, `${story('plum', 45)} Why?`);
    // Whether it can go back is the build's affair; what counts is that the house says the same as the engine.
    const outcome = back.cached > 300 ? 'restored' : 'lost';
    expect(await count(orchestrator, outcome)).toBe(outcome === 'restored' ? 2 : 1);
  });

  it('belong to one user: another computes the same words himself, from the file as from the slot', async () => {
    await using orchestrator = await house(keeping({ parallel: 1 }));
    await ask(orchestrator, story('fig'), { user: 'ana' });
    expect(await ask(orchestrator, story('fig'), { user: 'ben' })).toMatchObject({ cached: 0 });
    await unload(orchestrator);
    expect(await caches(orchestrator)).toMatchObject([{ user: 'ben' }]);
    expect(await ask(orchestrator, story('fig'), { user: 'ana' })).toMatchObject({ cached: 0 });
    expect((await ask(orchestrator, story('fig'), { user: 'ana' })).cached).toBeGreaterThan(1_000);
    // A client cannot choose a slot.
    const chosen = { model: 'a', messages: [{ role: 'user', content: story('fig') }], id_slot: 0 };
    expect((await orchestrator.post('/v1/chat/completions', chosen)).status).toBe(400);
    // His own are there, whoever came in between.
    expect((await ask(orchestrator, story('fig'), { user: 'ben' })).cached).toBeGreaterThan(1_000);
  });

  it('come back for a streaming client of Anthropic’s form too, and where several answers were asked for nothing is kept', async () => {
    await using orchestrator = await house(keeping());
    const stream = async () => {
      const body = { model: 'a', max_tokens: 4, stream: true, messages: [{ role: 'user', content: story('kiwi') }] };
      return (await collect(await orchestrator.post('/v1/messages', body))).raw;
    };
    await stream();
    await unload(orchestrator);
    expect(await stream()).toContain('message_stop');
    expect(await count(orchestrator, 'restored')).toBe(1);
    await ask(orchestrator, story('lime'), { n: 2 });
    await unload(orchestrator);
    expect(await caches(orchestrator)).toHaveLength(1);
  });

  it('of one LoRA adapter are never those of another, nor of the base', async () => {
    const [base, lora] = [join(folder, 'base.gguf'), join(folder, 'lora.gguf')];
    await buildGguf({ path: base });
    await buildLora({ path: lora, base });
    const variants = { adapted: { lora: { path: lora } } };
    await using orchestrator = await house(keeping({ model: { path: base }, parallel: 1, variants }));
    const answers: Record<string, string> = {};
    for (const model of ['a', 'adapted']) answers[model] = (await ask(orchestrator, story('elm'), { model })).text;
    expect(answers['adapted']).not.toBe(answers['a']);
    await unload(orchestrator);
    for (const model of ['a', 'adapted', 'a']) {
      expect((await ask(orchestrator, story('elm'), { model })).text, model).toBe(answers[model]);
      await unload(orchestrator);
    }
  });

  it('are erased on demand, on disk and in the engine', async () => {
    await using orchestrator = await house(keeping());
    for (const user of ['ana', 'ben']) await ask(orchestrator, story('date'), { user });
    await unload(orchestrator);
    expect(await caches(orchestrator)).toHaveLength(2);
    await ask(orchestrator, story('date'), { user: 'ana' });
    const refused = await orchestrator.request('/api/caches?usr=ana', { method: 'DELETE' });
    expect(refused.status).toBe(400);
    const erased = await orchestrator.request('/api/caches?user=ana', { method: 'DELETE' });
    expect(await erased.json()).toMatchObject({ erased: 1 });
    expect(await caches(orchestrator)).toMatchObject([{ user: 'ben' }]);
    expect(await caches(orchestrator, '?user=ana')).toEqual([]);
    expect(await ask(orchestrator, story('date'), { user: 'ana' })).toMatchObject({ cached: 0 });
  });

  it('end with the settings they were computed with, and with their expert', async () => {
    const profile = (settings: Record<string, unknown>, id = 'a') => profileOf({ [id]: keeping(settings) });
    const first = await startOrchestrator({ profile: profile({}), env: realEnvironment() });
    const { directory } = first;
    const again = (next: Record<string, unknown>) =>
      startOrchestrator({ profile: next, env: realEnvironment(), directory });
    let last = first;
    try {
      await ask(first, story('nut'));
      await first.stop();
      last = await again(profile({ idleUnload: '9m' }));
      expect(await caches(last)).toHaveLength(1);
      await last.stop();
      last = await again(profile({ kvCache: 'q8_0' }));
      expect(await caches(last)).toEqual([]);
      expect(await ask(last, story('nut'))).toMatchObject({ cached: 0 });
      await last.stop();
      expect(files(last)).toHaveLength(2);
      last = await again(profile({}, 'b'));
      expect(files(last)).toEqual([]);
    } finally {
      await last[Symbol.asyncDispose]();
    }
  });

  it('do not outgrow their bound, and an unload by force says what it drops', async () => {
    await using orchestrator = await house(keeping({ 'llama-server': { keepCache: '100KiB' } }));
    await ask(orchestrator, story('oak'));
    await unload(orchestrator);
    expect(await count(orchestrator, 'unsaved')).toBe(1);
    expect(orchestrator.output).toContain('it alone needs more than keepCache');
    expect(files(orchestrator)).toEqual([]);
    await ask(orchestrator, story('oak'));
    await unload(orchestrator, '?force=1');
    await until('it is said', async () => (await count(orchestrator, 'unsaved')) === 2);
  });

  it('leave no trace where nobody asked for them', async () => {
    await using orchestrator = await house(tinyExpert());
    expect(existsSync(join(orchestrator.stateDir, 'kv'))).toBe(false);
    expect(await caches(orchestrator)).toEqual([]);
  });
});
