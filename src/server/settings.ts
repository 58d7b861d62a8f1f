import type { Profile } from '../profiles/profile.ts';
import type { Fleet } from '../supervisor/fleet.ts';
import { Cors } from './cors.ts';
import { Directory } from './directory.ts';
import { HostCheck } from './host-check.ts';
import { Authenticator, type KnownKey, type People } from './identity/authenticator.ts';
import { createRouteTable, type RouteTable } from './route-table.ts';
import { ServingTable } from './serving.ts';

/** Everything at the door that a reload replaces, as one: a request takes it once and keeps it to its end. */
export interface Settings {
  /** 1 at the start; grows by one with every reload that was applied. */
  readonly generation: number;
  readonly profile: Profile;
  readonly directory: Directory;
  readonly serving: ServingTable;
  /** Undefined where there is nobody to choose between. */
  readonly routes: RouteTable | undefined;
  readonly authenticator: Authenticator;
  readonly hosts: HostCheck;
  /** Undefined: pages of no other origin may call. */
  readonly cors: Cors | undefined;
}

export function createSettings(options: {
  readonly generation: number;
  readonly profile: Profile;
  readonly fleet: Fleet;
  readonly keys: readonly KnownKey[];
  readonly runToken: string;
  /** Accounts, for `auth: users`. */
  readonly people?: People | undefined;
  /** The host that was bound. */
  readonly host: string;
}): Settings {
  const { generation, profile, fleet, keys, runToken, people, host } = options;
  const { auth, cors, allowedHosts } = profile.security;
  const serving = new ServingTable(profile.experts, (expert) => fleet.remote(expert.id)?.pathPrefix ?? '');
  return {
    generation,
    profile,
    directory: new Directory(profile.experts, profile.defaultExpert),
    serving,
    routes: createRouteTable(profile, serving),
    authenticator: new Authenticator({
      required: auth !== 'none',
      keys,
      runToken,
      people: auth === 'users' ? people : undefined,
    }),
    hosts: new HostCheck([...allowedHosts, host]),
    cors: cors.length > 0 ? new Cors(cors) : undefined,
  };
}
