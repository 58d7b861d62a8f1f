import { expect, it } from 'vitest';

import { CrashHistory } from '../../../src/supervisor/crash-history.ts';
import type { ExitVerdict } from '../../../src/supervisor/exit-classes.ts';
import { ManualClock, QUICK_BACKOFF } from './house.ts';

it('an engine that ran well between two starts without memory gets its second try each time', () => {
  const history = new CrashHistory('a', { clock: new ManualClock(), backoff: QUICK_BACKOFF, random: () => 0.5 });
  const verdict: ExitVerdict = {
    class: 'gpu_oom',
    retryable: false,
    sentence: 'a ran out of GPU memory.',
    line: undefined,
  };
  const start = () => history.crashed(verdict, { code: 1, signal: null, oomKilled: false }, [], true).event === 'crash';
  expect([start(), start()], 'once more, and no more').toEqual([true, false]);
  expect(start()).toBe(true);
  history.wasHealthy(60_000);
  expect(start()).toBe(true);
});
