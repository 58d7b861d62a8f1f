/**
 * Where the real engine and the real models are that `scripts/prepare-tests.ts` gets (`npm test` runs it first): in the XDG
 * cache, outside the checkout, verified by hash.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { resolvePaths } from '../../src/shared/paths.ts';

const { cacheDir, modelsDir } = resolvePaths(process.env);

/** `<enginesDir>/llama-server/<build>/`. */
export const REAL_ENGINES_DIR = process.env['ORCHESTRATOR_ENGINES_DIR'] ?? join(cacheDir, 'test-engines');
/** A valid model of 0.2 MB with random weights: loads in milliseconds and streams for as long as it is asked to. */
export const TINY_MODEL = join(cacheDir, 'test-models', 'tiny-1', 'tiny.gguf');
/** A Qwen2 of random weights (5 MB of safetensors): `scripts/prepare-vllm.ts` has it written. */
export const TINY_QWEN = join(cacheDir, 'test-models', 'tiny-qwen2-1');
/** `adapter-1` and `adapter-2`, LoRA adapters for it. */
export const TINY_ADAPTERS = join(cacheDir, 'test-models', 'tiny-qwen2-adapters-1');
export const REAL_CACHE_DIR = cacheDir;
/** An NVIDIA one with its driver. */
export const hasGpu = existsSync('/dev/nvidia0') || existsSync('/proc/driver/nvidia/version');

/** For an orchestrator under test: the prepared engine, and the cache that holds the real models. */
export function realEnvironment(): Record<string, string> {
  if (!existsSync(join(REAL_ENGINES_DIR, 'llama-server')) || !existsSync(TINY_MODEL) || !existsSync(modelsDir)) {
    throw new Error(
      'The real engine and models are not there yet. Run: node scripts/prepare-tests.ts (npm test does).',
    );
  }
  return { ORCHESTRATOR_ENGINES_DIR: REAL_ENGINES_DIR, ORCHESTRATOR_CACHE_DIR: REAL_CACHE_DIR };
}

/** An expert of the real llama-server with the tiny model. */
export function tinyExpert(settings: Record<string, unknown> = {}): Record<string, unknown> {
  return { engine: 'llama-server', model: { path: TINY_MODEL }, context: 2_048, threads: 1, ...settings };
}
