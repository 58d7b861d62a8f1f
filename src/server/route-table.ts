import type { ExpertBase, ProcessSettings } from '../engines/contract.ts';
import { INFERENCE_PATHS, INFERENCE_ROUTES, type InferenceRoute } from '../engines/routes.ts';
import { KNOWN_DOMAINS } from '../profiles/domains.ts';
import type { Profile } from '../profiles/profile.ts';
import type { Candidate } from '../router/candidate.ts';
import type { ServingTable } from './serving.ts';

const MIDDLE_PRIORITY = 5;

/** Who may serve a request that names nobody, worked out once for a profile. */
export interface RouteTable {
  candidates(route: InferenceRoute): readonly Candidate[];
  /** All domains that there are. */
  readonly domains: readonly string[];
  /** The same with these experts alone. */
  only(ids: readonly string[]): RouteTable;
}

/** Undefined where there is nobody to choose between: such a profile pays nothing for the router. */
export function createRouteTable(profile: Profile, serving: ServingTable): RouteTable | undefined {
  const experts: readonly (ExpertBase & Partial<Pick<ProcessSettings, 'priority'>>)[] = profile.experts;
  const generating = experts.filter(({ task }) => task === 'generate');
  if (generating.length < 2) return undefined;
  const table = new Map<InferenceRoute, readonly Candidate[]>();
  for (const route of INFERENCE_PATHS) {
    if (INFERENCE_ROUTES[route].task !== 'generate') continue;
    table.set(
      route,
      generating.map((expert) => {
        const served = serving.find(expert, route);
        return {
          expert,
          priority: expert.priority ?? MIDDLE_PRIORITY,
          servesRoute: served !== undefined,
          documents: served !== undefined && served.knownFields === undefined,
        };
      }),
    );
  }
  const taught = [
    ...Object.keys(profile.router.domains),
    ...experts.flatMap(({ utterances }) => Object.keys(utterances ?? {})),
  ];
  return tableOf(table, [...new Set([...KNOWN_DOMAINS, ...taught])]);
}

function tableOf(table: ReadonlyMap<InferenceRoute, readonly Candidate[]>, domains: readonly string[]): RouteTable {
  return {
    candidates: (route) => table.get(route) ?? [],
    domains,
    only: (ids) => {
      const left = [...table].map(
        ([route, candidates]) => [route, candidates.filter(({ expert }) => ids.includes(expert.id))] as const,
      );
      return tableOf(new Map(left), domains);
    },
  };
}
