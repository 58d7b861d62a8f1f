import type { Model } from '../engines/settings.ts';
import { formOf } from '../models/missing.ts';
import type { ModelForm } from '../models/missing.ts';
import { loadProfile } from '../profiles/load.ts';
import { CliError } from '../shared/errors.ts';

/** The profile that `up` takes when none is named. */
export const DEFAULT_PROFILE = 'demo';

export interface NamedModel {
  /** Id of the expert. */
  readonly id: string;
  readonly model: Model;
  readonly form: ModelForm;
  /** Folder of the profile file. */
  readonly directory: string;
}

/** The experts of a profile that are made of a model; of these the named ones, where any are named. */
export async function modelsOfProfile(profile: string, names: readonly string[] = []): Promise<NamedModel[]> {
  const { experts, directory, name } = await loadProfile(profile, { environment: process.env });
  const models = experts.flatMap((expert): NamedModel[] =>
    expert.kind === 'process' && expert.model
      ? [{ id: expert.id, model: expert.model, form: formOf(expert.engine), directory }]
      : [],
  );
  const known = models.map(({ id }) => id);
  const unknown = names.filter((wanted) => !known.includes(wanted));
  if (unknown.length > 0)
    throw new CliError(
      `The profile ${name} has no expert ${unknown.join(', ')} with a model. It has: ${known.join(', ') || 'none'}.`,
    );
  return names.length === 0 ? models : models.filter(({ id }) => names.includes(id));
}
