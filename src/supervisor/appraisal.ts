/** What an expert would take of each pool, by placement: predicted from its files, corrected by what runs of it took. */
import { statSync } from 'node:fs';

import { findProgram } from '../binaries/builds.ts';
import { probeProgram } from '../binaries/probe.ts';
import type { LaunchPlacement, ProcessAdapter, ProgramProbe } from '../engines/contract.ts';
import type { Model } from '../engines/settings.ts';
import { shapeReader } from '../models/kept-shapes.ts';
import { locateExpert } from '../models/expert-files.ts';
import { locateFolder } from '../models/folder.ts';
import type { Footprint, FootprintPart } from '../models/footprint.ts';
import { readGgufModels } from '../models/gguf-models.ts';
import { fileIdentity, type LearnedFootprints, type LearnedKey } from '../models/learned.ts';
import { correctByOracle } from '../models/oracle.ts';
import { asleepFootprint, type GpuPool, placeGguf, placeVllm, type PredictedPlacement } from '../models/placements.ts';
import { recordedFolder } from '../models/shape-record.ts';
import { filesOf as placesOf } from '../models/sources.ts';
import { readSafetensorsShape, type SafetensorsShape } from '../models/vllm-footprint.ts';
import type { Placement } from '../planner/world.ts';
import type { Paths } from '../shared/paths.ts';
import { statOf } from '../shared/stat.ts';
import { formatBytes } from '../shared/units.ts';
import { launchKey } from './launch-key.ts';
import type { ProcessExpert } from './launcher.ts';

/** A placement with the reasons for its numbers. */
export interface Estimate extends Placement {
  readonly parts: readonly FootprintPart[];
  /** Rests on a shape record in place of the model's header. */
  readonly estimated: boolean;
  /** Corrected by what runs of this configuration took. */
  readonly learned: boolean;
  /** Before the correction; absent where there was none, or no prediction. */
  readonly predicted?: Footprint;
  /** Undefined where the engine is not told (`command`). */
  readonly launch: LaunchPlacement | undefined;
}

export interface Appraisal {
  /** In order of preference; empty: nothing is known of it, and it is counted only by measurement. */
  readonly placements: readonly Estimate[];
  /** What it holds asleep, where it can sleep. */
  readonly asleep: Footprint | undefined;
  /** Under which a run of a placement is remembered. */
  readonly learnedKey: (placement: string) => LearnedKey | undefined;
}

/** Of files that cannot be read. */
export const NOTHING_KNOWN: Appraisal = { placements: [], asleep: undefined, learnedKey: () => undefined };

export interface AppraiseOptions {
  readonly paths: Paths;
  readonly environment: NodeJS.ProcessEnv;
  readonly profileDirectory: string;
  /** Those of the budget. */
  readonly gpus: readonly GpuPool[];
  /** Undefined: the prediction alone. */
  readonly learned: LearnedFootprints | undefined;
  /** Whether what the installed engine can use decides; false answers for a machine that is not this one. */
  readonly askEngine: boolean;
  /** Whether its own oracle may be run, which takes a second for each placement; else only its kept answers count. */
  readonly askOracle?: boolean | undefined;
}

/** A run need not have filled its context: what was learned lowers a prediction by no more than this. */
const LEAST_OF_PREDICTION = 0.9;
/** Of a file whose header cannot be read, on top of its size. */
const UNREADABLE_SHARE = 1.2;
const UNREADABLE_BYTES = 256 * 2 ** 20;

/** @throws what the file system says of a file that is there and cannot be read. */
export async function appraise(
  expert: ProcessExpert,
  adapter: ProcessAdapter,
  options: AppraiseOptions,
): Promise<Appraisal> {
  const { learned } = options;
  const engine = await engineOf(expert, adapter, options);
  const files = filesOf(expert, adapter, options);
  const key = launchKey(expert, adapter);
  const identities = files.map((path) => fileIdentity(path, statSync(path)));
  const learnedKey = (placement: string): LearnedKey => ({
    files: identities,
    engine: engine.version,
    settings: { key, placement },
  });
  const { predicted, asleep, mapped } = await predict(expert, adapter, engine.usesGpus ? options.gpus : [], options);
  const placements = await Promise.all(
    predicted.map(async (one) => {
      const known = learned?.find(learnedKey(one.name));
      const best = known ? one : await byOracle(one, { expert, adapter, program: engine.program, options });
      return corrected(toEstimate(best, mapped), known);
    }),
  );
  if (placements.length > 0) return { placements, asleep, learnedKey };
  const known = learned?.find(learnedKey(UNKNOWN));
  return { placements: known ? [measuredBefore(known)] : [], asleep, learnedKey };
}

/**
 * What changes when an appraisal may come out otherwise: the files of the expert, what the profile says of its memory, the devices. Cheap
 * enough for every request that has to wait anyway.
 */
export function appraisalStamp(
  expert: ProcessExpert,
  adapter: ProcessAdapter,
  options: Pick<AppraiseOptions, 'paths' | 'environment' | 'profileDirectory' | 'gpus'>,
): string {
  const files = filesOf(expert, adapter, options).map((path) => {
    const stat = statOf(path);
    return stat ? fileIdentity(path, stat) : path;
  });
  return JSON.stringify([files, expert.footprint, options.gpus.map(({ id, capacity }) => [id, capacity])]);
}

interface OracleContext {
  readonly expert: ProcessExpert;
  readonly adapter: ProcessAdapter;
  readonly program: ProgramProbe | undefined;
  readonly options: AppraiseOptions;
}

/** On a CPU the prediction is within its rounding; layers that spill are not worth a question before they do. */
async function byOracle(one: PredictedPlacement, context: OracleContext): Promise<PredictedPlacement> {
  const { expert, adapter, program, options } = context;
  if (!program || one.estimated || one.spill || one.launch.gpus.length === 0) return one;
  const { files } = locateExpert(expert, adapter, options);
  if (files.model === undefined) return one;
  const launch = adapter.launch(expert, {
    program,
    files,
    listen: { kind: 'any-port' },
    apiKey: '',
    cores: 1,
    placement: one.launch,
  });
  const { paths, environment } = options;
  const fileId = fileIdentity(files.model, statSync(files.model));
  const { parallel } = expert;
  return correctByOracle(one, { program, launch, parallel, fileId, paths, environment, keptOnly: !options.askOracle });
}

/** The name under which experts without a prediction are remembered. */
const UNKNOWN = 'measured';

interface MappedFiles {
  readonly main?: string | undefined;
  readonly draft?: string | undefined;
}

interface Predicted {
  readonly predicted: readonly PredictedPlacement[];
  readonly asleep?: Footprint | undefined;
  /** Files that stay mapped. */
  readonly mapped?: MappedFiles;
}

async function predict(
  expert: ProcessExpert,
  adapter: ProcessAdapter,
  gpus: readonly GpuPool[],
  options: AppraiseOptions,
): Promise<Predicted> {
  if (expert.footprint) return { predicted: [declared(expert.footprint)] };
  if (!expert.model) return { predicted: [] };
  if (adapter.modelForm === 'folder') {
    const folder = locateFolder(expert.model, options);
    const recorded = recordedFolder(expert.model);
    const shape = folder
      ? // What its engine reserves is known all the same.
        await readSafetensorsShape(folder.path).catch(() => recorded ?? unreadableFolder(folder.bytes))
      : recorded;
    if (!shape) return { predicted: [] };
    const predicted = placeVllm(expert, shape, gpus);
    return { predicted, asleep: predicted[0] && asleepFootprint(expert, shape, predicted[0].footprint) };
  }
  const { files } = locateExpert(expert, adapter, options);
  // Where it will lie: experts of one file share its pages before it is here, too.
  const placeOf = (model: Model) => placesOf(model, options).weights[0].path;
  const mapped = {
    main: files.model ?? placeOf(expert.model),
    draft: files.draft ?? (expert.draft && placeOf(expert.draft.model)),
  };
  try {
    const models = await readGgufModels(expert, files, shapeReader(options.paths.cacheDir));
    return { predicted: models ? placeGguf(expert, models, gpus) : [], mapped };
  } catch (error) {
    if (files.model === undefined) throw error;
    // Whether it can be loaded is for the engine to say; that it takes memory is certain.
    return { predicted: [unreadable(files.model)], mapped };
  }
}

function declared(footprint: Footprint): PredictedPlacement {
  return {
    name: 'declared',
    footprint,
    mapped: { main: 0, draft: 0 },
    parts: Object.entries(footprint).map(([pool, bytes]) => ({
      name: 'footprint',
      pool,
      bytes,
      how: 'as the profile says',
    })),
    estimated: false,
    spill: false,
    launch: { gpus: [], gpuLayers: 0 },
  };
}

function unreadable(path: string): PredictedPlacement {
  const size = statSync(path).size;
  const bytes = Math.ceil(size * UNREADABLE_SHARE) + UNREADABLE_BYTES;
  const how = `its header cannot be read: ${formatBytes(size)} and a fifth, and ${formatBytes(UNREADABLE_BYTES)}`;
  return {
    ...declared({ ram: bytes }),
    name: 'cpu',
    parts: [{ name: 'model file', pool: 'ram', bytes, how }],
    estimated: true,
  };
}

function unreadableFolder(weightBytes: number): SafetensorsShape {
  return {
    weightBytes,
    layers: 0,
    slidingLayers: 0,
    slidingWindow: undefined,
    headsKv: 1,
    headLength: 1,
    contextTrained: undefined,
    estimated: true,
  };
}

function toEstimate(one: PredictedPlacement, files: MappedFiles = {}): Estimate {
  const mapped = [
    { file: files.main, bytes: one.mapped.main },
    { file: files.draft, bytes: one.mapped.draft },
  ].flatMap(({ file, bytes }) => (file !== undefined && bytes > 0 ? [{ file, pool: 'ram', bytes }] : []));
  const { name, footprint, parts, estimated, spill } = one;
  const told = name === 'declared' ? undefined : one.launch;
  return { name, footprint, mapped, parts, estimated, spill, learned: false, launch: told };
}

function corrected(estimate: Estimate, learned: Footprint | undefined): Estimate {
  if (!learned) return estimate;
  const footprint = Object.fromEntries(
    Object.entries({ ...learned, ...estimate.footprint }).map(([pool]) => {
      const predicted = estimate.footprint[pool] ?? 0;
      return [pool, Math.max(learned[pool] ?? predicted, Math.round(predicted * LEAST_OF_PREDICTION))];
    }),
  );
  return { ...estimate, footprint, learned: true, predicted: estimate.footprint };
}

function measuredBefore(footprint: Footprint): Estimate {
  const parts = Object.entries(footprint).map(([pool, bytes]) => ({
    name: 'measured',
    pool,
    bytes,
    how: 'as earlier runs took',
  }));
  return {
    name: UNKNOWN,
    footprint,
    mapped: [],
    parts,
    estimated: false,
    spill: false,
    learned: true,
    launch: undefined,
  };
}

function filesOf(
  expert: ProcessExpert,
  adapter: ProcessAdapter,
  options: Pick<AppraiseOptions, 'paths' | 'environment' | 'profileDirectory'>,
): string[] {
  const { model, mmproj, draft, loras = [] } = locateExpert(expert, adapter, options).files;
  return [model, mmproj, draft, ...loras.map(({ path }) => path)].filter((path) => path !== undefined);
}

/** vLLM's probe imports all of PyTorch; whether it reserves GPU memory stands in its settings. */
async function engineOf(
  expert: ProcessExpert,
  adapter: ProcessAdapter,
  { askEngine, paths, environment, gpus }: AppraiseOptions,
): Promise<{ readonly version: string; readonly usesGpus: boolean; readonly program?: ProgramProbe }> {
  if (adapter.program === undefined) return { version: adapter.name, usesGpus: false };
  if (!askEngine) return { version: adapter.name, usesGpus: true };
  try {
    const where = { build: adapter.build(expert), binary: adapter.binary(expert), paths, environment };
    const path = await findProgram(adapter.program, where);
    if (adapter.probe) return { version: path, usesGpus: true };
    const program = await probeProgram(path, { paths, questions: undefined });
    return { version: program.version, usesGpus: gpus.length > 0 && program.devices.length > 0, program };
  } catch {
    // The start will say what is missing.
    return { version: adapter.name, usesGpus: true };
  }
}
