import type { Profile } from '../profiles/profile.ts';
import type { Clock } from '../shared/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { ActiveRequests } from './active-requests.ts';
import type { Gate } from './gate.ts';
import type { UsageBook } from './usage/usage-book.ts';

export interface GateHolderOptions {
  readonly active: ActiveRequests;
  readonly stateDir: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** The gate and the usage book, from when a profile first needs them: what is not needed is not even read from the disk. */
export class GateHolder {
  readonly #options: GateHolderOptions;
  #gate: Gate | undefined;
  #usage: UsageBook | undefined;

  constructor(options: GateHolderOptions) {
    this.#options = options;
  }

  /** To be awaited before the profile is in force. */
  async prepare(profile: Profile): Promise<void> {
    if (keepsUsage(profile) && !this.#usage) {
      const { openUsage } = await import('./usage/open-usage.ts');
      this.#usage = await openUsage(this.#options);
    }
    if (!isGuarded(profile) || this.#gate) return;
    const { Gate } = await import('./gate.ts');
    const { active, metrics, clock } = this.#options;
    const figures = metrics.limits(() => active.users);
    this.#gate = new Gate({
      active,
      usage: (inForce) => this.usageOf(inForce),
      onLimited: (reason) => figures.limited(reason),
      now: () => clock.now(),
    });
  }

  gateOf(profile: Profile): Gate | undefined {
    return isGuarded(profile) ? this.#gate : undefined;
  }

  usageOf(profile: Profile): UsageBook | undefined {
    return keepsUsage(profile) ? this.#usage : undefined;
  }

  async close(): Promise<void> {
    await this.#usage?.flush();
  }
}

/** Whether anything of a request is limited, or can be ended with its credential. */
function isGuarded({ security }: Profile): boolean {
  return security.auth !== 'none' || security.rateLimit !== undefined;
}

/** Of whom nobody knows who they are, nothing is kept. */
function keepsUsage({ security }: Profile): boolean {
  return security.auth !== 'none';
}
