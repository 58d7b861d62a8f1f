import { writeFile } from 'node:fs/promises';
import { basename, extname, join, relative, resolve } from 'node:path';

import { examineModel } from '../models/examine.ts';
import type { ExaminedModel, UnusableModel } from '../models/examine.ts';
import { findModels } from '../models/found-models.ts';
import { loadProfile } from '../profiles/load.ts';
import { starterProfile } from '../profiles/starter.ts';
import { CliError, messageOf } from '../shared/errors.ts';
import { packageRoot } from '../shared/package-root.ts';
import { resolvePaths } from '../shared/paths.ts';
import { statOf } from '../shared/stat.ts';
import { refuseMisfits } from '../supervisor/budget-check.ts';
import { readConversion, writeConversion } from './init/from-llama-swap.ts';
import { houseProfile, houseReport } from './init/house-profile.ts';
import { planHouse } from './init/house.ts';
import type { House } from './init/house.ts';
import { measureMachine } from './init/machine.ts';
import type { MeasuredMachine } from './init/machine.ts';
import { StatusLine } from './terminal.ts';

export interface InitOptions {
  readonly models: readonly string[];
  readonly fromLlamaSwap?: string;
  readonly json?: boolean;
}

/** `profile init`: the models of this machine as a profile for it; a commented one to fill in where there are none. */
export async function initProfile(target: string, options: InitOptions): Promise<void> {
  const file = resolve(target);
  const about = {
    name: basename(file, extname(file)).replaceAll(/[^\w.-]/g, '-'),
    schema: join(packageRoot(), 'profiles', 'profile.schema.json'),
  };
  if (options.fromLlamaSwap !== undefined)
    return convert(target, file, about, { ...options, source: options.fromLlamaSwap });
  const models = await examineAll(options.models.map(folder));
  const environment = process.env;
  const machine =
    models.length === 0 ? undefined : await measureMachine({ paths: resolvePaths(environment), environment });
  const house = machine && planHouse(models, machine);
  const planned = house !== undefined && house.experts.length > 0;
  await writeNew(target, file, planned ? houseProfile(house, about) : starterProfile(about.name, about.schema));
  const shown = relative(process.cwd(), file) || target;
  if (planned) await verify(file, house.machine);
  if (options.json) process.stdout.write(`${JSON.stringify(toJson(file, house), undefined, 2)}\n`);
  else process.stdout.write(`wrote ${shown}\n`);
  const lines = house ? houseReport(house) : [];
  if (!options.json && planned) console.error(`\n${lines.join('\n')}\n`);
  else if (!options.json && house)
    console.error(house.leftOut.map(({ path, reason }) => `${path}: ${reason}`).join('\n'));
  const next = planned
    ? `Start it with: orchestrator up --profile ${shown}`
    : `Edit it, then: orchestrator profile validate ${shown} && orchestrator up --profile ${shown}`;
  console.error(next);
}

/** A llama-swap configuration as a profile. */
async function convert(
  target: string,
  file: string,
  about: { readonly name: string; readonly schema: string },
  { source, models, json }: InitOptions & { readonly source: string },
): Promise<void> {
  if (models.length > 0)
    throw new CliError('--models and --from-llama-swap are two ways to write a profile: name one.', 2);
  const environment = process.env;
  const paths = resolvePaths(environment);
  const options = { environment, paths, machine: await measureMachine({ paths, environment }), ...about };
  const converted = await readConversion(source, options);
  // Who may not read the one may not read the other: commands have passwords in them.
  await writeNew(target, file, '', statOf(source)?.mode);
  const { experts, left } = await writeConversion(file, source, converted, options);
  const shown = relative(process.cwd(), file) || target;
  if (json) process.stdout.write(`${JSON.stringify({ file, experts, left }, undefined, 2)}\n`);
  else process.stdout.write(`wrote ${shown}\n`);
  console.error(`${experts.length} experts: ${experts.join(', ')}`);
  for (const { name, reason } of left) console.error(`${name} was not converted: ${reason}`);
  console.error(`What is otherwise is said in the file. Start it with: orchestrator up --profile ${shown}`);
}

function folder(name: string): string {
  const path = resolve(name);
  if (statOf(path)?.isDirectory()) return path;
  throw new CliError(`${name} is not a folder.`, 2);
}

/** Headers are read one after the other: of many files that takes a while. */
async function examineAll(folders: readonly string[]): Promise<(ExaminedModel | UnusableModel)[]> {
  const status = new StatusLine();
  status.show('looking for model files…');
  try {
    const found = await findModels({ environment: process.env, paths: resolvePaths(process.env), folders });
    const examined: (ExaminedModel | UnusableModel)[] = [];
    for (const model of found) {
      status.show(`reading the headers of model files: ${examined.length + 1} of ${found.length}`);
      examined.push(await examineModel(model));
    }
    return examined;
  } finally {
    status.clear();
  }
}

async function writeNew(target: string, file: string, text: string, mode = 0o666): Promise<void> {
  await writeFile(file, text, { flag: 'wx', mode: mode & 0o666 }).catch((error: unknown) => {
    const exists = (error as NodeJS.ErrnoException).code === 'EEXIST';
    const reason = exists
      ? 'is there already; name another file or move it away'
      : `cannot be written: ${messageOf(error)}`;
    throw new CliError(`${target} ${reason}`, 1, { cause: error });
  });
}

/** What was written is read as any profile is: it is valid, and every expert fits. */
async function verify(file: string, { gpuAnswer }: MeasuredMachine): Promise<void> {
  const profile = await loadProfile(file, { environment: process.env });
  await refuseMisfits(profile, {
    paths: resolvePaths(process.env),
    environment: process.env,
    machine: 'here',
    gpus: gpuAnswer,
  });
}

function toJson(file: string, house: House | undefined): unknown {
  if (!house) return { file, pools: [], experts: [], together: [], leftOut: [] };
  return {
    file,
    pools: house.machine.pools.map(({ id, capacity, reserve }) => ({ id, capacity, reserve })),
    experts: house.experts.map(({ id, model, settings, placement, beside }) => ({
      id,
      path: model.found.path,
      store: model.found.store,
      task: model.task,
      ...settings,
      placement: placement.name,
      footprint: placement.footprint,
      mappedFileBytes: placement.mapped.main,
      beside,
    })),
    together: house.together,
    leftOut: house.leftOut,
  };
}
