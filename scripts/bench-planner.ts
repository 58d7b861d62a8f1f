/**
 * Replays generated traces against our planner, what other programs do, and one that knows the future; prints swaps, bytes loaded and
 * waits side by side, and whether the claims of the README hold. Exit code 1: they do not.
 *
 *     npm run bench:planner -- [--markdown] [--seeds 201-208]
 *
 * The planner was tuned with seeds 1 to 14 and 101 to 108; the default seeds were not looked at before.
 */
import { parseArgs } from 'node:util';

import { details, summary, type Table, verdict } from './simulate/report.ts';
import { runTrials } from './simulate/results.ts';

const { values } = parseArgs({
  options: { markdown: { type: 'boolean', default: false }, seeds: { type: 'string', default: '201-208' } },
});
const seeds = seedsOf(values.seeds);
const startedAt = performance.now();
const trials = runTrials(seeds, (done, of) => {
  if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${of} traces${done === of ? '\n' : ''}`);
  else if (done % 27 === 0) console.error(`${done} of ${of} traces`);
});
const { holds, lines } = verdict(trials);
const print = values.markdown ? asMarkdown : asText;

console.log(
  `${trials.length} traces of 3,000 requests, seeds ${values.seeds} (tuned with 1-14 and 101-108). Ratios are geometric means over traces.\n`,
);
console.log(print(summary(trials)));
console.log('Swaps · GiB loaded · mean wait · p95 wait, mean over the seeds:\n');
console.log(print(details(trials)));
console.log(values.markdown ? lines.map((line) => line.replace(/^( *)/, '$1- ')).join('\n') : lines.join('\n'));
console.error(`${((performance.now() - startedAt) / 1_000).toFixed(0)} s`);
process.exitCode = holds ? 0 : 1;

function seedsOf(range: string): number[] {
  const match = /^(\d+)(?:-(\d+))?$/.exec(range);
  const [first, last] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
  if (!match || last < first) {
    console.error(`--seeds wants a number or a range such as 201-208, not ${range}`);
    process.exit(2);
  }
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function asText(table: Table): string {
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lines = table.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

function asMarkdown([header = [], ...rows]: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return `${[line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n')}\n`;
}
