// Gets what the tests need beyond the checkout: a real llama-server, the demo profile's real models, and a tiny generated one.
// All of it lies in the XDG cache, verified by hash; a second run finds it there and needs no network.
import { existsSync } from 'node:fs';

import { installEngine } from '../src/binaries/install.ts';
import type { Model } from '../src/engines/settings.ts';
import { pullModel } from '../src/models/pull.ts';
import { loadProfile } from '../src/profiles/load.ts';
import { resolvePaths } from '../src/shared/paths.ts';
import { formatBytes } from '../src/shared/units.ts';
import { REAL_ENGINES_DIR, TINY_MODEL } from '../test/support/real-parts.ts';
import { buildGguf } from './build-gguf.ts';

const PROGRESS_EVERY_MS = 3_000;

const environment: NodeJS.ProcessEnv = { ...process.env, ORCHESTRATOR_ENGINES_DIR: REAL_ENGINES_DIR };
const paths = resolvePaths(environment);
const say = (text: string) => console.error(`prepare-tests: ${text}`);

const build = await installEngine('llama-server', {
  backend: 'cpu',
  paths,
  environment,
  log: say,
  onProgress: throttled('llama-server'),
});
say(`llama-server ${build.version} is in ${REAL_ENGINES_DIR}`);

if (!existsSync(TINY_MODEL)) await buildGguf({ path: TINY_MODEL });

const demo = await loadProfile('demo', { environment });
const models = new Map<string, Model>();
for (const expert of demo.experts) {
  if (expert.kind === 'process' && expert.model) models.set(JSON.stringify(expert.model), expert.model);
}
for (const model of models.values()) {
  const name = model.file ?? model.path ?? 'a model';
  const { path } = await pullModel(model, {
    paths,
    environment,
    profileDirectory: demo.directory,
    log: say,
    onProgress: throttled(name),
  });
  say(`${name} is ${path}`);
}

/** A line every few seconds: in a log nobody watches a bar. */
function throttled(name: string): (progress: { stage: string; bytesDone?: number; bytesTotal?: number }) => void {
  let last = performance.now();
  return ({ stage, bytesDone, bytesTotal }) => {
    if (performance.now() - last < PROGRESS_EVERY_MS) return;
    last = performance.now();
    const total = bytesTotal ? ` of ${formatBytes(bytesTotal)}` : '';
    say(`${name}: ${stage}${bytesDone ? ` ${formatBytes(bytesDone)}${total}` : ''}`);
  };
}
