import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { chooseBackend } from '../../../src/binaries/backend.ts';
import { temporaryFolder, writeExecutable } from './programs.ts';

const machine = (smi: string | undefined) => {
  const root = temporaryFolder();
  const bin = join(root, 'bin');
  if (smi) writeExecutable(join(bin, 'nvidia-smi'), `#!/bin/sh\n${smi}\n`);
  return { root, environment: { PATH: `${bin}:/usr/bin:/bin` } };
};

it('what is asked for is taken', async () => {
  expect(await chooseBackend('vulkan', machine('exit 1'))).toMatchObject({ backend: 'vulkan' });
});

it('an NVIDIA GPU that answers means cuda, and the sentence names it', async () => {
  const choice = await chooseBackend('auto', machine('echo "0, GPU-1, NVIDIA GeForce RTX 4080, 16376, 300, 15700"'));
  expect(choice).toEqual({ backend: 'cuda', reason: 'backend cuda: nvidia-smi reports NVIDIA GeForce RTX 4080' });
});

it('one that does not answer is none', async () => {
  expect(await chooseBackend('auto', machine('echo "NVIDIA-SMI has failed"; exit 9'))).toMatchObject({
    backend: 'cpu',
  });
});

it('another GPU means vulkan where it has a driver for that, and cpu where not', async () => {
  const { root, environment } = machine(undefined);
  // nvidia-smi of the machine that runs this test must not be asked.
  const own = { root, environment: { PATH: environment.PATH.split(':')[0] ?? '' } };
  mkdirSync(join(root, 'dev/dri'), { recursive: true });
  writeFileSync(join(root, 'dev/dri/renderD128'), '');
  mkdirSync(join(root, 'usr/share/vulkan/icd.d'), { recursive: true });
  writeFileSync(join(root, 'usr/share/vulkan/icd.d/lvp_icd.x86_64.json'), '{}');
  expect((await chooseBackend('auto', own)).reason).toMatch(/backend cpu: .*no Vulkan driver/);
  writeFileSync(join(root, 'usr/share/vulkan/icd.d/radeon_icd.x86_64.json'), '{}');
  expect(await chooseBackend('auto', own)).toMatchObject({ backend: 'vulkan' });
});
