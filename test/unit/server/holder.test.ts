import { expect, it } from 'vitest';

import { Holder } from '../../../src/server/holder.ts';
import { silentLogger } from '../supervisor/house.ts';

it('what is held is closed and opened anew where the store has changed under it, also while it is just being opened', async () => {
  const log: string[] = [];
  const holder = new Holder<string, { reconfigure: (setup: string) => void; close: () => Promise<void> }>({
    logger: silentLogger,
    load: () =>
      Promise.resolve({
        open: (setup) => {
          log.push(`open ${setup}`);
          return Promise.resolve({
            reconfigure: () => log.push('reconfigure'),
            close: () => Promise.resolve(void log.push('close')),
          });
        },
        close: () => Promise.resolve(void log.push('end')),
      }),
    placeOf: (setup) => setup,
    says: { open: 'open', failed: 'failed' },
  });
  holder.want('here');
  holder.renew();
  holder.want('here');
  await expect.poll(() => log.at(-1), { interval: 5 }).toBe('reconfigure');
  await holder.close();
  expect(log).toEqual(['open here', 'close', 'open here', 'reconfigure', 'close', 'end']);
});
