import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';

import { profileArgument } from './profiles/find.ts';
import type { GpuReading } from './binaries/nvidia-smi.ts';
import type { Profile } from './profiles/profile.ts';
import { FileWatch } from './profiles/watch.ts';
import { Deadlines } from './proxy/deadlines.ts';
import { ActiveRequests } from './server/active-requests.ts';
import { budgetView } from './server/budget-views.ts';
import { CandidateBook } from './server/candidate-book.ts';
import { ClassifierKeeper } from './server/classifier-keeper.ts';
import { createColdRoutes } from './server/cold-routes.ts';
import { endRevoked } from './server/end-revoked.ts';
import { createFrontDoor } from './server/front-door.ts';
import { listen } from './server/http-server.ts';
import { type KnownKey, LOCAL_USER } from './server/identity/authenticator.ts';
import { GateHolder } from './server/gate-holder.ts';
import { Inference } from './server/inference.ts';
import { joinKeptParts } from './server/kept-parts.ts';
import { readKeys, refuseOpenDoor } from './server/open-door.ts';
import { createReload, type ProfileChoice } from './server/reload.ts';
import { Learner } from './server/learner.ts';
import { lessonsOf } from './server/lessons.ts';
import { RequestBook } from './server/request-book.ts';
import { Routing } from './server/routing.ts';
import { SecondOpinion } from './server/second-opinion.ts';
import { createSettings, type Settings } from './server/settings.ts';
import { reachableHost, writeRuntimeFile } from './server/runtime-file.ts';
import { serveCold } from './server/serve-cold.ts';
import type { ReloadView } from './server/views.ts';
import { startHeart, systemClock } from './shared/clock.ts';
import { AppError, messageOf } from './shared/errors.ts';
import type { Paths } from './shared/paths.ts';
import { Redactor } from './shared/redact.ts';
import { settleHeap } from './shared/settle-heap.ts';
import { VERSION } from './shared/version.ts';
import { DEFAULT_BACKOFF } from './supervisor/backoff.ts';
import { LearnedFootprints } from './models/learned.ts';
import { refuseMisfits } from './supervisor/budget-check.ts';
import { GpuPoller } from './supervisor/gpu-poller.ts';
import { readMachineMemory } from './supervisor/machine-memory.ts';
import { memoryPlanOf } from './supervisor/memory-plan.ts';
import { Memory } from './supervisor/memory.ts';
import { makeStateDir } from './supervisor/state-dir.ts';
import { assembleCrew, type CrewChange, type CrewOptions } from './supervisor/crew.ts';
import type { ExpertProcess } from './supervisor/expert-process.ts';
import { Fleet } from './supervisor/fleet.ts';
import { Guardian } from './supervisor/guardian.ts';
import { KeptCaches } from './supervisor/kept-caches.ts';
import { createPrepare } from './supervisor/launcher.ts';
import { Ledger } from './supervisor/ledger.ts';
import { LocalHost } from './supervisor/local-host.ts';
import { lockStateDir } from './supervisor/lock.ts';
import { missingParts } from './supervisor/missing-parts.ts';
import type { Move } from './supervisor/lifecycle.ts';
import { EventBus } from './telemetry/events.ts';
import { LogBuffer } from './telemetry/log-buffer.ts';
import { createLogger, type Level } from './telemetry/logger.ts';
import { Metrics } from './telemetry/metrics.ts';
import { RotatingFile } from './telemetry/rotating-file.ts';

/** After the drain, answers that are already written get this long to leave. */
const LAST_WORDS_MS = 500;

export interface AppOptions {
  readonly profile: Profile;
  /** What `profile` was read from; `POST /api/reload` can choose another. */
  readonly choice: ProfileChoice;
  /** Reads a profile for a reload, and names each file that it comes from. */
  readonly readProfile: (choice: ProfileChoice, onSource: (file: string) => void) => Promise<Profile>;
  readonly profileNames: () => Promise<readonly string[]>;
  /** Watch the profile's files although it does not ask for it. */
  readonly watch: boolean;
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
  /** Reads the profile again and applies what changed; rejects, and changes nothing, where it is invalid. */
  reload(): Promise<ReloadView>;
}

/** Builds the house, opens the door, and knows how to close it: the only place where parts are joined. */
export async function startApp(options: AppOptions): Promise<App> {
  const { profile, paths, environment } = options;
  refuseOpenDoor(profile, options.host, options.allowUnauthenticated);
  const keys = readKeys(profile, environment);
  let readDevices: (reading: GpuReading) => void = () => undefined;
  const gpus = new GpuPoller({ environment, onAnswer: ({ reading }) => reading && readDevices(reading) });
  const check = async (wanted: Profile) => {
    const countsGpus = Object.keys(wanted.budget.pools).some((pool) => pool !== 'ram');
    const answer = countsGpus ? await gpus.ask() : undefined;
    await refuseMisfits(wanted, { paths, environment, machine: 'here', gpus: answer });
  };
  await check(profile);
  makeStateDir(paths.stateDir);
  const lock = await lockStateDir(paths.stateDir);
  const stopHeart = startHeart();

  const redactor = new Redactor();
  const runToken = randomBytes(24).toString('base64url');
  for (const secret of [runToken, environment['HF_TOKEN'], environment['ORCHESTRATOR_TOKEN']]) redactor.add(secret);
  for (const { key } of keys) redactor.add(key);
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

  const learned = new LearnedFootprints(join(paths.stateDir, 'footprints.json'));
  const memory = new Memory({
    clock: systemClock,
    logger,
    machine: readMachineMemory,
    gpus,
    learned,
  });
  readDevices = (reading) => memory.readDevices(reading);
  const caches = new KeptCaches({
    stateDir: paths.stateDir,
    clock: systemClock,
    report: (expert, news) => {
      bus.publish({ type: 'cache', at: systemClock.wallTime().toISOString(), expert, ...news });
      const level = news.action === 'lost' || news.action === 'unsaved' ? 'warn' : 'info';
      logger[level](`${expert}: a prompt cache of ${news.tokens} tokens is ${news.action}`, { reason: news.reason });
    },
  });
  const fleet = new Fleet({ clock: systemClock, bus, logger, memory });
  const onMove = (process: ExpertProcess, move: Move) => {
    bus.publish({ type: 'lifecycle', at: systemClock.wallTime().toISOString(), ...move, reason: move.reason ?? null });
    const level = move.event === 'crash' || move.event === 'break' || move.event === 'refuse' ? 'warn' : 'info';
    logger[level](`${move.expert}: ${move.from} → ${move.to}`, { reason: move.reason });
    fleet.onMove(process, move);
  };
  const crew: CrewOptions = {
    stateDir: paths.stateDir,
    environment,
    redactor,
    dependencies: ({ directory, file, timeouts }) => ({
      host,
      prepare: createPrepare({
        paths,
        environment,
        profileDirectory: directory,
        profileName: profileArgument(file, environment),
      }),
      logger,
      clock: systemClock,
      backoff: DEFAULT_BACKOFF,
      random: Math.random,
      hideSecret: (secret) => redactor.add(secret),
      newSecret: () => randomBytes(24).toString('base64url'),
      probeTimeoutMs: Math.min(10_000, timeouts.firstByte),
      caches,
      onMove,
    }),
  };
  /** Caches are a convenience: a disk that takes no changes stops nothing. */
  const retainCaches = ({ security }: Profile, processes: readonly ExpertProcess[], known: readonly KnownKey[]) => {
    const users = new Set([LOCAL_USER, ...known.map(({ user }) => user)]);
    // A front end's users are its key's.
    const isUser = (name: string) => users.has(name.split('/', 1)[0] ?? '');
    try {
      caches.retain(processes, security.auth === 'keys' ? isUser : undefined);
    } catch (error) {
      logger.warn('the prompt caches could not be looked through', { error });
    }
  };
  let settings: Settings;
  const active = new ActiveRequests();
  const requests = new RequestBook();
  const kept = joinKeptParts({
    fleet,
    logger,
    bus,
    metrics,
    paths,
    environment,
    requests,
    caches,
    settings: () => settings,
    usage: () => gates.usageOf(settings.profile),
    hideSecret: (secret) => redactor.add(secret),
    onRevoked: () => endWhatIsRevoked(),
    endRequests: (matches, error) => active.end(matches, error),
  });
  const { knowledge, people, identities, remembrance, storeDesk } = kept;
  const endWhatIsRevoked = () => {
    const { authenticator, profile: inForce } = settings;
    const areAccountsOpen = inForce.security.auth !== 'users' || identities.peek() !== undefined;
    endRevoked({ active, logger, counts: (identity) => authenticator.counts(identity), areAccountsOpen });
  };
  /** What can fail comes first: from the crew's adoptions on nothing does, so that a profile is taken over whole or not at all. */
  const apply = (wanted: Profile, generation: number): CrewChange => {
    refuseOpenDoor(wanted, options.host, options.allowUnauthenticated);
    const wantedKeys = readKeys(wanted, environment);
    for (const { key } of wantedKeys) redactor.add(key);
    const { plan, change } = assembleCrew(wanted, fleet, crew);
    memory.reconfigure(memoryPlanOf(wanted, { paths, environment, memory, learned }), plan.processes);
    retainCaches(wanted, plan.processes, wantedKeys);
    fleet.reconfigure(plan);
    logFile.resize({ maxBytes: wanted.logs.fileSize, files: wanted.logs.files });
    settings = createSettings({
      generation,
      profile: wanted,
      fleet,
      keys: wantedKeys,
      runToken,
      people: identities,
      host: options.host,
    });
    endWhatIsRevoked();
    for (const sentence of missingParts(wanted, { paths, environment, gpus: gpus.last })) logger.warn(sentence);
    for (const { id, expert } of plan.processes) {
      // Who is unloaded or asleep by now is not what changed.
      if (!expert.preload || change.kept.includes(id)) continue;
      fleet
        .load(id, { patient: true })
        .catch((error: unknown) => logger.warn(`${id} was not preloaded`, { reason: messageOf(error) }));
    }
    return change;
  };
  apply(profile, 1);
  const gates = new GateHolder({ active, stateDir: paths.stateDir, clock: systemClock, logger, metrics });
  await gates.prepare(profile);

  const secondOpinion = new SecondOpinion({ fleet, logger });
  const candidates = new CandidateBook(join(paths.stateDir, 'router-candidates.jsonl'), logger);
  const learner = new Learner({ book: candidates, clock: systemClock });
  const routing = new Routing({ fleet, bus, clock: systemClock, secondOpinion, learner });
  const keeper = new ClassifierKeeper({ logger, onReady: (classifier) => (routing.classifier = classifier) });
  /** Without anybody to choose between there is nothing to know. */
  const teachRouter = async () => {
    if (settings.routes) await keeper.use(lessonsOf(settings.profile));
  };
  const deadlines = new Deadlines();
  const inference = new Inference({
    fleet,
    metrics,
    logger,
    deadlines,
    routing,
    knowledge,
    reminding: remembrance.reminding,
    requests,
  });
  metrics.observe({
    states: () => [...fleet.processes].map(({ id, state }) => [id, state] as const),
    queued: () => [...fleet.processes, ...fleet.remotes].map(({ id }) => [id, fleet.queued(id)] as const),
    inFlight: () => [...fleet.processes, ...fleet.remotes].map(({ id, inFlight }) => [id, inFlight] as const),
    logDrops: () => [...fleet.processes].map(({ id, log }) => [id, log.dropped] as const),
    pools: () => budgetView(fleet.budget(), systemClock.wallTime()).pools,
    held: () =>
      budgetView(fleet.budget(), systemClock.wallTime()).pools.flatMap(({ id, holders }) =>
        holders.map(({ expert, held }) => [expert, id, held] as const),
      ),
  });

  let url = '';
  let server: Server | undefined;
  const stopped = Promise.withResolvers<void>();
  let stopping: Promise<void> | undefined;
  const stop = (reason: string, drainMs: number = settings.profile.timeouts.drain): Promise<void> => {
    if (stopping) {
      fleet.hurry();
      return stopping;
    }
    fileWatch.close();
    logger.info('stopping', { reason, drain: `${drainMs} ms` });
    stopping = (async () => {
      const closed = new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
      await fleet.close(drainMs);
      server?.closeIdleConnections();
      setTimeout(() => server?.closeAllConnections(), LAST_WORDS_MS).unref();
      await closed;
      await kept.close();
      await gates.close();
      guardian.close();
      rmSync(join(paths.stateDir, 'runtime.json'), { force: true });
      logger.info('stopped');
      await Promise.all([...[...fleet.processes].map(({ log }) => log.close()), candidates.flush(), logFile.close()]);
      lock.close();
      stopHeart();
    })();
    stopping.then(stopped.resolve, stopped.reject);
    return stopping;
  };

  const reload = createReload({
    choice: options.choice,
    read: options.readProfile,
    check: async (wanted) => {
      await check(wanted);
      await gates.prepare(wanted);
    },
    inForce: () => settings,
    apply: (wanted) => {
      if (fleet.closing) throw new AppError('shutting_down', 'The orchestrator is stopping.');
      const generation = settings.generation + 1;
      const view = { generation, profile: wanted.name, file: wanted.file, ...apply(wanted, generation) };
      void teachRouter();
      kept.follow();
      try {
        tellWhatRuns();
      } catch (error) {
        logger.warn('the runtime file still names the profile before', { error });
      }
      return view;
    },
    onSources: (files, { watch }) => fileWatch.follow(options.watch || watch ? files : []),
    report: (ok, message) => {
      logger[ok ? 'info' : 'error'](ok ? 'reloaded' : 'a reload was refused; the profile in force stays', { message });
      bus.publish({ type: 'reload', at: systemClock.wallTime().toISOString(), ok, message });
    },
  });
  // What went wrong is in the log.
  const reloadIfChanged = () =>
    reload({ quiet: true }).then(
      () => undefined,
      () => undefined,
    );
  const fileWatch = new FileWatch({ onChange: reloadIfChanged });
  const uploadsDir = join(paths.stateDir, 'uploads');
  // What an earlier run was just receiving when it was killed.
  rmSync(uploadsDir, { recursive: true, force: true });
  const routes = createColdRoutes({
    fleet,
    routing,
    knowledge,
    memory: remembrance.memory,
    people,
    feedbackSource: remembrance.rateable,
    storeDesk,
    requests,
    identities,
    eraseKept: kept.eraseKept,
    isKept: async (user) => (await people.users()).includes(user),
    usage: () => gates.usageOf(settings.profile),
    uploadsDir,
    learner,
    candidates,
    caches,
    settings: () => settings,
    metrics,
    bus,
    logger,
    log: logBuffer,
    clock: systemClock,
    version: VERSION,
    url: () => url,
    active: () => inference.active,
    buildOf: (id) => fleet.process(id)?.programVersion,
    shutdown: (drainMs) => void stop('asked for by the command line', drainMs),
    reload,
    profileNames: options.profileNames,
    runToken,
  });
  const tellWhatRuns = () => {
    const { name, file } = settings.profile;
    writeRuntimeFile(paths.stateDir, { url, token: runToken, profile: name, profileFile: file });
  };
  try {
    const listening = await listen({
      host: options.host,
      port: options.port,
      connectionsPerAddress: () => settings.profile.limits.connectionsPerAddress,
      logger,
      handle: createFrontDoor({
        settings: () => settings,
        inference,
        gate: () => gates.gateOf(settings.profile),
        metrics,
        cold: (context) => serveCold(context, routes),
      }),
    });
    server = listening.server;
    url = `http://${reachableHost(options.host)}:${listening.address.port}`;
    tellWhatRuns();
  } catch (error) {
    await stop('the server could not start', 0);
    throw error;
  }
  routing.waitFor(teachRouter());
  kept.follow();
  logger.info(`listening on ${url}`, { profile: profile.name, experts: profile.experts.length });
  settleHeap(() => inference.active === 0);
  // Reads once more: from then on every change is seen.
  if (options.watch || profile.watch) void reloadIfChanged();
  return { url, stopped: stopped.promise, stop, reload: () => reload() };
}
