/**
 * How well and how fast the router's classifier decides, on the development prompts and on our own test prompts; neither is trained on.
 *
 *     npm run bench:router -- [--markdown] [--mistakes]
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { Classifier } from '../src/router/classify.ts';
import { encodeWeights } from '../src/router/weights.ts';
import { DATA, readRows, WEIGHTS } from './router/data.ts';
import { type Judged, judge, type Quality, quality, type TestPrompt } from './router/quality.ts';
import { sameAfterTypos, sameWithoutAccents } from './router/robustness.ts';
import { addedMemory, type Latency, latencies } from './router/speed.ts';
import { trainAll } from './router/train.ts';

const { values } = parseArgs({
  options: { markdown: { type: 'boolean', default: false }, mistakes: { type: 'boolean', default: false } },
});

const classifier = Classifier.load(readFileSync(WEIGHTS));
const sets = {
  dev: readRows<TestPrompt>(join(DATA, 'dev.jsonl')),
  own: readRows<TestPrompt>(join(DATA, 'test-own.jsonl')),
};
const judged = { dev: judge(classifier, sets.dev), own: judge(classifier, sets.own) };
const both = [...sets.dev, ...sets.own];
const found = { dev: quality(judged.dev), own: quality(judged.own), both: quality([...judged.dev, ...judged.own]) };
const typos = { dev: sameAfterTypos(classifier, sets.dev), own: sameAfterTypos(classifier, sets.own) };
const accents = { dev: sameWithoutAccents(classifier, sets.dev), own: sameWithoutAccents(classifier, sets.own) };
const took = latencies(classifier, both);
const trainedAt = performance.now();
const trained = encodeWeights(trainAll());
const trainingSeconds = (performance.now() - trainedAt) / 1_000;

const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
const milliseconds = ({ p50, p99 }: Latency) => `${p50.toFixed(3)} / ${p99.toFixed(3)} ms`;
const three = (read: (quality: Quality) => string) => [read(found.dev), read(found.own), read(found.both)];
const rows: readonly (readonly string[])[] = [
  ['', 'must', 'aim', `dev (${found.dev.prompts})`, `own test (${found.own.prompts})`, 'both'],
  ['accuracy', '≥ 90 %', '≥ 92 %', ...three(({ accuracy }) => percent(accuracy))],
  ['macro recall', '≥ 92 %', '≥ 94 %', ...three(({ macroRecall }) => percent(macroRecall))],
  ['Spanish, three ways', '≥ 84 %', '≥ 88 %', ...three(({ spanish }) => percent(spanish))],
  ['English, three ways', '≥ 92 %', '≥ 94 %', ...three(({ english }) => percent(english))],
  ['other languages → multilingual', '≥ 98.5 %', '≥ 99.5 %', ...three(({ otherLanguages }) => percent(otherLanguages))],
  ['accuracy of the surest four fifths', '≥ 96 %', '≥ 97 %', ...three((one) => percent(one.accuracyAtFourFifths))],
  ['calibration error', '≤ 0.05', '≤ 0.03', ...three(({ calibrationError }) => calibrationError.toFixed(3))],
  ['same route, 8 % of words mistyped', '≥ 93 %', '≥ 95 %', percent(typos.dev.words), percent(typos.own.words), ''],
  ['same route, 8 % of letters mistyped', '', '', percent(typos.dev.letters), percent(typos.own.letters), ''],
  ['same route without accents (Spanish)', '≥ 95 %', '≥ 98 %', percent(accents.dev), percent(accents.own), ''],
  ['decision p50 / p99, these prompts', '', '≤ 0.1 / 1 ms', '', '', milliseconds(took['prompts'] as Latency)],
  ['what a routed request adds, p50 / p99', '≤ 0.1 ms', '', '', '', milliseconds(took['whole requests'] as Latency)],
  ...['2,000', '6,000', '10,000', '100,000'].map((length) => [
    `decision p50 / p99, ${length} characters`,
    length.length > 5 ? 'p99 ≤ 2 ms' : '',
    'p99 ≤ 1 ms',
    '',
    '',
    milliseconds(took[length] as Latency),
  ]),
  ['added memory', '≤ 80 MB', '', '', '', `${(addedMemory() / 1e6).toFixed(0)} MB`],
  ['weights', '≤ 300 KiB', '', '', '', `${(statSync(WEIGHTS).size / 1_024).toFixed(0)} KiB`],
  ['training', 'seconds', '', '', '', `${trainingSeconds.toFixed(1)} s`],
];

console.log(values.markdown ? asMarkdown(rows) : asText(rows));
if (values.mistakes)
  console.log(
    [...judged.dev, ...judged.own]
      .filter(({ right }) => !right)
      .map(mistake)
      .join('\n'),
  );
if (Buffer.compare(trained, readFileSync(WEIGHTS)) !== 0) {
  console.error('bench:router: the weights are not those of today’s data: run npm run router:train');
  process.exitCode = 1;
}

function mistake({ prompt, route, confidence }: Judged): string {
  return `${prompt.domain} → ${route} ${confidence.toFixed(2)}  ${JSON.stringify(prompt.prompt.slice(0, 120))}`;
}

function asText(table: readonly (readonly string[])[]): string {
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  return table.map((row) => row.map((text, column) => text.padEnd(widths[column] ?? 0)).join('  ')).join('\n');
}

function asMarkdown([header = [], ...body]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...body.map(line)].join('\n');
}
