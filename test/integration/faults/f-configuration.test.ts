/** Faults, group F: a configuration that changes while everything is going on, and files that are never whole. */
import { closeSync, fsyncSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { describe, expect, it } from 'vitest';

import type { EventView } from '../../../src/server/views.ts';
import { acceptances, fakeExpert, fakeText } from '../../support/fake-expert.ts';
import { fakeVllm } from '../../support/fake-vllm.ts';
import { watchInvariants } from '../../support/invariants.ts';
import type { Orchestrator } from '../../support/orchestrator.ts';
import { startOrchestrator } from '../../support/orchestrator.ts';
import { alive } from '../../support/processes.ts';
import { profileOf } from '../../support/profile.ts';
import { followEvents, profileText, reload, reloadsIn, runningStream, writeProfile } from '../../support/reloading.ts';
import { times } from '../../support/skip.ts';
import { collect } from '../../support/sse.ts';
import { until } from '../../support/wait.ts';

const plain = fakeExpert();
/** The same program, started otherwise. */
const otherwise = fakeExpert({}, { env: { NEW: '1' } });
const starts = (orchestrator: Orchestrator, id: string) =>
  orchestrator.ledger(id).filter(({ event }) => event === 'start').length;
const codeOf = async (response: Response): Promise<string | undefined> =>
  ((await response.json()) as { error?: { code: string } }).error?.code;

describe('F2 a reload touches one model', () => {
  it('F2 changing B again and again while A streams: A keeps its process and every token', async () => {
    const a = fakeExpert({ rate: 60 });
    const rounds = times(6, 40);
    await using orchestrator = await startOrchestrator({ profile: profileOf({ a, b: plain }) });
    const { pid } = await orchestrator.load('a');
    const watch = watchInvariants(orchestrator, ['a', 'b']);
    const tokens = times(300, 1_500);
    const stream = await runningStream(orchestrator, 'a', `[[tokens=${tokens}]]`);
    for (let round = 1; round <= rounds; round += 1) {
      writeProfile(orchestrator, profileOf({ a, b: fakeExpert({}, { env: { ROUND: String(round) } }) }));
      expect(await reload(orchestrator)).toMatchObject({ generation: round + 1, kept: ['a'], replaced: ['b'] });
      expect((await orchestrator.chat('[[tokens=1]]', { model: 'b' })).status).toBe(200);
    }
    expect(await stream.whole).toMatchObject({ text: fakeText(tokens), finishReason: 'stop', done: true });
    expect(await orchestrator.expert('a')).toMatchObject({ pid, starts: 1, crashes: 0 });
    expect(starts(orchestrator, 'b')).toBe(rounds);
    await watch.check();
  }, 240_000);

  it('F2 while B loads, drains and streams: nobody who waits is lost, what runs ends whole, A is not touched', async () => {
    const loading = fakeExpert({ 'load-ms': 3_000, 'progress-ms': 100 });
    const streaming = fakeExpert({ rate: 40 });
    const experts = { a: plain, loads: loading, drains: streaming, streams: streaming };
    await using orchestrator = await startOrchestrator({ profile: profileOf(experts) });
    const { pid } = await orchestrator.load('a');
    await Promise.all([orchestrator.load('drains'), orchestrator.load('streams')]);
    const watch = watchInvariants(orchestrator, Object.keys(experts));
    const waiting = Promise.all(Array.from({ length: 5 }, () => orchestrator.chat('x', { model: 'loads' })));
    await orchestrator.untilState('loads', 'starting');
    const drained = await runningStream(orchestrator, 'drains', '[[tokens=80]]');
    const streamed = await runningStream(orchestrator, 'streams', '[[tokens=80]]');
    const unload = orchestrator.post('/api/experts/drains/unload');
    await orchestrator.untilState('drains', 'draining');

    writeProfile(
      orchestrator,
      profileOf({
        a: plain,
        loads: otherwise,
        drains: otherwise,
        streams: fakeExpert({ rate: 40 }, { env: { NEW: '1' } }),
      }),
    );
    expect(await reload(orchestrator)).toMatchObject({ kept: ['a'], replaced: ['loads', 'drains', 'streams'] });
    const late = ['drains', 'streams'].map((model) => orchestrator.chat('[[tokens=1]]', { model }));

    expect(
      (await waiting).map(({ status }) => status),
      'they get the new one',
    ).toEqual([200, 200, 200, 200, 200]);
    for (const { whole } of [drained, streamed]) {
      expect(await whole).toMatchObject({ text: fakeText(80), finishReason: 'stop', done: true, error: undefined });
    }
    expect((await Promise.all(late)).map(({ status }) => status)).toEqual([200, 200]);
    expect((await unload).status).toBe(200);
    expect(acceptances(orchestrator.ledger('loads')), 'nobody was served twice').toHaveLength(5);
    expect(await orchestrator.expert('a')).toMatchObject({ pid, starts: 1 });
    await watch.check();
  });

  it('F2 while engines sleep: the one that did not change sleeps on, the one that did is ended and comes again', async () => {
    const fake = fakeVllm();
    const [a, b] = [fake.expert('a'), fake.expert('b')];
    await using orchestrator = await startOrchestrator({
      directory: fake.directory,
      env: fake.env,
      profile: profileOf({ a, b }),
    });
    const pids = [(await orchestrator.load('a')).pid, (await orchestrator.load('b')).pid ?? 0] as const;
    await Promise.all([orchestrator.untilState('a', 'sleeping'), orchestrator.untilState('b', 'sleeping')]);
    writeProfile(orchestrator, profileOf({ a: { ...a, aliases: ['alias'] }, b: { ...b, context: 2_048 } }));
    expect(await reload(orchestrator)).toMatchObject({ updated: ['a'], replaced: ['b'] });
    await until('the sleeper that changed is gone', () => !alive(pids[1]));
    expect(await orchestrator.expert('a')).toMatchObject({ state: 'sleeping', pid: pids[0] });
    for (const model of ['alias', 'b']) expect((await orchestrator.chat('x', { model })).status).toBe(200);
    expect(await orchestrator.expert('a')).toMatchObject({ pid: pids[0], starts: 1 });
    expect(orchestrator.ledger('a').map(({ event }) => event)).not.toContain('disturbed');
  });

  it('F2 renaming an expert: the old name is unknown at once, its stream ends whole, the new one starts', async () => {
    const a = fakeExpert({ rate: 40 });
    await using orchestrator = await startOrchestrator({
      profile: profileOf({ a, b: plain }, { queue: { age: '60s' } }),
    });
    const [old, b] = [await orchestrator.load('a'), await orchestrator.load('b')];
    const streams = await Promise.all([1, 2].map(() => runningStream(orchestrator, 'a', '[[tokens=80]]')));
    const queued = orchestrator.chat('x', { model: 'a' });
    await until('one waits', async () => (await orchestrator.expert('a')).queued === 1);
    writeProfile(orchestrator, profileOf({ renamed: a, b: plain }));
    expect(await reload(orchestrator)).toMatchObject({ added: ['renamed'], removed: ['a'], kept: ['b'] });
    expect((await queued).status, 'who waits is told').toBe(404);
    expect(await codeOf(await orchestrator.chat('x', { model: 'a' }))).toBe('model_not_found');
    expect((await orchestrator.chat('[[tokens=1]]', { model: 'renamed' })).status).toBe(200);
    for (const { whole } of streams) expect(await whole).toMatchObject({ text: fakeText(80), done: true });
    await until('the old engine is gone', () => !alive(old.pid ?? 0));
    expect((await orchestrator.expert('b')).pid).toBe(b.pid);
    // And back again, under the name that was there before.
    writeProfile(orchestrator, profileOf({ a, b: plain }));
    expect(await reload(orchestrator)).toMatchObject({ added: ['a'], removed: ['renamed'] });
    expect((await orchestrator.chat('[[tokens=1]]', { model: 'a' })).status).toBe(200);
  });

  it('F2 changing the engine of an expert: a process becomes an endpoint and a process again, without a gap', async () => {
    await using elsewhere = await startOrchestrator({ profile: profileOf({ far: plain }) });
    const a = fakeExpert({ rate: 40 });
    const remote = { engine: 'remote', url: elsewhere.url, remoteModel: 'far' };
    await using orchestrator = await startOrchestrator({ profile: profileOf({ a, b: plain }) });
    const { pid } = await orchestrator.load('a');
    const stream = await runningStream(orchestrator, 'a', '[[tokens=80]]');
    writeProfile(orchestrator, profileOf({ a: remote, b: plain }));
    expect(await reload(orchestrator)).toMatchObject({ replaced: ['a'], kept: ['b'] });
    expect((await orchestrator.expert('a')).kind).toBe('remote');
    expect((await orchestrator.chat('x', { model: 'a' })).status).toBe(200);
    expect(acceptances(elsewhere.ledger('far'))).toHaveLength(1);
    expect(await stream.whole).toMatchObject({ text: fakeText(80), finishReason: 'stop', done: true });
    await until('the engine is gone', () => !alive(pid ?? 0));
    writeProfile(orchestrator, profileOf({ a, b: plain }));
    expect(await reload(orchestrator)).toMatchObject({ replaced: ['a'], kept: ['b'] });
    expect((await orchestrator.chat('[[tokens=1]]', { model: 'a' })).status).toBe(200);
    expect(acceptances(elsewhere.ledger('far'))).toHaveLength(1);
  });
});

describe('F3 torn and overlapping writes', () => {
  /** Valid at every cut where a line ends, so that half a file can be told from a whole one only by what is missing. */
  const version = (orchestrator: Orchestrator, number: number) =>
    profileText(orchestrator, {
      ...profileOf({ a: { ...plain, aliases: [`first-${number}`] }, b: { ...plain, aliases: [`last-${number}`] } }),
      router: { default: 'a' },
      queue: { length: 1_000 + number },
    });

  /** Truncates, and writes in pieces: what a reader finds in between is half a file. */
  function rewrite(file: string, text: string): void {
    const target = openSync(file, 'w');
    for (let at = 0; at < text.length; at += 97) writeSync(target, text.slice(at, at + 97));
    fsyncSync(target);
    closeSync(target);
  }

  const aliasesNow = async (orchestrator: Orchestrator) => {
    const response = await orchestrator.request('/api/experts');
    const { experts } = (await response.json()) as { experts: { id: string; aliases: string[] }[] };
    return experts.map(({ id, aliases }) => `${id} ${aliases.join(' ')}`);
  };

  it.each([
    ['by signals', []],
    ['by the file watch', ['--watch']],
  ])(
    'F3 a storm of rewrites %s: half a file is never in force, the last version is in the end',
    async (how, args) => {
      const rounds = times(150, 1_000);
      await using orchestrator = await startOrchestrator({ profile: profileOf({ a: plain, b: plain }), args });
      const { pid } = await orchestrator.load('a');
      const watch = watchInvariants(orchestrator, ['a', 'b']);
      const log = await followEvents(orchestrator);
      const file = join(orchestrator.directory, 'profile.yaml');
      const seen = new Set<string>();
      for (let round = 1; round <= rounds; round += 1) {
        rewrite(file, version(orchestrator, round));
        if (how === 'by signals') process.kill(orchestrator.pid, 'SIGHUP');
        // The watch over the invariants lives in this process, and is to have its turn.
        await nextTurn();
        if (round % 10 === 0) seen.add((await aliasesNow(orchestrator)).join());
      }
      await until('the last version is in force', async () =>
        (await aliasesNow(orchestrator)).includes(`b last-${rounds}`),
      );
      seen.add((await aliasesNow(orchestrator)).join());
      for (const state of seen) {
        if (state !== 'a ,b ') expect(state).toMatch(/^a first-(\d+),b last-\1$/);
      }
      for (const line of reloadsIn(log.events)) {
        if (line.startsWith('ok')) expect(line, 'both experts, always').toBe('ok faults: updated a, b');
      }
      expect(generationsOf(log.events), 'one after the other').toBeGreaterThan(0);
      expect((await orchestrator.expert('a')).pid).toBe(pid);
      expect((await orchestrator.chat('x', { model: `last-${rounds}` })).status).toBe(200);
      expect((await orchestrator.chat('x', { model: `last-${rounds - 1}` })).status).toBe(404);
      await log.close();
      await watch.check();
    },
    300_000,
  );

  it('F3 a storm of reloads with evictions going on: every request ends once, and what is in force is the last', async () => {
    const rounds = times(60, 600);
    const ids = ['a', 'b', 'c', 'd'];
    // Every third version starts b otherwise, every fifth leaves d out.
    const experts = (round: number) =>
      Object.fromEntries(
        ids
          .filter((id) => id !== 'd' || round % 5 !== 0)
          .map((id) => [
            id,
            fakeExpert({ tokens: 3 }, id === 'b' && round % 3 === 0 ? { env: { ROUND: String(round) } } : {}),
          ]),
      );
    const house = (round: number) =>
      profileOf(experts(round), {
        budget: { maxLoadedExperts: 2, minResidency: '0ms' },
        queue: { length: 1_000 + round, age: '120s' },
        timeouts: { drain: '5s' },
      });
    await using orchestrator = await startOrchestrator({ profile: house(1), smallNursery: true });
    const watch = watchInvariants(orchestrator, ids);
    const log = await followEvents(orchestrator);
    const over = new AbortController();
    const outcomes = new Map<string, number>();
    const note = (outcome: string) => outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    const clients = Array.from({ length: 8 }, async (_, client) => {
      for (let turn = client; !over.signal.aborted; turn += 3) {
        const response = await orchestrator.chat('x', { model: ids[turn % ids.length], stream: turn % 2 === 0 });
        if (response.status !== 200) note(`${response.status} ${await codeOf(response)}`);
        else if (turn % 2 === 0) note((await collect(response)).done ? 'whole' : 'cut');
        else note((await response.text()).includes('"finish_reason":"stop"') ? 'whole' : 'cut');
      }
    });
    const generations: number[] = [];
    const reloads: Promise<unknown>[] = [];
    for (let round = 2; round <= rounds; round += 1) {
      const next = join(orchestrator.directory, '.next');
      writeFileSync(next, profileText(orchestrator, house(round)));
      renameSync(next, join(orchestrator.directory, 'profile.yaml'));
      process.kill(orchestrator.pid, 'SIGHUP');
      reloads.push(reload(orchestrator).then(({ generation }) => generations.push(generation)));
      if (round % 4 === 0) await Promise.all(reloads.splice(0));
    }
    await Promise.all(reloads);
    over.abort();
    await Promise.all(clients);
    await log.close();
    const evictions = log.events.filter((event) => event.type === 'plan' && event.action === 'evict');
    expect(evictions.length).toBeGreaterThan(5);
    expect(generations, 'I7: never back').toEqual(generations.toSorted((left, right) => left - right));
    const last = await reload(orchestrator);
    expect([...last.kept, ...last.updated].toSorted(), 'nothing was left to be done').toEqual(
      Object.keys(experts(rounds)).toSorted(),
    );
    // d is not there in every version; nothing else may be refused, and nothing cut.
    expect([...outcomes.keys()].filter((outcome) => outcome !== 'whole' && outcome !== '404 model_not_found')).toEqual(
      [],
    );
    expect(outcomes.get('whole')).toBeGreaterThan(rounds / 4);
    const loaded = (await Promise.all(Object.keys(experts(rounds)).map((id) => orchestrator.expert(id)))).filter(
      ({ state }) => state !== 'stopped',
    );
    expect(loaded.length).toBeLessThanOrEqual(2);
    for (const { inFlight, queued } of loaded) expect({ inFlight, queued }).toEqual({ inFlight: 0, queued: 0 });
    await watch.check({ engines: 2 });
  }, 300_000);
});

const generationsOf = (events: readonly EventView[]) =>
  reloadsIn(events).filter((line) => line.startsWith('ok')).length;
