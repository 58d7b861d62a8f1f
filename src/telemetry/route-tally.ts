import { Counter, type Registry } from 'prom-client';

interface RouteFigures {
  readonly expert: string;
  readonly domain: string;
  /** 0 to 1. */
  readonly confidence: number;
  readonly stage: string;
}

const BOUNDS = [0.5, 0.6, 0.7, 0.8, 0.9, 1];
const LABELS = ['expert', 'domain', 'confidence', 'stage'] as const;

/** Decisions of the router, counted as plain numbers until somebody asks. */
export class RouteTally {
  readonly #counts = new Map<string, number>();

  register(registry: Registry): void {
    const counts = this.#counts;
    const counter = new Counter({
      name: 'orchestrator_routed_total',
      help: 'Requests that named nobody, by the expert they went to, their domain, how sure it was (`0.9`: from 0.9 on), and the step that decided',
      labelNames: LABELS,
      registers: [],
      collect() {
        this.reset();
        for (const [key, count] of counts) {
          const [expert = '', domain = '', confidence = '', stage = ''] = key.split('\n');
          this.inc({ expert, domain, confidence, stage }, count);
        }
      },
    });
    registry.registerMetric(counter);
  }

  count({ expert, domain, confidence, stage }: RouteFigures): void {
    const key = `${expert}\n${domain}\n${bucketOf(confidence)}\n${stage}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }
}

/** The largest bound that it reaches. */
function bucketOf(confidence: number): string {
  return String(BOUNDS.findLast((bound) => confidence >= bound) ?? 0);
}
