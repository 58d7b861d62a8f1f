import { listBuilds } from '../../src/binaries/builds.ts';
import { REAL_ENGINES_DIR } from './real-parts.ts';

/** The build of vLLM that `scripts/prepare-vllm.ts` has installed, by the name that a profile knows it by. */
export function vllmBuild(backend: 'cpu' | 'cuda'): string {
  const build = listBuilds('vllm', { enginesDir: REAL_ENGINES_DIR }).find(({ name }) => name.endsWith(`-${backend}`));
  if (!build)
    throw new Error('The real vLLM is not there yet. Run: node scripts/prepare-vllm.ts (npm run test:vllm does).');
  return build.name;
}
