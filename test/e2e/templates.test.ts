/** Templates of the shipped profiles, as the real engine renders them. The tiny model lends its marks for the ends of a text. */
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { packageRoot } from '../../src/shared/package-root.ts';
import type { Orchestrator } from '../support/orchestrator.ts';
import { startOrchestrator } from '../support/orchestrator.ts';
import { profileOf } from '../support/profile.ts';
import { promptOf } from '../support/real-engine.ts';
import { realEnvironment, tinyExpert } from '../support/real-parts.ts';

const chatTemplate = join(packageRoot(), 'profiles', 'templates', 'mistral.jinja');

let orchestrator: Orchestrator;
let pid: number;

beforeAll(async () => {
  const profile = profileOf({ mistral: tinyExpert({ chatTemplate }) });
  orchestrator = await startOrchestrator({ profile, env: realEnvironment() });
  pid = (await orchestrator.load('mistral')).pid ?? 0;
});

afterAll(async () => {
  await orchestrator[Symbol.asyncDispose]();
});

describe('the template for Mistral 7B v0.2', () => {
  const turn = (role: string, content: unknown) => ({ role, content });

  it.each([
    ['one turn', [turn('user', 'Hi')], '[INST] Hi [/INST]'],
    ['a system text', [turn('system', 'Be brief.'), turn('user', 'Hi')], '[INST] Be brief.\n\nHi [/INST]'],
    [
      'turns that do not alternate',
      [turn('user', 'A'), turn('assistant', 'B'), turn('user', 'C'), turn('user', [{ type: 'text', text: 'D' }])],
      '[INST] A [/INST] B<end>[INST] C\n\nD [/INST]',
    ],
  ])('takes %s', async (_name, messages, expected) => {
    const prompt = await promptOf(pid, messages);
    expect(prompt.replace(/^<[^>]*>/, '').replaceAll(/<[|][^>]*>/g, '<end>')).toBe(expected);
  });

  it('takes such a conversation through the proxy', async () => {
    const messages = [turn('system', 'Be brief.'), turn('user', 'A'), turn('user', 'B')];
    const answer = await orchestrator.post('/v1/chat/completions', { model: 'mistral', messages, max_tokens: 4 });
    expect(answer.status).toBe(200);
    await answer.body?.cancel();
  });
});
