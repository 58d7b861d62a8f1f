/** F1 (hot), F2: a reload touches only what changed, and a bad file changes nothing. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';

import type { ReloadView } from '../../src/server/views.ts';
import { DIRECTORY, fakeExpert } from '../support/fake-expert.ts';
import { startOrchestrator, type Orchestrator } from '../support/orchestrator.ts';
import { collect, type StreamRecord } from '../support/sse.ts';
import { until } from '../support/wait.ts';

function writeProfile(orchestrator: Orchestrator, profile: Record<string, unknown> | string): void {
  const text = typeof profile === 'string' ? profile : stringify(profile);
  writeFileSync(join(orchestrator.directory, 'profile.yaml'), text.replaceAll(DIRECTORY, orchestrator.directory));
}

async function reload(orchestrator: Orchestrator): Promise<ReloadView> {
  const response = await orchestrator.post('/api/reload');
  expect(response.status, await response.clone().text()).toBe(200);
  return (await response.json()) as ReloadView;
}

/** A stream that has begun; `whole` settles when it has ended. */
async function runningStream(orchestrator: Orchestrator, model: string): Promise<{ whole: Promise<StreamRecord> }> {
  const begun = Promise.withResolvers<void>();
  const whole = collect(await orchestrator.chat('go on', { model, stream: true }), () => begun.resolve());
  await begun.promise;
  return { whole };
}

const slow = fakeExpert({ rate: 25, tokens: 50 });
const other = fakeExpert();

describe('a reload', () => {
  it('F2 that changes B leaves the process and the stream of A alone', async () => {
    await using orchestrator = await startOrchestrator({ profile: { experts: { a: slow, b: other } } });
    const [a, b] = [await orchestrator.load('a'), await orchestrator.load('b')];
    const stream = await runningStream(orchestrator, 'a');

    writeProfile(orchestrator, {
      experts: {
        a: slow,
        b: { ...other, context: 4_096, command: { ...(other['command'] as object), env: { NEW: '1' } } },
      },
    });
    expect(await reload(orchestrator)).toMatchObject({
      generation: 2,
      kept: ['a'],
      replaced: ['b'],
      updated: [],
      added: [],
      removed: [],
    });
    expect(await stream.whole).toMatchObject({ done: true, finishReason: 'stop', ended: 'closed', error: undefined });
    expect((await orchestrator.expert('a')).pid).toBe(a.pid);
    expect((await orchestrator.load('b')).pid).not.toBe(b.pid);
  });

  it('that changes names, request defaults or idle times keeps the process', async () => {
    await using orchestrator = await startOrchestrator({ profile: { experts: { a: other } } });
    const { pid } = await orchestrator.load('a');
    writeProfile(orchestrator, {
      experts: { a: { ...other, aliases: ['fresh'], idleUnload: '1h', request: { temperature: 0.1 } } },
    });
    expect(await reload(orchestrator)).toMatchObject({ updated: ['a'], replaced: [] });
    const response = await orchestrator.chat('hello', { model: 'fresh' });
    expect(response.status).toBe(200);
    expect((await orchestrator.expert('a')).pid).toBe(pid);
  });

  it('adds and removes experts; the name of a removed one is unknown at once, its running stream ends whole', async () => {
    await using orchestrator = await startOrchestrator({ profile: { experts: { a: slow, b: other } } });
    await orchestrator.load('a');
    const stream = await runningStream(orchestrator, 'a');
    writeProfile(orchestrator, { experts: { b: other, c: other } });
    expect(await reload(orchestrator)).toMatchObject({ kept: ['b'], added: ['c'], removed: ['a'] });
    expect((await orchestrator.chat('hello', { model: 'a' })).status).toBe(404);
    expect((await orchestrator.chat('hello', { model: 'c' })).status).toBe(200);
    expect(await stream.whole).toMatchObject({ done: true, finishReason: 'stop', ended: 'closed', error: undefined });
  });

  it.each([
    ['bad syntax', 'experts: {a: [}', /profile\.yaml:1:/],
    ['an unknown key', 'experts: {}\nexprts: {}\n', /exprts.*did you mean/s],
    ['a wrong type', 'experts: { a: { engine: remote, url: "http://127.0.0.1:1", context: many } }', /context/],
  ])('F1 of a file with %s is refused, names the place, and changes nothing', async (_name, text, message) => {
    await using orchestrator = await startOrchestrator({ profile: { experts: { a: other } } });
    const { pid } = await orchestrator.load('a');
    writeProfile(orchestrator, text);
    const response = await orchestrator.post('/api/reload');
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as { error: { code: string; message: string } };
    expect(error.code).toBe('profile_invalid');
    expect(error.message).toMatch(message);
    expect(await (await orchestrator.request('/api/logs')).text()).toContain('a reload was refused');
    expect((await orchestrator.chat('hello', { model: 'a' })).status).toBe(200);
    expect((await orchestrator.expert('a')).pid).toBe(pid);

    process.kill(orchestrator.pid, 'SIGHUP');
    await until(
      'the signal was refused too',
      async () => (await (await orchestrator.request('/api/logs')).text()).split('a reload was refused').length > 2,
    );
    expect((await orchestrator.expert('a')).pid).toBe(pid);
  });

  it('by a storm of signals ends with the last version of the file', async () => {
    await using orchestrator = await startOrchestrator({ profile: { experts: { a: other } } });
    for (let round = 1; round <= 60; round += 1) {
      writeProfile(orchestrator, { experts: { a: { ...other, aliases: [`round-${round}`] } } });
      process.kill(orchestrator.pid, 'SIGHUP');
    }
    await until('the last version is in force', async () => (await orchestrator.expert('a')).aliases[0] === 'round-60');
    expect((await orchestrator.chat('hello', { model: 'round-60' })).status).toBe(200);
    expect((await orchestrator.chat('hello', { model: 'round-59' })).status).toBe(404);
  });
});
