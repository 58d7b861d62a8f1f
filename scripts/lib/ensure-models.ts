import { showProgress } from '../../src/cli/progress.ts';
import type { Model } from '../../src/engines/settings.ts';
import { locateModel } from '../../src/models/locate.ts';
import { pullModel } from '../../src/models/pull.ts';
import { filesOf } from '../../src/models/sources.ts';
import type { Profile } from '../../src/profiles/profile.ts';
import { AppError, messageOf } from '../../src/shared/errors.ts';
import type { Paths } from '../../src/shared/paths.ts';
import { formatBytes } from '../../src/shared/units.ts';
import { generatedModel } from '../build-gguf.ts';

interface Needs {
  readonly paths: Paths;
  readonly environment: NodeJS.ProcessEnv;
  readonly say: (line: string) => void;
}

export interface ReadyModels {
  /** Arguments of `up` that put generated models in the place of those that could not be had. */
  readonly settings: readonly string[];
  /** Whether the experts that generate text have the models of the profile. */
  readonly real: boolean;
}

interface Wanted {
  readonly model: Model;
  readonly experts: { readonly id: string; readonly task: string }[];
}

/** Pulls what is missing, each model once. Where no source can be reached, experts that generate text get a generated model. */
export async function ensureModels(profile: Profile, needs: Needs): Promise<ReadyModels> {
  const settings: string[] = [];
  for (const { model, experts } of wantedModels(profile, needs)) {
    try {
      await ensureModel(model, profile.directory, needs);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'model_unavailable' || model.path !== undefined) throw error;
      needs.say(messageOf(error));
      const generating = experts.filter(({ task }) => task === 'generate').map(({ id }) => id);
      const others = experts.filter(({ task }) => task !== 'generate').map(({ id }) => id);
      if (others.length > 0)
        needs.say(`Going on without ${others.join(', ')}; the model is tried again at the next start.`);
      if (generating.length === 0) continue;
      needs.say(
        `Going on with a generated model for ${generating.join(', ')}: everything works, but its words mean nothing.`,
      );
      const { path } = await generatedModel({ paths: needs.paths });
      settings.push(...generating.flatMap((id) => ['--set', `experts."${id}".model=${JSON.stringify({ path })}`]));
    }
  }
  return { settings, real: settings.length === 0 };
}

function wantedModels(profile: Profile, { paths }: Needs): Wanted[] {
  const byPath = new Map<string, Wanted>();
  for (const expert of profile.experts) {
    if (expert.kind !== 'process' || !expert.model) continue;
    const { path } = filesOf(expert.model, { paths, profileDirectory: profile.directory }).weights[0];
    const wanted = byPath.get(path) ?? { model: expert.model, experts: [] };
    wanted.experts.push(expert);
    byPath.set(path, wanted);
  }
  return [...byPath.values()];
}

async function ensureModel(model: Model, profileDirectory: string, { paths, environment, say }: Needs): Promise<void> {
  if (locateModel(model, { paths, profileDirectory })) return;
  const label = model.file ?? model.path ?? 'the model';
  const licence = model.licence ? `, under: ${model.licence.name} (${model.licence.url ?? 'see its page'})` : '';
  say(`Pulling ${label}${model.size === undefined ? '' : ` (${formatBytes(model.size)})`}${licence} …`);
  const display = showProgress(label);
  try {
    await pullModel(model, {
      paths,
      environment,
      profileDirectory,
      onProgress: (progress) => display.update(progress),
      log: (line) => display.log(`  ${line}`),
    });
    display.finish(`${label} is here, its sha256 verified.`);
  } catch (error) {
    display.finish();
    throw error;
  }
}
