// Predicted against measured memory of the real llama-server, over generated models. One model is on the disk at a time.
// node scripts/bench-footprint.ts [--only TEXT]… [--json-out FILE] [--markdown]
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { installEngine } from '../src/binaries/install.ts';
import { probeProgram } from '../src/binaries/probe.ts';
import type { ProgramProbe } from '../src/engines/contract.ts';
import { settingsOfExpert } from '../src/models/expert-footprint.ts';
import { predictGguf } from '../src/models/footprint.ts';
import { readGgufModels } from '../src/models/gguf-models.ts';
import { resolvePaths } from '../src/shared/paths.ts';
import { formatDuration } from '../src/shared/units.ts';
import { REAL_ENGINES_DIR } from '../test/support/real-parts.ts';
import { buildGguf } from './build-gguf.ts';
import { buildLora } from './build-lora.ts';
import { buildProjector } from './build-projector.ts';
import { CASES } from './footprint/cases.ts';
import type { FootprintCase } from './footprint/cases.ts';
import { asExpert, realRun } from './footprint/real-run.ts';

/** Share of the cases that must be within, and how far one may be under. */
const TARGET = { within: 0.1, ofCases: 0.9, under: 0.05 };
/** Ids below this are single bytes in the generated tokenizers. */
const PLAIN_TOKENS = 250;
const MiB = 2 ** 20;

interface Row {
  readonly name: string;
  readonly context: string;
  readonly fileBytes: number;
  readonly predicted: { readonly private: number; readonly mapped: number };
  readonly measured: { readonly private: number; readonly mapped: number };
  /** Predicted through measured, private memory and mapped weights together, and private memory alone. */
  readonly ratio: number;
  readonly privateRatio: number;
  readonly parts: Readonly<Record<string, number>>;
  readonly logged: Readonly<Record<string, number>>;
}

const { values } = parseArgs({
  options: { only: { type: 'string', multiple: true }, 'json-out': { type: 'string' }, markdown: { type: 'boolean' } },
});
const started = performance.now();
const say = (text: string) => console.error(`bench:footprint: ${text}`);
const folder = mkdtempSync(join(tmpdir(), 'orchestrator-footprint-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const environment: NodeJS.ProcessEnv = { ...process.env, ORCHESTRATOR_ENGINES_DIR: REAL_ENGINES_DIR };
const paths = resolvePaths(environment);
const build = await installEngine('llama-server', { backend: 'cpu', paths, environment, log: say });
const program = await probeProgram(build.program, { paths });
const cores = Math.min(4, availableParallelism());

const rows: Row[] = [];
for (const one of CASES.filter(({ name }) => !values.only || values.only.some((text) => name.includes(text)))) {
  const row = await measure(one, program);
  rows.push(row);
  say(`${row.name}: ${percent(row.ratio)} (private memory ${percent(row.privateRatio)})`);
}
report();

async function measure(one: FootprintCase, program: ProgramProbe): Promise<Row> {
  const { name, model, settings, draft, adapter, projector, turns } = one;
  const own = mkdtempSync(join(folder, 'case-'));
  try {
    const { path } = await buildGguf({ path: join(own, 'model.gguf'), ...model });
    const drafting = draft && (await buildGguf({ path: join(own, 'draft.gguf'), ...draft })).path;
    const adapting = adapter && (await buildLora({ path: join(own, 'adapter.gguf'), base: path, rank: adapter })).path;
    const seeing =
      projector && (await buildProjector({ path: join(own, 'mmproj.gguf'), base: path, ...projector })).path;
    const expert = asExpert({
      ...settings,
      model: { path, ...(seeing && { mmproj: seeing }) },
      ...(drafting && { draft: { model: { path: drafting } } }),
      ...(adapting && { lora: { path: adapting } }),
      threads: cores,
    });
    const files = {
      model: path,
      ...(seeing && { mmproj: seeing }),
      ...(drafting && { draft: drafting }),
      ...(adapting && { loras: [{ path: adapting }] }),
    };
    const models = await readGgufModels(expert, files);
    if (!models) throw new Error(`${path} has no header`);
    const { shape } = models;
    const prediction = predictGguf({ ...models, settings: settingsOfExpert(expert) });
    const run = await realRun({
      program,
      files,
      expert,
      turns,
      // What is left over is the answer's token and the one that the engine keeps free.
      promptTokens: settings.context - 8,
      promptVocabulary: Math.min(PLAIN_TOKENS, shape.vocabulary),
      folder: own,
      cores,
    });
    const { mappedFileBytes, footprint } = prediction;
    const ram = footprint['ram'] ?? 0;
    // What of the mapped file the engine itself counts as weights: repacked parts are still mapped, and never read again.
    const measured = { private: run.anonymousBytes, mapped: run.logged.mapped };
    return {
      name,
      context: `${settings.context} × ${settings.parallel}${settings.task === 'embed' ? '' : ` ${settings.kvCache ?? 'f16'}`}`,
      fileBytes: shape.fileBytes,
      predicted: { private: ram, mapped: mappedFileBytes },
      measured,
      ratio: (ram + mappedFileBytes) / (measured.private + measured.mapped),
      privateRatio: ram / measured.private,
      parts: Object.fromEntries(prediction.parts.map(({ name, pool, bytes }) => [`${name} (${pool})`, bytes])),
      logged: { ...run.logged, idle: run.idleBytes },
    };
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

function report(): void {
  const within = rows.filter(({ ratio }) => Math.abs(ratio - 1) <= TARGET.within).length;
  const lowest = Math.min(...rows.map(({ ratio }) => ratio));
  const met = within >= rows.length * TARGET.ofCases && lowest >= 1 - TARGET.under;
  const [cpu] = cpus();
  const machine = `${cpu?.model ?? 'unknown processor'}, ${availableParallelism()} cores, llama-server ${program.version}`;
  const summary = `${within} of ${rows.length} within ±${TARGET.within * 100} %, the lowest at ${percent(lowest)} (${machine}; ${formatDuration(performance.now() - started)}).`;
  console.log(
    [...(values.markdown ? familyTable() : caseTable()), '', summary, ...(met ? [] : ['The target is NOT met.'])].join(
      '\n',
    ),
  );
  const output = values['json-out'];
  if (output)
    writeFileSync(output, `${JSON.stringify({ engine: program.version, target: TARGET, met, rows }, undefined, 2)}\n`);
  process.exitCode = met ? 0 : 1;
}

/** One line for each case, in columns. */
function caseTable(): string[] {
  const header = ['model', 'context × slots', 'file', 'predicted', 'measured', 'ratio', 'private alone'];
  const table = rows.map((row) => [
    row.name,
    row.context,
    mebibytes(row.fileBytes),
    mebibytes(row.predicted.private + row.predicted.mapped),
    mebibytes(row.measured.private + row.measured.mapped),
    percent(row.ratio),
    percent(row.privateRatio),
  ]);
  const widths = header.map((cell, column) => Math.max(cell.length, ...table.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
  return [header, ...table].map((row) => line(row).trimEnd());
}

/** One line for each kind of model, for a README. A case is named after its kind. */
function familyTable(): string[] {
  const families = Map.groupBy(rows, ({ name }) => name.split(/[ ,]/)[0] ?? name);
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const header = ['models', 'cases', 'measured', 'predicted / measured', 'private memory alone'];
  const body = [...families].map(([family, cases]) => [
    KINDS[family] ?? family,
    String(cases.length),
    range(
      cases.map(({ measured }) => measured.private + measured.mapped),
      mebibytes,
    ),
    range(
      cases.map(({ ratio }) => ratio),
      percent,
    ),
    range(
      cases.map(({ privateRatio }) => privateRatio),
      percent,
    ),
  ]);
  return [line(header), line(header.map(() => '---')), ...body.map(line)];
}

const KINDS: Readonly<Record<string, string>> = {
  dense: 'dense',
  grouped: 'grouped-query attention',
  sliding: 'sliding window',
  tied: 'tied embeddings',
  mixture: 'mixture of experts',
  split: 'split into three files',
  draft: 'with a draft model',
  adapter: 'with a LoRA adapter',
  projector: 'with a projector, shown images',
  encoder: 'encoder, for embeddings',
};

function range(numbers: readonly number[], format: (value: number) => string): string {
  const [least, most] = [format(Math.min(...numbers)), format(Math.max(...numbers))];
  return least === most ? least : `${least} to ${most}`;
}

const mebibytes = (bytes: number) => `${(bytes / MiB).toFixed(0)} MiB`;

function percent(ratio: number): string {
  return `${(ratio * 100).toFixed(1)} %`;
}
