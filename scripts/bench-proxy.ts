// What the proxy costs, as ratios from one run on one machine: npm run bench:proxy [-- --only cold,startup] [--quick] [--markdown]
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { resolvePaths } from '../src/shared/paths.ts';
import { measureCold } from './bench/cold.ts';
import { findTools } from './bench/debian-tools.ts';
import { prepareEngine } from './bench/engine.ts';
import { stopAll } from './bench/programs.ts';
import {
  asMarkdown,
  asText,
  type BenchContext,
  describeMachine,
  latencyTable,
  type Machine,
  type Results,
  rowsOf,
  rowTable,
} from './bench/report.ts';
import { measureRouter } from './bench/router.ts';
import { measureStartup } from './bench/startup.ts';
import { measureStreams } from './bench/streams.ts';
import { measureThroughput } from './bench/throughput.ts';

const MEASUREMENTS = {
  throughput: measureThroughput,
  router: measureRouter,
  streams: measureStreams,
  cold: measureCold,
  startup: measureStartup,
} satisfies { [Name in keyof Results]-?: (context: BenchContext) => Promise<NonNullable<Results[Name]>> };

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    markdown: { type: 'boolean', default: false },
    'json-out': { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (options.help) {
  console.log(
    [
      'npm run bench:proxy [-- OPTIONS]',
      `  --only NAMES     some of ${Object.keys(MEASUREMENTS).join(', ')} (with commas)`,
      '  --quick          fewer and shorter rounds',
      '  --markdown       tables for the README',
      '  --json-out FILE  everything that was measured',
    ].join('\n'),
  );
} else {
  await main();
}

async function main(): Promise<void> {
  const paths = resolvePaths(process.env);
  const say = (text: string) => console.error(`bench: ${text}`);
  const directory = mkdtempSync(join(tmpdir(), 'orchestrator-bench-'));
  const only = options.only?.split(',');
  const unknown = only?.find((name) => !(name in MEASUREMENTS));
  if (unknown !== undefined) throw new Error(`there is no measurement ${unknown}; see --help`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void stopAll().finally(() => process.exit(130)));
  }
  try {
    const context: BenchContext = {
      tools: await findTools(paths, say),
      paths,
      rounds: options.quick ? 3 : 5,
      seconds: options.quick ? 1 : 2,
      folder: (name) => {
        mkdirSync(join(directory, name), { recursive: true });
        return join(directory, name);
      },
      say,
    };
    const machine = describeMachine();
    if (machine.load > 0.5)
      say(`the machine is busy (load ${machine.load.toFixed(1)}): figures will be worse than it can do`);
    await prepareEngine(context);
    const results: Record<string, unknown> = {};
    for (const [name, measure] of Object.entries(MEASUREMENTS)) {
      if (!only || only.includes(name)) results[name] = await measure(context);
    }
    print(machine, results);
  } finally {
    await stopAll();
    rmSync(directory, { recursive: true, force: true });
  }
}

function print(machine: Machine, results: Results): void {
  const rows = rowsOf(results);
  const render = options.markdown ? asMarkdown : asText;
  const { cpu, cores, memory, kernel, node, load } = machine;
  console.log(
    `Machine: ${cpu}, ${cores} cores, ${memory}; ${kernel}; Node ${node}; load before the run ${load.toFixed(1)}.\n`,
  );
  console.log(render(rowTable(rows)));
  if (results.throughput) console.log(`\n${render(latencyTable(results.throughput))}`);
  const file = options['json-out'];
  if (file) writeFileSync(file, `${JSON.stringify({ at: new Date(), machine, rows, results }, undefined, 2)}\n`);
}
