/** A reload touches only what changed, a bad file changes nothing; by hand, by watching, and to another profile. */
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import type { PlanView, RuntimeFile } from '../../src/server/views.ts';
import { fakeExpert } from '../support/fake-expert.ts';
import { runCommand, startOrchestrator } from '../support/orchestrator.ts';
import { followEvents, profileText, reload, reloadsIn, runningStream, writeProfile } from '../support/reloading.ts';
import { until } from '../support/wait.ts';

const slow = fakeExpert({ rate: 25, tokens: 50 });
const other = fakeExpert();

describe('a reload', () => {
  it('that changes B leaves the process and the stream of A alone', async () => {
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

  it('that changes what a chat template says replaces its expert, and no other', async () => {
    const templated = { ...other, chatTemplate: 'a.jinja' };
    await using orchestrator = await startOrchestrator({ profile: { experts: { b: other } } });
    writeProfile(orchestrator, 'one', 'a.jinja');
    writeProfile(orchestrator, { experts: { a: templated, b: other } });
    expect(await reload(orchestrator)).toMatchObject({ added: ['a'], kept: ['b'] });
    expect(await reload(orchestrator)).toMatchObject({ kept: ['a', 'b'] });
    writeProfile(orchestrator, 'two', 'a.jinja');
    expect(await reload(orchestrator)).toMatchObject({ replaced: ['a'], kept: ['b'] });
  });

  it('that says otherwise what an expert takes is what the next plan goes by', async () => {
    const taking = (ram: string) => ({ ...other, footprint: { ram } });
    const budget = { ram: { capacity: 'auto' } };
    await using orchestrator = await startOrchestrator({ profile: { budget, experts: { a: taking('200MiB') } } });
    const planned = async () => {
      const response = await orchestrator.request('/api/plan', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ expert: 'a' }),
      });
      return ((await response.json()) as PlanView).placement?.footprint;
    };
    await until('its files have been read', async () => (await planned()) !== undefined);
    expect(await planned()).toEqual({ ram: 200 * 2 ** 20 });
    writeProfile(orchestrator, { budget, experts: { a: taking('300MiB') } });
    expect(await reload(orchestrator)).toMatchObject({ updated: ['a'] });
    await until('it is known', async () => (await planned())?.['ram'] === 300 * 2 ** 20);
  });

  it('leaves a preloaded expert alone that was unloaded meanwhile and did not change', async () => {
    const eager = fakeExpert({}, { settings: { preload: true } });
    await using orchestrator = await startOrchestrator({ profile: { experts: { a: eager, b: other } } });
    await orchestrator.untilState('a', 'ready');
    await orchestrator.post('/api/experts/a/unload');
    expect(await reload(orchestrator)).toMatchObject({ kept: ['a', 'b'] });
    // Had it been asked for, it would be starting before this one is.
    await orchestrator.load('b');
    expect(await orchestrator.expert('a')).toMatchObject({ state: 'stopped', starts: 1 });
  });
});

describe('the file watch', () => {
  const named = (alias: string) => ({ ...other, aliases: [alias] });
  const known = (orchestrator: { request: (path: string) => Promise<Response> }, name: string) =>
    until(`${name} is known`, async () => (await orchestrator.request(`/v1/models/${name}`)).ok);

  it('takes a profile that an editor has replaced, and one that another link points to', async () => {
    await using orchestrator = await startOrchestrator({ profile: { watch: true, experts: { a: named('v1') } } });
    const { pid } = await orchestrator.load('a');
    writeProfile(orchestrator, { watch: true, experts: { a: named('v2') } }, '.profile.yaml.swp');
    renameSync(join(orchestrator.directory, '.profile.yaml.swp'), join(orchestrator.directory, 'profile.yaml'));
    await known(orchestrator, 'v2');
    writeProfile(orchestrator, { watch: true, experts: { a: named('v3') } }, 'elsewhere.yaml');
    symlinkSync('elsewhere.yaml', join(orchestrator.directory, 'link'));
    renameSync(join(orchestrator.directory, 'link'), join(orchestrator.directory, 'profile.yaml'));
    await known(orchestrator, 'v3');
    writeProfile(orchestrator, { watch: true, experts: { a: named('v4') } }, 'elsewhere.yaml');
    await known(orchestrator, 'v4');
    expect((await orchestrator.expert('a')).pid).toBe(pid);
  });

  it('follows what the profile extends, also when that changes, and chat templates', async () => {
    await using orchestrator = await startOrchestrator({
      profile: { experts: { a: named('v0') } },
      args: ['--watch'],
    });
    const templated = { ...other, chatTemplate: 'a.jinja', aliases: ['v1'] };
    writeProfile(orchestrator, 'one', 'a.jinja');
    writeProfile(orchestrator, { experts: { a: templated } }, 'base.yaml');
    writeProfile(orchestrator, { experts: { a: named('v2') } }, 'second.yaml');
    writeProfile(orchestrator, 'extends: ./base.yaml\n');
    await known(orchestrator, 'v1');
    const { pid } = await orchestrator.load('a');
    writeProfile(orchestrator, 'two', 'a.jinja');
    await until('the template is another', async () => (await orchestrator.expert('a')).pid !== pid);
    writeProfile(orchestrator, 'extends: ./second.yaml\n');
    await known(orchestrator, 'v2');
    const log = await followEvents(orchestrator);
    writeProfile(orchestrator, { experts: { a: named('not-watched-any-more') } }, 'base.yaml');
    writeProfile(orchestrator, { experts: { a: named('v3') } }, 'second.yaml');
    await known(orchestrator, 'v3');
    expect(reloadsIn(log.events)).toEqual(['ok profile: updated a']);
    await log.close();
  });

  it('says of a bad file once what is wrong, changes nothing, and goes on when it is mended in any file', async () => {
    await using orchestrator = await startOrchestrator({ profile: { watch: true, experts: { a: named('v1') } } });
    const { pid } = await orchestrator.load('a');
    const log = await followEvents(orchestrator);
    writeProfile(orchestrator, 'extends: ./base.yaml\n');
    await until('it is refused', () => reloadsIn(log.events)[0]);
    // The file that is missing is waited for; an invalid one, too.
    writeProfile(orchestrator, 'watch: true\nexprts: {}\n', 'base.yaml');
    await until('it is refused again', () => reloadsIn(log.events)[1]);
    writeProfile(orchestrator, 'watch: true\nexprts: {}\n# still\n', 'base.yaml');
    expect((await orchestrator.expert('a')).pid).toBe(pid);
    writeProfile(orchestrator, { watch: true, experts: { a: named('v2') } }, 'base.yaml');
    await known(orchestrator, 'v2');
    expect(reloadsIn(log.events)).toEqual([
      expect.stringMatching(/^no .*base\.yaml/),
      expect.stringMatching(/^no .*base\.yaml:2:1: exprts.*did you mean "experts"/s),
      'ok profile: updated a',
    ]);
    expect((await orchestrator.expert('a')).pid).toBe(pid);
    await log.close();
  });

  it('takes a file that is gone for a moment for no error, and a comment for no change', async () => {
    await using orchestrator = await startOrchestrator({ profile: { watch: true, experts: { a: named('v1') } } });
    const log = await followEvents(orchestrator);
    const file = join(orchestrator.directory, 'profile.yaml');
    const text = profileText(orchestrator, { watch: true, experts: { a: named('v1') } });
    rmSync(file);
    await new Promise((resolve) => setTimeout(resolve, 700));
    writeFileSync(file, `# the same again\n${text}`);
    await new Promise((resolve) => setTimeout(resolve, 700));
    writeProfile(orchestrator, { watch: true, experts: { a: named('v2') } });
    await known(orchestrator, 'v2');
    expect(reloadsIn(log.events)).toEqual(['ok profile: updated a']);
    await log.close();
  });

  it('sees models come and go in modelsDir, and touches nobody else', async () => {
    await using orchestrator = await startOrchestrator({ profile: { experts: { a: other } } });
    const folder = join(orchestrator.directory, 'models');
    mkdirSync(join(folder, 'split'), { recursive: true });
    writeProfile(orchestrator, { watch: true, modelsDir: './models', experts: { a: other } });
    expect(await reload(orchestrator)).toMatchObject({ kept: ['a'], added: [] });
    const { pid } = await orchestrator.load('a');
    // The beginning of a copy is no model yet, and its end changes no folder.
    writeFileSync(join(folder, 'one.gguf'), '');
    writeFileSync(join(folder, 'split', 'two.gguf'), 'GGUF');
    await known(orchestrator, 'two');
    writeFileSync(join(folder, 'one.gguf'), 'GGUF');
    await known(orchestrator, 'one');
    const log = await followEvents(orchestrator);
    rmSync(join(folder, 'split'), { recursive: true });
    await until('two is gone', async () => (await orchestrator.request('/v1/models/two')).status === 404);
    expect(reloadsIn(log.events)).toEqual(['ok profile: kept a, one; removed two']);
    expect((await orchestrator.expert('a')).pid).toBe(pid);
    await log.close();
  });

  it('ends where the profile does not ask for it any more', async () => {
    await using orchestrator = await startOrchestrator({ profile: { watch: true, experts: { a: named('v1') } } });
    writeProfile(orchestrator, { experts: { a: named('v2') } });
    await known(orchestrator, 'v2');
    const log = await followEvents(orchestrator);
    writeProfile(orchestrator, { experts: { a: named('v3') } });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(reloadsIn(log.events)).toEqual([]);
    expect(await reload(orchestrator)).toMatchObject({ updated: ['a'] });
    await log.close();
  });
});

describe('profile use', () => {
  const use = (directory: string, ...args: string[]) => runCommand(directory, ['profile', 'use', ...args]);

  it('switches by difference: what is the same keeps its process and its stream, and later reloads read the new one', async () => {
    await using orchestrator = await startOrchestrator({
      profile: { experts: { a: slow, b: other, c: other } },
      args: ['--set', 'queue.length=7'],
    });
    const [a, b] = [await orchestrator.load('a'), await orchestrator.load('b')];
    const stream = await runningStream(orchestrator, 'a');
    const changed = { ...other, command: { ...(other['command'] as object), env: { NEW: '1' } } };
    const file = writeProfile(orchestrator, { name: 'second', experts: { a: slow, b: changed, d: other } }, 'b.yaml');

    const { code, stdout, stderr } = await use(orchestrator.directory, 'b.yaml');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout:
        `second is in force (${file}).\n  kept      a (as it was)\n  replaced  b (drained; starts again when it is asked for)\n` +
        '  added     d (starts when it is asked for)\n  removed   c (drained; its name is unknown now)\n',
    });
    expect(stderr).toMatch(/No longer in force: --set queue\.length=7/);
    expect(await stream.whole).toMatchObject({ done: true, finishReason: 'stop', ended: 'closed', error: undefined });
    expect((await orchestrator.expert('a')).pid).toBe(a.pid);
    expect((await orchestrator.load('b')).pid).not.toBe(b.pid);
    expect((await orchestrator.chat('hello', { model: 'c' })).status).toBe(404);
    expect(readRuntime(orchestrator.stateDir)).toMatchObject({
      profile: 'second',
      profileFile: file,
      pid: orchestrator.pid,
    });

    writeProfile(orchestrator, { experts: { nobody: other } });
    writeProfile(orchestrator, { name: 'third', experts: { a: slow } }, 'b.yaml');
    process.kill(orchestrator.pid, 'SIGHUP');
    await until('the signal read the new one', () => readRuntime(orchestrator.stateDir).profile === 'third');
    expect((await orchestrator.expert('a')).pid).toBe(a.pid);
  });

  it('of an invalid or unknown profile ends with 78 and the places, and changes nothing', async () => {
    await using orchestrator = await startOrchestrator({ profile: { experts: { a: other } } });
    const { pid } = await orchestrator.load('a');
    const before = readRuntime(orchestrator.stateDir);
    writeProfile(orchestrator, 'queue: { lenght: 3 }\nexperts: {}\n', 'b.yaml');
    const invalid = await use(orchestrator.directory, './b.yaml');
    expect(invalid).toMatchObject({ code: 78, stdout: '' });
    expect(invalid.stderr).toMatch(/b\.yaml:1:10: queue\.lenght: unknown key \(did you mean "length"\?\)/);
    const unknown = await use(orchestrator.directory, 'dema');
    expect(unknown.code).toBe(78);
    expect(unknown.stderr).toMatch(/no profile or file has this name.*did you mean "demo"/);
    const open = await use(orchestrator.directory, './b.yaml', '--set', 'queue.lenght=null');
    expect(open.code, 'what is wrong beside the setting').toBe(78);
    expect(readRuntime(orchestrator.stateDir)).toEqual(before);
    expect(await orchestrator.expert('a')).toMatchObject({ pid, state: 'ready' });
    expect((await orchestrator.chat('hello', { model: 'a' })).status).toBe(200);
    expect(await reload(orchestrator)).toMatchObject({ kept: ['a'], generation: 2 });
  });

  it('is watched where it asks for that; the one before is not any more', async () => {
    await using orchestrator = await startOrchestrator({ profile: { watch: true, experts: { a: other } } });
    const file = writeProfile(orchestrator, { watch: true, experts: { b: other } }, 'b.yaml');
    expect(await reload(orchestrator, { profile: file })).toMatchObject({ added: ['b'], removed: ['a'], notes: [] });
    const log = await followEvents(orchestrator);
    writeProfile(orchestrator, { watch: true, experts: { a: other, x: other } });
    writeProfile(orchestrator, { watch: true, experts: { b: other, c: other } }, 'b.yaml');
    await until('c is there', async () => (await orchestrator.request('/api/experts/c')).ok);
    expect(reloadsIn(log.events)).toEqual(['ok b: kept b; added c']);
    await log.close();
  });

  it('69 where no orchestrator runs', async () => {
    await using orchestrator = await startOrchestrator({ profile: { experts: { a: other } } });
    await orchestrator.stop();
    expect((await use(orchestrator.directory, 'demo')).code).toBe(69);
  });

  const readRuntime = (stateDir: string) =>
    JSON.parse(readFileSync(join(stateDir, 'runtime.json'), 'utf8')) as RuntimeFile;
});
