import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

import { describe, expect, it, onTestFinished } from 'vitest';

import { parseDevices, parseProcesses } from '../../../src/binaries/nvidia-smi.ts';
import type { GpuAnswer, GpuReading } from '../../../src/binaries/nvidia-smi.ts';
import { GpuPoller } from '../../../src/supervisor/gpu-poller.ts';
import {
  attributeGpu,
  deviceDifference,
  mappedFiles,
  parseMaps,
  privateBytes,
  uniqueFiles,
} from '../../../src/supervisor/measure.ts';

const MiB = 2 ** 20;
const ONE = 'GPU-11111111-2222-3333-4444-555555555555';
const TWO = 'GPU-66666666-7777-8888-9999-000000000000';
const DEVICES = `0, ${ONE}, NVIDIA GeForce RTX 4080, 16376, 9120, 6899\n1, ${TWO}, NVIDIA GeForce RTX 3060, 12288, 10, 12033\n`;
const APPS = `${ONE}, 4100, 5312\n${ONE}, 4200, 2048\n${TWO}, 4100, 8\n`;

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
