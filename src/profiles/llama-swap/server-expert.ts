import { isEmbedderName, isRerankerName } from '../../shared/gguf-names.ts';
import { readFlags } from './flags.ts';
import type { Settings } from './flags.ts';

/** A file of a repository, as `llama-server -hf owner/name:QUANT` would choose it: here already (absolute), or to be fetched. */
export type HubFile = ({ readonly path: string } | { readonly file: string }) & {
  readonly mmproj?: string | undefined;
};

export interface ServerOptions {
  /** The model's name, from which its task is guessed where the command does not say it. */
  readonly name: string;
  /** Undefined where it cannot be told which file is meant. */
  readonly resolveHub: (repository: string, quantisation: string | undefined) => Promise<HubFile | undefined>;
  /** Makes a path of the command absolute. */
  readonly resolvePath: (path: string) => string;
  /** Whether the machine counts a GPU. */
  readonly hasGpu: boolean;
}

export type ServerExpert =
  | {
      readonly settings: Record<string, unknown>;
      readonly request: Record<string, unknown>;
      readonly aliases: readonly string[];
      readonly notes: readonly string[];
    }
  | { readonly obstacle: string };

/** Whether these words start a llama-server itself, and not something around it. */
export function isLlamaServer(program: string): boolean {
  return /^llama-server[\w.-]*$/.test(program.split('/').at(-1) ?? '');
}

/** The words of a llama-server's command as the keys of an expert. */
export async function serverExpert(words: readonly string[], options: ServerOptions): Promise<ServerExpert> {
  const [program = '', ...args] = words;
  const settings: Settings = {
    own: {},
    server: {},
    request: {},
    draft: {},
    loras: [],
    flags: [],
    aliases: [],
    notes: [],
  };
  readFlags(args, settings);
  const model = await modelOf(settings, options);
  if (settings.obstacle !== undefined) return { obstacle: settings.obstacle };
  if (typeof model === 'string') return { obstacle: model };
  const { own, server, request, notes, aliases } = settings;
  const draft = await draftOf(settings, options);
  const loras = settings.loras.map(({ path, scale }) => ({
    path: options.resolvePath(path),
    ...(scale !== undefined && { scale }),
  }));
  if (program.includes('/')) server['binary'] = options.resolvePath(program);
  own['task'] ??= guessTask(options.name, settings);
  own['parallel'] ??= 1;
  contextOf(settings);
  if (!options.hasGpu && own['gpuLayers'] === 'all') {
    delete own['gpuLayers'];
    delete draft?.['gpuLayers'];
    notes.push('all layers on the GPU: none is counted here; gpuLayers: all where there is one');
  }
  if (loras.length > 0 && server['cacheRam'] !== undefined && server['cacheRam'] !== '0MiB') {
    delete server['cacheRam'];
    notes.push('--cache-ram: with LoRA adapters there is no cache of prompts, llama-server mixes them up');
  }
  const { task, gpuLayers, ...rest } = own;
  return {
    settings: {
      ...(task === 'generate' ? {} : { task }),
      model,
      ...(model.mmproj === undefined ? {} : { vision: true }),
      ...rest,
      ...(typeof rest['chatTemplate'] === 'string' ? { chatTemplate: options.resolvePath(rest['chatTemplate']) } : {}),
      ...(gpuLayers === undefined ? {} : { gpuLayers }),
      ...(draft && task === 'generate' ? { draft } : {}),
      ...(loras.length > 0 ? { lora: loras.length === 1 ? loras[0] : loras } : {}),
      ...sectionOf(settings),
    },
    request,
    aliases,
    notes,
  };
}

function sectionOf({ server, flags }: Settings): Record<string, unknown> {
  const section = { ...server, ...(flags.length > 0 ? { flags } : {}) };
  return Object.keys(section).length > 0 ? { 'llama-server': section } : {};
}

/** What one request gets: llama-server divides its cache by its slots. */
function contextOf({ own, cache, notes }: Settings): void {
  const parallel = Number(own['parallel']);
  if (cache === undefined || cache <= 0) {
    notes.push('context: the command leaves it to the model; set what a request may need, it takes memory');
    return;
  }
  own['context'] = Math.max(128, Math.floor(cache / parallel));
}

function guessTask(name: string, { model }: Settings): string {
  const names = [name, model?.path ?? '', model?.hf ?? ''].map((text) => text.split('/').at(-1) ?? '');
  if (names.some(isRerankerName)) return 'rerank';
  return names.some(isEmbedderName) ? 'embed' : 'generate';
}

type ModelKeys = { readonly path?: string; readonly hf?: string; readonly file?: string; readonly mmproj?: string };

/** The model of the expert; a text says why it cannot be told. */
async function modelOf({ model, noProjector }: Settings, options: ServerOptions): Promise<ModelKeys | string> {
  if (model?.path !== undefined) {
    const mmproj = model.mmproj === undefined ? {} : { mmproj: options.resolvePath(model.mmproj) };
    return { path: options.resolvePath(model.path), ...mmproj };
  }
  if (model?.hf === undefined) return 'it names no model file';
  const [hf = '', quantisation] = model.hf.split(':');
  if (!/^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/.test(hf)) return `${model.hf} is no repository`;
  if (model.file !== undefined) return { hf, file: model.file };
  const chosen = await options.resolveHub(hf, quantisation);
  if (!chosen)
    return `-hf ${model.hf} does not name the file, and neither this machine nor the hub could be asked for it`;
  const { mmproj, ...where } = chosen;
  const source = 'path' in where ? where : { hf, ...where };
  return { ...source, ...(mmproj === undefined || noProjector ? {} : { mmproj }) };
}

/** Where there is no draft model its settings are those of another way to guess, and stay flags. */
async function draftOf(settings: Settings, options: ServerOptions): Promise<Record<string, unknown> | undefined> {
  const { draft, hubDraft, flags, notes } = settings;
  const { model, ...rest } = draft;
  const path = (model as { path?: string } | undefined)?.path;
  if (path !== undefined) return { model: { path: options.resolvePath(path) }, ...rest };
  if (hubDraft !== undefined) {
    const [hf = '', quantisation] = hubDraft.split(':');
    const chosen = await options.resolveHub(hf, quantisation);
    if (chosen) return { model: 'path' in chosen ? { path: chosen.path } : { hf, file: chosen.file }, ...rest };
    notes.push(`-hfd ${hubDraft}: it does not name the file of the draft model; set draft.model`);
    return undefined;
  }
  const names = {
    maxTokens: '--spec-draft-n-max',
    minTokens: '--spec-draft-n-min',
    minProbability: '--spec-draft-p-min',
  };
  for (const [key, name] of Object.entries(names)) {
    const value = rest[key];
    if (typeof value === 'number') flags.push(name, String(value));
  }
  return undefined;
}
