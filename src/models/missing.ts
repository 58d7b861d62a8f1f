import type { ExpertModel } from '../engines/expert-models.ts';
import { modelsOf } from '../engines/expert-models.ts';
import type { Model } from '../engines/settings.ts';
import { adapterOf } from '../engines/registry.ts';
import { profileArgument } from '../profiles/find.ts';
import type { Expert, Profile } from '../profiles/profile.ts';
import type { Paths } from '../shared/paths.ts';
import { obstacleAt } from '../shared/stat.ts';
import { locatePart } from './expert-files.ts';
import { folderProblem } from './folder.ts';
import { isPresent } from './locate.ts';
import { allOf, filesOf } from './sources.ts';

/** `folder`: safetensors with their configuration; `file`: GGUF. */
export type ModelForm = 'file' | 'folder';

export function formOf(engine: string): ModelForm {
  const adapter = adapterOf(engine);
  return adapter.kind === 'process' && adapter.modelForm === 'folder' ? 'folder' : 'file';
}

interface Places {
  readonly paths: Pick<Paths, 'modelsDir'>;
  readonly environment: NodeJS.ProcessEnv;
}

export interface MissingModel extends ExpertModel {
  /** Of the expert. */
  readonly id: string;
  readonly form: ModelForm;
  /** Whether a pull can bring it. */
  readonly pullable: boolean;
  /** What to do, for a person: the command that brings it, or what to correct. */
  readonly remedy: string;
}

/** What the experts of a profile are made of and is not on this machine. */
export function missingModels(profile: Profile, places: Places): MissingModel[] {
  return profile.experts.flatMap((expert) => missingOf(expert, profile, places));
}

/** The same as sentences: what one pull brings is one of them. */
export function missingSentences(profile: Profile, places: Places): string[] {
  const missing = missingModels(profile, places);
  const pullable = missing.filter((model) => model.pullable);
  const single = missing.filter((model) => pullable.length < 2 || !model.pullable);
  const sentences = single.map(({ id, role, remedy }) => `the ${role} of ${id} is not on this machine. ${remedy}`);
  if (pullable.length < 2) return sentences;
  const ids = [...new Set(pullable.map(({ id }) => id))].join(', ');
  const name = profileArgument(profile.file, places.environment);
  const all = `the models of ${ids} are not on this machine. Fetch them with: orchestrator model pull --profile ${name}`;
  return [all, ...sentences];
}

function missingOf(expert: Expert, { file, directory }: Profile, places: Places): MissingModel[] {
  if (expert.kind !== 'process') return [];
  const { id } = expert;
  const form = formOf(expert.engine);
  const own = { ...places, profileDirectory: directory, profile: profileArgument(file, places.environment) };
  return modelsOf(expert).flatMap((part) => {
    if (locatePart(part, form, own)) return [];
    const remedy = howToGet({ id, model: part.model, form }, own);
    return [{ id, ...part, form, pullable: part.model.path === undefined, remedy }];
  });
}

/** How a person gets a model that is not here, as a sentence: the exact command, or which file to correct. */
export function howToGet(
  { id, model, form }: { readonly id: string; readonly model: Model; readonly form: ModelForm },
  places: Places & {
    readonly profileDirectory: string;
    /** The profile as it is written on a command line. */
    readonly profile: string;
  },
): string {
  if (model.path === undefined) return `Fetch it with: orchestrator model pull ${id} --profile ${places.profile}`;
  if (form === 'folder') return folderProblem(model, places);
  const absent = allOf(filesOf(model, places)).filter((file) => !isPresent(file));
  const names = absent.map(({ path, bytes }) => (bytes === undefined ? path : `${path} (${bytes} bytes)`)).join(', ');
  const obstacle = absent.map(({ path }) => obstacleAt(path)).find((code) => code !== undefined);
  if (obstacle !== undefined)
    return `It cannot be looked at (${obstacle}): ${names}. Correct its permissions, or its path in the profile.`;
  return `There is no such file: ${names}. Correct it in the profile.`;
}
