import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

const CHECK_MS = 250;
const HEAP_MIB = 8;

/**
 * Ends this process when the one that started it is gone, however that ended. A parser that spins would never hear that its channel
 * has closed: a thread of its own looks whose child we are. Resolves when it looks; without it, this process ends.
 */
export async function watchParent(parent: number): Promise<void> {
  const look = `
    setInterval(() => process.ppid === ${parent} || process.kill(process.pid, 'SIGKILL'), ${CHECK_MS});
    require('node:worker_threads').parentPort.postMessage('looking');`;
  const watcher = new Worker(look, { eval: true, resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB } });
  watcher.on('exit', () => process.exit(1));
  await once(watcher, 'message');
  watcher.unref();
}
