import type { LearnedFootprints } from '../models/learned.ts';
import type { Footprint, Holding, Pool } from '../planner/world.ts';
import type { Budget } from '../profiles/profile.ts';
import { type Clock, runningNow } from '../shared/clock.ts';
import { formatBytes } from '../shared/units.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Appraisal, Estimate } from './appraisal.ts';
import { Appraisals, type AppraisalSource } from './appraisals.ts';
import { ranOutOfMemory } from './exit-classes.ts';
import type { ExpertProcess } from './expert-process.ts';
import { DeviceShares } from './device-shares.ts';
import type { GpuPoller } from './gpu-poller.ts';
import { type Account, devicesOf, Holdings } from './holdings.ts';
import type { MachineMemory } from './machine-memory.ts';
import type { GpuProblem, GpuReading } from '../binaries/nvidia-smi.ts';
import { type PoolReadings, poolsOf } from './pools.ts';

export interface MemoryOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly machine: () => MachineMemory;
  /** Undefined: no GPU is looked at. */
  readonly gpus: GpuPoller | undefined;
  readonly learned: LearnedFootprints | undefined;
}

/** What a profile says of memory: all that a reload replaces. */
export interface MemoryPlan extends AppraisalSource {
  readonly budget: Budget;
}

/** Samples of engines at rest: one in so many ticks. */
const REST_TICKS = 5;
/** Devices are looked at so often while memory is on its way back. */
const RETURN_LOOK_MS = 250;
/** What others seem to have taken is looked at once more after so long. */
const CONFIRM_MS = 300;
/** Devices that could not be read for this long are gone, or are not to be trusted. One slow answer says nothing. */
const UNREAD_MS = 10_000;

/**
 * The one account of the machine's memory: what the budget grants, what others hold, what each engine was predicted to take, holds and
 * took. The fleet asks it for the planner's picture and tells it of every start and end.
 */
export class Memory {
  readonly #options: MemoryOptions;
  #plan: MemoryPlan | undefined;
  #counts = false;
  readonly #holdings = new Holdings<ExpertProcess>();
  readonly #appraisals: Appraisals;
  readonly #shares = new DeviceShares(this.#holdings);
  readonly #provenReady = new WeakSet<ExpertProcess>();
  /** Pools that ran out under an expert, whatever the account said of them: its next start gets all of them that can be had. */
  readonly #ranOut = new WeakMap<ExpertProcess, readonly string[]>();
  /** All that is used and ours of it, at one moment: else what an engine takes between two looks would be taken for others'. */
  #ram: Pick<PoolReadings, 'machine' | 'ourRam'> | undefined;
  #ticks = 0;
  #looking: NodeJS.Timeout | undefined;
  #isConfirming = false;
  #pausedUntil: number | undefined;
  /** Something that the planner sees has changed. */
  onChange: () => void = () => undefined;

  constructor(options: MemoryOptions) {
    this.#options = options;
    this.#appraisals = new Appraisals({ logger: options.logger, onMade: () => this.onChange() });
  }

  reconfigure(plan: MemoryPlan, processes: Iterable<ExpertProcess>): void {
    this.#plan = plan;
    this.#appraisals.follow(plan);
    const pools = Object.keys(plan.budget.pools);
    this.#counts = pools.length > 0;
    if (pools.some((pool) => pool !== 'ram')) this.#options.gpus?.start();
    else this.#options.gpus?.stop();
    if (this.#counts) for (const process of processes) this.look(process);
  }

  /** Whether the profile names pools at all. */
  get counts(): boolean {
    return this.#counts;
  }

  close(): void {
    clearTimeout(this.#looking);
    this.#options.gpus?.stop();
  }

  get pools(): Pool[] {
    const { gpus, clock } = this.#options;
    if (!this.#plan || !this.#counts) return [];
    this.#ram ??= this.#lookAtRam();
    const unread = this.#unread();
    // Where there is no driver to ask the profile is believed.
    const trouble = unread?.kind === 'lost' || unread?.kind === 'absent' ? undefined : unread?.message;
    return poolsOf(this.#plan.budget.pools, {
      ...this.#ram,
      gpus: unread?.kind === 'lost' ? NO_DEVICES : gpus?.good?.reading,
      gpuProblem: gpus?.last?.problem?.message,
      gpuTrouble: trouble,
      othersOnDevices: this.#shares.others,
      quarantined: (pool) => this.#holdings.quarantined(pool),
      paused: this.#pausedUntil !== undefined && this.#pausedUntil > clock.now(),
    });
  }

  #lookAtRam(): Pick<PoolReadings, 'machine' | 'ourRam'> {
    const machine = this.#options.machine();
    let ourRam = 0;
    for (const [, { measured }] of this.#holdings) ourRam += measured['ram'] ?? 0;
    return { machine, ourRam };
  }

  /** Why the devices cannot be read, where that has lasted; undefined where they can. */
  #unread(): GpuProblem | undefined {
    const { gpus } = this.#options;
    const age = runningNow() - (gpus?.good?.at ?? -Infinity);
    return age > UNREAD_MS ? gpus?.last?.problem : undefined;
  }

  /** What is known of the expert's placements; undefined while its files are being read. */
  appraisal(process: ExpertProcess): Appraisal | undefined {
    return this.#appraisals.of(process);
  }

  /** Whether nothing can be planned for the expert before its files have been read. */
  isPending(process: ExpertProcess): boolean {
    return this.#counts && this.appraisal(process) === undefined;
  }

  /** Reads the files of the expert where they have changed since. For everyone who is wanted and not loaded. */
  look(process: ExpertProcess): void {
    if (this.#counts) this.#appraisals.look(process);
  }

  held(process: ExpertProcess): Holding | undefined {
    return this.#counts ? this.#holdings.held(process) : undefined;
  }

  account(process: ExpertProcess): Account | undefined {
    return this.#holdings.account(process);
  }

  isReturning(process: ExpertProcess): boolean {
    return this.#holdings.isReturning(process);
  }

  /** Processes that have ended and whose GPU memory has not been seen to come back yet. */
  get returning(): ExpertProcess[] {
    return this.#holdings.returning;
  }

  /** From the decision to start or wake it. Returns the estimate behind the placement, where there is one. */
  reserve(
    process: ExpertProcess,
    placement: { readonly name: string; readonly footprint: Footprint },
  ): Estimate | undefined {
    const estimate = this.appraisal(process)?.placements.find(({ name }) => name === placement.name);
    if (devicesOf({ reserved: placement.footprint, measured: {} }).length > 0)
      this.#shares.starts(process, this.#options.gpus?.good);
    this.#holdings.reserve(process, placement);
    return estimate;
  }

  /** Pools of which the next start of the expert is to have all that idle others can give. */
  poolsWanted(process: ExpertProcess): readonly string[] {
    return this.#ranOut.get(process) ?? [];
  }

  /** Its engine has crashed; before `release`. */
  noteCrash(process: ExpertProcess): void {
    const account = this.#holdings.account(process);
    const { failure } = process;
    if (account && ranOutOfMemory(failure?.class))
      this.#ranOut.set(process, failure?.class === 'host_oom' ? ['ram'] : devicesOf(account));
  }

  /** It has fallen asleep. */
  rest(process: ExpertProcess): void {
    const asleep = this.appraisal(process)?.asleep;
    if (asleep) this.#holdings.rest(process, asleep);
    // Its memory has gone from the devices.
    this.#shares.ends(process);
  }

  /** It answers: what it takes from here on is worth remembering. */
  ready(process: ExpertProcess): void {
    const account = this.#holdings.account(process);
    if (!account) return;
    this.#provenReady.add(process);
    if (this.#ranOut.delete(process)) {
      // Now that it runs, the others may have the rest again.
      const { placement } = account;
      const estimate = this.appraisal(process)?.placements.find(({ name }) => name === placement.name);
      if (estimate) this.#holdings.settle(process, estimate);
    }
    if (devicesOf(account).length === 0) return;
    this.#shares.settles(process);
    // Where the driver does not say whose memory it is, a reading right now tells.
    void this.#options.gpus?.ask();
  }

  /** Its process has ended. What it took is remembered where it had become ready. */
  release(process: ExpertProcess): void {
    const now = runningNow();
    const watched = this.#options.gpus?.good ? this.#shares.present : undefined;
    const account = this.#holdings.release(process, now, watched);
    if (!account) return;
    if (devicesOf(account).length > 0) {
      this.#shares.ends(process);
      this.#lookAgain(0);
    }
    const wasReady = this.#provenReady.delete(process);
    if (wasReady && Object.keys(account.peak).length > 0) this.#remember(process, account);
  }

  /** Measures what runs; `processes` are all that may hold something. Returns whether the planner should look. */
  tick(processes: Iterable<ExpertProcess>): boolean {
    if (!this.#counts) return false;
    this.#ticks += 1;
    const all = this.#ticks % REST_TICKS === 0;
    for (const process of processes) {
      if (!all && process.state !== 'starting' && process.inFlight === 0) continue;
      const ram = process.memoryBytes();
      if (ram !== undefined && ram > 0) this.#holdings.measure(process, { ram });
    }
    this.#ram = this.#lookAtRam();
    // Nobody will see its memory come back.
    if (this.#holdings.returning.length > 0 && this.#unread()) this.#holdings.look({}, runningNow());
    if (this.#pausedUntil !== undefined && this.#pausedUntil <= this.#options.clock.now()) {
      this.#pausedUntil = undefined;
      this.#options.logger.info('the GPUs are ours again');
      return true;
    }
    return all;
  }

  /** Hands every GPU back to the person at the desk, for so many milliseconds or until `resume`. */
  pause(forMs: number | undefined): void {
    this.#pausedUntil = forMs === undefined ? Infinity : this.#options.clock.now() + forMs;
    this.onChange();
  }

  resume(): void {
    this.#pausedUntil = undefined;
    this.onChange();
  }

  /** Monotonic milliseconds; Infinity: until `resume`. */
  get pausedUntil(): number | undefined {
    return this.#pausedUntil;
  }

  /** The GPUs that the budget counts. */
  get devices(): Pool[] {
    return this.pools.filter(({ id }) => id !== 'ram');
  }

  /** A reading of the devices, taken now. */
  readDevices(reading: GpuReading): void {
    this.#shares.read({ reading, at: this.#options.gpus?.good?.at ?? Infinity });
    for (const { pool, bytes } of this.#holdings.look(this.#shares.present, runningNow()))
      this.#options.logger.warn(
        `${formatBytes(bytes)} of ${pool} did not come back after an engine ended; they are set aside`,
      );
    // Once more at once, not again and again: while an engine loads, every reading is another.
    this.#isConfirming = !this.#isConfirming && this.#shares.isUnsure;
    if (this.#isConfirming) this.#lookAgain(CONFIRM_MS);
    this.onChange();
  }

  /** Until what has ended is gone from the devices. */
  #lookAgain(delayMs: number): void {
    clearTimeout(this.#looking);
    this.#looking = setTimeout(() => {
      void this.#options.gpus?.ask().then(() => {
        if (this.#holdings.returning.length > 0) this.#lookAgain(RETURN_LOOK_MS);
      });
    }, delayMs);
    this.#looking.unref();
  }

  #remember(process: ExpertProcess, { placement, peak }: Account): void {
    const key = this.appraisal(process)?.learnedKey(placement.name);
    if (!key) return;
    try {
      this.#options.learned?.record(key, peak, this.#options.clock.wallTime());
    } catch (error) {
      this.#options.logger.warn('a footprint could not be remembered', { expert: process.id, error });
    }
    // The next start goes by what this run took.
    this.#appraisals.renew(process);
  }
}

const NO_DEVICES: GpuReading = { devices: [], processes: [], perProcess: true };
