import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { at, engineArgv, EXPERT, ONE_TOKEN, onPort, startByHand, startOurs } from './engine.ts';
import { ask, freePort } from './programs.ts';
import type { BenchContext } from './report.ts';
import { interleave, median } from './statistics.ts';

const REPETITIONS = 9;

/** Milliseconds from a request (or from the spawn, by hand) to the first token. */
export interface Cold {
  readonly ours: number;
  readonly byHand: number;
  /** Median of the differences, pair by pair. */
  readonly added: number;
}

export async function measureCold({ folder, say }: BenchContext): Promise<Cold> {
  say('cold request: ours and the same argv by hand');
  const directory = folder('cold');
  const ours = await startOurs(directory);
  const request = { body: { ...ONE_TOKEN, stream: true } };
  const unload = () => ask(`${ours.url}/api/experts/${EXPERT}/unload`, { method: 'POST' });

  // The first start of all reads the program from disk and probes it: neither is what is compared.
  await ask(`${ours.url}/v1/completions`, request);
  const argv = engineArgv(ours);
  const usesSocket = argv[argv.indexOf('--host') + 1]?.startsWith('/') === true;

  const runs = await interleave(
    {
      ours: async () => {
        await unload();
        const startedAt = performance.now();
        const { status, text, firstByteAt } = await ask(`${ours.url}/v1/completions`, request);
        if (status !== 200) throw new Error(`the cold request failed: ${text}`);
        await unload();
        return firstByteAt - startedAt;
      },
      byHand: async () => {
        const address = usesSocket ? join(directory, 'hand.sock') : await freePort();
        if (usesSocket) rmSync(String(address), { force: true });
        const startedAt = performance.now();
        const hand = await startByHand(
          typeof address === 'string' ? at(argv, address) : onPort(argv, address),
          address,
        );
        const took = hand.firstToken.firstByteAt - startedAt;
        await hand.program.stop();
        return took;
      },
    },
    REPETITIONS,
  );
  await ours.program.stop();
  const [oursMs = [], byHandMs = []] = [runs['ours'], runs['byHand']];
  return {
    ours: median(oursMs),
    byHand: median(byHandMs),
    added: median(oursMs.map((took, index) => took - (byHandMs[index] ?? Number.NaN))),
  };
}
