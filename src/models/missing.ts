import type { Model } from '../engines/settings.ts';
import { adapterOf } from '../engines/registry.ts';
import { profileArgument } from '../profiles/find.ts';
import type { Expert, Profile } from '../profiles/profile.ts';
import type { Paths } from '../shared/paths.ts';
import { folderProblem, locateFolder } from './folder.ts';
import { isPresent, locateModel } from './locate.ts';
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

/** Whether all files of a model are on this machine. Reads no file. */
export function isModelHere(
  model: Model,
  form: ModelForm,
  places: Places & { readonly profileDirectory: string },
): boolean {
  return (form === 'folder' ? locateFolder(model, places) : locateModel(model, places)) !== undefined;
}

export interface MissingModel {
  /** Of the expert. */
  readonly id: string;
  readonly model: Model;
  readonly form: ModelForm;
  /** Whether a pull can bring it. */
  readonly pullable: boolean;
  /** What to do, for a person: the command that brings it, or what to correct. */
  readonly remedy: string;
}

/** The experts of a profile whose model is not on this machine. */
export function missingModels(profile: Profile, places: Places): MissingModel[] {
  return profile.experts.flatMap((expert): MissingModel[] => {
    const missing = missingModel(expert, profile, places);
    return missing ? [missing] : [];
  });
}

function missingModel(expert: Expert, { file, directory }: Profile, places: Places): MissingModel | undefined {
  if (expert.kind !== 'process' || !expert.model) return undefined;
  const { id, model } = expert;
  const form = formOf(expert.engine);
  if (isModelHere(model, form, { ...places, profileDirectory: directory })) return undefined;
  const remedy = howToGet(
    { id, model, form },
    { ...places, profileDirectory: directory, profile: profileArgument(file, places.environment) },
  );
  return { id, model, form, pullable: model.path === undefined, remedy };
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
  return `There is no such file: ${names}. Correct \`model\` in the profile.`;
}
