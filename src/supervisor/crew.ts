import { adapterOf } from '../engines/registry.ts';
import type { Profile } from '../profiles/profile.ts';
import type { Redactor } from '../shared/redact.ts';
import { ExpertLog } from './expert-log.ts';
import { ExpertProcess, type ProcessDependencies } from './expert-process.ts';
import type { Fleet } from './fleet.ts';
import type { FleetPlan } from './house.ts';
import { launchKey } from './launch-key.ts';
import { RemoteExpert } from './remote-expert.ts';

export interface CrewOptions {
  readonly stateDir: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly redactor: Redactor;
  /** What every process of this profile needs besides its log. */
  readonly dependencies: (profile: Profile) => Omit<ProcessDependencies, 'log'>;
}

/** What became of each expert when a profile was applied. */
export interface CrewChange {
  readonly kept: string[];
  /** Same process, other settings. */
  readonly updated: string[];
  readonly replaced: string[];
  readonly added: string[];
  readonly removed: string[];
}

/** The experts of a profile, taking over from those that are there whoever need not be started again. */
export function assembleCrew(
  profile: Profile,
  fleet: Fleet,
  options: CrewOptions,
): { plan: FleetPlan; change: CrewChange } {
  const { environment, redactor, stateDir } = options;
  const change: CrewChange = { kept: [], updated: [], replaced: [], added: [], removed: [] };
  const processes: ExpertProcess[] = [];
  const remotes: RemoteExpert[] = [];
  const adoptions: (() => void)[] = [];
  const dependencies = options.dependencies(profile);
  for (const expert of profile.experts) {
    const adapter = adapterOf(expert.engine);
    const before = fleet.process(expert.id) ?? fleet.remote(expert.id);
    const same = before !== undefined && JSON.stringify(before.expert) === JSON.stringify(expert);
    if (adapter.kind === 'remote') {
      for (const name of adapter.requiredEnvironment(expert)) redactor.add(environment[name]);
      const reusable = same ? fleet.remote(expert.id) : undefined;
      remotes.push(reusable ?? new RemoteExpert(expert, adapter, environment, dependencies.clock.wallTime()));
      record(change, expert.id, before !== undefined, reusable !== undefined, false);
    } else if (expert.kind === 'process') {
      const old = fleet.process(expert.id);
      const reusable =
        old && old.adapter === adapter && launchKey(old.expert, adapter) === launchKey(expert, adapter)
          ? old
          : undefined;
      const log =
        old?.log ??
        new ExpertLog({
          stateDir,
          expert: expert.id,
          maxBytes: profile.logs.fileSize,
          files: profile.logs.files,
          redactor,
        });
      if (reusable) adoptions.push(() => reusable.adopt(expert, { ...dependencies, log }));
      if (old) adoptions.push(() => old.log.resize({ maxBytes: profile.logs.fileSize, files: profile.logs.files }));
      processes.push(reusable ?? new ExpertProcess(expert, adapter, { ...dependencies, log }));
      record(change, expert.id, before !== undefined, reusable !== undefined, !same);
    }
  }
  const ids = new Set(profile.experts.map(({ id }) => id));
  for (const { id } of [...fleet.processes, ...fleet.remotes]) if (!ids.has(id)) change.removed.push(id);
  // Nothing can fail any more: a profile is taken over whole or not at all.
  for (const adopt of adoptions) adopt();
  return {
    plan: {
      processes,
      remotes,
      maxLoaded: profile.budget.maxLoadedExperts,
      spillToCpu: profile.budget.spillToCpu,
      minResidencyMs: profile.budget.minResidency,
      queueLength: profile.queue.length,
      queueAgeMs: profile.queue.age,
      drainMs: profile.timeouts.drain,
    },
    change,
  };
}

function record(change: CrewChange, id: string, existed: boolean, reused: boolean, changed: boolean): void {
  if (!existed) change.added.push(id);
  else if (!reused) change.replaced.push(id);
  else if (changed) change.updated.push(id);
  else change.kept.push(id);
}
