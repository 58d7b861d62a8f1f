import type { InferenceRoute } from '../engines/routes.ts';
import type { HelperExpert } from '../knowledge/setup.ts';
import type { Settings } from './settings.ts';

/** An expert that the house itself asks on one route; undefined: there is none of this id, or it does not serve the route. */
export function helperOf(
  { profile, serving }: Pick<Settings, 'profile' | 'serving'>,
  id: string | undefined,
  route: InferenceRoute,
): HelperExpert | undefined {
  const expert = profile.experts.find((other) => other.id === id);
  const served = expert && serving.find(expert, route);
  return expert && served && { expert, path: served.path, set: served.set };
}
