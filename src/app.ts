import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';

import { getRequestListener, type HttpBindings } from '@hono/node-server';

import { adapterOf } from './engines/registry.ts';
import type { Profile } from './profiles/profile.ts';
import { Deadlines } from './proxy/deadlines.ts';
import { createColdRoutes } from './server/cold-routes.ts';
import type { RequestContext } from './server/context.ts';
import { Directory } from './server/directory.ts';
import { createFrontDoor } from './server/front-door.ts';
import { HostCheck, isLoopback } from './server/host-check.ts';
import { listen } from './server/http-server.ts';
import { Authenticator, type KnownKey } from './server/identity.ts';
import { Inference } from './server/inference.ts';
import { ServingTable } from './server/serving.ts';
import type { RuntimeFile } from './server/views.ts';
import { writeFileAtomic } from './shared/atomic-file.ts';
import { systemClock } from './shared/clock.ts';
import { CliError } from './shared/errors.ts';
import type { Paths } from './shared/paths.ts';
import { Redactor } from './shared/redact.ts';
import { VERSION } from './shared/version.ts';
import { DEFAULT_BACKOFF } from './supervisor/backoff.ts';
import { ExpertLog } from './supervisor/expert-log.ts';
import { ExpertProcess, type Move } from './supervisor/expert-process.ts';
import { Fleet } from './supervisor/fleet.ts';
import { Guardian } from './supervisor/guardian.ts';
import { createPrepare } from './supervisor/launcher.ts';
import { Ledger } from './supervisor/ledger.ts';
import { LocalHost } from './supervisor/local-host.ts';
import { lockStateDir } from './supervisor/lock.ts';
import { readStat } from './supervisor/proc.ts';
import { RemoteExpert } from './supervisor/remote-expert.ts';
import { EventBus } from './telemetry/events.ts';
import { LogBuffer } from './telemetry/log-buffer.ts';
import { createLogger, type Level } from './telemetry/logger.ts';
import { Metrics } from './telemetry/metrics.ts';
import { RotatingFile } from './telemetry/rotating-file.ts';

export interface AppOptions {
  readonly profile: Profile;
  readonly paths: Paths;
  readonly environment: NodeJS.ProcessEnv;
  readonly host: string;
  readonly port: number;
  /** Bind beyond loopback although the profile asks for no key. */
  readonly allowUnauthenticated: boolean;
  readonly log: { readonly level: Level; readonly format: 'text' | 'json'; readonly write: (line: string) => void };
}

export interface App {
  readonly url: string;
  /** Settles when everything has ended, however that was asked for. */
  readonly stopped: Promise<void>;
  /** Ends: refuses what waits, drains what runs, stops every engine. A second call ends the drain. */
  stop(reason: string, drainMs?: number): Promise<void>;
}

/** Builds the house, opens the door, and knows how to close it: the only place where parts are joined. */
export async function startApp(options: AppOptions): Promise<App> {
  const { profile, paths, environment } = options;
  refuseOpenDoor(options);
  const keys = readKeys(profile, environment);
  makeStateDir(paths.stateDir);
  const lock = await lockStateDir(paths.stateDir);

  const redactor = new Redactor();
  const runToken = randomBytes(24).toString('base64url');
  for (const secret of [
    runToken,
    ...keys.map(({ key }) => key),
    environment['HF_TOKEN'],
    environment['ORCHESTRATOR_TOKEN'],
  ])
    redactor.add(secret);
  const logBuffer = new LogBuffer({ maxLines: 2_000, maxBytes: 1 << 20 });
  const logFile = new RotatingFile(join(paths.stateDir, 'logs', 'orchestrator.jsonl'), {
    maxBytes: profile.logs.fileSize,
    files: profile.logs.files,
  });
  const logger = createLogger({ ...options.log, file: logFile, buffer: logBuffer, redactor });

  const bus = new EventBus((error) => logger.error('a listener failed', { error }));
  const metrics = new Metrics();
  metrics.follow(bus);

  const run = randomBytes(16).toString('hex');
  const ledger = new Ledger(paths.stateDir, run, logger);
  await ledger.reap();
  const guardian = new Guardian(run, logger);
  const host = new LocalHost({ stateDir: paths.stateDir, run, guardian, ledger, logger, environment });

  const prepare = createPrepare({ paths, environment, profileDirectory: profile.directory, profileName: profile.name });
  const onMove = (move: Move) => {
    bus.publish({ type: 'lifecycle', at: systemClock.wallTime().toISOString(), ...move, reason: move.reason ?? null });
    const level = move.event === 'crash' || move.event === 'break' || move.event === 'refuse' ? 'warn' : 'info';
    logger[level](`${move.expert}: ${move.from} → ${move.to}`, { reason: move.reason });
    fleet.onMove(move);
  };
  const processes: ExpertProcess[] = [];
  const remotes: RemoteExpert[] = [];
  for (const expert of profile.experts) {
    const adapter = adapterOf(expert.engine);
    if (adapter.kind === 'remote') {
      for (const name of adapter.requiredEnvironment(expert)) redactor.add(environment[name]);
      remotes.push(new RemoteExpert(expert, adapter, environment, systemClock.wallTime()));
    } else if (expert.kind === 'process') {
      const log = new ExpertLog({
        stateDir: paths.stateDir,
        expert: expert.id,
        maxBytes: profile.logs.fileSize,
        files: profile.logs.files,
        redactor,
      });
      processes.push(
        new ExpertProcess(expert, adapter, {
          host,
          prepare,
          log,
          logger,
          clock: systemClock,
          backoff: DEFAULT_BACKOFF,
          random: Math.random,
          hideSecret: (secret) => redactor.add(secret),
          newSecret: () => randomBytes(24).toString('base64url'),
          probeTimeoutMs: Math.min(10_000, profile.timeouts.firstByte),
          onMove,
        }),
      );
    }
  }
  const fleet = new Fleet({
    processes,
    remotes,
    maxLoaded: profile.maxLoadedExperts,
    queueLength: profile.queue.length,
    queueAgeMs: profile.queue.age,
    drainMs: profile.timeouts.drain,
    clock: systemClock,
    bus,
    logger,
  });
  metrics.observe({
    states: () => processes.map(({ id, state }) => [id, state] as const),
    queued: () => profile.experts.map(({ id }) => [id, fleet.queued(id)] as const),
    inFlight: () => [...processes, ...remotes].map(({ id, inFlight }) => [id, inFlight] as const),
    logDrops: () => processes.map(({ id, log }) => [id, log.dropped] as const),
  });

  const directory = new Directory(profile.experts, profile.defaultExpert);
  const serving = new ServingTable(profile.experts, (expert) => fleet.remote(expert.id)?.pathPrefix ?? '');
  const inference = new Inference({
    directory,
    serving,
    fleet,
    metrics,
    logger,
    deadlines: new Deadlines(),
    timeouts: profile.timeouts,
    bodyLimits: { maxBytes: profile.limits.bodySize, graceMs: profile.timeouts.body },
    bodyDepth: profile.limits.bodyDepth,
    ...profile.compatibility,
  });

  let url = '';
  let server: Server | undefined;
  const stopped = Promise.withResolvers<void>();
  let stopping: Promise<void> | undefined;
  const stop = (reason: string, drainMs: number = profile.timeouts.drain): Promise<void> => {
    if (stopping) {
      fleet.hurry();
      return stopping;
    }
    logger.info('stopping', { reason, drain: `${drainMs} ms` });
    stopping = (async () => {
      const closed = new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
      await fleet.close(drainMs);
      server?.closeIdleConnections();
      setTimeout(() => server?.closeAllConnections(), 500).unref();
      await closed;
      guardian.close();
      rmSync(join(paths.stateDir, 'runtime.json'), { force: true });
      logger.info('stopped');
      await Promise.all([...processes.map(({ log }) => log.close()), logFile.close()]);
      lock.close();
    })();
    stopping.then(stopped.resolve, stopped.reject);
    return stopping;
  };

  const authenticator = new Authenticator({ required: profile.security.auth !== 'none', keys, runToken });
  const routes = createColdRoutes({
    fleet,
    directory,
    metrics,
    bus,
    logger,
    log: logBuffer,
    clock: systemClock,
    version: VERSION,
    profile: profile.name,
    maxLoaded: profile.maxLoadedExperts,
    url: () => url,
    active: () => inference.active,
    buildOf: (id) => fleet.process(id)?.programVersion,
    shutdown: (drainMs) => void stop('asked for by the command line', drainMs),
  });
  try {
    const listening = await listen({
      host: options.host,
      port: options.port,
      connectionsPerAddress: profile.limits.connectionsPerAddress,
      logger,
      handle: createFrontDoor({
        hosts: new HostCheck([...profile.security.allowedHosts, options.host]),
        authenticator,
        inference,
        metrics,
        cold: (context) => serveCold(context, routes),
      }),
    });
    server = listening.server;
    url = `http://${options.host.includes(':') ? `[${options.host}]` : reachable(options.host)}:${listening.address.port}`;
    writeRuntimeFile(paths.stateDir, { url, token: runToken, profile: profile.name });
  } catch (error) {
    await stop('the server could not start', 0);
    throw error;
  }
  logger.info(`listening on ${url}`, { profile: profile.name, experts: profile.experts.length });
  for (const process of processes) {
    if (process.expert.preload)
      fleet
        .load(process.id, 'preload')
        .catch((error: unknown) => logger.warn('a preload failed', { expert: process.id, error }));
  }
  return { url, stopped: stopped.promise, stop };
}

function serveCold(context: RequestContext, routes: ReturnType<typeof createColdRoutes>): void {
  const listener = getRequestListener(
    (request, bindings) =>
      routes.fetch(request, {
        ...(bindings as HttpBindings),
        identity: context.identity,
        requestId: context.requestId,
      }),
    { overrideGlobalObjects: false },
  );
  context.outgoing.setHeader('x-request-id', context.requestId);
  void listener(context.incoming, context.outgoing);
}

/** Anyone who can reach an address can use it: beyond loopback a key must be asked for. */
function refuseOpenDoor({ host, profile, allowUnauthenticated }: AppOptions): void {
  if (isLoopback(host) || profile.security.auth !== 'none' || allowUnauthenticated) return;
  throw new CliError(
    `${host} can be reached by other machines, and this profile asks for no key (security.auth: none): anyone could use the models and the management routes.\n` +
      `Either bind loopback (--host 127.0.0.1), or ask for keys in the profile:\n\n  security:\n    auth: keys\n    keys: [{ env: ORCHESTRATOR_KEY, user: me, admin: true }]\n\n` +
      `and set ORCHESTRATOR_KEY. If something in front of it authenticates, say so with --allow-unauthenticated.`,
  );
}

function readKeys(profile: Profile, environment: NodeJS.ProcessEnv): KnownKey[] {
  if (profile.security.auth === 'none') return [];
  if (profile.security.keys.length === 0)
    throw new CliError(
      'security.auth is keys, but security.keys lists none. Add one: keys: [{ env: ORCHESTRATOR_KEY, user: me, admin: true }]',
      78,
    );
  return profile.security.keys.map(({ env, user, admin }) => {
    const key = environment[env];
    if (!key)
      throw new CliError(
        `The key of ${user} is to come from the environment variable ${env}, which is not set. Set it to a long random value, for example: export ${env}=$(openssl rand -hex 24)`,
        78,
      );
    if (key.length < 16)
      throw new CliError(
        `The key in ${env} is shorter than 16 characters and could be guessed. Make a longer one: export ${env}=$(openssl rand -hex 24)`,
        78,
      );
    return { key, user, admin };
  });
}

function makeStateDir(stateDir: string): void {
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new CliError(
      `The state directory ${stateDir} cannot be made (${(error as Error).message}). Name another with --state-dir.`,
      1,
      { cause: error },
    );
  }
}

function writeRuntimeFile(stateDir: string, facts: Pick<RuntimeFile, 'url' | 'token' | 'profile'>): void {
  const file: RuntimeFile = {
    pid: process.pid,
    startTicks: readStat(process.pid)?.startTicks ?? 0,
    ...facts,
    version: VERSION,
    startedAt: systemClock.wallTime().toISOString(),
  };
  writeFileAtomic(join(stateDir, 'runtime.json'), `${JSON.stringify(file)}\n`);
}

/** An address that a client on this machine can use. */
function reachable(host: string): string {
  return host === '0.0.0.0' ? '127.0.0.1' : host;
}
