/** What a llama-server is given beside its model: a draft model and LoRA adapters. */
import type { z } from 'zod';

import type { ExpertBase, ProgramProbe } from './contract.ts';
import type { Draft } from './draft.ts';
import { sectionOf } from './llama-flags.ts';
import { adaptersOf } from './lora.ts';
import type { LaunchAdapter } from './model-parts.ts';

type Put = (spellings: readonly string[], ...values: (string | number)[]) => void;

interface DraftContext {
  readonly path: string;
  /** Layers of the expert's own model on the GPU. */
  readonly onGpu: number;
  readonly kvCache: string;
  readonly program: ProgramProbe | undefined;
  readonly put: Put;
}

/** The older spellings are those of 2025; today's builds list them still, and refuse them. */
export function draftFlags(draft: Draft, { path, onGpu, kvCache, program, put }: DraftContext): void {
  put(['--spec-draft-model', '--model-draft', '-md'], path);
  // Without it, builds that know several ways to guess load the model and leave it alone.
  if (!program || sectionOf(program.help, '--spec-type').includes('draft-simple')) put(['--spec-type'], 'draft-simple');
  put(['--spec-draft-n-max', '--draft-max'], draft.maxTokens);
  put(['--spec-draft-n-min', '--draft-min'], draft.minTokens);
  put(['--spec-draft-p-min', '--draft-p-min'], draft.minProbability);
  const wanted = draft.gpuLayers === 'all' ? ALL_LAYERS : draft.gpuLayers;
  // Where the expert is not on a GPU there is none for its draft either.
  put(['--spec-draft-ngl', '--n-gpu-layers-draft', '-ngld'], wanted === 'auto' || onGpu === 0 ? onGpu : wanted);
  put(['--spec-draft-type-k', '--cache-type-k-draft', '-ctkd'], kvCache);
  put(['--spec-draft-type-v', '--cache-type-v-draft', '-ctvd'], kvCache);
}

const ALL_LAYERS = 999;

/** One flag with all files since the end of 2025, a flag for each before. */
export function adapterFlags(adapters: readonly LaunchAdapter[], program: ProgramProbe | undefined, put: Put): void {
  if (adapters.length === 0) return;
  const paths = adapters.map(({ path }) => path);
  if (!program || sectionOf(program.help, '--lora').includes('comma-separated')) {
    put(['--lora'], paths.map(asField).join(','));
  } else for (const path of paths) put(['--lora'], path);
  put(['--lora-init-without-apply']);
}

/** As a field of a line of CSV, for so it is read. */
const asField = (path: string) => (/[",]/.test(path) ? `"${path.replaceAll('"', '""')}"` : path);

/**
 * llama-server does not note under which adapter it has computed the prompts that it keeps in RAM: a request would go on upon those of
 * another adapter, and answer in between.
 */
export function refuseSharedCache({ value, issues }: z.core.ParsePayload<AdaptedSettings>): void {
  if (adaptersOf(value as unknown as ExpertBase).length === 0) return;
  const refuse = (message: string, path: (string | number)[]) => {
    issues.push({ code: 'custom', input: value, message, path });
  };
  if (value.task !== 'generate') refuse('LoRA adapters are for experts that generate', ['task']);
  const { cacheRam, flags } = value['llama-server'];
  const why = 'llama-server mixes up the cached prompts of different adapters: with `lora` there is no cache of them';
  if (cacheRam > 0) refuse(why, ['llama-server', 'cacheRam']);
  for (const [index, flag] of flags.entries()) {
    if (/^(-cram|--cache-ram)(=|$)/.test(flag)) refuse(why, ['llama-server', 'flags', index]);
  }
}

interface AdaptedSettings {
  readonly task: string;
  readonly 'llama-server': { readonly cacheRam: number; readonly flags: readonly string[] };
}
