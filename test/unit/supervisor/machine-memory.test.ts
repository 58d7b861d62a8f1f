import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, describe, expect, it } from 'vitest';

import { readMachineMemory } from '../../../src/supervisor/machine-memory.ts';

const GiB = 2 ** 30;
const roots: string[] = [];

function machine(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'machine-'));
  roots.push(root);
  const meminfo = `MemTotal:       ${16 * 2 ** 20} kB\nMemFree:  1 kB\nMemAvailable:   ${10 * 2 ** 20} kB\n`;
  for (const [path, text] of Object.entries({ 'proc/meminfo': meminfo, ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true });
});

describe('the memory of this machine', () => {
  it('is what the kernel has, less what can be taken back', () => {
    expect(readMachineMemory(machine({}))).toEqual({ total: 16 * GiB, used: 6 * GiB });
  });

  it('is that of the container, or of any group above it, where that is less', () => {
    const root = machine({
      'proc/self/cgroup': '0::/box/inner\n',
      'sys/fs/cgroup/box/inner/memory.max': 'max\n',
      'sys/fs/cgroup/box/memory.max': `${4 * GiB}\n`,
      'sys/fs/cgroup/box/memory.stat': `anon ${GiB}\nfile ${3 * GiB}\nshmem ${GiB / 2}\n`,
    });
    expect(readMachineMemory(root)).toEqual({ total: 4 * GiB, used: 1.5 * GiB });
  });

  it('is short where nothing goes on for want of it: in the container, or on the machine', () => {
    const psi = (full: string) =>
      `some avg10=90.00 avg60=0.00 avg300=0.00 total=9\nfull avg10=${full} avg60=0.00 avg300=0.00 total=9\n`;
    expect(readMachineMemory(machine({ 'proc/pressure/memory': psi('23.45') }))).toMatchObject({ pressure: 23.45 });
    expect(readMachineMemory(machine({ 'proc/pressure/memory': psi('0.00') }))).not.toHaveProperty('pressure');
    const boxed = machine({
      'proc/pressure/memory': psi('1.00'),
      'proc/self/cgroup': '0::/box\n',
      'sys/fs/cgroup/box/memory.max': `${4 * GiB}\n`,
      'sys/fs/cgroup/box/memory.pressure': psi('50.00'),
    });
    expect(readMachineMemory(boxed)).toMatchObject({ total: 4 * GiB, pressure: 50 });
  });

  it('of this very machine is more than nothing', () => {
    const { total, used } = readMachineMemory();
    expect(used).toBeGreaterThan(0);
    expect(total).toBeGreaterThan(used);
  });
});
