import { INFERENCE_ROUTES, type InferenceRoute } from '../engines/routes.ts';
import type { ExpertBase } from '../engines/contract.ts';
import { UNTAUGHT_DOMAINS } from '../profiles/domains.ts';
import { readConversation } from '../router/conversation.ts';
import type { Decision } from '../router/route.ts';
import type { Clock } from '../shared/clock.ts';
import { AppError } from '../shared/errors.ts';
import type { CandidateBook } from './candidate-book.ts';
import type { RequestContext } from './context.ts';
import type { Target } from './directory.ts';

export interface LearnerOptions {
  readonly book: Pick<CandidateBook, 'add'>;
  readonly clock: Clock;
}

/** Requests that can still be rated. */
const MOST_RATEABLE = 1_000;

interface Rateable {
  readonly text: string;
  readonly domain: string;
  readonly expert: string;
}

/** Collects what requests teach about domains: nothing of it is used before a person has approved it. */
export class Learner {
  readonly #options: LearnerOptions;
  readonly #rateable = new Map<string, Rateable>();

  constructor(options: LearnerOptions) {
    this.#options = options;
  }

  /** Whoever names an expert says what the request is about: what that one is best at. */
  chosen(route: InferenceRoute, body: unknown, { expert }: Target): void {
    const domain = bestDomainOf(expert);
    if (domain === undefined || !isSpoken(route)) return;
    const { voices, acknowledges, underWay, images } = readConversation(route, body);
    const [text] = voices;
    if (text === undefined || acknowledges || underWay || images) return;
    void this.#options.book.add({ at: this.#now(), text, domain, expert: expert.id, source: 'choice' });
  }

  /** A request that went where the router sent it, to be rated perhaps. */
  routed({ identity, requestId }: RequestContext, { voices, domain, expert, stage }: Decision): void {
    const [text] = voices;
    if (text === undefined || UNTAUGHT_DOMAINS.includes(domain)) return;
    if (stage === 'default' || stage === 'conversation' || stage === 'tool-loop') return;
    this.#rateable.set(`${identity.user}\n${requestId}`, { text, domain, expert });
    if (this.#rateable.size <= MOST_RATEABLE) return;
    const [oldest] = this.#rateable.keys();
    if (oldest !== undefined) this.#rateable.delete(oldest);
  }

  /** @throws AppError `invalid_request` for a request that cannot be rated any more, or never could. */
  async rate(user: string, requestId: string, rating: 'up' | 'down'): Promise<void> {
    const rated = this.#rateable.get(`${user}\n${requestId}`);
    if (!rated)
      throw new AppError(
        'invalid_request',
        `There is nothing to rate under ${requestId.slice(0, 100)}: only of late, and where the router chose by what was said (router.learn).`,
        { param: 'request_id' },
      );
    await this.#options.book.add({ at: this.#now(), ...rated, source: rating });
  }

  #now(): string {
    return this.#options.clock.wallTime().toISOString();
  }
}

/** Undefined where it is equally good at several, or best at what no example teaches. */
function bestDomainOf({ fit }: ExpertBase): string | undefined {
  const [best, second] = Object.entries(fit).sort(([, one], [, other]) => other - one);
  if (!best || best[1] === second?.[1] || UNTAUGHT_DOMAINS.includes(best[0])) return undefined;
  return best[0];
}

function isSpoken(route: InferenceRoute): boolean {
  return INFERENCE_ROUTES[route].task === 'generate' && route !== '/infill' && route !== '/v1/messages/count_tokens';
}
