/** Trains the router's classifier from data/router and writes data/router/weights.bin: the same bytes for the same data. */
import { writeFileSync } from 'node:fs';

import { encodeWeights } from '../src/router/weights.ts';
import { DATA, WEIGHTS } from './router/data.ts';
import { trainAll } from './router/train.ts';

const startedAt = performance.now();
const file = encodeWeights(trainAll());
writeFileSync(WEIGHTS, file);
const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
console.log(`Trained from ${DATA} in ${seconds} s: ${WEIGHTS}, ${(file.length / 1_024).toFixed(0)} KiB.`);
