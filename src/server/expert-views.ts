import type { ExpertBase } from '../engines/contract.ts';
import type { World } from '../planner/world.ts';
import type { Clock } from '../shared/clock.ts';
import type { ExpertProcess } from '../supervisor/expert-process.ts';
import type { Fleet } from '../supervisor/fleet.ts';
import type { RemoteExpert } from '../supervisor/remote-expert.ts';
import type { ExpertState } from '../telemetry/events.ts';
import { footprintOf } from './budget-views.ts';
import type { Directory } from './directory.ts';
import type { ExpertView } from './views.ts';

/** The state of any expert; an endpoint that someone else runs is ready unless its key is missing. */
export function stateOf(fleet: Fleet, id: string): ExpertState {
  const process = fleet.process(id);
  if (process) return process.state;
  return fleet.remote(id)?.refusal() ? 'failed' : 'ready';
}

export interface ExpertSurroundings {
  readonly fleet: Fleet;
  /** As the planner sees the house now. */
  readonly world: World;
  readonly clock: Clock;
  readonly buildOf: (id: string) => string | undefined;
}

export function expertView(expert: ExpertBase, { fleet, world, clock, buildOf }: ExpertSurroundings): ExpertView {
  const planned = world.experts.find(({ id }) => id === expert.id);
  const process = fleet.process(expert.id);
  const remote = fleet.remote(expert.id);
  const inMs = (ms: number | undefined) =>
    ms === undefined ? null : new Date(clock.wallTime().getTime() + ms).toISOString();
  return {
    id: expert.id,
    engine: expert.engine,
    kind: process ? 'process' : 'remote',
    description: expert.description ?? null,
    aliases: [...expert.aliases],
    variants: Object.keys(expert.variants),
    task: expert.task,
    context: expert.context,
    parallel: expert.parallel,
    languages: [...expert.languages],
    fit: { ...expert.fit },
    pinned: planned?.pinned ?? false,
    priority: planned?.priority ?? null,
    state: stateOf(fleet, expert.id),
    since: (process?.since ?? remote?.since ?? clock.wallTime()).toISOString(),
    inFlight: process?.inFlight ?? remote?.inFlight ?? 0,
    queued: fleet.queued(expert.id),
    pid: process?.pid ?? null,
    build: buildOf(expert.id) ?? null,
    memoryBytes: process?.memoryBytes() ?? null,
    footprint: footprintOf(world, expert.id),
    unloadsAt: process ? inMs(fleet.unloadsInMs(process)) : null,
    loadMs: process?.loadMs === undefined ? null : Math.round(process.loadMs),
    starts: process?.starts ?? 0,
    crashes: process?.crashes ?? 0,
    progress: process?.progress() ?? null,
    lastFailure: process ? failureView(process) : remote ? remoteFailure(remote) : null,
    retryAt: process ? inMs(process.retryInMs()) : null,
  };
}

function failureView(process: ExpertProcess): ExpertView['lastFailure'] {
  const { failure } = process;
  if (!failure) return null;
  return {
    class: failure.class,
    sentence: failure.sentence,
    at: failure.at.toISOString(),
    exitCode: failure.code,
    signal: failure.signal,
    tail: [...failure.tail],
  };
}

function remoteFailure(remote: RemoteExpert): ExpertView['lastFailure'] {
  const sentence = remote.refusal()?.message;
  if (sentence === undefined) return null;
  return { class: 'refused', sentence, at: remote.since.toISOString(), exitCode: null, signal: null, tail: [] };
}

/** `GET /v1/models`: OpenAI's fields, Anthropic's beside them, and what a client needs to choose. */
export function modelList(fleet: Fleet, directory: Directory, createdSeconds: number): Record<string, unknown>[] {
  const created_at = new Date(createdSeconds * 1_000).toISOString();
  const entry = (id: string, expert: ExpertBase, description: string | undefined) => ({
    id,
    object: 'model',
    type: 'model',
    created: createdSeconds,
    created_at,
    owned_by: expert.engine,
    display_name: id,
    description: description ?? null,
    expert: expert.id,
    task: expert.task,
    context_length: expert.context,
    modalities: {
      input: ['text', ...(expert.vision ? ['image'] : []), ...(expert.audio ? ['audio'] : [])],
      output: [OUTPUTS[expert.task]],
    },
    tools: expert.task === 'generate' && expert.tools,
    languages: [...expert.languages],
    domains: { ...expert.fit },
    state: stateOf(fleet, expert.id),
  });
  const automatic =
    directory.experts.find((expert) => directory.defaultFor('generate') === expert.id) ?? directory.experts[0];
  return [
    ...(automatic
      ? [{ ...entry('auto', automatic, 'The expert that fits the request'), owned_by: 'orchestrator' }]
      : []),
    ...directory.experts.flatMap((expert) => [
      entry(expert.id, expert, expert.description),
      ...Object.entries(expert.variants).map(([name, variant]) =>
        entry(name, expert, variant.description ?? expert.description),
      ),
    ]),
  ];
}

const OUTPUTS: Readonly<Record<ExpertBase['task'], string>> = {
  generate: 'text',
  embed: 'embedding',
  rerank: 'score',
  speech: 'audio',
  transcribe: 'text',
};
