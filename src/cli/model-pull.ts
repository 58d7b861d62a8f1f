import type { Model } from '../engines/settings.ts';
import { chooseGguf, ggufModels } from '../models/choose-gguf.ts';
import { openDispatcher } from '../models/http.ts';
import { readRepository } from '../models/hub-info.ts';
import { hubSentence } from '../models/hub.ts';
import { readRecord } from '../models/record.ts';
import { CliError } from '../shared/errors.ts';
import { resolvePaths } from '../shared/paths.ts';
import { formatBytes } from '../shared/units.ts';
import { DEFAULT_PROFILE, modelsOfProfile } from './model-names.ts';
import { pullMany, withoutRepeats } from './pull-many.ts';
import type { PulledModel, WantedModel } from './pull-many.ts';

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

/** `model pull`: experts of a profile, or what `--hf` or `--url` name. */
export async function pullModels(names: readonly string[], options: PullCommandOptions): Promise<void> {
  const paths = resolvePaths(process.env);
  const direct = await directModel(names, options);
  const wanted = direct
    ? [direct]
    : withoutRepeats(await modelsOfProfile(options.profile ?? DEFAULT_PROFILE, names), { paths });
  await pullMany(wanted, { paths, environment: process.env }, (done) => report(done, options.json ?? false));
}

/** What `--hf` or `--url` name; undefined when the profile decides. */
async function directModel(names: readonly string[], options: PullCommandOptions): Promise<WantedModel | undefined> {
  const { hf, url, file, sha256, revision, mmproj } = options;
  if (hf === undefined && url === undefined) {
    if (file ?? sha256 ?? revision ?? mmproj)
      throw new CliError('--file, --sha256, --revision and --mmproj belong to --hf or --url.', 2);
    return undefined;
  }
  if (names.length > 0 || options.profile || (hf !== undefined && url !== undefined))
    throw new CliError('Name experts of a profile, or --hf, or --url: one of the three.', 2);
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/.test(sha256))
    throw new CliError('--sha256 takes 64 lower-case hexadecimal digits.', 2);
  const directory = process.cwd();
  if (url !== undefined) {
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
      throw new CliError(`${url} is not an http address.`, 2);
    if (revision ?? mmproj) throw new CliError('--revision and --mmproj belong to --hf.', 2);
    return { names: [new URL(url).host], model: { sources: [{ url }], file, sha256 }, form: 'file', directory };
  }
  const [, repository, quantisation] = /^([\w.-]+\/[\w.-]+)(?::([\w.-]+))?$/.exec(hf ?? '') ?? [];
  if (repository === undefined) throw new CliError('--hf takes OWNER/REPOSITORY, or OWNER/REPOSITORY:QUANTISATION.', 2);
  if (file !== undefined) {
    if (quantisation !== undefined) throw new CliError('--file names the quantisation already.', 2);
    return { names: [repository], model: { hf: repository, file, revision, mmproj, sha256 }, form: 'file', directory };
  }
  if (sha256 ?? mmproj) throw new CliError('--sha256 and --mmproj want --file as well.', 2);
  return { names: [repository], directory, ...(await choose(repository, revision, quantisation)) };
}

/** Of a repository that is named without a file: the GGUF file of the quantisation, or, where it has none, all of it. */
async function choose(
  hf: string,
  revision: string | undefined,
  quantisation: string | undefined,
): Promise<Pick<WantedModel, 'model' | 'form'>> {
  const at = revision ?? 'main';
  const dispatcher = openDispatcher(process.env);
  const asked = readRepository(hf, at, { environment: process.env, dispatcher });
  const { status, repository } = await asked.finally(() => void dispatcher.destroy());
  if (!repository) {
    const sentence = hubSentence(status, { hf, revision: at }, Boolean(process.env['HF_TOKEN']));
    throw new CliError(
      `${hf} could not be looked into: ${sentence ?? `the hub answered with status ${status}`}. Name a file with --file.`,
    );
  }
  const files = repository.files.map(({ path }) => path);
  const ggufs = ggufModels(files);
  if (ggufs.length === 0 && quantisation === undefined) return { model: folderModel(hf, revision), form: 'folder' };
  const chosen = chooseGguf(files, quantisation);
  if (chosen) return { model: { hf, revision, ...chosen }, form: 'file' };
  const what = quantisation === undefined ? 'several GGUF files' : `no single GGUF file of ${quantisation}`;
  throw new CliError(
    `${hf} has ${what}; take one with --file:\n${ggufs.map((name) => `  ${name}`).join('\n') || '  (none)'}`,
  );
}

const folderModel = (hf: string, revision: string | undefined): Model => ({ hf, revision });

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
