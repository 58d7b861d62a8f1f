import type { Model } from '../engines/settings.ts';
import { locateModel } from '../models/locate.ts';
import type { LocatedModel } from '../models/locate.ts';
import { pullModel } from '../models/pull.ts';
import { readRecord } from '../models/record.ts';
import { filesOf } from '../models/sources.ts';
import { CliError, messageOf } from '../shared/errors.ts';
import { resolvePaths } from '../shared/paths.ts';
import type { Paths } from '../shared/paths.ts';
import { formatBytes } from '../shared/units.ts';
import { DEFAULT_PROFILE, modelsOfProfile } from './model-names.ts';
import { showProgress } from './progress.ts';

export interface PullCommandOptions {
  readonly profile?: string;
  readonly hf?: string;
  readonly file?: string;
  readonly revision?: string;
  readonly mmproj?: string;
  readonly url?: string;
  readonly sha256?: string;
  readonly json?: boolean;
}

/** One download, and everyone it is for. */
interface Wanted {
  readonly names: string[];
  readonly model: Model;
  readonly directory: string;
}

/** `model pull`: each model once, however many experts share it. Ctrl-C stops it; the next pull goes on from there. */
export async function pullModels(names: readonly string[], options: PullCommandOptions): Promise<void> {
  const paths = resolvePaths(process.env);
  const wanted = await wantedModels(names, options, paths);
  const stop = new AbortController();
  const interrupt = () => stop.abort(new CliError('Stopped. The next pull goes on where this one was.', 130));
  process.once('SIGINT', interrupt);
  try {
    const done: PulledModel[] = [];
    const failures: unknown[] = [];
    for (const item of wanted) {
      try {
        done.push(await pullOne(item, paths, stop.signal));
      } catch (error) {
        stop.signal.throwIfAborted();
        failures.push(error);
      }
    }
    report(done, options.json ?? false);
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1)
      throw new CliError(`${failures.length} models could not be pulled:\n${failures.map(messageOf).join('\n')}`);
  } finally {
    process.off('SIGINT', interrupt);
  }
}

async function wantedModels(names: readonly string[], options: PullCommandOptions, paths: Paths): Promise<Wanted[]> {
  const direct = directModel(names, options);
  if (direct) return [direct];
  const byPath = new Map<string, Wanted>();
  for (const { id, model, directory } of await modelsOfProfile(options.profile ?? DEFAULT_PROFILE, names)) {
    const { weights, mmproj } = filesOf(model, { paths, profileDirectory: directory });
    const key = `${weights[0].path}\n${mmproj?.path ?? ''}`;
    const same = byPath.get(key);
    if (same) same.names.push(id);
    else byPath.set(key, { names: [id], model, directory });
  }
  return [...byPath.values()];
}

/** What `--hf` or `--url` name; undefined when the profile decides. */
function directModel(names: readonly string[], options: PullCommandOptions): Wanted | undefined {
  const { hf, url, file, sha256, revision, mmproj } = options;
  if (hf === undefined && url === undefined) {
    if (file ?? sha256 ?? revision ?? mmproj)
      throw new CliError('--file, --sha256, --revision and --mmproj belong to --hf or --url.', 2);
    return undefined;
  }
  if (names.length > 0 || options.profile || (hf !== undefined && url !== undefined))
    throw new CliError('Name experts of a profile, or --hf with --file, or --url: one of the three.', 2);
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/.test(sha256))
    throw new CliError('--sha256 takes 64 lower-case hexadecimal digits.', 2);
  const directory = process.cwd();
  if (url !== undefined) {
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
      throw new CliError(`${url} is not an http address.`, 2);
    if (revision ?? mmproj) throw new CliError('--revision and --mmproj belong to --hf.', 2);
    return { names: [new URL(url).host], model: { sources: [{ url }], file, sha256 }, directory };
  }
  if (hf === undefined || !/^[\w.-]+\/[\w.-]+$/.test(hf)) throw new CliError('--hf takes OWNER/REPOSITORY.', 2);
  if (file === undefined) throw new CliError(`--hf ${hf} needs --file: the file in the repository.`, 2);
  return { names: [hf], model: { hf, file, revision, mmproj, sha256 }, directory };
}

interface PulledModel extends LocatedModel {
  readonly names: readonly string[];
  /** False: it was there already. */
  readonly pulled: boolean;
}

async function pullOne({ names, model, directory }: Wanted, paths: Paths, signal: AbortSignal): Promise<PulledModel> {
  const located = locateModel(model, { paths, profileDirectory: directory });
  if (located) return { names, ...located, pulled: false };
  const label = model.file ?? names.join(', ');
  if (model.licence) {
    const { name, url } = model.licence;
    process.stderr.write(`${label} comes under: ${name}${url ? ` (${url})` : ''}\n`);
  }
  const display = showProgress(label);
  try {
    const pulled = await pullModel(model, {
      paths,
      environment: process.env,
      profileDirectory: directory,
      signal,
      onProgress: (progress) => display.update(progress),
      log: (line) => display.log(`${label}: ${line}`),
    });
    return { names, ...pulled, pulled: true };
  } finally {
    display.finish();
  }
}

function report(models: readonly PulledModel[], json: boolean): void {
  const rows = models.map((model) => ({ ...model, record: readRecord(model.path) }));
  if (json) {
    process.stdout.write(`${JSON.stringify({ models: rows }, undefined, 2)}\n`);
    return;
  }
  for (const { names, path, pulled, record } of rows) {
    const size = record ? `, ${formatBytes(record.bytes)}` : '';
    process.stderr.write(`${names.join(', ')}: ${pulled ? 'pulled' : 'here already'}${size}\n`);
    process.stdout.write(`${path}\n`);
  }
}
