import type { LearnedFootprints } from '../models/learned.ts';
import type { Profile } from '../profiles/profile.ts';
import type { Paths } from '../shared/paths.ts';
import { appraisalStamp, appraise } from './appraisal.ts';
import type { Memory, MemoryPlan } from './memory.ts';

export interface MemoryPlanOptions {
  readonly paths: Paths;
  readonly environment: NodeJS.ProcessEnv;
  readonly memory: Memory;
  readonly learned: LearnedFootprints;
}

/** How the memory of the profile's experts is predicted, on the devices that there are when it is asked. */
export function memoryPlanOf(profile: Profile, { paths, environment, memory, learned }: MemoryPlanOptions): MemoryPlan {
  const asked = { paths, environment, profileDirectory: profile.directory, learned, askEngine: true, askOracle: true };
  const here = () => ({ ...asked, gpus: memory.devices });
  return {
    budget: profile.budget,
    appraise: ({ expert, adapter }) => appraise(expert, adapter, here()),
    stamp: ({ expert, adapter }) => appraisalStamp(expert, adapter, here()),
  };
}
