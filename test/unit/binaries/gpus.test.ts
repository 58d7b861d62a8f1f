import { describe, expect, it } from 'vitest';

import { parseGpus } from '../../../src/binaries/gpus.ts';

describe('the GPUs that nvidia-smi lists', () => {
  it('have their memory in bytes; what does not say it is left out', () => {
    const listing = '0, GPU-6a1f, NVIDIA GeForce RTX 4080, 16376\n1, GPU-77, NVIDIA GB10, [N/A]\n\n';
    expect(parseGpus(listing)).toEqual([
      { index: 0, uuid: 'GPU-6a1f', name: 'NVIDIA GeForce RTX 4080', totalBytes: 16_376 * 2 ** 20 },
    ]);
  });

  it('are none where it says something else', () => {
    expect(parseGpus('NVIDIA-SMI has failed because it couldn’t communicate with the driver, sorry\n')).toEqual([]);
  });
});
