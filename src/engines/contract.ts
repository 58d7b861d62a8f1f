/**
 * What the rest of the program knows of an engine. An adapter is pure: it never spawns, fetches or reads the clock; it says
 * what to launch, how to read it, and how it differs from the OpenAI-compatible base. A new engine is one adapter file, one
 * line in `registry.ts` and its recordings under `test/fixtures/recordings/<name>/`.
 */
import type { z } from 'zod';

import type { ErrorCode } from '../shared/errors.ts';
import type { Draft } from './draft.ts';
import type { LaunchFiles, Lora } from './model-parts.ts';
import type { InferenceRoute, Task } from './routes.ts';
import type { Model } from './settings.ts';

/** What `binaries/` found out about a program by running it; cached by path, size and mtime. */
export interface ProgramProbe {
  readonly path: string;
  /** As the program says it, e.g. `0.7.0 (build 11669, commit Debian)`. */
  readonly version: string;
  /** Every spelling of every flag in `--help`: `-c`, `--ctx-size`, … */
  readonly flags: ReadonlySet<string>;
  /** `--help` as printed, for the few questions that a flag name does not answer (arity, socket support). */
  readonly help: string;
  /** Accelerators that the program itself lists; empty on a CPU build. */
  readonly devices: readonly ProgramDevice[];
}

/** How a program is asked what it is, where it is asked otherwise than llama-server (`DEFAULT_QUESTIONS` in `binaries/probe.ts`). */
export interface ProbeQuestions {
  readonly version: readonly string[];
  readonly help: readonly string[];
  /** Lists accelerators; undefined where the program cannot. */
  readonly devices: readonly string[] | undefined;
  /** Milliseconds for each question. */
  readonly timeoutMs: number;
}

/** A GPU of the machine, as its driver describes it. */
export interface Gpu {
  /** In the order of the PCI bus. */
  readonly index: number;
  readonly uuid: string;
  readonly name: string;
  readonly totalBytes: number;
}

export interface ProgramDevice {
  /** As the program wants it, e.g. `CUDA0`. */
  readonly name: string;
  readonly description: string;
}

/** Where an engine is to listen; the supervisor chooses within what the adapter offers. */
export type Listen =
  | { readonly kind: 'socket'; readonly path: string }
  /** The engine picks a free port; the supervisor reads it from the child's own listeners. */
  | { readonly kind: 'any-port' }
  /** The supervisor picks; a failed bind is retried with another and is no crash. */
  | { readonly kind: 'port'; readonly port: number };

export interface LaunchContext {
  /** Undefined for an engine without a managed program (`command`). */
  readonly program: ProgramProbe | undefined;
  /** Absolute paths; present where the settings name them. */
  readonly files: LaunchFiles;
  readonly listen: Listen;
  /** Random per start; the engine must refuse requests without it where it can. */
  readonly apiKey: string;
  /** CPU cores this process may use. */
  readonly cores: number;
  /** Where the planner wants it; undefined: as the settings say, on whatever is there. */
  readonly placement?: LaunchPlacement;
  /** The machine's GPUs, for an adapter that `readsGpus`; empty where there is none. */
  readonly gpus?: readonly Gpu[];
  /** A folder of this engine's own that outlives the process: what it can compile once and use again. */
  readonly cacheDir?: string;
  /** Where an expert with `slots` may keep what its slots have computed. */
  readonly slotsDir?: string;
}

/** Where an engine's tensors are to go. */
export interface LaunchPlacement {
  /** GPUs by their index in `nvidia-smi`, each with its part relative to the others; empty: the CPU alone. */
  readonly gpus: readonly { readonly index: number; readonly share: number }[];
  /** Layers on those GPUs, the last ones of the model. */
  readonly gpuLayers: number | 'all';
}

/** The processor of this machine. */
export interface Machine {
  /** As Node names it: `x64`, `arm64`. */
  readonly architecture: string;
  /** `flags` (x86) or `Features` (Arm) of /proc/cpuinfo; empty where they cannot be read. */
  readonly cpuFlags: ReadonlySet<string>;
}

/** What the header of a GGUF model says that decides which engine can read it. */
export interface ModelHeader {
  readonly architecture: string;
  /** The numbers of the tensors' types, as they stand in the file. */
  readonly tensorTypes: ReadonlySet<number>;
}

/** What a preflight may know; undefined is unknown, and nothing is refused for it. */
export interface PreflightFacts {
  readonly machine?: Machine | undefined;
  readonly header?: ModelHeader | undefined;
  /** Read only for an adapter that `readsGpus`. */
  readonly gpus?: readonly Gpu[] | undefined;
}

export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  /** Added to an almost empty environment (PATH, HOME of the state directory, LANG, the nonce). */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** An argv that stops the engine in place of SIGTERM (a container, say). */
  readonly stop?: readonly string[];
}

/** The request that proves readiness: one token, vector or score. */
export interface Canary {
  readonly path: string;
  readonly body: unknown;
  /** What is wrong with the answer, for a person; undefined when it proves the engine. */
  verify(answer: unknown): string | undefined;
  /**
   * What is wrong with the words of an answer that `verify` accepts, for engines that are known to compute nonsense in good
   * health; undefined when they are sound.
   */
  readonly soundness?: (answer: unknown) => string | undefined;
  /** Answers after which the soundness is looked at again, at a moment without requests. */
  readonly repeatAfter?: number;
}

/** A request of the supervisor's own to an engine. */
export interface EngineCall {
  readonly method: 'GET' | 'POST';
  /** With the query. */
  readonly path: string;
  readonly body?: unknown;
}

/** How an engine gives its GPU memory back without ending, and takes it again. None of these paths is ever proxied. */
export interface SleepProtocol {
  readonly enter: EngineCall;
  /** In order. */
  readonly wake: readonly EngineCall[];
  readonly state: EngineCall;
  /** What the answer to `state` says; undefined: nothing that can be understood. */
  isSleeping(answer: unknown): boolean | undefined;
}

/**
 * How an engine writes what a slot has computed (the KV cache of one request) to a file, and reads it again after a restart. None of
 * these paths is ever proxied. Files are named without a path: they lie in the `slotsDir` of the launch.
 */
export interface SlotProtocol {
  /**
   * Request fields that have a certain slot serve the request, never a client's to choose; `fresh`: whatever the slot holds, the
   * engine does not answer from it. Slots are counted from 0 to `parallel`.
   */
  fields(slot: number, fresh: boolean): Readonly<Record<string, unknown>>;
  save(slot: number, file: string): EngineCall;
  restore(slot: number, file: string): EngineCall;
  /** Makes the slot forget. */
  erase(slot: number): EngineCall;
  /** Tokens that were saved or restored, by the answer to either; undefined: nothing that can be understood. */
  tokens(answer: unknown): number | undefined;
}

export interface KeptSlots {
  readonly protocol: SlotProtocol;
  /** Bytes of all the files of the expert. */
  readonly maxBytes: number;
}

/** The neutral part of an expert's settings: what every room but its adapter reads. */
export interface ExpertBase {
  readonly id: string;
  readonly engine: string;
  readonly description?: string | undefined;
  readonly aliases: readonly string[];
  readonly variants: Readonly<Record<string, ExpertVariant>>;
  readonly task: Task;
  readonly vision: boolean;
  readonly audio: boolean;
  readonly tools: boolean;
  readonly context: number;
  readonly parallel: number;
  readonly request: Readonly<Record<string, unknown>>;
  readonly strip: readonly string[];
  readonly lora?: Lora | undefined;
  /** By domain, 0 to 1. */
  readonly fit: Readonly<Record<string, number>>;
  /** Examples of requests by domain, for the router to learn from. */
  readonly utterances?: Readonly<Record<string, readonly string[]>> | undefined;
  /** ISO 639 codes; empty: any. */
  readonly languages: readonly string[];
}

export interface ExpertVariant {
  readonly description?: string | undefined;
  readonly request: Readonly<Record<string, unknown>>;
  readonly strip: readonly string[];
  /** Absent: as the expert says. */
  readonly lora?: Lora | undefined;
}

/** The part that experts with a process of their own have besides. */
export interface ProcessSettings {
  /** Milliseconds, or never. */
  readonly idleUnload: number | 'never';
  readonly stallTimeout: number;
  readonly startTimeout: number;
  readonly preload: boolean;
  readonly pin: boolean;
  /** 0 to 10. */
  readonly priority: number;
  /** Bytes by pool, in place of the prediction. */
  readonly footprint?: Readonly<Record<string, number>> | undefined;
  readonly model?: Model | undefined;
  readonly chatTemplate?: string | undefined;
  /** SHA-256 of the template's content, hex. */
  readonly chatTemplateDigest?: string | undefined;
  readonly draft?: Draft | undefined;
}

interface AdapterBase<S extends ExpertBase> {
  readonly name: string;
  /** One line for `engine list` and the profile schema. */
  readonly description: string;
  /** The expert as written in a profile under this engine, without `id`. */
  readonly settings: z.ZodObject;
  /**
   * Inference routes that this expert's endpoint answers itself. Where it has only one of `/v1/chat/completions` and
   * `/v1/messages`, the proxy serves the other by translation.
   */
  routes(expert: S): readonly InferenceRoute[];
  /**
   * Top-level request fields that the engine knows on a route. A field outside the list is dropped and named in a response
   * header; `undefined` lets every field through.
   */
  knownFields(expert: S, route: InferenceRoute): ReadonlySet<string> | undefined;
  /** Fields that are set in every request by a name (a model, an adapter), and by no client; undefined leaves the body as it is. */
  requestFields?(
    expert: S,
    route: InferenceRoute,
    variant?: ExpertVariant,
  ): Readonly<Record<string, unknown>> | undefined;
  /** Request fields that the engine knows by an older name: from the client's to the engine's. */
  readonly fieldNames?: Readonly<Record<string, string>>;
  /** Failures in the middle of a stream come as `error: {…}` lines, and `[DONE]` after them (llama-server until 2025). */
  readonly errorLines?: boolean;
}

/** An engine that runs as a child process. */
export interface ProcessAdapter<
  S extends ExpertBase & ProcessSettings = ExpertBase & ProcessSettings,
> extends AdapterBase<S> {
  readonly kind: 'process';
  /** The program that `binaries/` finds, installs and probes; undefined where the profile gives an argv. */
  readonly program: string | undefined;
  /** Undefined: as llama-server is asked. */
  readonly probe?: ProbeQuestions;
  /** What `model` names: one file (where absent), or a folder with config, tokenizer and safetensors. */
  readonly modelForm?: 'folder';
  /** Whether a launch depends on the GPUs of the machine. */
  readonly readsGpus?: boolean;
  /** The build of the program that the expert names, if it names one. */
  build(expert: S): string | undefined;
  /** A program given by path instead of an installed build. */
  binary(expert: S): string | undefined;
  /** Where the profile names a program of its own: a path, seen from `cwd`, or a name on `path` (default: our own PATH). */
  ownProgram?(expert: S): { readonly name: string; readonly cwd?: string; readonly path?: string } | undefined;
  /** Ways to listen that this build offers, best first. */
  listens(expert: S, program: ProgramProbe | undefined): readonly Listen['kind'][];
  /** Why this expert cannot start on this program or machine; undefined when nothing is known against it. */
  preflight(expert: S, program: ProgramProbe | undefined, facts?: PreflightFacts): Refusal | undefined;
  /** What a person should know although nothing is against a start; shown by `doctor` and in the expert's log. */
  advice?(expert: S, program: ProgramProbe | undefined, facts?: PreflightFacts): string | undefined;
  launch(expert: S, context: LaunchContext): Launch;
  /** Answers 200 when the model is loaded. */
  health(expert: S): string;
  /** Undefined: health is all there is to prove (speech engines). */
  canary(expert: S): Canary | undefined;
  /** Whether the process that answers must be shown to be our child (off for `docker run`). */
  provesIdentity(expert: S): boolean;
  /** What a line of output says of how far a start has come, for a person; undefined where it says nothing. */
  stage?(line: string): string | undefined;
  /** Undefined where this expert cannot sleep, or is not to. */
  sleep?(expert: S): SleepProtocol | undefined;
  /** Undefined where this expert's caches are not kept, or this build cannot keep them. */
  slots?(expert: S, program: ProgramProbe | undefined): KeptSlots | undefined;
  /** Headers that authenticate the supervisor to the engine. */
  authorize(expert: S, apiKey: string): Readonly<Record<string, string>>;
  /** Prometheus text, merged into ours with an `expert` label; undefined where there is none. */
  metricsPath(expert: S): string | undefined;
  /** Path where a token-level view of running slots can be read; used in tests and by `doctor`. */
  readonly slotsPath?: string;
}

/** An endpoint that someone else runs. */
export interface RemoteAdapter<S extends ExpertBase = ExpertBase> extends AdapterBase<S> {
  readonly kind: 'remote';
  /** Base URL without a trailing slash; the paths of `upstreamPath` are appended. */
  origin(expert: S): string;
  upstreamPath(expert: S, route: InferenceRoute): string;
  /** Request headers with the key; the environment is handed in. */
  authorize(expert: S, environment: NodeJS.ProcessEnv): Readonly<Record<string, string>>;
  /** Environment variables that must be set. */
  requiredEnvironment(expert: S): readonly string[];
}

export interface Refusal {
  readonly code: ErrorCode;
  /** What is wrong, and the command or setting that mends it. */
  readonly message: string;
}

export type Adapter = ProcessAdapter | RemoteAdapter;

/** Keeps the settings type inside the adapter while the registry holds all adapters as one type. */
export function defineProcessEngine<S extends ExpertBase & ProcessSettings>(
  adapter: ProcessAdapter<S>,
): ProcessAdapter {
  return adapter;
}

export function defineRemoteEngine<S extends ExpertBase>(adapter: RemoteAdapter<S>): RemoteAdapter {
  return adapter;
}
