import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';

import { findProgram } from '../binaries/builds.ts';
import { probeProgram } from '../binaries/probe.ts';
import { thisMachine } from '../binaries/processor.ts';
import type { ExpertBase, ProcessAdapter, ProcessSettings, ProgramProbe } from '../engines/contract.ts';
import { headerFacts } from '../models/header-facts.ts';
import { locateModel } from '../models/locate.ts';
import { AppError } from '../shared/errors.ts';
import type { Paths } from '../shared/paths.ts';

export type ProcessExpert = ExpertBase & ProcessSettings;

/** Everything a launch needs that is looked up on the machine. */
export interface Prepared {
  readonly program: ProgramProbe | undefined;
  readonly files: { readonly model?: string; readonly mmproj?: string; readonly chatTemplate?: string };
  /** Bytes of the model file; 0 where there is none. */
  readonly modelBytes: number;
  readonly cores: number;
  /** What a person should know before it starts. */
  readonly advice?: string | undefined;
}

export type Prepare = (expert: ProcessExpert, adapter: ProcessAdapter) => Promise<Prepared>;

/** Finds the program, probes it (cached), finds the model file. Throws an `AppError` that names what is missing and the command that gets it. */
export function createPrepare(options: {
  paths: Paths;
  profileDirectory: string;
  profileName: string;
  environment: NodeJS.ProcessEnv;
}): Prepare {
  const { paths, environment, profileDirectory, profileName } = options;
  return async (expert, adapter) => {
    const program = adapter.program === undefined ? undefined : await findAndProbe(adapter, adapter.program, expert);
    const model = expert.model === undefined ? undefined : locateModel(expert.model, { paths, profileDirectory });
    const facts = { machine: thisMachine(), header: model && (await headerFacts(model.path)) };
    const refusal = adapter.preflight(expert, program, facts);
    if (refusal) throw new AppError(refusal.code, refusal.message);
    if (expert.model && !model) {
      throw new AppError(
        'model_unavailable',
        `The model of ${expert.id} is not on this machine. Fetch it with: orchestrator model pull ${expert.id} --profile ${profileName}`,
      );
    }
    return {
      program,
      files: {
        ...(model ? { model: model.path } : {}),
        ...(model?.mmproj ? { mmproj: model.mmproj } : {}),
        ...(expert.chatTemplate ? { chatTemplate: readable(expert.chatTemplate, expert.id) } : {}),
      },
      modelBytes: model ? (statSync(model.path, { throwIfNoEntry: false })?.size ?? 0) : 0,
      cores: availableParallelism(),
      advice: adapter.advice?.(expert, program, facts),
    };
  };

  async function findAndProbe(adapter: ProcessAdapter, program: string, expert: ProcessExpert): Promise<ProgramProbe> {
    const path = await findProgram(program, {
      build: adapter.build(expert),
      binary: adapter.binary(expert),
      paths,
      environment,
    });
    return probeProgram(path, { paths });
  }
}

function readable(path: string, expert: string): string {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) {
    throw new AppError(
      'model_unavailable',
      `The chat template of ${expert} is not a file: ${path}. Correct chatTemplate in the profile.`,
    );
  }
  return path;
}
