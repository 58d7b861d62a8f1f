import { readFileSync, rmSync } from 'node:fs';

import { allPids } from './proc.ts';

/**
 * Segments that Python, PyTorch and NCCL name at random for their own workers. They outlive a process that is killed, with the memory
 * in them. By these names alone: a person may keep a model in /dev/shm, and an engine maps it.
 */
export const SEGMENT = '/dev/shm/(psm_[0-9a-f]+|sem[.]mp-[0-9a-z_]+|torch_[0-9a-zA-Z_]+|nccl-[0-9a-zA-Z]+)';
const MAPPED = new RegExp(`\\s(${SEGMENT})$`, 'gm');

/** The segments that these processes have mapped; read before they are killed. */
export function segmentsOf(pids: readonly number[]): string[] {
  const paths = new Set<string>();
  for (const pid of pids) for (const [, path = ''] of readMaps(pid).matchAll(MAPPED)) paths.add(path);
  return [...paths];
}

/** Removes the segments that no process has mapped any more. */
export function removeSegments(paths: readonly string[]): void {
  if (paths.length === 0) return;
  const used = new Set(segmentsOf(allPids()));
  for (const path of paths) if (!used.has(path)) rmSync(path, { force: true });
}

function readMaps(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/maps`, 'utf8');
  } catch {
    return '';
  }
}
