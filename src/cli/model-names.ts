import { adapterOf } from '../engines/registry.ts';
import type { Model } from '../engines/settings.ts';
import { loadProfile } from '../profiles/load.ts';
import { CliError } from '../shared/errors.ts';

/** The profile that `up` takes when none is named. */
export const DEFAULT_PROFILE = 'demo';

export interface NamedModel {
  /** Id of the expert. */
  readonly id: string;
  readonly model: Model;
  /** Folder of the profile file. */
  readonly directory: string;
}

/** Weights in a folder are the hub's own tools' to fetch. */
function hasFolder(engine: string): boolean {
  const adapter = adapterOf(engine);
  return adapter.kind === 'process' && adapter.modelForm === 'folder';
}

/** The experts of a profile that are made of a model file; of these the named ones, where any are named. */
export async function modelsOfProfile(profile: string, names: readonly string[] = []): Promise<NamedModel[]> {
  const { experts, directory, name } = await loadProfile(profile, { environment: process.env });
  const models = experts.flatMap((expert): NamedModel[] =>
    expert.kind === 'process' && expert.model && !hasFolder(expert.engine)
      ? [{ id: expert.id, model: expert.model, directory }]
      : [],
  );
  const known = models.map(({ id }) => id);
  const unknown = names.filter((wanted) => !known.includes(wanted));
  if (unknown.length > 0)
    throw new CliError(
      `The profile ${name} has no expert ${unknown.join(', ')} with a model file. It has: ${known.join(', ') || 'none'}.`,
    );
  return names.length === 0 ? models : models.filter(({ id }) => names.includes(id));
}
