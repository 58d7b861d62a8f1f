import type { Adapter, ExpertBase, ExpertVariant } from '../engines/contract.ts';
import { adapterOf } from '../engines/registry.ts';
import { INFERENCE_PATHS, type InferenceRoute } from '../engines/routes.ts';

type FieldSet = Readonly<Record<string, unknown>> | undefined;

/** How one expert serves one route, worked out once. */
export interface Serving {
  /** The route as the engine knows it; another than the client's where the answer is translated. */
  readonly upstreamRoute: InferenceRoute;
  readonly path: string;
  readonly translated: boolean;
  readonly knownFields: ReadonlySet<string> | undefined;
  readonly set: FieldSet;
  /** In place of `set`, for a request by the name of a variant. */
  readonly variantSets: ReadonlyMap<ExpertVariant, FieldSet>;
  readonly fieldNames: Readonly<Record<string, string>> | undefined;
  /** The stream needs its failures put into today's form. */
  readonly errorLines: boolean;
  readonly local: boolean;
  /** Requests compute in slots whose caches may be kept: they say whose they are. */
  readonly usesSlots: boolean;
}

const OTHER_DIALECT: Readonly<Partial<Record<InferenceRoute, InferenceRoute>>> = {
  '/v1/chat/completions': '/v1/messages',
  '/v1/messages': '/v1/chat/completions',
};

/** The routes of every expert: a look-up on the hot path. */
export class ServingTable {
  readonly #table = new Map<string, Map<InferenceRoute, Serving>>();

  constructor(experts: readonly ExpertBase[], pathPrefix: (expert: ExpertBase) => string) {
    for (const expert of experts)
      this.#table.set(expert.id, servingsOf(expert, adapterOf(expert.engine), pathPrefix(expert)));
  }

  find(expert: ExpertBase, route: InferenceRoute): Serving | undefined {
    return this.#table.get(expert.id)?.get(route);
  }

  routesOf(expert: ExpertBase): InferenceRoute[] {
    return [...(this.#table.get(expert.id)?.keys() ?? [])];
  }
}

function servingsOf(expert: ExpertBase, adapter: Adapter, prefix: string): Map<InferenceRoute, Serving> {
  const own = new Set(adapter.routes(expert as never));
  const servings = new Map<InferenceRoute, Serving>();
  for (const route of INFERENCE_PATHS) {
    const other = OTHER_DIALECT[route];
    const upstreamRoute = own.has(route) ? route : other !== undefined && own.has(other) ? other : undefined;
    if (upstreamRoute === undefined) continue;
    const setFor = (variant: ExpertVariant | undefined) =>
      adapter.requestFields?.(expert as never, upstreamRoute, variant);
    const path = adapter.kind === 'remote' ? adapter.upstreamPath(expert, upstreamRoute) : upstreamRoute;
    servings.set(route, {
      upstreamRoute,
      path: prefix + path,
      translated: upstreamRoute !== route,
      knownFields: adapter.knownFields(expert as never, route),
      set: setFor(undefined),
      variantSets: new Map(Object.values(expert.variants).map((variant) => [variant, setFor(variant)])),
      fieldNames: adapter.fieldNames,
      errorLines: adapter.errorLines ?? false,
      local: adapter.kind === 'process',
      usesSlots:
        adapter.kind === 'process' &&
        route !== '/v1/messages/count_tokens' &&
        adapter.slots?.(expert as never, undefined) !== undefined,
    });
  }
  return servings;
}
