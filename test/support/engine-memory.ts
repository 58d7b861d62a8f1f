/** What the engines of an orchestrator really take of the machine's memory, as the kernel tells it, sampled without a pause. */
import { readFileSync } from 'node:fs';

import type { Orchestrator } from './orchestrator.ts';
import { descendants, environmentOf } from './processes.ts';

const LOOK_EVERY_MS = 100;

/** One look. Bytes. */
export interface MemorySample {
  readonly atMs: number;
  /** RssAnon + RssShmem of every engine process. */
  readonly private: number;
  /** Model files that any of them maps, each once, by the address space that shows them. */
  readonly mapped: number;
  readonly total: number;
  readonly engines: readonly number[];
}

export interface MemoryWatch {
  readonly samples: number;
  /** The sample with the largest total. */
  readonly peak: MemorySample;
  /** Milliseconds between two looks at most. */
  readonly longestGapMs: number;
  /** The first sample above the limit. */
  readonly exceeded: MemorySample | undefined;
  stop(): void;
}

const NOTHING: MemorySample = { atMs: 0, private: 0, mapped: 0, total: 0, engines: [] };

/** Looks ten times a second until it is stopped; `onExceeded` is called once, with the first sample above `limit` bytes. */
export function watchMemory(
  orchestrator: Orchestrator,
  limit: number,
  onExceeded: (sample: MemorySample) => void = () => undefined,
): MemoryWatch {
  const began = performance.now();
  const seen = { samples: 0, peak: NOTHING, longestGapMs: 0, exceeded: undefined as MemorySample | undefined };
  let last = began;
  const look = () => {
    const now = performance.now();
    seen.longestGapMs = Math.max(seen.longestGapMs, now - last);
    last = now;
    const sample = sampleMemory(orchestrator.pid, now - began);
    seen.samples += 1;
    if (sample.total > seen.peak.total) seen.peak = sample;
    if (sample.total <= limit || seen.exceeded) return;
    seen.exceeded = sample;
    onExceeded(sample);
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  return {
    get samples() {
      return seen.samples;
    },
    get peak() {
      return seen.peak;
    },
    get longestGapMs() {
      return seen.longestGapMs;
    },
    get exceeded() {
      return seen.exceeded;
    },
    stop: () => clearInterval(timer),
  };
}

/** Every process below the orchestrator that was started as an engine, and what it takes at this moment. */
export function sampleMemory(orchestratorPid: number, atMs = 0): MemorySample {
  // The mark is in the environment from the `exec` on: a fork of the orchestrator itself does not carry it yet.
  const engines = descendants(orchestratorPid)
    .filter(({ state, pid }) => state !== 'Z' && environmentOf(pid)['ORCHESTRATOR_START'] !== undefined)
    .map(({ pid }) => pid);
  const privateBytes = engines.reduce((sum, pid) => sum + privateOf(pid), 0);
  const files = new Map<string, number>();
  for (const pid of engines)
    for (const [file, bytes] of mappedModels(pid)) files.set(file, Math.max(files.get(file) ?? 0, bytes));
  const mapped = [...files.values()].reduce((sum, bytes) => sum + bytes, 0);
  return { atMs, private: privateBytes, mapped, total: privateBytes + mapped, engines };
}

function privateOf(pid: number): number {
  const status = read(`/proc/${pid}/status`);
  const kib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
  return (kib('RssAnon') + kib('RssShmem')) * 1_024;
}

/** Bytes by device and inode. */
function mappedModels(pid: number): Map<string, number> {
  const files = new Map<string, number>();
  for (const [, from = '0', to = '0', file = ''] of read(`/proc/${pid}/maps`).matchAll(
    /^([0-9a-f]+)-([0-9a-f]+) \S+ \S+ (\S+ \d+) +\/.*\.gguf(?: \(deleted\))?$/gm,
  ))
    files.set(file, (files.get(file) ?? 0) + Number.parseInt(to, 16) - Number.parseInt(from, 16));
  return files;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
