import { availableParallelism } from 'node:os';
import { join } from 'node:path';

import { findProgram } from '../binaries/builds.ts';
import { readGpus } from '../binaries/nvidia-smi.ts';
import { probeProgram } from '../binaries/probe.ts';
import { thisMachine } from '../binaries/processor.ts';
import type { ExpertBase, Gpu, ProcessAdapter, ProcessSettings, ProgramProbe } from '../engines/contract.ts';
import type { LaunchFiles } from '../engines/model-parts.ts';
import { locateExpert } from '../models/expert-files.ts';
import { headerFacts } from '../models/header-facts.ts';
import { howToGet } from '../models/missing.ts';
import { AppError } from '../shared/errors.ts';
import type { Paths } from '../shared/paths.ts';
import { statOf } from '../shared/stat.ts';

export type ProcessExpert = ExpertBase & ProcessSettings;

/** Everything a launch needs that is looked up on the machine. */
export interface Prepared {
  readonly program: ProgramProbe | undefined;
  readonly files: LaunchFiles;
  /** Bytes of the model file; 0 where there is none. */
  readonly modelBytes: number;
  readonly cores: number;
  readonly gpus?: readonly Gpu[];
  readonly cacheDir?: string;
  /** What a person should know before it starts. */
  readonly advice?: string | undefined;
}

export type Prepare = (expert: ProcessExpert, adapter: ProcessAdapter) => Promise<Prepared>;

/** Finds the program, probes it (cached), finds the model file. Throws an `AppError` that names what is missing and the command that gets it. */
export function createPrepare(options: {
  paths: Paths;
  profileDirectory: string;
  /** As it is written on a command line. */
  profileName: string;
  environment: NodeJS.ProcessEnv;
}): Prepare {
  const { paths, environment, profileDirectory, profileName } = options;
  return async (expert, adapter) => {
    const program = adapter.program === undefined ? undefined : await findAndProbe(adapter, adapter.program, expert);
    const folder = adapter.modelForm === 'folder';
    const places = { paths, profileDirectory, environment };
    const { files, missing } = locateExpert(expert, adapter, places);
    const gpus = adapter.readsGpus ? await readGpus(environment) : undefined;
    const facts = {
      machine: thisMachine(),
      header: files.model !== undefined && !folder ? await headerFacts(files.model) : undefined,
      gpus,
    };
    const refusal = adapter.preflight(expert, program, facts);
    if (refusal) throw new AppError(refusal.code, refusal.message);
    if (missing) {
      const what =
        missing.role === 'LoRA adapter' ? `A LoRA adapter of ${expert.id}` : `The ${missing.role} of ${expert.id}`;
      throw new AppError(
        'model_unavailable',
        `${what} is not on this machine. ` +
          howToGet(
            { id: expert.id, model: missing.model, form: folder ? 'folder' : 'file' },
            { ...places, profile: profileName },
          ),
      );
    }
    return {
      program,
      files: {
        ...files,
        ...(expert.chatTemplate ? { chatTemplate: readable(expert.chatTemplate, expert.id) } : {}),
      },
      // Weights in a folder are mapped by workers, not by the process that is started.
      modelBytes: files.model !== undefined && !folder ? (statOf(files.model)?.size ?? 0) : 0,
      ...(gpus ? { gpus } : {}),
      cacheDir: join(paths.cacheDir, 'engines', adapter.name),
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
    return probeProgram(path, { paths, questions: adapter.probe });
  }
}

function readable(path: string, expert: string): string {
  if (!statOf(path)?.isFile()) {
    throw new AppError(
      'model_unavailable',
      `The chat template of ${expert} is not a file: ${path}. Correct chatTemplate in the profile.`,
    );
  }
  return path;
}
