/** What an expert has beside its model, on the real llama-server: LoRA adapters that share its process, and a model that guesses. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { buildGguf } from '../../scripts/build-gguf.ts';
import { buildLora } from '../../scripts/build-lora.ts';
import { type Orchestrator, startOrchestrator } from '../support/orchestrator.ts';
import { allProcesses } from '../support/processes.ts';
import { realEnvironment } from '../support/real-parts.ts';

const folder = mkdtempSync(join(tmpdir(), 'orchestrator-parts-'));
const file = (name: string) => join(folder, name);
const BASE = file('base.gguf');
/** A name that would fall apart in a list. */
const SQL = file('sql, "strict".gguf');
const PROSE = file('prose.gguf');
const STRANGER = file('stranger.gguf');
const GUESSER = file('guesser.gguf');

const common = { engine: 'llama-server', context: 4_096, threads: 1, idleUnload: 'never' };
const sql = { path: SQL };
const PROFILE = {
  experts: {
    plain: { ...common, model: { path: BASE } },
    coder: {
      ...common,
      model: { path: BASE },
      variants: {
        'coder-sql': { lora: sql },
        'coder-sql-half': { lora: { ...sql, scale: 0.5 } },
        'coder-prose': { lora: { path: PROSE }, request: { max_tokens: 3 } },
        'coder-both': { lora: [sql, { path: PROSE, scale: 0.5 }] },
      },
    },
    writer: {
      ...common,
      model: { path: BASE },
      lora: { path: PROSE },
      variants: { 'writer-base': { lora: 'none' }, 'writer-hot': { request: { max_tokens: 5 } } },
    },
    keeper: {
      ...common,
      model: { path: BASE },
      parallel: 1,
      variants: { 'keeper-sql': { lora: sql } },
      'llama-server': { keepCache: '64MiB' },
    },
    stranger: { ...common, model: { path: BASE }, lora: { path: STRANGER } },
    guessing: { ...common, model: { path: BASE }, draft: { model: { path: GUESSER }, minProbability: 0 } },
  },
};

const PROMPT =
  'A prompt that is long enough to be kept by the engine for the next request, whoever sends that: one two three.';

describe('on the real llama-server', () => {
  let house: Orchestrator;
  beforeAll(async () => {
    await buildGguf({ path: BASE });
    await buildLora({ path: SQL, base: BASE, seed: 2 });
    await buildLora({ path: PROSE, base: BASE, seed: 3 });
    const wide = file('wide.gguf');
    await buildGguf({ path: wide, embeddingLength: 128 });
    await buildLora({ path: STRANGER, base: wide });
    await buildGguf({ path: GUESSER, blockCount: 1 });
    house = await startOrchestrator({ profile: PROFILE, env: realEnvironment() });
  });
  afterAll(async () => {
    await house[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The likeliest first words with their log probabilities: any adapter moves them. */
  async function opinionOf(model: string): Promise<Opinion[]> {
    const response = await house.post('/v1/completions', {
      model,
      prompt: PROMPT,
      max_tokens: 1,
      temperature: 0,
      logprobs: 10,
    });
    const answer = (await response.json()) as { choices: { logprobs: { content: { top_logprobs: Opinion[] }[] } }[] };
    expect(response.status, JSON.stringify(answer)).toBe(200);
    return answer.choices[0]?.logprobs.content[0]?.top_logprobs ?? [];
  }

  /** Whose opinion it is. Computed in other batches, the same numbers differ in their third digit. */
  function ownerOf(opinion: readonly Opinion[], known: ReadonlyMap<string, readonly Opinion[]>): string[] {
    const differs = (other: readonly Opinion[]) =>
      opinion.slice(0, 3).some(({ token, logprob }) => {
        const same = other.find((one) => one.token === token);
        return same === undefined || Math.abs(same.logprob - logprob) > 0.1;
      });
    return [...known].flatMap(([name, other]) => (differs(other) ? [] : [name]));
  }

  describe('LoRA adapters', () => {
    it('each make another model of one process, and leave the base what it was', async () => {
      const names = ['plain', 'coder-sql', 'coder-sql-half', 'coder-prose', 'coder-both'];
      const known = new Map<string, Opinion[]>();
      for (const name of names) known.set(name, await opinionOf(name));
      for (const [name, opinion] of known) expect(ownerOf(opinion, known)).toEqual([name]);
      // In an order in which what is kept of one would serve the next.
      const variants = names.slice(1);
      for (const name of ['coder', ...variants, 'coder', ...variants.toReversed(), 'coder']) {
        const wanted = name === 'coder' ? 'plain' : name;
        expect([name, ownerOf(await opinionOf(name), known)]).toEqual([name, [wanted]]);
      }
      const { pid } = await house.expert('coder');
      const servers = allProcesses().filter(({ argv }) =>
        argv.some((argument) => argument.includes('sql, ""strict""')),
      );
      expect(servers.map((server) => server.pid)).toEqual([pid]);
    });

    it('belong to every request of an expert that names one itself', async () => {
      const known = new Map([
        ['base', await opinionOf('plain')],
        ['prose', await opinionOf('coder-prose')],
      ]);
      for (const [name, wanted] of [
        ['writer', 'prose'],
        ['writer-base', 'base'],
        ['writer-hot', 'prose'],
      ] as const) {
        expect([name, ownerOf(await opinionOf(name), known)]).toEqual([name, [wanted]]);
      }
    });

    it.each(['/v1/chat/completions', '/v1/messages', '/v1/responses'])('are chosen on %s too', async (path) => {
      const say = async (model: string) => {
        const body = { model, messages: [{ role: 'user', content: 'Hi' }], input: 'Hi', temperature: 0 };
        const limit = path === '/v1/responses' ? { max_output_tokens: 8 } : { max_tokens: 8 };
        const response = await house.post(path, { ...body, ...limit });
        const answer = (await response.json()) as Answer;
        expect(response.status, JSON.stringify(answer)).toBe(200);
        return (
          answer.choices?.[0]?.message.content ?? answer.content?.[0]?.text ?? answer.output?.[0]?.content[0]?.text
        );
      };
      const said = { plain: await say('plain'), sql: await say('coder-sql'), prose: await say('coder-prose') };
      expect(new Set(Object.values(said)).size).toBe(3);
      expect([await say('coder'), await say('writer-base'), await say('writer')]).toEqual([
        said.plain,
        said.plain,
        said.prose,
      ]);
    });

    it('never go on upon what an earlier engine had computed for another, whose caches are kept', async () => {
      const messages = [{ role: 'user', content: PROMPT.repeat(16) }];
      const say = async (model: string) => {
        const response = await house.post('/v1/messages', { model, messages, max_tokens: 12, temperature: 0 });
        const { content } = (await response.json()) as Answer;
        expect(response.status).toBe(200);
        return content?.[0]?.text;
      };
      const wanted = { base: await say('plain'), sql: await say('coder-sql') };
      expect(wanted.sql).not.toBe(wanted.base);
      for (const [name, other] of [
        ['keeper', 'keeper-sql'],
        ['keeper-sql', 'keeper'],
      ] as const) {
        await house.load('keeper');
        await say(name);
        expect((await house.post('/api/experts/keeper/unload')).status).toBe(200);
        expect([other, await say(other)]).toEqual([other, other === 'keeper' ? wanted.base : wanted.sql]);
        expect((await house.post('/api/experts/keeper/unload')).status).toBe(200);
      }
    });

    it('are not a client’s to choose, and bring the request fields of their variant', async () => {
      const refused = await house.chat('Hi', { model: 'coder', lora: [{ id: 0, scale: 1 }] });
      expect(refused.status).toBe(400);
      expect(await refused.json()).toMatchObject({ error: { code: 'parameter_refused', param: 'lora' } });
      const nothing = await house.chat('Hi', { model: 'coder', lora: null, max_tokens: 2 });
      expect([nothing.status, nothing.headers.get('x-orchestrator-dropped')]).toEqual([200, 'lora']);
      const short = (await (await house.chat('Hi', { model: 'coder-prose' })).json()) as {
        usage: { completion_tokens: number };
      };
      expect(short.usage.completion_tokens).toBe(3);
    });

    it('of another model are refused by the engine, with the reason', async () => {
      const response = await house.chat('Hi', { model: 'stranger' });
      expect(response.status).toBe(503);
      const { lastFailure } = await house.expert('stranger');
      expect(lastFailure).toMatchObject({
        class: 'adapter',
        sentence: expect.stringContaining('incorrect shape') as string,
      });
    });
  });

  describe('a draft model', () => {
    it('guesses, and changes no answer', async () => {
      for (const prompt of ['Hello there', 'one two three', 'The lighthouse']) {
        const say = async (model: string) => {
          const response = await house.post('/v1/completions', { model, prompt, max_tokens: 60, temperature: 0 });
          return ((await response.json()) as { choices: { text: string }[] }).choices[0]?.text;
        };
        expect(await say('guessing')).toBe(await say('plain'));
      }
      const metrics = await (await house.request('/metrics')).text();
      const drafts = /^llamacpp:spec_decode_num_drafts_total\{expert="guessing"\} (\d+)$/m.exec(metrics)?.[1];
      expect(Number(drafts)).toBeGreaterThan(0);
    });
  });
});

interface Opinion {
  token: string;
  logprob: number;
}

interface Answer {
  choices?: { message: { content: string } }[];
  content?: { text: string }[];
  output?: { content: { text: string }[] }[];
}
