import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

import { settleFlat } from './github.ts';
import type { Backend, Recipe } from './recipe.ts';
import { run } from './run.ts';
import { type SourceContext, SourceUnavailable, type StagedBuild, toolEnvironment } from './source.ts';

/** Exit code of the recipe for missing tools; its last line then names the packages. */
const TOOLS_MISSING = 69;

/** Runs the recipe that builds the pinned tag for this machine. Takes minutes; with CUDA up to an hour. */
export async function stageFromSource(context: SourceContext): Promise<StagedBuild> {
  const { recipe, backend, staging, environment, signal, onProgress } = context;
  const repository = environment[recipe.pins.repositoryVariable] || `https://github.com/${recipe.pins.repository}`;
  const root = join(staging, 'root');
  let last = '';
  const { exitCode } = await run(
    'sh',
    [join(recipe.directory, 'build.sh'), repository, recipe.pins.tag, backend, root],
    {
      env: { ...toolEnvironment(environment, staging), JOBS: String(availableParallelism()) },
      signal,
      onLine: (line) => {
        last = line;
        onProgress({ stage: stageOf(line) });
      },
    },
  );
  if (exitCode === TOOLS_MISSING) throw new SourceUnavailable(last);
  if (exitCode !== 0)
    throw new SourceUnavailable(`the build ended with exit code ${exitCode}, last saying “${last.slice(0, 300)}”`);
  if (readdirSync(root).length === 0) throw new SourceUnavailable('the build left nothing behind');
  return {
    ...settleFlat(context, root),
    label: `${recipe.pins.tag}-${backend}`,
    contents: [{ name: repository, version: recipe.pins.tag }],
  };
}

/** How a person builds it by hand, or has it built. */
export function buildHint({ engine }: Pick<Recipe, 'engine'>, backend: Backend): string {
  return `build it here with: orchestrator engine install ${engine} --build --backend ${backend} (the recipe is engines/${engine}/build.sh)`;
}

/** `[ 42%] Building CXX object …` → `building, 42 %`; other lines as they are, shortened. */
function stageOf(line: string): string {
  const percent = /^\[\s*(\d+)%\]/.exec(line)?.[1];
  const [, done, all] = /^\[(\d+)\/(\d+)\]/.exec(line) ?? [];
  if (percent) return `building, ${percent} %`;
  if (done && all) return `building, ${Math.floor((100 * Number(done)) / Number(all))} %`;
  return line.slice(0, 80);
}
