/** The five experts of the axion profile on a tiny model, under their real names: who gets what, and what is said of it. */
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { RouteView } from '../../src/server/views.ts';
import type { Orchestrator } from '../support/orchestrator.ts';
import { runCommand, startOrchestrator } from '../support/orchestrator.ts';
import { realEnvironment, TINY_MODEL } from '../support/real-parts.ts';

const PROFILE = join(import.meta.dirname, '../fixtures/axion-tiny.yaml');
const PIXEL =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const CODING = 'Write a Python function that merges two sorted lists without sorting them again.';
const EVERYDAY = '¿Qué puedo cocinar esta noche con arroz, huevos y un poco de verdura?';
const TECHNICAL =
  'Explícame cómo funciona un motor de combustión interna y por qué pierde tanta energía en forma de calor.';
const LETTER =
  'Sehr geehrte Damen und Herren, hiermit kündige ich meinen Vertrag zum Ende des Monats. Bitte bestätigen Sie mir den Erhalt.';

let orchestrator: Orchestrator;

beforeAll(async () => {
  orchestrator = await startOrchestrator({
    profile: { extends: PROFILE },
    env: { ...realEnvironment(), TINY_MODEL },
  });
});

afterAll(async () => {
  await orchestrator[Symbol.asyncDispose]();
});

const user = (content: unknown) => ({ role: 'user', content });

async function routeOf(content: unknown): Promise<RouteView> {
  const response = await orchestrator.post('/api/route', { messages: [user(content)] });
  return (await response.json()) as RouteView;
}

/** Who served it, and what the header says. */
async function served(messages: readonly unknown[], more: Record<string, unknown> = {}) {
  const response = await orchestrator.post('/v1/chat/completions', { messages, max_tokens: 1, ...more });
  const body = await response.text();
  const { headers, status } = response;
  return { expert: headers.get('x-orchestrator-expert'), route: headers.get('x-orchestrator-route'), status, body };
}

describe('a request that names no expert', () => {
  it.each([
    ['an English coding question', CODING, 'qwen_coder', 'coding'],
    ['a Spanish everyday question', EVERYDAY, 'phi4_fast', 'general'],
    ['a Spanish explanation of a technical matter', TECHNICAL, 'mistral_balanced', 'technical'],
    ['a German letter', LETTER, 'aya_expanse_multilingual', 'multilingual'],
  ])('goes to who is best at it: %s', async (_, text, expert, domain) => {
    for (const model of [{}, { model: 'auto' }]) {
      const answer = await served([user(text)], model);
      expect(answer).toMatchObject({ status: 200, expert });
      expect(answer.route).toMatch(new RegExp(`^domain=${domain}; confidence=[01]\\.\\d\\d; reason=\\w+$`));
    }
    const view = await routeOf(text);
    expect(view).toMatchObject({ expert, domain });
    expect(view.sentence).toMatch(
      new RegExp(`^${expert} serves it: the request is .*${domain} \\([01]\\.\\d\\d\\), by .+; it is loaded`),
    );
    const { stdout } = await runCommand(orchestrator.directory, ['route', text]);
    expect(stdout.split('\n')[0]).toBe(view.sentence);
  });

  it('goes to who sees, where it shows an image, and stays there as long as the image is sent', async () => {
    const shown = user([
      { type: 'text', text: '¿Qué se ve aquí?' },
      { type: 'image_url', image_url: { url: PIXEL } },
    ]);
    const route = 'domain=multimodal; confidence=1.00; reason=image';
    expect(await served([shown])).toMatchObject({ expert: 'gemma3_multimodal', route });
    const later = [shown, { role: 'assistant', content: 'Un punto.' }, user(CODING)];
    expect(await served(later)).toMatchObject({ expert: 'gemma3_multimodal', route });
    expect((await routeOf(shown.content)).excluded.map(({ why }) => why)).toEqual(
      Array.from({ length: 4 }, () => 'takes no images'),
    );
  });

  it('goes to whose context holds it: a document of 30,000 tokens', async () => {
    const document = `Resume este documento.\n${'El río cruza el valle y llega al mar por la tarde. '.repeat(2_000)}`;
    const view = await routeOf(document);
    expect(view.expert).toBe('gemma3_multimodal');
    expect(view.excluded.map(({ why }) => why)).toEqual(
      Array.from({ length: 4 }, () =>
        expect.stringMatching(/^its context of \d+ tokens is too short for about 3\d{4}/),
      ),
    );
    // The tiny model reads a token for every byte, and would take minutes for them: that its engine says so is enough here.
    const { expert, body } = await served([user(document)]);
    expect(expert).toBe('gemma3_multimodal');
    expect(JSON.parse(body)).toMatchObject({ error: { type: 'exceed_context_size_error', n_ctx: 32_768 } });
  });

  it('goes where the conversation was, when it says no more than "sí, continúa"', async () => {
    for (const [text, expert] of [
      [TECHNICAL, 'mistral_balanced'],
      [EVERYDAY, 'phi4_fast'],
      [CODING, 'qwen_coder'],
    ] as const) {
      expect(await served([user(text)])).toMatchObject({ expert });
      const more = [user(text), { role: 'assistant', content: '…' }, user('sí, continúa')];
      expect(await served(more)).toMatchObject({ expert, route: expect.stringMatching(/; reason=conversation$/) });
      // The next "ok" finds the one before.
      const again = [...more, { role: 'assistant', content: '…' }, user('ok')];
      expect(await served(again)).toMatchObject({ expert, route: expect.stringMatching(/; reason=conversation$/) });
    }
  });

  it('stays in a loop of tools where it began, whatever the tools answer', async () => {
    const call = { id: '1', type: 'function', function: { name: 'read', arguments: '{}' } };
    const messages = [
      user(EVERYDAY),
      { role: 'assistant', content: '', tool_calls: [call] },
      { role: 'tool', tool_call_id: '1', content: 'def merge(a, b): return sorted(a + b)' },
    ];
    expect(await served([user(EVERYDAY)])).toMatchObject({ expert: 'phi4_fast' });
    expect(await served(messages)).toMatchObject({
      expert: 'phi4_fast',
      route: expect.stringMatching(/; reason=tool-loop$/),
    });
  });

  it('is not swayed by what a harness puts in', async () => {
    const injected = `<system-reminder>\nimport os\ndef main():\n    return os.getcwd()\n</system-reminder>\n${EVERYDAY}`;
    expect(await served([user(injected)])).toMatchObject({ expert: 'phi4_fast' });
  });

  it('may say something of its route itself', async () => {
    const route = (wishes: Record<string, unknown>) => served([user(CODING)], { orchestrator: { route: wishes } });
    expect(await route({ domain: 'multilingual' })).toMatchObject({
      expert: 'aya_expanse_multilingual',
      route: 'domain=multilingual; confidence=1.00; reason=asked',
    });
    expect(await route({ not: ['qwen'] })).toMatchObject({ expert: 'gemma3_multimodal' });
    expect(await route({ only: ['fast', 'aya'] })).toMatchObject({ expert: 'phi4_fast' });
    expect(await route({ domain: 'poetry' })).toMatchObject({ status: 400 });
    expect(await route({ only: ['nobody'] })).toMatchObject({ status: 404 });
    expect(await route({ only: ['aya'], not: ['aya'] })).toMatchObject({ status: 400 });
  });

  it('is counted by domain, confidence and step, and said on the bus', async () => {
    await served([user(CODING)]);
    const metrics = await (await orchestrator.request('/metrics')).text();
    expect(metrics).toMatch(
      /orchestrator_routed_total\{expert="qwen_coder",domain="coding",confidence="(0\.9|1)",stage="\w+"\} \d/,
    );
  });

  it.each([
    ['empty', ''],
    ['binary junk', String.fromCharCode(...Array.from({ length: 1_000 }, (_, index) => (index * 7_919) % 55_000))],
    ['one character again and again', 'a'.repeat(3_000)],
    ['bait for regular expressions', `${'<context '.repeat(200)}${'[['.repeat(200)}${'((a+)+)+'.repeat(50)}!`],
  ])('gets an answer when it is %s', async (_, text) => {
    expect(await served([user(text)])).toMatchObject({ status: 200 });
  });

  it('of 10 MB, or of 200 turns, is routed without a stall', async () => {
    const long = 'palabra '.repeat(1_250_000);
    const turns = Array.from({ length: 400 }, (_, index) =>
      index % 2 ? { role: 'assistant', content: 'x'.repeat(500) } : user(`turn ${index} ${'y '.repeat(200)}`),
    );
    for (const messages of [[user(long)], turns]) {
      const response = await orchestrator.post('/api/route', { messages });
      expect(await response.json()).toMatchObject({ expert: expect.any(String) });
    }
  });
});
