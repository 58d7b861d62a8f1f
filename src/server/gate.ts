import type { ServerResponse } from 'node:http';

import type { InferenceRoute } from '../engines/routes.ts';
import type { Profile } from '../profiles/profile.ts';
import type { ForwardResult } from '../proxy/forward.ts';
import { errorFrame } from '../proxy/frames.ts';
import type { AppError } from '../shared/errors.ts';
import type { ActiveRequests } from './active-requests.ts';
import type { RequestContext } from './context.ts';
import { budgetRefusal } from './limits/budget.ts';
import { type Asker, type LimitReason, RateLimits } from './limits/rate-limits.ts';
import { estimatedPrompt, usedTokens } from './limits/used-tokens.ts';
import { Pass } from './pass.ts';
import type { Policy } from './policy.ts';
import type { UsageBook } from './usage/usage-book.ts';
import { type Figures, NOTHING } from './usage/usage-rows.ts';

export interface GateOptions {
  readonly active: ActiveRequests;
  /** Undefined: nobody has to say who they are, so nothing is kept of anybody. */
  readonly usage: (profile: Profile) => UsageBook | undefined;
  readonly onLimited: (reason: LimitReason) => void;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** Asked often and by programs; costs next to nothing. */
const UNLIMITED: ReadonlySet<string> = new Set(['/metrics', '/stats', '/api/usage']);

/** Over in a moment, and what they do may end what they were let in with. */
const REVOKES = /^\/(?:auth|api\/keys|api\/users)\//;

/** Between who a request is and what it says: how much may come, what it comes to, and that it can be ended from outside. */
export class Gate {
  readonly #options: GateOptions;
  readonly #limits: RateLimits;
  /** Requests to models under way, of keys that have a budget. */
  readonly #underBudget = new Map<string, number>();

  constructor(options: GateOptions) {
    this.#options = options;
    this.#limits = new RateLimits({ now: options.now, onRefusal: options.onLimited });
  }

  /** @throws AppError `rate_limited`, `budget_exhausted`; nothing of a request that is refused is counted but that. */
  enter(context: RequestContext, route: InferenceRoute): Pass {
    const estimate = estimatedPrompt(route, context.incoming.headers['content-length']);
    try {
      this.#keepBudget(context);
      const admission = this.#limits.admit(askerOf(context), { tokens: estimate }, tellOn(context.outgoing));
      const pass = new Pass(this, context, estimate, admission);
      this.#options.active.add(pass);
      this.#countBudget(context, 1);
      return pass;
    } catch (error) {
      this.#note(context, '', { ...NOTHING, refused: 1 });
      throw error;
    }
  }

  /**
   * The same for what no engine computes: users are limited in how often they ask. An answer that goes on is ended when told, and one
   * that is still to come is replaced.
   */
  enterCold(context: RequestContext, policy: Policy): Pass | undefined {
    if (policy === 'public') return undefined;
    const { identity, path, outgoing } = context;
    if (policy === 'user' && !identity.admin && !UNLIMITED.has(path))
      this.#limits.admit(askerOf(context), undefined, tellOn(outgoing));
    // Who logs out, or revokes the very key that this is asked with, is told that it is done.
    if (REVOKES.test(path)) return undefined;
    const { active } = this.#options;
    const pass = new Pass(this, context, 0, undefined);
    pass.onEnd = (error) => breakOff(outgoing, error);
    active.add(pass);
    outgoing.once('close', () => active.remove(pass));
    return pass;
  }

  identified({ context, admission }: Pass): void {
    this.#limits.admitAlso(admission, askerOf(context), tellOn(context.outgoing));
  }

  served(pass: Pass, work: { route: InferenceRoute; expert: string; engineMs: number; result: ForwardResult }): void {
    const used = usedTokens(work.route, work.result, pass.promptEstimate);
    this.#leave(pass, work.expert, { ...used, requests: 1, refused: 0, engineMs: Math.round(work.engineMs) });
  }

  refused(pass: Pass, expert: string): void {
    this.#leave(pass, expert, { ...NOTHING, refused: 1 });
  }

  #leave(pass: Pass, expert: string, figures: Figures): void {
    if (pass.place < 0) return;
    const { context, admission } = pass;
    this.#options.active.remove(pass);
    if (admission) this.#limits.settle(admission, figures.promptTokens + figures.generatedTokens);
    this.#countBudget(context, -1);
    this.#note(context, expert, figures);
  }

  #note({ identity, settings }: RequestContext, expert: string, figures: Figures): void {
    this.#options.usage(settings.profile)?.add({ user: identity.user, key: identity.credential.id, expert }, figures);
  }

  #keepBudget({ identity, settings }: RequestContext): void {
    const usage = identity.scopes.budget && this.#options.usage(settings.profile);
    if (!usage) return;
    const { id } = identity.credential;
    const active = this.#underBudget.get(id) ?? 0;
    const refusal = budgetRefusal(identity, usage.usedToday(id), active, usage.untilTomorrowMs());
    if (!refusal) return;
    this.#options.onLimited('budget');
    throw refusal;
  }

  #countBudget({ identity }: RequestContext, by: 1 | -1): void {
    if (!identity.scopes.budget) return;
    const { id } = identity.credential;
    const active = (this.#underBudget.get(id) ?? 0) + by;
    if (active > 0) this.#underBudget.set(id, active);
    else this.#underBudget.delete(id);
  }
}

function askerOf({ identity, incoming, settings }: RequestContext): Asker {
  return {
    identity,
    address: incoming.socket.remoteAddress ?? '',
    rateLimit: settings.profile.security.rateLimit,
  };
}

/** On every answer, whatever it becomes. */
function tellOn(outgoing: ServerResponse): (headers: readonly string[]) => void {
  return (headers) => {
    for (let at = 0; at < headers.length; at += 2) outgoing.setHeader(headers[at] ?? '', headers[at + 1] ?? '');
  };
}

function breakOff(outgoing: ServerResponse, error: AppError): void {
  if (!outgoing.headersSent) return;
  if (String(outgoing.getHeader('content-type') ?? '').startsWith('text/event-stream'))
    outgoing.write(errorFrame(error, 'openai'));
  outgoing.socket?.destroySoon();
}
