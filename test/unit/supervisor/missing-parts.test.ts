import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import type { GpuAnswer } from '../../../src/binaries/nvidia-smi.ts';
import { loadProfile } from '../../../src/profiles/load.ts';
import { resolvePaths } from '../../../src/shared/paths.ts';
import { missingParts } from '../../../src/supervisor/missing-parts.ts';

const home = mkdtempSync(join(tmpdir(), 'orchestrator-missing-'));
afterAll(() => rmSync(home, { recursive: true }));
const environment = { HOME: home, PATH: home, ORCHESTRATOR_CACHE_DIR: home, ORCHESTRATOR_STATE_DIR: home };
const absent: GpuAnswer = { problem: { kind: 'absent', message: 'there is no nvidia-smi here.' } };

async function missing(profile: string, gpus: GpuAnswer = absent): Promise<string[]> {
  return missingParts(await loadProfile(profile, { environment }), {
    paths: resolvePaths(environment),
    environment,
    gpus,
  });
}

describe('what a profile needs and this machine lacks', () => {
  it('is the GPU, the engine once, and the models with one command', async () => {
    expect(await missing('rtx4080')).toEqual([
      expect.stringMatching(/^gpu0 cannot be looked at: there is no nvidia-smi here\..*orchestrator profile init$/),
      expect.stringMatching(
        /^phi4_fast, .*aya_expanse_multilingual cannot start: llama-server is not installed\. .*engine install llama-server$/,
      ),
      expect.stringMatching(/^the models of phi4_fast, .* are not on this machine\. .*model pull --profile rtx4080$/),
    ]);
    expect(await missing('vllm-single', { reading: { devices: [], processes: [], perProcess: true } })).toEqual([
      expect.stringMatching(/^qwen_vllm cannot start: vllm is not installed/),
      expect.stringMatching(
        /^the model of qwen_vllm is not on this machine\. .*model pull qwen_vllm --profile vllm-single$/,
      ),
    ]);
  });

  it('is the program of a command, by path or by name', async () => {
    const program = join(home, 'serve-here');
    writeFileSync(program, '#!/bin/sh\n');
    chmodSync(program, 0o755);
    const file = join(home, 'commands.yaml');
    const expert = (name: string, word: string) =>
      `  ${name}: { engine: command, context: 512, command: { argv: ['${word}', '{port}'] } }\n`;
    const experts = [expert('a', 'serve-here'), expert('b', program), expert('c', 'serve-there'), expert('d', '{id}')];
    writeFileSync(file, `experts:\n${experts.join('')}`);
    expect(await missing(file)).toEqual([
      'c cannot start: there is no program serve-there here. Install it, or correct `command.argv` in the profile.',
    ]);
  });
});
