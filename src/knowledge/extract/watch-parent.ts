import { Worker } from 'node:worker_threads';

const CHECK_MS = 250;
const HEAP_MIB = 8;

/**
 * Ends this process when the one that started it is gone, however that ended. A parser that spins would never hear that its channel
 * has closed: a thread of its own looks whose child we are.
 */
export function watchParent(parent: number): void {
  const look = `setInterval(() => process.ppid === ${parent} || process.kill(process.pid, 'SIGKILL'), ${CHECK_MS})`;
  new Worker(look, { eval: true, resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB } }).unref();
}
