/** LoRA adapters as vLLM has them: models of their own names beside the base model, one for each request. */
import type { ExpertBase, ExpertVariant } from './contract.ts';
import { adaptersOf, strengthsOf } from './lora.ts';
import type { LaunchAdapter } from './model-parts.ts';

/** What `--max-lora-rank` may be. */
const RANKS = [8, 16, 32, 64, 128, 256, 320, 512];

/** The name of the base model: the expert's own, unless an adapter answers by that. No profile can have a name with `@`. */
export function baseName(expert: ExpertBase): string {
  return adapterFor(expert, undefined) === undefined ? expert.id : `${expert.id}@base`;
}

/** The name by which a request reaches the adapter that is meant, or the base model. */
export function servedName(expert: ExpertBase, variant: ExpertVariant | undefined): string {
  const index = adapterFor(expert, variant);
  return index === undefined ? baseName(expert) : nameOf(expert, index);
}

/** `adapters` as `adaptersOf` lists them. */
export function adapterArgs(
  expert: ExpertBase,
  adapters: readonly LaunchAdapter[],
  put: (flag: string, ...values: (string | number)[]) => void,
): void {
  if (adapters.length === 0) return;
  const rank = Math.max(...adapters.map((adapter) => adapter.rank ?? 0));
  put('--enable-lora');
  put('--max-lora-rank', RANKS.find((known) => known >= rank) ?? rank);
  // So many can be computed in one batch; each takes its part of the reserved memory.
  put('--max-loras', Math.min(adapters.length, expert.parallel));
  // As JSON: in the short form a comma or an equals sign in a path would end it.
  put('--lora-modules', ...adapters.map(({ path }, index) => JSON.stringify({ name: nameOf(expert, index), path })));
}

/** That of the expert answers by its id, another by the first variant that names it: it stands in the answers as `model`. */
function nameOf(expert: ExpertBase, index: number): string {
  if (adapterFor(expert, undefined) === index) return expert.id;
  const found = Object.entries(expert.variants).find(([, variant]) => adapterFor(expert, variant) === index);
  return found?.[0] ?? `${expert.id}@${index}`;
}

/** Which of `adaptersOf`; undefined: the base model. */
function adapterFor(expert: ExpertBase, variant: ExpertVariant | undefined): number | undefined {
  const index = strengthsOf(expert, variant).findIndex((scale) => scale !== 0);
  return index < 0 || adaptersOf(expert).length === 0 ? undefined : index;
}
