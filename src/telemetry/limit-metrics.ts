import { Counter, Gauge, type Registry } from 'prom-client';

/** What limits came to, and how many are there: numbers, and never a name, a key or a part of one. */
export class LimitMetrics {
  readonly #limited: Counter<'reason'>;

  constructor(registry: Registry, users: () => number) {
    this.#limited = new Counter({
      name: 'orchestrator_limited_total',
      help: 'Requests refused because a key, a user or an address had used what it may',
      labelNames: ['reason'],
      registers: [registry],
    });
    registry.registerMetric(
      new Gauge({
        name: 'orchestrator_users_active',
        help: 'Users who have a request under way',
        registers: [],
        collect() {
          this.set(users());
        },
      }),
    );
  }

  limited(reason: string): void {
    this.#limited.inc({ reason });
  }
}
