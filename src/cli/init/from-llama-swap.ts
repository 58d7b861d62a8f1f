import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

import { stringify } from 'yaml';

import { resolveGguf } from '../../models/resolve-hub.ts';
import { fits } from '../../planner/fits.ts';
import { convertLlamaSwap } from '../../profiles/llama-swap/convert.ts';
import type { Converted } from '../../profiles/llama-swap/convert.ts';
import type { ConvertedExpert } from '../../profiles/llama-swap/names.ts';
import { loadProfile } from '../../profiles/load.ts';
import { ProfileError } from '../../profiles/problems.ts';
import { plainContent, writeProfileYaml } from '../../profiles/write-profile.ts';
import { CliError, messageOf } from '../../shared/errors.ts';
import type { Paths } from '../../shared/paths.ts';
import { emptyHouse } from '../../supervisor/budget-check.ts';
import { budgetContent, poolLines } from './house-profile.ts';
import type { MeasuredMachine } from './machine.ts';

interface Options {
  readonly environment: NodeJS.ProcessEnv;
  readonly paths: Paths;
  readonly machine: MeasuredMachine;
  readonly name: string;
  readonly schema: string;
}

/** What became of a configuration. */
export interface Conversion {
  readonly experts: readonly string[];
  /** Not converted, and why. */
  readonly left: readonly { readonly name: string; readonly reason: string }[];
}

/** Reads a configuration; what it becomes is written by `writeConversion`. @throws CliError where it cannot be read. */
export async function readConversion(source: string, { environment, machine }: Options): Promise<Converted> {
  const text = await readFile(source, 'utf8').catch((error: unknown) => {
    throw new CliError(`${source} cannot be read: ${messageOf(error)}`, 1, { cause: error });
  });
  const folder = dirname(resolve(source));
  return convertLlamaSwap(text, source, {
    environment,
    pools: Object.keys(machine.budget),
    resolveHub: (repository, quantisation) => resolveGguf(repository, quantisation, environment),
    // llama-swap's commands run where it was started: mostly beside its configuration.
    resolvePath: (path) => (existsSync(resolve(path)) ? resolve(path) : resolve(folder, path)),
  });
}

/**
 * Writes the profile to a file that the caller has made. Experts that are not valid, or never fit this machine, are put into comments
 * with the reason, so that what remains works.
 */
export async function writeConversion(
  file: string,
  source: string,
  converted: Converted,
  options: Options,
): Promise<Conversion> {
  const faults = new Map<string, string>();
  for (;;) {
    const experts = converted.experts.filter(({ id }) => !faults.has(id));
    const left = [
      ...converted.left,
      ...converted.experts
        .filter(({ id }) => faults.has(id))
        .map(({ id, name }) => ({ name, reason: faults.get(id) ?? '' })),
    ];
    if (experts.length === 0) {
      await rm(file, { force: true });
      throw new CliError(
        `Nothing of ${source} could be converted:\n${left.map(({ name, reason }) => `  ${name}: ${reason}`).join('\n')}`,
      );
    }
    await writeFile(file, profileText(source, converted, faults, options));
    const found = await faultsOf(file, options);
    if (found.size === 0) return { experts: experts.map(({ id }) => id), left };
    for (const [id, reason] of found) faults.set(id, reason);
  }
}

/** By expert: why it may not stay as it is. @throws ProfileError where it is not an expert's. */
async function faultsOf(file: string, { environment, paths, machine }: Options): Promise<Map<string, string>> {
  const faults = new Map<string, string>();
  try {
    const profile = await loadProfile(file, { environment });
    const { world } = await emptyHouse(profile, { paths, environment, machine: 'here', gpus: machine.gpuAnswer });
    for (const { id } of world.experts) {
      const why = fits(world, id);
      if (why !== undefined) faults.set(id, why);
    }
  } catch (error) {
    if (!(error instanceof ProfileError)) throw error;
    for (const { path, message } of error.problems) {
      const id = /^experts\.(.+?)(?:\.[a-z-]+(?:\.|$)|$)/i.exec(path)?.[1];
      if (id === undefined || faults.has(id)) continue;
      faults.set(id, `${path}: ${message}`);
    }
    if (faults.size === 0) throw error;
  }
  return faults;
}

function profileText(
  source: string,
  { experts, content, notes, left }: Converted,
  faults: ReadonlyMap<string, string>,
  { machine, name, schema }: Options,
): string {
  const kept = experts.filter(({ id }) => !faults.has(id));
  const dropped = experts.filter(({ id }) => faults.has(id));
  return writeProfileYaml({
    schema,
    comment: [
      `Converted from ${source} of llama-swap by \`orchestrator profile init --from-llama-swap\`.`,
      ...poolLines(machine),
      ...(notes.length > 0 ? ['', 'What is otherwise here:', ...notes.map((line) => `  ${line}`)] : []),
    ],
    content: {
      name,
      description: `Converted from llama-swap: ${kept.length === 1 ? 'one expert' : `${kept.length} experts`}`,
      budget: budgetContent(machine),
      ...content,
      experts: Object.fromEntries(kept.map(({ id, settings }) => [id, settings])),
    },
    comments: Object.fromEntries(
      kept.map((expert) => [`experts.${expert.id}`, expert.notes.map((line) => `Not as it was: ${line}.`)]),
    ),
    closing: [
      ...(left.length + dropped.length > 0 ? ['Not converted:'] : []),
      ...left.map(({ name: model, reason }) => `  ${model}: ${reason}.`),
      ...dropped.flatMap((expert) => [`  ${expert.name}: ${faults.get(expert.id)}`, ...block(expert)]),
    ],
  });
}

/** An expert as it would stand in the file. */
function block({ id, settings }: ConvertedExpert): string[] {
  const text = stringify({ [id]: plainContent(settings) }, { lineWidth: 0 });
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `    ${line}`);
}
