/** Requests that name no expert, where experts fail, are busy, or are of the profile's own domains. */
import { execFile } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { describe, expect, it } from 'vitest';

import type { RouteView } from '../../src/server/views.ts';
import { acceptances, fakeExpert, type Habits } from '../support/fake-expert.ts';
import { type Orchestrator, runCommand, startOrchestrator } from '../support/orchestrator.ts';
import { kill } from '../support/processes.ts';
import { profileOf } from '../support/profile.ts';
import { followEvents, reload, runningStream, writeProfile } from '../support/reloading.ts';
import { until } from '../support/wait.ts';

const CODING = 'Write a Python function that sorts a list of numbers.';

const expert = (fit: Record<string, number>, habits: Habits = {}, settings: Record<string, unknown> = {}) =>
  fakeExpert(habits, { settings: { fit, ...settings } });
const GENERAL = expert({ general: 1, coding: 0.5 });

function house(experts: Record<string, unknown>, more: Record<string, unknown> = {}): Promise<Orchestrator> {
  return startOrchestrator({ profile: profileOf(experts, more) });
}

async function routeOf(orchestrator: Orchestrator, text: string): Promise<RouteView> {
  const response = await orchestrator.post('/api/route', { messages: [{ role: 'user', content: text }] });
  return (await response.json()) as RouteView;
}

async function ask(orchestrator: Orchestrator, fields: Record<string, unknown> = {}, text = CODING) {
  const response = await orchestrator.chat(text, fields);
  const body = await response.text();
  const { status, headers } = response;
  return {
    status,
    expert: headers.get('x-orchestrator-expert'),
    route: headers.get('x-orchestrator-route'),
    code: status === 200 ? undefined : (JSON.parse(body) as { error: { code: string } }).error.code,
  };
}

describe('a request whose expert does not take it', () => {
  it.each([
    [
      'ends while it loads',
      expert({ coding: 1 }, { crash: 'load', stderr: 'out of luck' }),
      /^(engine_start_failed|expert_backing_off)$/,
    ],
    [
      'has no model',
      { engine: 'llama-server', model: { path: '/nowhere/model.gguf' }, fit: { coding: 1 } },
      /^(engine_missing|model_unavailable)$/,
    ],
  ])('is served by the next best: it %s', async (_, coder, code) => {
    await using orchestrator = await house({ general: GENERAL, coder });
    const events = await followEvents(orchestrator);
    const first = await ask(orchestrator);
    expect(first).toMatchObject({ status: 200, expert: 'general' });
    expect(first.route).toMatch(/^domain=coding; confidence=[01]\.\d\d; reason=\w+; fallback=coder->general$/);
    await until('both events', () => events.events.filter(({ type }) => type === 'route').length === 2);
    await events.close();
    expect(events.events.filter(({ type }) => type === 'route')).toMatchObject([
      { expert: 'coder', domain: 'coding', fallbackOf: null },
      { expert: 'general', domain: 'coding', fallbackOf: 'coder' },
    ]);
    // It is known now, and not tried for every request.
    expect(await ask(orchestrator)).toMatchObject({
      expert: 'general',
      route: expect.not.stringContaining('fallback'),
    });
    const view = await routeOf(orchestrator, CODING);
    expect(view.excluded).toEqual([{ expert: 'coder', why: 'has failed' }]);
    expect(await ask(orchestrator, { model: 'coder' })).toMatchObject({
      status: 503,
      code: expect.stringMatching(code),
    });
    const metrics = await (await orchestrator.request('/metrics')).text();
    expect(metrics).toContain('orchestrator_route_fallbacks_total{from="coder",to="general"} 1');
  });

  it('is served by the next best where the queue is full', async () => {
    const coder = expert({ coding: 1 }, { parallel: 1, tokens: 400, rate: 20 }, { parallel: 1 });
    await using orchestrator = await house({ general: GENERAL, coder }, { queue: { length: 0 } });
    await Promise.all([orchestrator.load('coder'), orchestrator.load('general')]);
    const leaving = new AbortController();
    const busy = await orchestrator.chat('go on', { model: 'coder', stream: true }, { signal: leaving.signal });
    expect(await ask(orchestrator)).toMatchObject({
      expert: 'general',
      route: expect.stringContaining('coder->general'),
    });
    expect(await ask(orchestrator, { model: 'coder' })).toMatchObject({ status: 429, code: 'queue_full' });
    leaving.abort();
    await busy.body?.cancel().catch(() => undefined);
  });

  it('goes on from one to the next, and gets the last refusal when all refuse', async () => {
    const broken = (fit: number) => expert({ coding: fit }, { crash: 'load' });
    await using orchestrator = await house({ a: broken(1), b: broken(0.8), c: broken(0.6) });
    const answer = await ask(orchestrator);
    expect(answer).toMatchObject({ status: 503, code: 'engine_start_failed', expert: 'c' });
    expect(answer.route).toMatch(/fallback=a->b->c$/);
  });

  it('is refused where the profile wants no fallback', async () => {
    const coder = expert({ coding: 1 }, { crash: 'load' });
    await using orchestrator = await house({ general: GENERAL, coder }, { router: { fallback: false } });
    expect(await ask(orchestrator)).toMatchObject({ status: 503, expert: 'coder', code: 'engine_start_failed' });
  });

  it('is never given to a second engine once one has accepted it', async () => {
    const coder = expert({ coding: 1 }, { tokens: 60, rate: 1 });
    await using orchestrator = await house({ general: GENERAL, coder });
    const { pid } = await orchestrator.load('coder');
    const answer = ask(orchestrator);
    await until('it is accepted', () => acceptances(orchestrator.ledger('coder')).length === 1);
    kill(pid ?? 0);
    expect(await answer).toMatchObject({ status: 502, expert: 'coder', code: 'engine_died' });
    expect(acceptances(orchestrator.ledger('general'))).toEqual([]);
  });
});

describe('the cost of loading', () => {
  it('keeps a request with who is loaded and nearly as good, and not with who is not', async () => {
    const one = expert({ general: 0.9, coding: 0.9 });
    const other = expert({ general: 1, coding: 1 });
    await using orchestrator = await house({ one, other }, { budget: { maxLoadedExperts: 1, minResidency: '0ms' } });
    await orchestrator.load('one');
    expect(await ask(orchestrator)).toMatchObject({ expert: 'one' });
    expect(await routeOf(orchestrator, CODING)).toMatchObject({
      expert: 'one',
      runnerUp: 'other',
      sentence: expect.stringMatching(/it is loaded; other would fit better, and would have to be loaded$/),
      candidates: [
        { expert: 'one', standing: 'loaded', cost: 0 },
        { expert: 'other', standing: 'evicts', cost: 1.5 },
      ],
    });
    const route = { orchestrator: { route: { keepLoadedBias: 0 } } };
    expect(await ask(orchestrator, route)).toMatchObject({ expert: 'other' });
  });
});

describe('a profile', () => {
  const legal = [
    '¿Puede mi casero subirme el alquiler?',
    'Qué plazo tengo para recurrir una multa',
    'my landlord kept my deposit, can I sue?',
    'Redacta un contrato de compraventa',
    'Is a verbal agreement binding?',
    'Cómo se impugna un testamento',
    'What happens if I break a lease early?',
    '¿Qué es una cláusula abusiva en un contrato?',
    'despido improcedente indemnización',
    'Can my employer read my emails legally?',
    'derecho de desistimiento en compras online',
    'statute of limitations for small claims',
  ];
  const lawyer = expert({ legal: 1, general: 0.2 });

  it('has domains of its own, learned at the start and again at a reload', async () => {
    const experts = { general: GENERAL, lawyer };
    await using orchestrator = await house(experts, { router: { domains: { legal: { utterances: legal } } } });
    const suing = 'can I sue my landlord for the deposit of my contract?';
    expect(await ask(orchestrator, {}, suing)).toMatchObject({ expert: 'lawyer' });
    expect(await routeOf(orchestrator, 'What is the capital of France?')).toMatchObject({ expert: 'general' });
    expect(await routeOf(orchestrator, CODING)).toMatchObject({ domain: 'coding' });

    writeProfile(orchestrator, profileOf({ general: GENERAL, lawyer: expert({ general: 0.2 }) }));
    await reload(orchestrator);
    await until('the domain is gone', async () => (await routeOf(orchestrator, suing)).domain !== 'legal');
    expect(await ask(orchestrator, {}, suing)).toMatchObject({ expert: 'general' });
  });

  it('with one expert that generates, or none that says what it is good at, goes by the default', async () => {
    const profile = profileOf({ a: fakeExpert(), b: fakeExpert() }, { router: { default: 'b' } });
    await using orchestrator = await startOrchestrator({ profile });
    await orchestrator.load('a');
    expect(await ask(orchestrator)).toMatchObject({ expert: 'b', route: 'reason=default' });
    writeProfile(orchestrator, profileOf({ a: fakeExpert() }));
    await reload(orchestrator);
    expect(await ask(orchestrator)).toMatchObject({ expert: 'a', route: 'reason=default' });
    expect(await routeOf(orchestrator, CODING)).toMatchObject({ expert: 'a', header: 'reason=default' });
  });
});

describe('a conversation', () => {
  it('goes where it was by the id that the client gives, in the body or in a header', async () => {
    await using orchestrator = await house({ general: GENERAL, coder: expert({ coding: 1 }) });
    const conversation = { orchestrator: { conversation: 'c-1' } };
    expect(await ask(orchestrator, conversation)).toMatchObject({ expert: 'coder' });
    expect(await ask(orchestrator, conversation, 'sí, continúa')).toMatchObject({
      expert: 'coder',
      route: expect.stringMatching(/reason=conversation$/),
    });
    const headers = { 'x-orchestrator-conversation': 'c-1' };
    const answer = await orchestrator.chat('ok', {}, { headers });
    await answer.body?.cancel();
    expect(answer.headers.get('x-orchestrator-expert')).toBe('coder');
    expect(await ask(orchestrator, {}, 'ok')).toMatchObject({ expert: 'general' });
    const bad = await orchestrator.chat('ok', {}, { headers: { 'x-orchestrator-conversation': 'a b' } });
    expect(bad.status).toBe(400);
    await bad.body?.cancel();
  });

  it('of a stream under way is counted like any other', async () => {
    await using orchestrator = await house({ general: GENERAL, coder: expert({ coding: 1 }) });
    const { whole } = await runningStream(orchestrator, 'auto', CODING);
    await whole;
    expect(acceptances(orchestrator.ledger('coder'))).toHaveLength(1);
  });
});

describe('a profile that learns', () => {
  const experts = { general: expert({ general: 1 }), coder: expert({ coding: 1 }) };

  it('keeps what requests teach, for a person to judge', async () => {
    await using orchestrator = await house(experts, { router: { learn: true } });
    const question = 'my loop never ends, what is wrong?';
    await ask(orchestrator, { model: 'coder' }, question);
    const routed = await orchestrator.chat('What is the capital of France?');
    await routed.body?.cancel();
    const rating = { request_id: routed.headers.get('x-request-id'), rating: 'down' };
    expect((await orchestrator.post('/v1/feedback', rating)).status).toBe(201);
    expect((await orchestrator.post('/v1/feedback', { ...rating, rating: 'meh' })).status).toBe(400);
    expect((await orchestrator.post('/v1/feedback', { ...rating, request_id: 'r-0' })).status).toBe(400);

    const route = (...args: string[]) => runCommand(orchestrator.directory, ['route', ...args]);
    expect((await route('--candidates')).stdout).toMatch(
      /^1 +new +choice +coding +coder +my loop never ends, what is wrong\?\n2 +new +down +general +general +What is/m,
    );
    expect((await route('--approve', '1')).stdout).toMatch(/^1 +approved +choice +coding/m);
    // Whatever it was, it was not what the router took it for.
    expect(await route('--approve', '2')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('of which domain'),
    });
    expect((await route('--approve', '2', '--domain', 'technical')).stdout).toMatch(/^2 +approved +down +technical/m);
    expect((await route('--reject', '2')).stdout).toMatch(/^2 +rejected/m);
    expect(await route('--reject', '9')).toMatchObject({ code: 1 });
    expect(await route('--approve', 'x')).toMatchObject({ code: 2 });

    const file = join(orchestrator.stateDir, 'router-candidates.jsonl');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const out = join(orchestrator.directory, 'weights.bin');
    const script = resolve(import.meta.dirname, '../../scripts/router-train.ts');
    const { stdout } = await promisify(execFile)(process.execPath, [script, '--from-feedback', file, '--out', out]);
    expect(stdout).toMatch(/^1 approved utterances of .* are learned besides\.\nTrained from/);
    expect(statSync(out).size).toBeGreaterThan(100_000);
  });

  it('is one that asks for it: others keep nothing', async () => {
    await using orchestrator = await house(experts);
    await ask(orchestrator, { model: 'coder' }, 'my loop never ends');
    const rating = { request_id: 'r-1', rating: 'up' };
    expect((await orchestrator.post('/v1/feedback', rating)).status).toBe(409);
    const list = await orchestrator.request('/api/route/candidates');
    expect(await list.json()).toEqual({ candidates: [] });
    await orchestrator.stop();
    expect(existsSync(join(orchestrator.stateDir, 'router-candidates.jsonl'))).toBe(false);
  });
});
