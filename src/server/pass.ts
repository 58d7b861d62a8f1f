import type { InferenceRoute } from '../engines/routes.ts';
import type { ForwardResult } from '../proxy/forward.ts';
import type { AppError } from '../shared/errors.ts';
import type { ActiveRequest } from './active-requests.ts';
import type { RequestContext } from './context.ts';
import type { Gate } from './gate.ts';
import type { Admission } from './limits/rate-limits.ts';

/** What a request is let in with: it counts under way until it leaves, which it does once, and pays for what it has used. */
export class Pass implements ActiveRequest {
  readonly context: RequestContext;
  readonly promptEstimate: number;
  readonly #gate: Gate;
  readonly admission: Admission | undefined;
  ended: AppError | undefined = undefined;
  onEnd: ((error: AppError) => void) | undefined = undefined;
  place = -1;

  constructor(gate: Gate, context: RequestContext, promptEstimate: number, admission: Admission | undefined) {
    this.#gate = gate;
    this.context = context;
    this.promptEstimate = promptEstimate;
    this.admission = admission;
  }

  /** The body has said for whom the key speaks. @throws AppError `rate_limited`. */
  identified(): void {
    this.#gate.identified(this);
  }

  /** An engine had it, so many milliseconds. */
  served(route: InferenceRoute, expert: string, engineMs: number, result: ForwardResult): void {
    this.#gate.served(this, { route, expert, engineMs, result });
  }

  /** It ended before an engine had it. */
  refused(expert: string | undefined): void {
    this.#gate.refused(this, expert ?? '');
  }
}
