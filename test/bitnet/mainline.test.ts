/** 1.58-bit models on today's llama-server: the way that is open where bitnet.cpp is unfit. */
import { describe, expect, it } from 'vitest';

import { headerFacts } from '../../src/models/header-facts.ts';
import { bitnetEnvironment, I2S_MODEL, TERNARY_MODEL } from '../support/bitnet-parts.ts';
import { startOrchestrator } from '../support/orchestrator.ts';
import { alive, processesMarked, untilNoneMarked } from '../support/processes.ts';
import { profileOf } from '../support/profile.ts';
import { busySlots } from '../support/real-engine.ts';
import { tinyExpert } from '../support/real-parts.ts';
import { collect } from '../support/sse.ts';
import { until } from '../support/wait.ts';

const TQ2_0 = 35;
const I2_S = 36;
const mainline = (path: string) => tinyExpert({ model: { path }, parallel: 1 });
const start = (path = TERNARY_MODEL) =>
  startOrchestrator({ profile: profileOf({ a: mainline(path) }), env: bitnetEnvironment });

describe('a TQ2_0 model on today’s llama-server', () => {
  it('is what its header says', async () => {
    expect((await headerFacts(TERNARY_MODEL))?.tensorTypes).toContain(TQ2_0);
    expect((await headerFacts(I2S_MODEL))?.tensorTypes).toContain(I2_S);
  });

  it('answers the same whole and as a stream, and frees its slot when the client leaves', async () => {
    await using orchestrator = await start();
    const fields = { max_tokens: 12, temperature: 0, seed: 1 };
    const whole = (await (await orchestrator.chat('Hi', fields)).json()) as {
      choices: { message: { content: string } }[];
    };
    const stream = await collect(await orchestrator.chat('Hi', { ...fields, stream: true }));
    expect(stream).toMatchObject({ done: true, error: undefined });
    expect(stream.text).toBe(whole.choices[0]?.message.content);
    const { pid } = await orchestrator.expert('a');
    const controller = new AbortController();
    const endless = orchestrator
      .chat('x', { stream: true, max_tokens: 1_900, ignore_eos: true }, { signal: controller.signal })
      .then(collect, () => undefined);
    await until('the slot is busy', async () => (await busySlots(pid ?? 0)) === 1, 5_000, 2);
    controller.abort();
    await until('the slot is free', async () => (await busySlots(pid ?? 0)) === 0, 2_000);
    await endless;
  });

  it('kill -9 of the orchestrator leaves nothing', async () => {
    await using orchestrator = await start();
    const { pid } = await orchestrator.load('a');
    await orchestrator.killHard();
    await untilNoneMarked(orchestrator.directory, 5_000);
    expect(alive(pid ?? 0)).toBe(false);
  });
});

describe('an i2_s model on today’s llama-server', () => {
  it('is refused before anything is started, with the engine that reads it', async () => {
    await using orchestrator = await start(I2S_MODEL);
    const answer = await orchestrator.chat('Hi');
    expect(answer.status).toBe(503);
    const { error } = (await answer.json()) as { error: { message: string } };
    expect(error.message).toMatch(/a has i2_s tensors.*engine: bitnet.*TQ2_0/);
    expect(await orchestrator.expert('a')).toMatchObject({
      state: 'stopped',
      lastFailure: { class: 'refused' },
    });
    expect(processesMarked(orchestrator.directory).flatMap(({ argv }) => argv)).not.toContain(I2S_MODEL);
  });
});
