/** The JSON that the management routes answer and the command line reads: the contract between the two. Types only. */
import type { Task } from '../engines/routes.ts';
import type { ExpertState } from '../telemetry/events.ts';

export type { ExpertState, OrchestratorEvent as EventView } from '../telemetry/events.ts';

/** One expert, as `GET /api/experts` lists it and `GET /api/experts/:id` answers it. */
export interface ExpertView {
  id: string;
  engine: string;
  kind: 'process' | 'remote';
  description: string | null;
  aliases: string[];
  variants: string[];
  task: Task;
  context: number;
  parallel: number;
  state: ExpertState;
  /** ISO 8601; when the state was entered. */
  since: string;
  /** Requests an engine works on now, and requests that wait for this expert. */
  inFlight: number;
  queued: number;
  pid: number | null;
  build: string | null;
  /** Bytes of private and shared-anonymous memory of the whole process tree; null while there is none. */
  memoryBytes: number | null;
  /** ISO 8601; when it is unloaded if nobody asks for it before; null: not while loaded like this. */
  unloadsAt: string | null;
  /** Milliseconds that the last start took until a token was generated. */
  loadMs: number | null;
  starts: number;
  crashes: number;
  /** Progress of a start, as a sentence; null otherwise. */
  progress: string | null;
  /** Why the engine ended last, where it did not end because it was asked to. */
  lastFailure: FailureView | null;
  /** ISO 8601; when a failed or backing-off expert is tried again on demand; null: not by itself. */
  retryAt: string | null;
}

export interface FailureView {
  class: string;
  /** What happened and what to try, for a person. */
  sentence: string;
  at: string;
  exitCode: number | null;
  signal: string | null;
  /** The last lines of the engine's output. */
  tail: string[];
}

/** `GET /health`. */
export interface HealthView {
  status: 'ok' | 'stopping';
  version: string;
  profile: string;
  uptimeSeconds: number;
  experts: Record<string, ExpertState>;
}

/** `GET /stats`. */
export interface StatsView extends HealthView {
  pid: number;
  rssBytes: number;
  url: string;
  maxLoadedExperts: number | null;
  requests: { total: number; active: number; queued: number; failed: number };
  tokens: { prompt: number; generated: number };
}

/** `POST /api/reload`: what became of each expert. */
export interface ReloadView {
  generation: number;
  profile: string;
  /** Nothing changed for these. */
  kept: string[];
  /** Other settings on the same process. */
  updated: string[];
  /** Drained and ended; started again at the next request. */
  replaced: string[];
  added: string[];
  removed: string[];
}

/** `<stateDir>/runtime.json`, mode 0600: how the command line finds and authenticates to the running orchestrator. */
export interface RuntimeFile {
  pid: number;
  /** Start time of the pid in clock ticks since boot (field 22 of /proc/PID/stat): a reused pid has another. */
  startTicks: number;
  url: string;
  /** An administrator's key that lives as long as this run. */
  token: string;
  profile: string;
  version: string;
  startedAt: string;
}
