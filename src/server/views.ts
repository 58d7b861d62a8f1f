/** The JSON that the management routes answer and the command line reads: the contract between the two. Types only. */
import type { Task } from '../engines/routes.ts';
import type { SourcesView } from '../knowledge/context/sources.ts';
import type { KnowledgeStatus } from '../knowledge/contract.ts';
import type { MemoryStatus } from '../memory/contract.ts';
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
  /** ISO 639 codes; empty: any. */
  languages: string[];
  /** How well it serves each domain, 0 to 1. */
  fit: Record<string, number>;
  /** Not unloaded, neither when idle nor for another expert. */
  pinned: boolean;
  /** 0 to 10; null: it takes no room here. */
  priority: number | null;
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
  /** Bytes that it holds of each pool that the budget counts, mapped model files included. */
  footprint: Record<string, number>;
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
  knowledge: KnowledgeStatus;
  memory: MemoryStatus;
}

/** `POST /api/plan` `{expert}`: what would happen if it were requested now, and why. */
export interface PlanView {
  expert: string;
  action: 'serve' | 'start' | 'wake' | 'evict' | 'wait' | 'refuse';
  /** For a person: "would evict mistral_balanced (idle 4 min, 5.6 GiB): gpu0 has 2.1 of 6.7 GiB free". */
  sentence: string;
  /** The clause after the colon. */
  reason: string;
  warning: string | null;
  /** Where it would run, or, where it cannot now, would best; null: it runs already, or nothing is known of it. */
  placement: PlacementView | null;
  /** Bytes that the placement takes of each pool beyond what is held: nothing for a file that is mapped already. */
  needs: Record<string, number>;
  victims: { expert: string; how: 'stop' | 'sleep' }[];
  /** Bytes that would come back, by pool; below 0 where a sleep takes more there. */
  frees: Record<string, number>;
  pools: PoolView[];
}

/** One way of placing an expert. Bytes. */
export interface PlacementView {
  name: string;
  /** Private memory by pool. */
  footprint: Record<string, number>;
  /** Model files, charged once for as long as anyone maps them. */
  mapped: { file: string; pool: string; bytes: number }[];
  /** Rests on a shape record in place of the model's header. */
  estimated: boolean;
  /** Rests on what runs of this configuration took. */
  learned: boolean;
  /** The arithmetic. */
  parts: { pool: string; name: string; bytes: number; how: string }[];
}

/** `POST /api/route`, a chat request: who would serve it, and why. Nothing is served, and nothing remembered. */
export interface RouteView {
  expert: string;
  domain: string;
  /** 0 to 1, of the domain. */
  confidence: number;
  /** Which step decided (design of `Stage` in src/router/route.ts); `named`: the request names its expert. */
  stage: string;
  /** For a person. */
  sentence: string;
  /** Value of `x-orchestrator-route`. */
  header: string;
  /** ISO 639 code of the text; null: not known. */
  language: string | null;
  /** Probabilities as they were weighed. */
  domains: Record<string, number>;
  /** What spoke most for the domain. */
  features: { name: string; weight: number }[];
  /** Who could serve it, the best first. */
  candidates: {
    expert: string;
    fit: number;
    /** loaded, loading, asleep, fits (into free room), evicts, waits, refused, never, failed. */
    standing: string;
    /** Of having it serve now: 0 where it is loaded, 1 for a load into free room, more where others make room. */
    cost: number;
    /** fit − keepLoadedBias × cost. */
    score: number;
  }[];
  runnerUp: string | null;
  keepLoadedBias: number;
  excluded: { expert: string; why: string }[];
  /** Constraints that nobody met and that were let go. */
  ignored: string[];
}

/** A candidate utterance, as `GET /api/route/candidates` lists it in `candidates`. */
export interface UtteranceView {
  number: number;
  at: string;
  text: string;
  domain: string;
  /** Whom the request went to. */
  expert: string;
  /** `choice`: the request named its expert; `up`, `down`: somebody rated where it went. */
  source: 'choice' | 'up' | 'down';
  status: 'new' | 'approved' | 'rejected';
}

/** `GET /api/requests/:id`: what became of one of the user's own requests. */
export interface RequestView {
  id: string;
  /** ISO 8601; when it came. */
  at: string;
  route: string;
  expert: string;
  /** Value of `x-orchestrator-route`; null: the request named its expert. */
  reason: string | null;
  /** What the client got; 499: it left. */
  status: number;
  /** Code of the error that it ended with; null: none. */
  error: string | null;
  milliseconds: {
    total: number;
    /** Until it was sent to an engine: searching, queueing, loading. */
    waited: number;
    /** Null: none came. */
    firstByte: number | null;
  };
  tokens: { prompt: number; generated: number };
  /** What the answer rests on, as `orchestrator` of the answer has it; null: documents were not asked for. */
  orchestrator: SourcesView | null;
  /** Null: memory had nothing to do with it. */
  memory: MemoryUseView | null;
}

/** What memory had to do with a request. A text is null where it was forgotten since. */
export interface MemoryUseView {
  /** What the prompt had, in its order. `always`: pinned or an instruction; `found`: it fits the question; `profile`: who the user is. */
  told: { id: string; text: string | null; why: 'always' | 'found' | 'profile'; score: number }[];
  /** What was learned from it, some moments after its answer. */
  kept: { id: string; text: string | null }[];
  /** What the user told memory to do; null: nothing. */
  obeyed: {
    remembered: { id: string; text: string | null }[];
    /** Ids of what is gone. */
    forgotten: readonly string[];
    ignores: 'message' | 'conversation' | null;
    /** How many "forget …" fitted nothing. */
    unknown: number;
  } | null;
  /** What was not as it should be: nothing, or not all, was recalled or done. */
  degraded?: string;
  /** Why memories that were recalled are not in the prompt. */
  withheld?: string;
}

/** `GET /api/budget`. */
export interface BudgetView {
  pools: PoolView[];
  maxLoadedExperts: number | null;
  /** Those that have ended count until their memory is seen to be back. */
  loadedExperts: number;
  /** ISO 8601, or `for ever`; null: not paused. */
  pausedUntil: string | null;
}

/** A memory that the budget counts. Bytes. */
export interface PoolView {
  id: string;
  capacity: number;
  reserve: number;
  /** What other programs hold, as measured; it counts where it is more than the reserve. */
  foreign: number;
  /** Did not come back after an exit. */
  quarantined: number;
  /** Handed back to the person at the desk. */
  paused: boolean;
  /** What experts may hold together. */
  usable: number;
  /** What they hold: reservations or measurements, whichever is larger, each mapped file once. */
  held: number;
  /** Negative: overdrawn. */
  free: number;
  /** What is unusual about it, for a person; null: nothing. */
  note: string | null;
  holders: HolderView[];
}

export interface HolderView {
  expert: string;
  state: ExpertState;
  /** Its reservation or what was measured, whichever is larger. */
  held: number;
  /** Both with the mapped files; null: not measured. */
  predicted: number;
  measured: number | null;
  /** Share of `held` that lies in mapped model files. */
  mapped: number;
}

/** One of `GET /api/caches`: what an engine had computed of somebody's prompt, kept on disk. */
export interface CacheView {
  expert: string;
  user: string;
  tokens: number;
  bytes: number;
  savedAt: string;
  usedAt: string;
}

/** `POST /api/reload`: what became of each expert. */
export interface ReloadView {
  generation: number;
  profile: string;
  /** Absolute. */
  file: string;
  /** Nothing changed for these. */
  kept: string[];
  /** Other settings on the same process. */
  updated: string[];
  /** Drained and ended; started again at the next request. */
  replaced: string[];
  added: string[];
  /** Drained and ended; its name is unknown at once. */
  removed: string[];
  /** What else a person should know, as sentences. */
  notes: string[];
}

/** `GET /api/store`. */
export interface StoreStatusJson {
  state: 'opening' | 'ready' | 'degraded' | 'closed';
  reason: string | null;
  store: { kind: string; version: string | null };
  /** Who has anything; null while the store is away. */
  users: number | null;
  /** How much of everything there is, of everybody: `documents`, `memories`, `accounts` and so on. */
  counts: Readonly<Record<string, number>> | null;
  /** Documents that wait to be read. */
  queued: number;
  embedding: { model: string; waiting: number } | null;
}

/** `<stateDir>/runtime.json`, mode 0600: how the command line finds and authenticates to the running orchestrator. */
export interface RuntimeFile {
  pid: number;
  /** Start time of the pid in clock ticks since boot (field 22 of /proc/PID/stat): a reused pid has another. */
  startTicks: number;
  url: string;
  /** An administrator's key that lives as long as this run. */
  token: string;
  /** The profile in force, and its file. */
  profile: string;
  profileFile: string;
  version: string;
  startedAt: string;
}

/** What was used, as `GET /api/usage` answers it. */
export interface UsageView {
  /** False: nobody has to say who they are (`security.auth: none`), so nothing is kept. */
  kept: boolean;
  /** Days, UTC, both included. */
  from: string;
  to: string;
  rows: UsageRowView[];
  totals: UsageFiguresView;
}

/** Grouped by what was asked for; what it was not grouped by is absent. */
export interface UsageRowView extends UsageFiguresView {
  day?: string;
  user?: string;
  /** Id of the key or the login; the environment variable of a key of the profile. */
  key?: string;
  /** Empty: refused before there was one. */
  expert?: string;
}

export interface UsageFiguresView {
  requests: number;
  /** Ended before an engine had them; not among `requests`. */
  refused: number;
  promptTokens: number;
  generatedTokens: number;
  /** Milliseconds in which an engine had them. */
  engineMs: number;
}
