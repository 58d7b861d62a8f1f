/**
 * Trains the router's classifier from data/router and writes data/router/weights.bin: the same bytes for the same data.
 *
 *     npm run router:train [-- --from-feedback FILE] [--out FILE]
 *
 * The first FILE is router-candidates.jsonl of a state directory: what a person approved there is learned besides.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { encodeWeights } from '../src/router/weights.ts';
import { parseCandidates } from '../src/server/candidate-book.ts';
import { DATA, type Utterance, WEIGHTS } from './router/data.ts';
import { DOMAINS, trainAll } from './router/train.ts';

const { 'from-feedback': feedback, out } = parseArgs({
  options: { 'from-feedback': { type: 'string' }, out: { type: 'string', default: WEIGHTS } },
}).values;
const approved = feedback === undefined ? [] : approvedIn(feedback);
const startedAt = performance.now();
const file = encodeWeights(trainAll(approved));
writeFileSync(out, file);
const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
console.log(`Trained from ${DATA} in ${seconds} s: ${out}, ${(file.length / 1_024).toFixed(0)} KiB.`);

/** Domains that a profile has of its own are learned by that profile, not here. */
function approvedIn(path: string): Utterance[] {
  const known: readonly string[] = DOMAINS;
  const all = parseCandidates(readFileSync(path, 'utf8')).filter(({ status }) => status === 'approved');
  const used = all.filter(({ domain }) => known.includes(domain));
  console.log(`${used.length} approved utterances of ${path} are learned besides.`);
  const others = [...new Set(all.filter((one) => !used.includes(one)).map(({ domain }) => domain))];
  if (others.length > 0) console.log(`Not those of ${others.join(', ')}: put them into the profile (router.domains).`);
  return used.map(({ text, domain }) => ({ text, domain, source: 'own-feedback' }));
}
