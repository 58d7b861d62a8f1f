import { parseDocument } from 'yaml';
import { z } from 'zod';

import { CliError } from '../../shared/errors.ts';
import { ENVIRONMENT } from './macros.ts';
import type { Macro } from './macros.ts';

const Macros = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
  .transform((macros): Macro[] => Object.entries(macros).map(([name, value]) => ({ name, value })));
const Fields = z.record(z.string(), z.json());
const Filters = z.looseObject({
  stripParams: z.string().optional(),
  /** Its name until 2025. */
  strip_params: z.string().optional(),
  setParams: Fields.optional(),
  setParamsByID: z.record(z.string(), Fields).optional(),
});
const Alias = z.union([z.string(), z.looseObject({ id: z.string() }).transform(({ id }) => id)]);

const SwapModel = z.looseObject({
  cmd: z.string(),
  cmdStop: z.string().optional(),
  proxy: z.string().optional(),
  aliases: z.array(Alias).optional(),
  checkEndpoint: z.string().optional(),
  ttl: z.number().optional(),
  useModelName: z.string().optional(),
  name: z.string().optional(),
  description: z.string().optional(),
  env: z.array(z.string()).optional(),
  filters: Filters.optional(),
  concurrencyLimit: z.number().optional(),
  unlisted: z.boolean().optional(),
  macros: Macros.optional(),
});
export type SwapModel = z.output<typeof SwapModel>;

const Group = z.looseObject({
  swap: z.boolean().default(true),
  exclusive: z.boolean().default(true),
  persistent: z.boolean().default(false),
  members: z.array(z.string()).default([]),
});
const Matrix = z.looseObject({
  vars: z.record(z.string(), z.string()).default({}),
  evict_costs: z.record(z.string(), z.number()).default({}),
});
const Peer = z.looseObject({
  proxy: z.string(),
  apiKey: z.string().optional(),
  models: z.array(z.string()).default([]),
  filters: Filters.optional(),
});
export type SwapPeer = z.output<typeof Peer>;

/** What is read of a llama-swap configuration; what else there is stays where it is. */
const SwapConfig = z.looseObject({
  healthCheckTimeout: z.number().optional(),
  globalTTL: z.number().optional(),
  sendLoadingState: z.boolean().optional(),
  macros: Macros.default([]),
  apiKeys: z.array(z.string()).default([]),
  models: z.record(z.string(), SwapModel).default({}),
  groups: z.record(z.string(), Group).default({}),
  matrix: Matrix.optional(),
  hooks: z
    .looseObject({ on_startup: z.looseObject({ preload: z.array(z.string()).default([]) }).optional() })
    .optional(),
  peers: z.record(z.string(), Peer).default({}),
});
export type SwapConfig = z.output<typeof SwapConfig>;

/**
 * Reads the text of a configuration.
 * @throws CliError where it is not YAML, or no configuration of llama-swap's.
 */
export function parseSwapConfig(text: string, file: string, environment: NodeJS.ProcessEnv): SwapConfig {
  // llama-swap puts the environment into the text before it is YAML: braces that YAML would read are hidden from it.
  const hidden = text.replaceAll(ENVIRONMENT, (_whole, name: string) => `\uE000${name}\uE001`);
  const document = parseDocument(hidden, { prettyErrors: false, merge: true });
  const [broken] = document.errors;
  if (broken) throw new CliError(`${file} is not valid YAML: ${broken.message.split('\n')[0]}`);
  // Aliases that stand for far more than was written are refused by the parser itself.
  const { data, error } = SwapConfig.safeParse(shown(document.toJS({ maxAliasCount: 1_000 }), environment));
  if (error) throw new CliError(`${file} is no llama-swap configuration:\n${z.prettifyError(error)}`);
  if (Object.keys(data.models).length + Object.keys(data.peers).length === 0)
    throw new CliError(`${file} is no llama-swap configuration: it has neither models nor peers.`);
  return data;
}

/** The references again; one that stands for a number is that number, as it would have been in the text. */
function shown(value: unknown, environment: NodeJS.ProcessEnv): unknown {
  if (typeof value === 'string') {
    const [, name = ''] = /^\uE000(\w+)\uE001$/.exec(value) ?? [];
    const number = Number(environment[name] || Number.NaN);
    return Number.isFinite(number) ? number : value.replaceAll(/\uE000(\w+)\uE001/g, '${env.$1}');
  }
  if (Array.isArray(value)) return value.map((item) => shown(item, environment));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, below]) => [String(shown(key, {})), shown(below, environment)]),
  );
}
