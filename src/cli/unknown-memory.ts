import { missingModels } from '../models/missing.ts';
import type { Profile } from '../profiles/profile.ts';
import type { Paths } from '../shared/paths.ts';

/** Why nobody can say what an expert takes of memory, and what helps, for a person. */
export function whyUnknown(
  id: string,
  profile: Profile,
  places: { readonly paths: Paths; readonly environment: NodeJS.ProcessEnv },
): string {
  const missing = missingModels(profile, places).find((model) => model.id === id);
  if (missing) return `its ${missing.role} is not on this machine. ${missing.remedy}`;
  return 'it is measured at its first run; `footprint: { ram: 2GiB }` in the profile says it before.';
}
