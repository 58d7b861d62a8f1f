import { findOwnProgram, programOf } from '../binaries/builds.ts';
import type { GpuAnswer } from '../binaries/nvidia-smi.ts';
import { adapterOf } from '../engines/registry.ts';
import { missingSentences } from '../models/missing.ts';
import type { Profile } from '../profiles/profile.ts';
import { AppError } from '../shared/errors.ts';
import type { Paths } from '../shared/paths.ts';

export interface MissingPartsOptions {
  readonly paths: Paths;
  readonly environment: NodeJS.ProcessEnv;
  /** The last answer of the driver; undefined where it was not asked. */
  readonly gpus: GpuAnswer | undefined;
}

/** What a profile needs and this machine lacks, with what to do about it: GPUs, engine programs, models. A sentence each. */
export function missingParts(profile: Profile, options: MissingPartsOptions): string[] {
  return [
    ...missingGpus(profile, options),
    ...missingPrograms(profile, options),
    ...missingSentences(profile, options),
  ];
}

/** Only where there is no driver's program: then there may be no device either, and what needs one will not start. */
function missingGpus({ budget }: Profile, { gpus }: MissingPartsOptions): string[] {
  const counted = Object.keys(budget.pools).filter((pool) => pool !== 'ram');
  if (counted.length === 0 || gpus?.problem?.kind !== 'absent') return [];
  return [`${counted.join(' and ')} cannot be looked at: ${gpus.problem.message} ${WITHOUT_GPU}`];
}

function missingPrograms({ experts }: Profile, { paths, environment }: MissingPartsOptions): string[] {
  const lacking = new Map<string, string[]>();
  const add = (id: string, why: string) => lacking.set(why, [...(lacking.get(why) ?? []), id]);
  for (const expert of experts) {
    const adapter = adapterOf(expert.engine);
    if (expert.kind !== 'process' || adapter.kind !== 'process') continue;
    const own = adapter.ownProgram?.(expert);
    if (own && findOwnProgram(own, environment) === undefined) add(expert.id, noProgram(own.name));
    if (adapter.program === undefined) continue;
    try {
      programOf(adapter.program, { build: adapter.build(expert), binary: adapter.binary(expert), paths, environment });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      add(expert.id, error.message);
    }
  }
  return [...lacking].map(([why, ids]) => `${ids.join(', ')} cannot start: ${why}`);
}

export const WITHOUT_GPU =
  'If this machine has no GPU, take a profile for the CPU (orchestrator profile list), or write one: orchestrator profile init';

/** Of a `command` expert whose first word is no program here. */
export function noProgram(name: string): string {
  return `there is no program ${name} here. Install it, or correct \`command.argv\` in the profile.`;
}
