/** What `scripts/prepare-bitnet.ts` makes (`npm run test:bitnet` runs it first), in the XDG cache. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { resolvePaths } from '../../src/shared/paths.ts';
import { REAL_CACHE_DIR, REAL_ENGINES_DIR } from './real-parts.ts';

/** `1` is the recipe's own number: another way to build or generate gets another folder. */
export const BITNET_PARTS = join(REAL_CACHE_DIR, 'test-bitnet-1');
/** llama.cpp's server of October 2024, the age of bitnet.cpp's fork. */
export const OLD_SERVER = join(BITNET_PARTS, 'llama-2024', 'llama-server');
/** Random weights, quantised to TQ2_0 by today's `llama-quantize`. */
export const TERNARY_MODEL = join(BITNET_PARTS, 'ternary.gguf');
/** The same with an output layer of zeros: whatever is asked, it writes one token for ever. */
export const NUMB_MODEL = join(BITNET_PARTS, 'numb.gguf');
/** The same with one tensor said to be i2_s. */
export const I2S_MODEL = join(BITNET_PARTS, 'i2s.gguf');

/** An orchestrator under test finds today's engine here; the old one is named by path. */
export const bitnetEnvironment = { ORCHESTRATOR_ENGINES_DIR: REAL_ENGINES_DIR, ORCHESTRATOR_CACHE_DIR: REAL_CACHE_DIR };

/** The folder of today's llama-server, with its other programs beside it. */
export function engineFolder(): string {
  const home = join(resolvePaths({ ...process.env, ...bitnetEnvironment }).enginesDir, 'llama-server');
  const build = readdirSync(home).find((name) => existsSync(join(home, name, 'llama-quantize')));
  if (build === undefined) throw new Error(`no build in ${home} has llama-quantize`);
  return join(home, build);
}

/** An expert of the bitnet adapter on the old server. */
export function bitnetExpert(settings: Record<string, unknown> = {}, own: Record<string, unknown> = {}) {
  return {
    engine: 'bitnet',
    model: { path: TERNARY_MODEL },
    context: 2_048,
    threads: 1,
    bitnet: { binary: OLD_SERVER, ...own },
    ...settings,
  };
}
