import { Histogram, Registry } from 'prom-client';
import { expect, test } from 'vitest';

import { Timings } from '../../../src/telemetry/timings.ts';

test('timings are written as prom-client writes its own histograms', async () => {
  const configuration = { name: 'took_seconds', help: 'How long', labelNames: ['expert'], buckets: [0.1, 1] } as const;
  const theirs = new Registry();
  const histogram = new Histogram({ ...configuration, buckets: [0.1, 1], registers: [theirs] });
  const ours = new Registry();
  const timings = new Timings({ ...configuration, buckets: [0.1, 1], registers: [ours] });

  for (const expert of ['a', 'b']) {
    const timing = timings.timing({ expert });
    for (const value of [0.05, 0.1, 0.5, 7]) {
      timing.observe(value);
      histogram.labels({ expert }).observe(value);
    }
  }
  expect(await ours.metrics()).toBe(await theirs.metrics());
});
