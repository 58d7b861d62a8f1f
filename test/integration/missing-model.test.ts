/** A model that is not here: what is said of it, the command that brings it, and `up --pull`. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';
import { stringify } from 'yaml';

import { fakeExpert } from '../support/fake-expert.ts';
import { fakeHub } from '../support/fake-hub.ts';
import { launchOrchestrator, runCommand, startOrchestrator } from '../support/orchestrator.ts';

const WEIGHTS = randomBytes(300_000);
const withModel = (file: string) => fakeExpert({}, { settings: { model: { hf: 'owner/name', file } } });

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'missing-model-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

describe('a model that is not on this machine', () => {
  it('is named at the start and at a request, with a command that brings it', async () => {
    const hub = await fakeHub('owner/name');
    hub.push({ 'm-Q8_0.gguf': WEIGHTS });
    await using orchestrator = await startOrchestrator({ profile: { experts: { a: withModel('m-Q8_0.gguf') } } });
    const sentence = /the model of a is not on this machine\. Fetch it with: orchestrator ([^"\n]*\.yaml)/;
    const [, told = ''] = sentence.exec(orchestrator.output) ?? [];
    expect(told).toBe(`model pull a --profile ${join(orchestrator.directory, 'profile.yaml')}`);
    const refused = await orchestrator.chat('hello', { model: 'a' });
    expect(refused.status).toBe(503);
    expect(await refused.text()).toContain(told);

    const pulled = await runCommand(orchestrator.directory, told.split(' '), { HF_ENDPOINT: hub.url });
    expect({ code: pulled.code, stderr: pulled.stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining(`m-Q8_0.gguf: comes under: apache-2.0 (${hub.url}/owner/name)`) as string,
    });
    await orchestrator.load('a');
  });

  it('that may not be looked at is said to be so, and keeps nobody else from running', async () => {
    const folder = temporaryDirectory();
    const path = join(folder, 'loop.gguf');
    symlinkSync(path, path);
    await using orchestrator = await startOrchestrator({
      profile: {
        budget: { ram: { capacity: 'auto' } },
        experts: { a: fakeExpert({}, { settings: { model: { path } } }), b: fakeExpert({}) },
      },
    });
    const refused = await orchestrator.chat('hello', { model: 'a' });
    expect([refused.status, await refused.text()]).toEqual([503, expect.stringContaining(`(ELOOP): ${path}`)]);
    expect((await orchestrator.chat('hello', { model: 'b' })).status).toBe(200);
  });

  it('is pulled by `up --pull` before anything listens', async () => {
    const hub = await fakeHub('owner/name');
    hub.push({ 'm-Q8_0.gguf': WEIGHTS, 'n-Q8_0.gguf': randomBytes(200_000) });
    await using orchestrator = await startOrchestrator({
      profile: {
        experts: { a: withModel('m-Q8_0.gguf'), same: withModel('m-Q8_0.gguf'), b: withModel('n-Q8_0.gguf') },
      },
      args: ['--pull'],
      env: { HF_ENDPOINT: hub.url },
    });
    const { output } = orchestrator;
    expect(output).toMatch(/^2 models: downloading, \d+ kB/m);
    expect(output.indexOf('a, same: pulled')).toBeGreaterThan(-1);
    expect(output.indexOf('b: pulled')).toBeLessThan(output.indexOf('Listening on'));
    expect(output).not.toContain('is not on this machine');
    expect(hub.asked.filter((line) => line.includes('m-Q8_0'))).toHaveLength(1);
    await orchestrator.load('a');
  });

  it('that cannot be pulled ends `up --pull` with the reason', async () => {
    const hub = await fakeHub('owner/name');
    hub.push({ 'm-Q8_0.gguf': WEIGHTS });
    hub.corrupt('m-Q8_0.gguf', 1);
    const orchestrator = launchOrchestrator({
      profile: { experts: { a: withModel('m-Q8_0.gguf') } },
      args: ['--pull'],
      env: { HF_ENDPOINT: hub.url },
    });
    onTestFinished(() => rmSync(orchestrator.directory, { recursive: true, force: true }));
    expect((await orchestrator.ended).code).toBe(1);
    expect(orchestrator.output).toMatch(/sha256 .* is stated by the hub; it was deleted/);
    expect(orchestrator.output).not.toContain('Listening');
  });
});

describe('orchestrator model', () => {
  it('pulls a folder of safetensors for an expert, lists it, and removes it by name', async () => {
    const hub = await fakeHub('owner/name');
    hub.push({ 'config.json': '{}', 'model.safetensors': WEIGHTS, 'tokenizer.json': '{}' });
    const directory = temporaryDirectory();
    const env = { HF_ENDPOINT: hub.url };
    const profile = join(directory, 'mine.yaml');
    writeFileSync(profile, stringify({ experts: { big: { engine: 'vllm', model: { hf: 'owner/name' } } } }));
    const doctor = await runCommand(directory, ['doctor', '--profile', profile, '--json'], env);
    expect(doctor.stdout).toContain(`orchestrator model pull big --profile ${profile}`);

    const pull = await runCommand(directory, ['model', 'pull', '--profile', profile, '--json'], env);
    expect(pull.code, pull.stderr).toBe(0);
    const { models } = JSON.parse(pull.stdout) as { models: { path: string; pulled: boolean }[] };
    expect(models).toMatchObject([{ names: ['big'], pulled: true }]);

    const list = await runCommand(directory, ['model', 'list', '--profile', profile], env);
    expect(list.stdout).toMatch(/^owner\/name +300 kB +whole +hub cache +big$/m);
    const again = await runCommand(directory, ['model', 'pull', 'big', '--profile', profile], env);
    expect(again.stderr).toContain('big: here already');

    const removed = await runCommand(directory, ['model', 'rm', 'owner/name', '--yes'], env);
    expect(removed.stderr).toContain('are free again');
    expect((await runCommand(directory, ['model', 'list'], env)).stdout).toContain('No models');
  });

  it('pulls draft models and adapters, as files and as folders, with their experts', async () => {
    const hub = await fakeHub('owner/name');
    hub.push({
      'm-Q8_0.gguf': WEIGHTS,
      'd-Q8_0.gguf': randomBytes(200_000),
      'sql.gguf': randomBytes(5_000),
      'adapter_config.json': '{"r": 8}',
      'adapter_model.safetensors': randomBytes(4_000),
    });
    const directory = temporaryDirectory();
    const env = { HF_ENDPOINT: hub.url };
    const profile = join(directory, 'mine.yaml');
    mkdirSync(join(directory, 'base'));
    writeFileSync(join(directory, 'base', 'config.json'), '{}');
    writeFileSync(join(directory, 'base', 'model.safetensors'), WEIGHTS);
    const of = (file: string) => ({ hf: 'owner/name', file });
    const coder = { model: of('m-Q8_0.gguf'), draft: { model: of('d-Q8_0.gguf') }, lora: of('sql.gguf') };
    const writer = { engine: 'vllm', model: { path: 'base' }, variants: { poet: { lora: { hf: 'owner/name' } } } };
    writeFileSync(profile, stringify({ experts: { coder, writer } }));
    const doctor = await runCommand(directory, ['doctor', '--profile', profile], env);
    expect(doctor.stdout).toMatch(/✗ LoRA adapter of coder[^]*✓ model of writer[^]*✗ LoRA adapter of writer/);
    const pull = await runCommand(directory, ['model', 'pull', '--profile', profile], env);
    expect([pull.code, pull.stderr]).toEqual([0, expect.stringMatching(/coder: pulled[^]*writer: here already/)]);
    expect(pull.stdout.trim().split('\n')).toHaveLength(5);
    const again = await runCommand(directory, ['doctor', '--profile', profile], env);
    expect(again.stdout).not.toMatch(/✗ (model|draft model|LoRA adapter)/);
    expect(again.stdout).toMatch(/✓ LoRA adapter of writer +\S+ is here \(4 kB\)/);
  });

  it('chooses the file of a repository by its quantisation, and says what there is to choose from', async () => {
    const hub = await fakeHub('owner/name');
    hub.push({ 'm-Q4_K_M.gguf': WEIGHTS, 'm-Q8_0.gguf': randomBytes(200_000), 'mmproj-F16.gguf': randomBytes(2_000) });
    const directory = temporaryDirectory();
    const env = { HF_ENDPOINT: hub.url };
    const pull = (...args: string[]) => runCommand(directory, ['model', 'pull', ...args], env);
    const chosen = await pull('--hf', 'owner/name:q8_0');
    expect(chosen.code, chosen.stderr).toBe(0);
    expect(chosen.stdout).toMatch(/m-Q8_0\.gguf\n$/);
    expect((await pull('--hf', 'owner/name')).stdout).toMatch(/m-Q4_K_M\.gguf\n$/);
    const none = await pull('--hf', 'owner/name:Q6_K');
    expect(none.code).toBe(1);
    expect(none.stderr).toContain('no single GGUF file of Q6_K; take one with --file:\n  m-Q4_K_M.gguf\n  m-Q8_0.gguf');
  });
});
