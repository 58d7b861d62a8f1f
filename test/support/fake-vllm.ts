import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import type { Habits } from './fake-expert.ts';
import { DIRECTORY } from './fake-expert.ts';

const PROGRAM = resolve(import.meta.dirname, '../fixtures/fake-vllm.mjs');

export interface FakeVllm {
  /** A directory for `startOrchestrator`, which removes it in the end. */
  readonly directory: string;
  /** A PATH on which `nvidia-smi` shows one RTX 4080. */
  readonly env: Record<string, string>;
  /** An `engine: vllm` entry of a profile; its ledger is `<id>.ledger` in the directory. */
  expert(id: string, habits?: Habits, settings?: Record<string, unknown>): Record<string, unknown>;
}

/** A `vllm` and an `nvidia-smi` that are programs of ours, and model folders for them. */
export function fakeVllm(): FakeVllm {
  const directory = mkdtempSync(join(tmpdir(), 'orchestrator-test-'));
  const bin = join(directory, 'bin');
  mkdirSync(bin);
  writeProgram(join(bin, 'vllm'), `exec '${process.execPath}' '${PROGRAM}' "$@"`);
  writeProgram(
    join(bin, 'nvidia-smi'),
    `case "$1" in --query-gpu=*) echo '0, GPU-6a1f, NVIDIA GeForce RTX 4080, 16376, 300, 15700' ;; esac`,
  );
  return {
    directory,
    env: { PATH: `${bin}:${process.env['PATH'] ?? ''}` },
    expert(id, habits = {}, settings = {}) {
      const folder = join(directory, `${id}-model`);
      mkdirSync(folder);
      writeFileSync(join(folder, 'config.json'), '{}');
      writeFileSync(join(folder, 'model.safetensors'), 'weights');
      writeFileSync(join(folder, 'fake.json'), JSON.stringify({ ledger: join(directory, `${id}.ledger`), habits }));
      return {
        engine: 'vllm',
        model: { path: `${DIRECTORY}/${id}-model` },
        gpuMemory: '6GiB',
        sleep: 'level1',
        idleUnload: '200ms',
        ...settings,
      };
    },
  };
}

function writeProgram(path: string, script: string): void {
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}
