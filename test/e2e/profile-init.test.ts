/** What `profile init` writes works as it stands: a real model found in a folder, a real engine, a true answer. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { runCommand, startOrchestrator } from '../support/orchestrator.ts';
import { REAL_CACHE_DIR, realEnvironment, TINY_MODEL } from '../support/real-parts.ts';

/** The file of a pulled model, in whichever folder of the cache it is. */
function realModel(name: RegExp): string {
  const models = join(REAL_CACHE_DIR, 'models');
  const file = readdirSync(models, { recursive: true, encoding: 'utf8' }).find((path) => name.test(path));
  if (file === undefined) throw new Error(`there is no ${name} in ${models}; npm test brings it`);
  return join(models, file);
}

describe('a profile that was written for this machine', () => {
  it('runs the models that were found on it', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'init-e2e-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    mkdirSync(join(directory, 'models'));
    symlinkSync(realModel(/gemma-3-270m.*\.gguf$/), join(directory, 'models/gemma-3-270m-q4_k_m.gguf'));
    symlinkSync(realModel(/minilm.*\.gguf$/i), join(directory, 'models/all-minilm-l6-v2-f16.gguf'));
    symlinkSync(TINY_MODEL, join(directory, 'models/tiny.gguf'));
    const env = { ...realEnvironment(), ORCHESTRATOR_CACHE_DIR: join(directory, 'cache') };
    const init = await runCommand(directory, ['profile', 'init', 'here.yaml', '--models', 'models'], env);
    expect(init.code, init.stderr).toBe(0);
    expect(init.stderr).toContain('All of them fit into memory together.');

    await using orchestrator = await startOrchestrator({
      profile: readFileSync(join(directory, 'here.yaml'), 'utf8'),
      env,
    });
    const completion = await orchestrator.post('/v1/completions', {
      model: 'gemma-3-270m',
      prompt: 'Question: What is the capital of France?\nAnswer: The capital of France is',
      max_tokens: 4,
      temperature: 0,
    });
    expect(((await completion.json()) as { choices: [{ text: string }] }).choices[0].text).toContain('Paris');
    const embedding = await orchestrator.post('/v1/embeddings', { model: 'all-minilm-l6-v2', input: 'a sentence' });
    const { data } = (await embedding.json()) as { data: [{ embedding: number[] }] };
    expect(data[0].embedding).toHaveLength(384);
    expect((await orchestrator.chat('hello', { max_tokens: 4 })).status).toBe(200);
  });

  it('from a configuration of llama-swap answers as that did: an expert, and a command with its port', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'init-e2e-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    const env = realEnvironment();
    const [build = ''] = readdirSync(join(env['ORCHESTRATOR_ENGINES_DIR'] ?? '', 'llama-server'));
    const { program } = JSON.parse(
      readFileSync(join(env['ORCHESTRATOR_ENGINES_DIR'] ?? '', 'llama-server', build, 'build.json'), 'utf8'),
    ) as { program: string };
    const server = join(env['ORCHESTRATOR_ENGINES_DIR'] ?? '', 'llama-server', build, program);
    writeFileSync(
      join(directory, 'config.yaml'),
      `macros: { tail: "--port \${PORT} -m ${TINY_MODEL} -c 2048 -t 1" }
models:
  one: { cmd: "llama-server \${tail} -np 2 --jinja --temp 0", aliases: [gpt-4o], ttl: 60 }
  two: { cmd: "nice -n 1 ${server} \${tail}", useModelName: whatever }
`,
    );
    const init = await runCommand(directory, ['profile', 'init', 'here.yaml', '--from-llama-swap', 'config.yaml'], env);
    expect(init.code, init.stderr).toBe(0);
    const profile = readFileSync(join(directory, 'here.yaml'), 'utf8');
    await using orchestrator = await startOrchestrator({ profile, env });
    for (const model of ['gpt-4o', 'two']) {
      const answer = await orchestrator.chat('hello', { model, max_tokens: 4 });
      expect(answer.status, await answer.clone().text()).toBe(200);
    }
    expect(await orchestrator.expert('one')).toMatchObject({ engine: 'llama-server', state: 'ready' });
    expect(await orchestrator.expert('two')).toMatchObject({ engine: 'command', state: 'ready' });
  });
});
