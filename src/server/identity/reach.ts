import type { KeyScopes } from '../../profiles/security-section.ts';
import { Directory } from '../directory.ts';
import type { RouteTable } from '../route-table.ts';
import type { Settings } from '../settings.ts';

/** The experts that a request can be given: all of them, or those that its key is restricted to (`experts`). */
export interface Reach {
  readonly directory: Directory;
  /** Undefined where there is nobody to choose between. */
  readonly routes: RouteTable | undefined;
}

/** Settings are replaced by a reload, scopes stay the same as long as their key does. */
const REACHES = new WeakMap<Settings, WeakMap<KeyScopes, Reach>>();

/** Costs a look at a field where the key is not restricted. */
export function reachOf(settings: Settings, { scopes }: { readonly scopes: KeyScopes }): Reach {
  const { experts } = scopes;
  if (experts === undefined) return settings;
  let known = REACHES.get(settings);
  if (!known) REACHES.set(settings, (known = new WeakMap()));
  let reach = known.get(scopes);
  if (!reach) known.set(scopes, (reach = restricted(settings, experts)));
  return reach;
}

function restricted({ profile, routes }: Settings, experts: readonly string[]): Reach {
  const generates = profile.experts.some(({ id, task }) => task === 'generate' && experts.includes(id));
  return {
    directory: new Directory(profile.experts, profile.defaultExpert, experts),
    routes: generates ? routes?.only(experts) : undefined,
  };
}
