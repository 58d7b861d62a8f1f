/** A llama-swap configuration as the content of a profile. */
import { Written } from '../write-profile.ts';
import { commandExpert } from './command-expert.ts';
import type { SwapEnvironment } from './command-expert.ts';
import { commonSettings, filtersOf, join } from './common.ts';
import { parseSwapConfig } from './config.ts';
import type { SwapConfig, SwapModel, SwapPeer } from './config.ts';
import {
  applyEnvironment,
  applyMacros,
  applyMacrosDeeply,
  macrosFor,
  SECRET_NAME,
  unknownMacros,
  variableOf,
  variablesIn,
} from './macros.ts';
import { withNames } from './names.ts';
import type { ConvertedExpert } from './names.ts';
import { isLlamaServer, serverExpert } from './server-expert.ts';
import type { ServerOptions } from './server-expert.ts';
import { withoutComments, wordsOf } from './words.ts';

export interface ConvertOptions extends Omit<ServerOptions, 'name' | 'hasGpu'> {
  readonly environment: NodeJS.ProcessEnv;
  /** Pools that the budget counts. */
  readonly pools: readonly string[];
}

export interface Converted {
  readonly experts: readonly ConvertedExpert[];
  /** Top-level keys beside `experts` and `budget`. */
  readonly content: Record<string, unknown>;
  /** What of the whole file is otherwise here, and why. */
  readonly notes: readonly string[];
  /** Models that are no experts, with the reason. */
  readonly left: readonly { readonly name: string; readonly reason: string }[];
}

/**
 * Converts the text of a configuration; `file` is its name, for messages.
 * @throws CliError where it is no configuration.
 */
export async function convertLlamaSwap(text: string, file: string, options: ConvertOptions): Promise<Converted> {
  const config = parseSwapConfig(text, file, options.environment);
  const experts: ConvertedExpert[] = [];
  const left: { name: string; reason: string }[] = [];
  const names = new Set([
    ...Object.keys(config.models),
    ...Object.values(config.peers).flatMap(({ models }) => models),
  ]);
  for (const [name, model] of Object.entries(config.models)) {
    const converted = await convertModel(name, model, config, options, names);
    if ('reason' in converted) left.push({ name, reason: converted.reason });
    else experts.push({ id: '', name, ...converted });
  }
  for (const peer of Object.values(config.peers)) experts.push(...remoteExperts(peer, options));
  const whole = wholeFile(config, options);
  const notes = experts.some(({ settings }) => settings['engine'] === 'command')
    ? [...whole.notes, ...COMMANDS]
    : whole.notes;
  return { experts: withNames(experts), left, content: whole.content, notes };
}

const COMMANDS = [
  'command: such an expert has an environment of PATH, HOME, LANG and its own `env`, and what it takes of memory is not',
  '  known before it has run once; `footprint: { ram: 4GiB }` says it.',
];

type ConvertedModel = Pick<ConvertedExpert, 'settings' | 'notes'> | { readonly reason: string };

async function convertModel(
  name: string,
  model: SwapModel,
  config: SwapConfig,
  options: ConvertOptions,
  names: ReadonlySet<string>,
): Promise<ConvertedModel> {
  const macros = macrosFor(name, config.macros, model.macros ?? []);
  const fill = (text: string) => applyEnvironment(applyMacros(text, macros), options.environment);
  const fillButSecrets = (text: string) =>
    applyEnvironment(applyMacros(text, macros), options.environment, SECRET_NAME);
  const command = fill(withoutComments(model.cmd));
  const stop = fill(withoutComments(model.cmdStop ?? ''));
  const proxy = model.proxy === undefined ? undefined : fill(model.proxy);
  const unknown = [command, stop, proxy ?? ''].flatMap(unknownMacros);
  if (unknown.length > 0) return { reason: `nothing stands for \${${unknown.join('}, ${')}}` };
  const { words } = splitEnvironment(wordsOf(command), [], fill);
  const asWritten = splitEnvironment(
    wordsOf(fillButSecrets(withoutComments(model.cmd))),
    model.env ?? [],
    fillButSecrets,
  );
  const { environment } = asWritten;
  if (words.length === 0) return { reason: 'its command is empty' };
  const isHere =
    proxy === undefined || /^https?:\/\/(?:localhost|127\.\d+\.\d+\.\d+|\[::1\]|0\.0\.0\.0)(?=[:/]|$)/.test(proxy);
  if (!isHere) return { reason: `its requests go to ${proxy}, which its command does not start on this machine` };
  const common = commonSettings(name, model, config, (value) => applyMacrosDeeply(value, macros), names);
  const stopWords = wordsOf(fillButSecrets(withoutComments(model.cmdStop ?? '')));
  const parts = { name, words: asWritten.words, stop: stopWords, proxy, environment, model };
  if (isLlamaServer(words[0] ?? '')) {
    const server = await serverExpert(words, {
      ...options,
      name,
      hasGpu: options.pools.some((pool) => pool !== 'ram'),
    });
    if (!('obstacle' in server)) {
      const { settings, notes } = withGpus(server.settings, environment, options.pools);
      const merged = join(common, settings, { aliases: server.aliases, request: server.request });
      const limit = model.concurrencyLimit
        ? ['concurrencyLimit: requests beyond `parallel` wait in the queue here']
        : [];
      return { settings: merged, notes: [...server.notes, ...notes, ...common.notes, ...limit] };
    }
    const other = commandExpert(parts);
    if ('obstacle' in other) return { reason: `${server.obstacle}; and ${other.obstacle}` };
    const why = `It stays a command: ${server.obstacle}`;
    return { settings: join(common, other.settings), notes: [why, ...other.notes, ...common.notes] };
  }
  const other = commandExpert(parts);
  if ('obstacle' in other) return { reason: other.obstacle };
  return { settings: join(common, other.settings), notes: [...other.notes, ...common.notes] };
}

/** `env A=1 program …` says with its first words what `env:` says beside it. */
function splitEnvironment(
  words: readonly string[],
  entries: readonly string[],
  fill: (text: string) => string,
): { words: readonly string[]; environment: SwapEnvironment } {
  let rest = words;
  const own: string[] = [];
  if (rest[0] === 'env' || rest[0] === '/usr/bin/env') {
    const first = rest.findIndex((word, index) => index > 0 && !/^[A-Za-z_]\w*=/.test(word));
    own.push(...rest.slice(1, first < 0 ? undefined : first));
    rest = first < 0 ? [] : rest.slice(first);
  }
  const pairs = [...entries, ...own].flatMap((entry): [string, string | Written][] => {
    const [, key = '', value = ''] = /^([A-Za-z_]\w*)=([^]*)$/.exec(entry) ?? [];
    const variable = variableOf(value);
    if (key === '') return [];
    // What may be a secret is not copied into the file.
    const reference = variable ?? (SECRET_NAME.test(key) ? key : undefined);
    if (reference !== undefined) return [[key, Written.reference(reference)]];
    const filled = fill(value);
    return [[key, variablesIn(filled).length > 0 ? Written.withReferences(filled) : filled]];
  });
  return { words: rest, environment: Object.fromEntries(pairs) };
}

/** Of the environment of a llama-server a profile says which GPUs it sees, and nothing else. */
function withGpus(
  settings: Record<string, unknown>,
  environment: SwapEnvironment,
  pools: readonly string[],
): { settings: Record<string, unknown>; notes: string[] } {
  const { CUDA_VISIBLE_DEVICES: visible, CUDA_DEVICE_ORDER: _order, ...others } = environment;
  const notes = Object.keys(others).map((key) => `env ${key}: an expert of llama-server has no environment of its own`);
  if (visible === undefined) return { settings, notes };
  const named = typeof visible === 'string' ? visible : visible.text;
  const gpus = named.split(',').map((index) => `gpu${index.trim()}`);
  if (gpus.every((gpu) => pools.includes(gpu))) return { settings: { ...settings, gpus }, notes };
  notes.push(
    `env CUDA_VISIBLE_DEVICES=${named}: the budget does not count these GPUs; gpus: [gpu0, …] names those that it does`,
  );
  return { settings, notes };
}

/** Models that another machine serves. */
function remoteExperts(peer: SwapPeer, options: ConvertOptions): ConvertedExpert[] {
  const variable = peer.apiKey === undefined ? undefined : variableOf(peer.apiKey);
  const { request, strip } = filtersOf('', peer.filters ?? {}, (value) => value);
  return peer.models.map((name) => ({
    id: '',
    name,
    settings: {
      engine: 'remote',
      url: applyEnvironment(peer.proxy, options.environment),
      remoteModel: name,
      ...(variable === undefined ? {} : { keyEnv: variable }),
      context: 131_072,
      parallel: 10,
      ...(Object.keys(request).length > 0 ? { request } : {}),
      ...(strip.length > 0 ? { strip } : {}),
    },
    notes:
      peer.apiKey !== undefined && variable === undefined
        ? ['apiKey: a key is not written into a profile; put it into the environment and name it with `keyEnv`']
        : [],
  }));
}

function wholeFile(config: SwapConfig, { pools }: ConvertOptions): Pick<Converted, 'content' | 'notes'> {
  const notes: string[] = [];
  const variables = config.apiKeys.map(variableOf);
  const named = variables.filter((variable) => variable !== undefined);
  if (named.length < variables.length)
    notes.push(
      'apiKeys: keys are not written into a profile; put them into the environment, and name them under security.keys.',
    );
  if (Object.keys(config.groups).length > 0 || config.matrix)
    notes.push(
      `${config.matrix ? 'matrix' : 'groups'}: which models are loaded together is decided by memory here (${pools.join(', ')}), not by lists.`,
      'One at a time, as llama-swap has it without groups: budget.maxLoadedExperts: 1',
    );
  const { healthCheckTimeout } = config;
  return {
    notes,
    content: {
      ...(healthCheckTimeout === undefined
        ? {}
        : { defaults: { startTimeout: `${Math.max(15, healthCheckTimeout)}s` } }),
      ...(config.sendLoadingState ? { compatibility: { showLoading: true } } : {}),
      ...(named.length > 0
        ? {
            security: {
              auth: 'keys',
              keys: named.map((env, index) => ({ env, user: `client${index + 1}`, admin: index === 0 })),
            },
          }
        : {}),
    },
  };
}
