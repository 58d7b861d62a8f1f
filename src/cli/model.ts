import { createInterface } from 'node:readline/promises';

import { Command } from 'commander';

import { listCache, removeFromCache } from '../models/cache.ts';
import type { CachedFile } from '../models/cache.ts';
import { listFolders, removeFolder } from '../models/folder-cache.ts';
import { locateFolder } from '../models/folder.ts';
import { allOf, filesOf } from '../models/sources.ts';
import { CliError } from '../shared/errors.ts';
import { resolvePaths } from '../shared/paths.ts';
import type { Paths } from '../shared/paths.ts';
import { formatBytes } from '../shared/units.ts';
import { cacheType, layers, wholeNumber } from './model-footprint.ts';
import { inspectModel } from './model-inspect.ts';
import { modelsOfProfile } from './model-names.ts';
import { pullModels } from './model-pull.ts';
import type { PullCommandOptions } from './model-pull.ts';
import { tableLines } from './table.ts';

interface ProfileOptions {
  readonly profile?: string;
  readonly json?: boolean;
}

/** `model pull|list|inspect|rm`: the model files on this machine. Works without a running orchestrator. */
export function modelCommand(): Command {
  const command = new Command('model').description('Pull, list, inspect and remove model files');
  command
    .command('pull')
    .description('Bring models onto this machine: several files at a time, resumed, verified by digest')
    .argument('[expert...]', 'experts of the profile (default: every one that needs a model)')
    .option('-p, --profile <name|file>', 'the profile whose experts are meant (default: demo)')
    .option(
      '--hf <owner/repository[:quantisation]>',
      'a repository on the hub instead; HF_ENDPOINT and HF_TOKEN are respected',
    )
    .option('--file <file>', 'the file in the repository (default: by quantisation, else Q4_K_M; safetensors: all)')
    .option('--revision <revision>', 'branch, tag or commit of the repository')
    .option('--mmproj <file>', 'the multimodal projector in the same repository')
    .option('--url <url>', 'a direct address instead')
    .option('--sha256 <digest>', 'with --hf or --url: the digest that the file must have')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  orchestrator model pull --profile demo
  orchestrator model pull minilm --profile demo
  orchestrator model pull --hf bartowski/Qwen2.5-Coder-1.5B-Instruct-GGUF:Q8_0
  orchestrator model pull --hf Qwen/Qwen2.5-Coder-1.5B-Instruct
  orchestrator model pull --hf bartowski/Qwen2.5-Coder-1.5B-Instruct-GGUF --file Qwen2.5-Coder-1.5B-Instruct-Q8_0.gguf`,
    )
    .action((names: string[], options: PullCommandOptions) => pullModels(names, options));
  command
    .command('list')
    .description('Model files in our cache, and folders of weights in the hub’s: size, state, where they came from')
    .option('-p, --profile <name|file>', 'also show which experts of the profile use them')
    .option('--json', 'print JSON')
    .action((options: ProfileOptions) => list(options));
  command
    .command('inspect')
    .description(
      'What a model is (GGUF file or folder of safetensors), and the memory it takes to run it, with the arithmetic',
    )
    .argument('<file|folder|expert>', 'a file or folder, the name of one in the cache, or an expert of the profile')
    .option('-p, --profile <name|file>', 'the profile of the expert (default: demo)')
    .option('--tensors', 'list the tensors too')
    .option('--context <tokens>', 'tokens for each request (default: the expert’s, else 8192)', wholeNumber)
    .option('--parallel <requests>', 'requests at the same time (default: the expert’s, else 2)', wholeNumber)
    .option(
      '--kv-cache <type>',
      'type of the KV cache: f16, q8_0, q4_0, … (default: the expert’s, else f16)',
      cacheType,
    )
    .option('--ubatch <tokens>', 'physical batch (default: the expert’s, else 512)', wholeNumber)
    .option('--gpu-layers <number|all>', 'layers on a GPU (default: 0 for a file; a folder is meant for one)', layers)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  orchestrator model inspect model.gguf --context 32768 --kv-cache q8_0 --gpu-layers all
  orchestrator model inspect ./Qwen2.5-7B-Instruct-AWQ --context 16384 --parallel 8
  orchestrator model inspect general --profile demo --json`,
    )
    .action((target: string, options: Parameters<typeof inspectModel>[1]) => inspectModel(target, options));
  command
    .command('rm')
    .description('Remove a model file from our cache, or a repository from the hub’s')
    .argument('<name>', 'a file, folder or repository as `model list` shows it, or, with --profile, an expert')
    .option('-p, --profile <name|file>', 'the profile of the expert')
    .option('-y, --yes', 'do not ask')
    .action((name: string, options: ProfileOptions & { yes?: boolean }) => remove(name, options));
  return command;
}

async function list(options: ProfileOptions): Promise<void> {
  const paths = resolvePaths(process.env);
  const users = options.profile ? await usersByPath(options.profile, paths) : undefined;
  const files = (await listCache(paths)).map((file) => ({ ...file, experts: users?.get(file.path) }));
  const folders = (await listFolders(process.env)).map((folder) => ({
    ...folder,
    experts: users?.get(folder.snapshot ?? ''),
  }));
  if (options.json) return print(JSON.stringify({ directory: paths.modelsDir, files, folders }, undefined, 2));
  if (files.length + folders.length === 0)
    return print(`No models in ${paths.modelsDir}, nor in the hub’s cache. Get some: orchestrator model pull`);
  const table = [
    ['NAME', 'SIZE', 'STATE', 'FOLDER', users ? 'EXPERTS' : 'SOURCE'],
    ...files.map((row) => [
      row.file,
      formatBytes(row.bytes),
      stateText(row),
      row.key,
      (users ? row.experts?.join(', ') : row.record?.source) ?? '-',
    ]),
    ...folders.map(({ repository, bytes, state, experts }) => [
      repository,
      formatBytes(bytes),
      state,
      'hub cache',
      (users ? experts?.join(', ') : `hub ${repository}`) ?? '-',
    ]),
  ];
  for (const line of tableLines(table)) print(line);
}

function stateText({ state, record }: CachedFile): string {
  if (state !== 'verified') return state;
  const against = { pinned: 'verified', hub: 'verified (hub)', none: 'unverified' };
  return against[record?.verified ?? 'none'];
}

/** Which experts of a profile use which file or folder. */
async function usersByPath(profile: string, paths: Paths): Promise<Map<string, string[]>> {
  const users = new Map<string, string[]>();
  for (const { id, model, form, directory } of await modelsOfProfile(profile)) {
    const places = { paths, environment: process.env, profileDirectory: directory };
    const located: (string | undefined)[] =
      form === 'folder' ? [locateFolder(model, places)?.path] : allOf(filesOf(model, places)).map(({ path }) => path);
    for (const path of located) if (path !== undefined) users.set(path, [...(users.get(path) ?? []), id]);
  }
  return users;
}

interface Removable {
  readonly path: string;
  readonly bytes: number;
  readonly partial: boolean;
  readonly users: readonly string[];
  readonly remove: () => Promise<void>;
}

async function remove(name: string, options: ProfileOptions & { yes?: boolean }): Promise<void> {
  const matches = await findRemovable(name, options.profile);
  if (matches.length === 0) {
    const hint = options.profile ? '' : ' (an expert needs --profile)';
    throw new CliError(`The model cache has nothing called ${name}${hint}. See what it has: orchestrator model list`);
  }
  for (const { path, bytes, partial, users } of matches) {
    const use = users.length > 0 ? `; used by ${users.join(', ')}` : '';
    process.stderr.write(`${path}  ${formatBytes(bytes)}${partial ? ', partial' : ''}${use}\n`);
  }
  if (!options.yes && !(await confirmed(`Remove ${matches.length === 1 ? 'it' : `these ${matches.length}`}? [y/N] `)))
    throw new CliError('Nothing was removed.');
  for (const match of matches) await match.remove();
  const freed = matches.reduce((sum, { bytes }) => sum + bytes, 0);
  process.stderr.write(`Removed; ${formatBytes(freed)} are free again.\n`);
}

async function findRemovable(name: string, profile: string | undefined): Promise<Removable[]> {
  const paths = resolvePaths(process.env);
  const users = profile ? await usersByPath(profile, paths) : new Map<string, string[]>();
  const files = (await listCache(paths)).filter(
    (file) => [file.file, file.key, `${file.key}/${file.file}`].includes(name) || users.get(file.path)?.includes(name),
  );
  const folders = (await listFolders(process.env)).filter(
    ({ repository, snapshot = '' }) => repository === name || users.get(snapshot)?.includes(name),
  );
  return [
    ...files.map((file) => ({
      ...file,
      partial: file.state === 'partial',
      users: users.get(file.path) ?? [],
      remove: () => removeFromCache(file),
    })),
    ...folders.map((folder) => ({
      ...folder,
      partial: folder.state === 'partial',
      users: users.get(folder.snapshot ?? '') ?? [],
      remove: () => removeFolder(folder),
    })),
  ];
}

async function confirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new CliError('There is no terminal to ask at; say --yes to remove without asking.', 2);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(question)).trim());
  } finally {
    terminal.close();
  }
}

const print = (text: string) => void process.stdout.write(`${text}\n`);
