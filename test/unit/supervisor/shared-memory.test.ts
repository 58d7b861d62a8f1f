import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { removeSegments, segmentsOf } from '../../../src/supervisor/shared-memory.ts';
import { killFamily } from '../../../src/supervisor/terminate.ts';
import { available } from '../../support/skip.ts';

const hasShm = available(
  existsSync('/dev/shm') && existsSync('/usr/bin/python3'),
  'shared memory: no /dev/shm or no python3',
);

/** Maps a file of /dev/shm and says so; the name tells whose it is. */
const MAPPER = `import mmap,sys,time
with open(sys.argv[1],'r+b') as f:
    m=mmap.mmap(f.fileno(),4096)
print('mapped',flush=True)
time.sleep(60)`;

async function mapper(path: string): Promise<number> {
  closeSync(openSync(path, 'w'));
  writeFileSync(path, Buffer.alloc(4_096, 1));
  onTestFinished(() => rmSync(path, { force: true }));
  const child = spawn('/usr/bin/python3', ['-c', MAPPER, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return child.pid ?? 0;
}

const nameOf = (prefix: string) => `/dev/shm/${prefix}${process.pid.toString(16)}${Date.now().toString(16)}`;

describe.runIf(hasShm)('shared memory of workers', () => {
  it('goes with the family that is killed', async () => {
    const path = nameOf('psm_');
    const pid = await mapper(path);
    expect(segmentsOf([pid])).toEqual([path]);
    expect(await killFamily(pid, undefined, undefined)).toEqual([]);
    expect(existsSync(path)).toBe(false);
  });

  it('stays while another process has it mapped', async () => {
    const path = nameOf('psm_');
    await mapper(path);
    removeSegments([path]);
    expect(existsSync(path)).toBe(true);
  });

  it('is told by its name: a model that somebody keeps there is not ours', async () => {
    const folder = mkdtempSync('/dev/shm/models-');
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, 'psm_0.gguf');
    const pid = await mapper(path);
    expect(segmentsOf([pid])).toEqual([]);
    await killFamily(pid, undefined, undefined);
    expect(existsSync(path)).toBe(true);
  });
});
