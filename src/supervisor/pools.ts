/** The pools of the budget as the planner sees them: what the profile grants, less what others hold. Pure. */
import type { PoolBudget } from '../profiles/profile.ts';
import type { Footprint, Pool } from '../planner/world.ts';
import { formatBytes } from '../shared/units.ts';
import type { MachineMemory } from './machine-memory.ts';
import type { GpuReading } from '../binaries/nvidia-smi.ts';
import { poolOf } from './measure.ts';

export interface PoolReadings {
  readonly machine: MachineMemory;
  /** Private memory of our engines, as measured. */
  readonly ourRam: number;
  /** The latest that could be had; undefined: never any. */
  readonly gpus: GpuReading | undefined;
  /** Why there is none, or none any more. */
  readonly gpuProblem: string | undefined;
  /** Why no device is to be trusted: they cannot be read, and not because there are none. */
  readonly gpuTrouble?: string | undefined;
  /** By pool: what nobody of ours is known to hold on the device. */
  readonly othersOnDevices: Footprint;
  readonly quarantined: (pool: string) => number;
  readonly paused: boolean;
}

export function poolsOf(budget: Readonly<Record<string, PoolBudget>>, readings: PoolReadings): Pool[] {
  return Object.entries(budget).map(([id, granted]) =>
    id === 'ram' ? ramPool(granted, readings) : gpuPool(id, granted, readings),
  );
}

/** Percent of the time without any progress for want of memory: a machine that is not short of it shows none. */
const PRESSING_PERCENT = 10;
/** Held back while memory is short, whatever the account says. */
const PRESSED_SHARE = 0.2;

function ramPool(granted: PoolBudget, { machine, ourRam }: PoolReadings): Pool {
  const { total, used, pressure = 0 } = machine;
  const ours = grant(granted, total);
  const foreign = inOurPart(used - ourRam, granted, total);
  const pool = { id: 'ram', ...ours, foreign, quarantined: 0, paused: false };
  if (pressure < PRESSING_PERCENT) return pool;
  const heldBack = Math.round(ours.capacity * PRESSED_SHARE);
  return {
    ...pool,
    foreign: Math.max(foreign, ours.reserve) + heldBack,
    note: `memory is short (${Math.round(pressure)} % of the time nothing goes on for want of it): ${formatBytes(heldBack)} are held back`,
  };
}

function gpuPool(id: string, granted: PoolBudget, readings: PoolReadings): Pool {
  const { gpus, gpuProblem, gpuTrouble, othersOnDevices, paused } = readings;
  const device = gpus?.devices.find(({ index }) => poolOf(index) === id);
  const fault = device?.trouble === undefined ? gpuTrouble : `the driver says ${device.trouble} of its memory`;
  const quarantined = readings.quarantined(id);
  const none = { id, reserve: granted.reserve, foreign: 0, quarantined, paused, ...troubled(fault) };
  if (!gpus) {
    const why = clauseOf(gpuTrouble ?? gpuProblem ?? 'the GPUs have not been read yet');
    if (granted.capacity === 'auto') return { ...none, capacity: 0, note: why };
    return { ...none, capacity: granted.capacity, note: `taken as the profile says: ${why}` };
  }
  if (!device)
    return {
      ...none,
      capacity: 0,
      note: `nvidia-smi lists no such GPU${gpuProblem ? `: ${clauseOf(gpuProblem)}` : ''}`,
    };
  const total = device.totalBytes;
  if (total === undefined) {
    const capacity = granted.capacity === 'auto' ? 0 : granted.capacity;
    return { note: 'the driver does not say how much memory it has', ...none, capacity };
  }
  // What is quarantined is among what others hold, and counts once.
  const others = (othersOnDevices[id] ?? 0) - quarantined;
  return { ...none, ...grant(granted, total), ...troubled(fault), foreign: inOurPart(others, granted, total) };
}

function troubled(trouble: string | undefined): Pick<Pool, 'trouble' | 'note'> {
  return trouble === undefined ? {} : { trouble, note: `nothing is started on it: ${clauseOf(trouble)}` };
}

function grant({ capacity, reserve }: PoolBudget, total: number): Pick<Pool, 'capacity' | 'reserve' | 'note'> {
  if (capacity === 'auto') return { capacity: total, reserve };
  if (capacity <= total) return { capacity, reserve };
  return {
    capacity: total,
    reserve,
    note: `the profile grants ${formatBytes(capacity)}, and there are ${formatBytes(total)}`,
  };
}

/** Others use what is not granted to us before they use what is. */
function inOurPart(others: number, { capacity }: PoolBudget, total: number): number {
  const theirs = capacity === 'auto' ? 0 : Math.max(0, total - capacity);
  return Math.max(0, Math.round(others - theirs));
}

/** A note has no full stop of its own. */
const clauseOf = (sentence: string) => sentence.replace(/\.$/, '');
