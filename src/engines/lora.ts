/** LoRA adapters: small files that change what a model says, any number of them on one process of the base model. */
import { z } from 'zod';

import type { ExpertBase, ExpertVariant } from './contract.ts';
import type { Lora, LoraAdapter } from './model-parts.ts';
import type { Model } from './settings.ts';
import { modelFileShape, ModelFolder, oneFile, variantsWith } from './settings.ts';

const BASE = z.literal('none');
const OWN = 'LoRA adapter of requests by this name; `none`: the base model itself';
const DEFAULT = 'LoRA adapter of every request whose variant does not say otherwise';

const LoraFile = oneFile(
  z.strictObject({
    ...modelFileShape,
    scale: z.number().min(-100).max(100).default(1).describe('How strongly it is applied'),
  }),
);
const LoraFiles = z.union([BASE, LoraFile, z.array(LoraFile).min(1).max(64)]);

/** Of an engine that takes adapters as GGUF files, several at once and each with its strength. */
export const loraFilesShape = {
  lora: LoraFiles.optional().describe(`${DEFAULT}; a list applies them together`),
  variants: variantsWith({ lora: LoraFiles.optional().describe(`${OWN}; a list applies them together`) }),
};

const LoraFolder = z.union([BASE, ModelFolder]);

/** Of an engine that takes adapters as folders, one for each request. */
export const loraFolderShape = {
  lora: LoraFolder.optional().describe(`${DEFAULT}: a folder with adapter_config.json`),
  variants: variantsWith({ lora: LoraFolder.optional().describe(`${OWN}: a folder with adapter_config.json`) }),
};

/** Every adapter of an expert, each once, in the order in which its engine is given them. */
export function adaptersOf(expert: ExpertBase): readonly Model[] {
  const all = [expert.lora, ...Object.values(expert.variants).map(({ lora }) => lora)].flatMap(listOf);
  return [...new Map(all.map((adapter) => [identityOf(adapter), withoutScale(adapter)])).values()];
}

/** How strongly a request applies each of `adaptersOf`: as the variant says by whose name it came, else as the expert says. */
export function strengthsOf(expert: ExpertBase, variant: ExpertVariant | undefined): readonly number[] {
  const chosen = listOf(variant?.lora ?? expert.lora);
  return adaptersOf(expert).map((adapter) => {
    const same = chosen.filter((one) => identityOf(one) === identityOf(adapter));
    return same.reduce((sum, { scale = 1 }) => sum + scale, 0);
  });
}

const listOf = (lora: Lora | undefined): readonly LoraAdapter[] =>
  lora === undefined || lora === 'none' ? [] : [lora].flat();

function withoutScale({ scale: _scale, ...model }: LoraAdapter): Model {
  return model;
}

const identityOf = (adapter: LoraAdapter) => JSON.stringify(withoutScale(adapter));
