import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { parseDevices, parseProcesses, queryGpus, readGpus } from '../../../src/binaries/nvidia-smi.ts';

const MiB = 2 ** 20;
const ONE = 'GPU-11111111-2222-3333-4444-555555555555';
const TWO = 'GPU-66666666-7777-8888-9999-000000000000';
const DEVICES = `0, ${ONE}, NVIDIA GeForce RTX 4080, 16376, 9120, 6899\n1, ${TWO}, NVIDIA GeForce RTX 3060, 12288, 10, 12033\n`;
const APPS = `${ONE}, 4100, 5312\n${ONE}, 4200, 2048\n${TWO}, 4100, 8\n`;

/** An `nvidia-smi` that answers the two questions with what the script's two halves print. */
function fakeSmi(devices: string, apps: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'orchestrator-smi-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const program = join(folder, 'nvidia-smi');
  const script = `#!/bin/sh\ncase "$1" in\n--query-gpu=*) ${devices} ;;\n*) ${apps} ;;\nesac\n`;
  writeFileSync(program, script, { mode: 0o755 });
  return program;
}

const print = (text: string) => `printf '%s' '${text}'`;
const ask = (program: string, timeoutMs = 10_000) => queryGpus({ program, environment: process.env, timeoutMs });

describe('nvidia-smi', () => {
  it('is read into devices and processes', async () => {
    const { reading } = await ask(fakeSmi(print(DEVICES), print(APPS)));
    expect(reading?.devices[0]).toEqual({
      index: 0,
      uuid: ONE,
      name: 'NVIDIA GeForce RTX 4080',
      totalBytes: 16_376 * MiB,
      usedBytes: 9_120 * MiB,
      freeBytes: 6_899 * MiB,
    });
    expect(reading?.processes).toHaveLength(3);
    expect(reading?.perProcess).toBe(true);
  });

  it('is found where WSL2 has it, when the PATH does not lead there', async () => {
    const folder = dirname(fakeSmi(print(DEVICES), print(APPS)));
    const environment = { PATH: '/usr/bin:/bin' };
    expect((await queryGpus({ folder, environment })).reading?.devices).toHaveLength(2);
    expect((await queryGpus({ folder: '/nowhere', environment: { PATH: '/nowhere' } })).problem?.kind).toBe('absent');
  });

  it('that does not know processes (WSL2) still knows devices', async () => {
    const { reading } = await ask(fakeSmi(print(DEVICES), print(`${ONE}, 4100, [N/A]\n`)));
    expect(reading).toMatchObject({ perProcess: false, processes: [{ pid: 4_100, bytes: undefined }] });
    const failed = await ask(fakeSmi(print(DEVICES), 'echo "[Not Supported]"; exit 3'));
    expect(failed.reading).toMatchObject({ perProcess: false, processes: [] });
  });

  it('with a device in trouble says nothing of that device', () => {
    const text = `0, ${ONE}, NVIDIA GB10, [N/A], [N/A], [N/A]\n1, ${TWO}, RTX 3060, 12288, ERR!, [Unknown Error]\n`;
    expect(parseDevices(text)?.map(({ totalBytes, usedBytes }) => [totalBytes, usedBytes])).toEqual([
      [undefined, undefined],
      [12_288 * MiB, undefined],
    ]);
    expect(parseDevices(text)?.map(({ trouble }) => trouble)).toEqual([undefined, 'ERR!']);
  });

  it.each(['', 'No devices were found\n', 'NVIDIA-SMI has failed\n', '<html></html>', `0, ${ONE}\n`, '\0\0\0'])(
    'that says %j is not understood',
    (text) => expect(parseDevices(text)).toBeUndefined(),
  );

  it('without processes answers an empty list', () => {
    expect(parseProcesses('')).toEqual([]);
    expect(parseProcesses('No running processes found\n')).toEqual([]);
    expect(parseProcesses('what\n')).toBeUndefined();
  });

  it.each([
    ['hangs', 'sleep 60', 'timeout'],
    ['hangs behind a wrapper that holds the pipe', 'sleep 60 & wait', 'timeout'],
    ['ends with a code', 'echo "NVIDIA-SMI has failed"; exit 1', 'failed'],
    ['finds no driver', 'echo "NVIDIA-SMI has failed"; exit 9', 'lost'],
    ['finds no device', 'echo "No devices were found"', 'lost'],
    ['has lost one', 'echo "Unable to determine the device handle for GPU0: GPU is lost"; exit 255', 'lost'],
    ['prints garbage', 'head -c 3000000 /dev/zero', 'garbled'],
    ['says nothing', ':', 'garbled'],
  ])('that %s is a problem, in time', async (_name, script, kind) => {
    const start = performance.now();
    const { problem } = await ask(fakeSmi(script, script), kind === 'timeout' ? 300 : 10_000);
    expect(problem?.kind).toBe(kind);
    if (kind === 'timeout') expect(performance.now() - start).toBeLessThan(5_000);
  });

  it('that is not there is absent', async () => {
    expect((await ask('/nowhere/nvidia-smi')).problem?.kind).toBe('absent');
  });
});

describe('the GPUs that an adapter is told of', () => {
  const read = (script: string) => readGpus({ PATH: `${dirname(fakeSmi(script, 'exit 1'))}:/usr/bin:/bin` });

  it('have their memory in bytes; what does not say it is left out', async () => {
    expect(await read(print(`${DEVICES}2, GPU-77, NVIDIA GB10, [N/A], [N/A], [N/A]\n`))).toEqual([
      { index: 0, uuid: ONE, name: 'NVIDIA GeForce RTX 4080', totalBytes: 16_376 * MiB },
      { index: 1, uuid: TWO, name: 'NVIDIA GeForce RTX 3060', totalBytes: 12_288 * MiB },
    ]);
  });

  it('are none where it says something else, and where there is no such program', async () => {
    expect(await read('echo "NVIDIA-SMI has failed because it couldn’t communicate with the driver, sorry"')).toEqual(
      [],
    );
    expect(await readGpus({ PATH: '/nowhere' })).toEqual([]);
  });
});
