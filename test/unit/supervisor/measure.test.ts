import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { GpuPoller } from '../../../src/supervisor/gpu-poller.ts';
import {
  attributeGpu,
  deviceDifference,
  mappedFiles,
  parseMaps,
  privateBytes,
  uniqueFiles,
} from '../../../src/supervisor/measure.ts';
import { parseDevices, parseProcesses, queryGpus } from '../../../src/supervisor/nvidia-smi.ts';
import type { GpuAnswer, GpuReading } from '../../../src/supervisor/nvidia-smi.ts';

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
const ask = (program: string, timeoutMs = 1_500) => queryGpus({ program, environment: process.env, timeoutMs });

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
    ['ends with a code', 'echo "NVIDIA-SMI has failed"; exit 9', 'failed'],
    ['prints garbage', 'head -c 3000000 /dev/zero', 'garbled'],
    ['says nothing', ':', 'garbled'],
  ])('that %s is a problem, in time', async (_name, script, kind) => {
    const start = performance.now();
    const { problem } = await ask(fakeSmi(script, script), 300);
    expect(problem?.kind).toBe(kind);
    expect(performance.now() - start).toBeLessThan(2_500);
  });

  it('that is not there is absent', async () => {
    expect((await ask('/nowhere/nvidia-smi')).problem?.kind).toBe('absent');
  });
});

describe('GPU memory', () => {
  const reading: GpuReading = {
    devices: parseDevices(DEVICES) ?? [],
    processes: parseProcesses(APPS) ?? [],
    perProcess: true,
  };

  it('belongs to the expert whose family holds it, the rest to others', () => {
    const { byExpert, others } = attributeGpu(reading, new Map([['phi', [4_099, 4_100]]]));
    expect(byExpert.get('phi')).toEqual({ gpu0: 5_312 * MiB, gpu1: 8 * MiB });
    expect(others).toEqual({ gpu0: 3_808 * MiB, gpu1: 2 * MiB });
  });

  it('is the device’s difference where processes are not told apart', () => {
    const used = (first: number | undefined, second: number | undefined): GpuReading => ({
      ...reading,
      devices: reading.devices.map((device, index) => ({ ...device, usedBytes: index === 0 ? first : second })),
      perProcess: false,
    });
    expect(deviceDifference(used(1_000, 500), used(5_000, 400))).toEqual({ gpu0: 4_000, gpu1: 0 });
    expect(deviceDifference(used(undefined, 500), used(5_000, 700))).toEqual({ gpu1: 200 });
  });
});

describe('the poller', () => {
  it('asks one question at a time, and keeps the last good reading', async () => {
    const good: GpuAnswer = { reading: { devices: [], processes: [], perProcess: true } };
    const bad: GpuAnswer = { problem: { kind: 'timeout', message: 'hung' } };
    const waiting: ((answer: GpuAnswer) => void)[] = [];
    let running = 0;
    let most = 0;
    let told: ((answer: GpuAnswer) => void) | undefined;
    const poller = new GpuPoller({
      environment: {},
      everyMs: 1,
      mostMs: 2,
      onAnswer: (answer) => told?.(answer),
      query: async () => {
        running += 1;
        most = Math.max(most, running);
        const answer = await new Promise<GpuAnswer>((resolve) => waiting.push(resolve));
        running -= 1;
        return answer;
      },
    });
    onTestFinished(() => poller.stop());
    const answered = () => new Promise<GpuAnswer>((resolve) => (told = resolve));
    poller.start();
    const [one, other] = [poller.ask(), poller.ask()];
    expect(one).toBe(other);
    waiting.shift()?.(good);
    expect(await one).toBe(good);
    const next = answered();
    await expect.poll(() => waiting.length).toBe(1);
    waiting.shift()?.(bad);
    await next;
    expect(poller.last).toBe(bad);
    expect(poller.good?.reading).toBe(good.reading);
    expect(most).toBe(1);
    expect(waiting).toHaveLength(0);
  });

  it('does not ask again while a program that was killed has not ended', async () => {
    let asked = 0;
    let ended = false;
    const problem = { kind: 'timeout', message: 'hung', stillRunning: () => !ended } as const;
    const poller = new GpuPoller({
      environment: {},
      query: () => {
        asked += 1;
        return Promise.resolve({ problem });
      },
    });
    await poller.ask();
    await poller.ask();
    expect(asked).toBe(1);
    ended = true;
    await poller.ask();
    expect(asked).toBe(2);
  });
});

describe('mapped files', () => {
  const maps = [
    '7f0000000000-7f0010000000 r--s 00000000 fe:00 123 /models/a.gguf',
    '7f0010000000-7f0018000000 r--s 10000000 fe:00 123 /models/a.gguf',
    '7f0020000000-7f0030000000 r--s 00000000 fe:00 456 /models/b b.gguf (deleted)',
    '7f0040000000-7f0050000000 r-xp 00000000 fe:00 789 /usr/lib/libllama.so',
    '7ffd00000000-7ffd00100000 rw-p 00000000 00:00 0 [stack]',
  ].join('\n');

  it('are read from the kernel’s text, all mappings of a file together', () => {
    expect(parseMaps(maps)).toEqual([
      { id: 'fe:00:123', path: '/models/a.gguf', bytes: 0x18000000 },
      { id: 'fe:00:456', path: '/models/b b.gguf', bytes: 0x10000000 },
    ]);
  });

  it('are counted once, however many map them', () => {
    const again = { id: 'fe:00:123', path: '/other/name.gguf', bytes: 5 };
    expect(uniqueFiles([...parseMaps(maps), again])).toHaveLength(2);
    expect(uniqueFiles([again, ...parseMaps(maps)])[0]?.bytes).toBe(0x18000000);
  });
});

describe('a real process', () => {
  it('has private bytes that grow with what it allocates, and no model files', async () => {
    const program =
      'const held = Buffer.alloc(64 << 20, 1); process.stdout.write("x"); setInterval(() => held.length, 1e6)';
    const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'ignore'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    const pid = child.pid ?? 0;
    expect(privateBytes([pid])).toBeGreaterThan(64 * MiB);
    expect(privateBytes([pid, pid])).toBe(2 * privateBytes([pid]));
    expect(mappedFiles([pid])).toEqual([]);
    expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toContain('RssAnon');
    child.kill('SIGKILL');
    await once(child, 'close');
    expect(privateBytes([pid])).toBe(0);
  });
});
