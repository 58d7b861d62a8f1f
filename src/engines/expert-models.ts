import type { ExpertBase, ProcessSettings } from './contract.ts';
import { adaptersOf } from './lora.ts';
import type { Model } from './settings.ts';

export interface ExpertModel {
  /** For a person. */
  readonly role: 'model' | 'draft model' | 'LoRA adapter';
  readonly model: Model;
}

/** Everything with weights that an expert is made of, its own model first. */
export function modelsOf(expert: ExpertBase & Partial<ProcessSettings>): readonly ExpertModel[] {
  return [
    ...(expert.model ? [{ role: 'model', model: expert.model } as const] : []),
    ...(expert.draft ? [{ role: 'draft model', model: expert.draft.model } as const] : []),
    ...adaptersOf(expert).map((model) => ({ role: 'LoRA adapter', model }) as const),
  ];
}
