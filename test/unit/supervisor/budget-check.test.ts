/** A profile's house with nothing loaded, by the files that are here. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { loadProfile } from '../../../src/profiles/load.ts';
import { resolvePaths } from '../../../src/shared/paths.ts';
import { emptyHouse } from '../../../src/supervisor/budget-check.ts';

const GiB = 2 ** 30;

it('counts a folder whose configuration says nothing that is known by what its engine reserves', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'budget-check-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'config.json'), '{"architectures":["Unheard"]}');
  writeFileSync(join(folder, 'model.safetensors'), Buffer.alloc(1_000));
  const file = join(folder, 'profile.yaml');
  writeFileSync(
    file,
    `budget: { ram: { capacity: 64GiB }, gpu0: { capacity: 16GiB } }
experts:
  one: { engine: vllm, model: { path: . }, gpuMemory: 6GiB }
`,
  );
  const environment = { ORCHESTRATOR_STATE_DIR: folder, ORCHESTRATOR_CACHE_DIR: folder };
  const profile = await loadProfile(file, { environment });
  const { appraisals } = await emptyHouse(profile, { paths: resolvePaths(environment), environment, machine: 'there' });
  expect(appraisals.get('one')?.placements).toMatchObject([
    { name: 'gpu0', estimated: true, footprint: { gpu0: 6 * GiB } },
  ]);
});
