import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Start-up, and what is loaded right after it, are over. */
const AFTER_MS = 2_000;

type Collect = (options: {
  readonly type: 'major';
  readonly execution: 'sync';
  readonly flavor: 'last-resort';
}) => void;

/**
 * Gives back, once, what only start-up needed: a collection 2 s from now, or as soon after as `isIdle`, since it takes some 30 ms. V8
 * grows its nursery while modules are loaded and does not shrink it without one: 13 MB of 100 that an idle program would hold for ever.
 */
export function settleHeap(isIdle: () => boolean): void {
  const settle = () => {
    if (!isIdle()) return void setTimeout(settle, AFTER_MS).unref();
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as Collect;
    setFlagsFromString('--no-expose-gc');
    collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  };
  setTimeout(settle, AFTER_MS).unref();
}
