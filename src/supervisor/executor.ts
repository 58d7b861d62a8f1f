import type { Action } from '../planner/schedule.ts';
import type { Placement } from '../planner/world.ts';
import type { Clock } from '../shared/clock.ts';
import { AppError } from '../shared/errors.ts';
import type { EventBus } from '../telemetry/events.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { House } from './house.ts';
import type { Memory } from './memory.ts';

/** Shared by those who act on the house. */
export interface FleetOptions {
  readonly clock: Clock;
  readonly bus: EventBus;
  readonly logger: Logger;
  /** Counts the pools of the budget; told of every start and end. */
  readonly memory: Memory;
}

/** Carries out what the planner says, and publishes each act with its reason. */
export class Executor {
  readonly #options: FleetOptions;
  readonly #house: House;

  constructor(options: FleetOptions, house: House) {
    this.#options = options;
    this.#house = house;
  }

  execute(action: Action): void {
    const { expert, reason } = action;
    switch (action.do) {
      case 'start':
      case 'wake':
        this.#publish(expert, 'start', reason);
        if (action.warning !== undefined) this.#options.logger.warn(action.warning);
        return this.#begin(expert, action.placement, reason);
      case 'stop':
      case 'sleep':
        this.#publish(action.room ?? expert, 'evict', reason, { victim: expert, cause: action.cause });
        this.#options.logger.info(`${expert} is ${action.do === 'sleep' ? 'put to sleep' : 'evicted'}: ${reason}`);
        return this.#evict(expert, action.do, action.room ? `room for ${action.room}` : reason);
      case 'refuse': {
        this.#publish(expert, 'refuse', reason);
        const error = new AppError('no_room', `${expert} cannot be loaded: ${reason}.`);
        this.#house.lines.rejectAll(expert, error);
        return this.#house.wishes.settle(expert, error);
      }
    }
  }

  #begin(id: string, placement: Placement, reason: string): void {
    const process = this.#house.processes.get(id);
    if (!process) return;
    const estimate = this.#options.memory.reserve(process, placement);
    if (process.state === 'sleeping') void process.wake();
    else process.start(reason, estimate?.launch);
  }

  #evict(id: string, how: 'stop' | 'sleep', reason: string): void {
    const process = this.#house.processes.get(id);
    if (!process) return;
    this.#house.residency.evicted(process);
    // Who works on a request cannot fall asleep.
    if (how === 'sleep' && process.inFlight === 0) void process.sleep(reason);
    else void process.stop(reason, this.#house.plan.drainMs);
  }

  #publish(
    expert: string,
    action: 'start' | 'evict' | 'refuse',
    reason: string,
    eviction: { victim?: string; cause?: 'room' | 'overdrawn' | 'pause' } = {},
  ): void {
    const at = this.#options.clock.wallTime().toISOString();
    this.#options.bus.publish({ type: 'plan', at, expert, action, reason, ...eviction });
  }
}
