/** What a model of llama-swap says beside its command: the same for every kind of expert. */
import type { SwapConfig, SwapModel } from './config.ts';

export interface Common {
  readonly settings: Record<string, unknown>;
  readonly request: Record<string, unknown>;
  readonly aliases: readonly string[];
  readonly notes: string[];
}

/** What is the same for every kind of expert. */
export function commonSettings(
  name: string,
  model: SwapModel,
  config: SwapConfig,
  fill: (value: unknown) => unknown,
  names: ReadonlySet<string>,
): Common {
  const notes: string[] = [];
  const text = (value: string | undefined) => (value ? String(fill(value)) : undefined);
  const description = text(model.description) ?? text(model.name);
  const ttl = model.ttl === undefined || model.ttl < 0 ? (config.globalTTL ?? 0) : model.ttl;
  const { request, strip, variants } = filtersOf(name, model.filters ?? {}, fill);
  const persistent = Object.values(config.groups).some((group) => group.persistent && group.members.includes(name));
  const aliases = (model.aliases ?? []).map((alias) => String(fill(alias)));
  const preload = config.hooks?.on_startup?.preload ?? [];
  const priority = priorityOf(name, config);
  if (model.unlisted) notes.push('unlisted: every expert is listed here');
  if (model['metadata'] !== undefined) notes.push('metadata: `/v1/models` has fields of its own here');
  return {
    notes,
    request,
    aliases: aliases.filter((alias) => !names.has(alias) && !Object.hasOwn(variants, alias)),
    settings: {
      ...(description ? { description } : {}),
      ...(Object.keys(variants).length > 0 ? { variants } : {}),
      ...(strip.length > 0 ? { strip } : {}),
      idleUnload: ttl > 0 ? `${ttl}s` : 'never',
      ...(preload.some((id) => id === name || aliases.includes(id)) ? { preload: true } : {}),
      ...(persistent ? { pin: true } : {}),
      ...(priority === undefined ? {} : { priority }),
    },
  };
}

/** What it costs to lose a model is a factor there, and a power of two here; 5 is the middle. */
function priorityOf(name: string, { matrix }: SwapConfig): number | undefined {
  const short = Object.entries(matrix?.vars ?? {}).find(([, model]) => model === name)?.[0];
  const cost = short === undefined ? undefined : matrix?.evict_costs[short];
  return cost === undefined || cost <= 0 ? undefined : Math.min(10, Math.max(0, 5 + Math.round(Math.log2(cost))));
}

/** What llama-swap sets, it sets whatever the client says: so it is taken out first. */
export function filtersOf(
  name: string,
  filters: NonNullable<SwapModel['filters']>,
  fill: (value: unknown) => unknown,
): { request: Record<string, unknown>; strip: string[]; variants: Record<string, unknown> } {
  const listed = String(fill(filters.stripParams ?? filters.strip_params ?? ''))
    .split(',')
    .map((field) => field.trim())
    .filter((field) => field !== '' && field !== 'model');
  const request = { ...(fill(filters.setParams ?? {}) as Record<string, unknown>) };
  const byId = fill(filters.setParamsByID ?? {}) as Record<string, Record<string, unknown>>;
  Object.assign(request, byId[name]);
  const variants = Object.entries(byId).filter(([id]) => id !== name && /^[\w.:/-]+$/.test(id));
  return {
    request,
    strip: [...new Set([...listed, ...Object.keys(request)])],
    variants: Object.fromEntries(variants.map(([id, fields]) => [id, { request: fields, strip: Object.keys(fields) }])),
  };
}

/** The parts of an expert; what filters set goes before the flags of the command. */
export function join(
  common: Common,
  own: Record<string, unknown>,
  more: { readonly aliases?: readonly string[]; readonly request?: Record<string, unknown> } = {},
): Record<string, unknown> {
  const request = { ...more.request, ...common.request };
  // llama-server lays those of a request upon those of its command, one by one.
  const templates = [more.request, common.request].map((fields) => fields?.['chat_template_kwargs']);
  if (templates.every(isObject)) request['chat_template_kwargs'] = Object.assign({}, ...templates);
  const aliases = [...common.aliases, ...(more.aliases ?? [])];
  const { description, ...rest } = common.settings;
  const { command, 'llama-server': section, ...plain } = own;
  return {
    ...(description === undefined ? {} : { description }),
    ...(aliases.length > 0 ? { aliases } : {}),
    ...plain,
    ...(Object.keys(request).length > 0 ? { request } : {}),
    ...rest,
    ...(command === undefined ? {} : { command }),
    ...(section === undefined ? {} : { 'llama-server': section }),
  };
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
