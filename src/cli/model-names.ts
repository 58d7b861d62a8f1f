import type { ExpertModel } from '../engines/expert-models.ts';
import { modelsOf } from '../engines/expert-models.ts';
import { formOf } from '../models/missing.ts';
import type { ModelForm } from '../models/missing.ts';
import { loadProfile } from '../profiles/load.ts';
import { CliError } from '../shared/errors.ts';

/** The profile that `up` takes when none is named. */
export const DEFAULT_PROFILE = 'demo';

export interface NamedModel extends ExpertModel {
  /** Id of the expert. */
  readonly id: string;
  readonly form: ModelForm;
  /** Folder of the profile file. */
  readonly directory: string;
}

/** What the experts of a profile are made of, of each its own model first; of the named ones, where any are named. */
export async function modelsOfProfile(profile: string, names: readonly string[] = []): Promise<NamedModel[]> {
  const { experts, directory, name } = await loadProfile(profile, { environment: process.env });
  const models = experts.flatMap((expert): NamedModel[] =>
    expert.kind === 'process'
      ? modelsOf(expert).map((part) => ({ id: expert.id, ...part, form: formOf(expert.engine), directory }))
      : [],
  );
  const known = [...new Set(models.map(({ id }) => id))];
  const unknown = names.filter((wanted) => !known.includes(wanted));
  if (unknown.length > 0)
    throw new CliError(
      `The profile ${name} has no expert ${unknown.join(', ')} with a model. It has: ${known.join(', ') || 'none'}.`,
    );
  return names.length === 0 ? models : models.filter(({ id }) => names.includes(id));
}
