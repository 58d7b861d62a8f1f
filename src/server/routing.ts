import { INFERENCE_ROUTES, type InferenceRoute } from '../engines/routes.ts';
import { parseExtension, type RequestExtension } from '../proxy/extension.ts';
import { objectOf } from '../proxy/json.ts';
import { type Decision, decide, type RouteHouse, type RouteRequest } from '../router/route.ts';
import { withNeighbours } from '../router/neighbours.ts';
import type { TextClassifier } from '../router/vote.ts';
import { type Clock, delay } from '../shared/clock.ts';
import { AppError, type ErrorCode } from '../shared/errors.ts';
import type { Fleet } from '../supervisor/fleet.ts';
import type { EventBus } from '../telemetry/events.ts';
import type { RequestContext } from './context.ts';
import type { Target } from './directory.ts';
import { Recollection } from './recollection.ts';
import type { Identity } from './identity/contract.ts';
import { type Reach, reachOf } from './identity/reach.ts';
import type { Learner } from './learner.ts';
import type { SecondOpinion } from './second-opinion.ts';
import type { Settings } from './settings.ts';
import { addedTokens, wantsOf } from './wants.ts';

export interface RoutingOptions {
  readonly fleet: Fleet;
  readonly bus: EventBus;
  readonly clock: Clock;
  readonly secondOpinion: Pick<SecondOpinion, 'ask'>;
  readonly learner: Pick<Learner, 'chosen' | 'routed'>;
}

/** A request for which the router has found somebody. */
export interface Routed {
  readonly target: Target;
  readonly decision: Decision;
  /** Value of `x-orchestrator-route`. */
  readonly header: string;
  /** Who was asked before and refused, in order. */
  readonly before: readonly string[];
}

/** Whose request is routed, and what it says of it besides its body. */
export interface Asking {
  readonly settings: Settings;
  readonly identity: Identity;
  readonly conversation?: string | undefined;
}

/** After these another expert is asked: none of them means that an engine has the request, or that the client is at fault. */
const PASSED_ON: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'no_room',
  'queue_full',
  'queue_timeout',
  'engine_missing',
  'engine_start_failed',
  'engine_unfit',
  'engine_unreachable',
  'expert_backing_off',
  'expert_failed',
  'expert_stopped',
  'gpu_unavailable',
  'model_not_found',
  'model_unavailable',
  'storage_full',
]);

export const CONVERSATION_HEADER = 'x-orchestrator-conversation';
/** Loading takes some 20 ms, and learning a profile's utterances well under a second. */
const LONGEST_LOADING_MS = 3_000;
const CONVERSATION = /^(?!\.{1,2}$)[\x21-\x7e]{1,128}$/;

/** Finds an expert for requests that name none, remembers where conversations went, and tells the house. */
export class Routing {
  readonly #options: RoutingOptions;
  readonly #recollection = new Recollection();
  /** Undefined until it is loaded, or where it cannot be: the default expert serves everybody then. */
  classifier: TextClassifier | undefined;
  /** At the start, for a moment: requests that name nobody wait for the classifier. Never rejects. */
  #loading: Promise<void> | undefined;

  constructor(options: RoutingOptions) {
    this.#options = options;
  }

  /** What is being loaded is waited for, though not for ever. */
  waitFor(loading: Promise<void>): void {
    const done = new AbortController();
    this.#loading = Promise.race([loading, delay(LONGEST_LOADING_MS, done.signal)]).then(() => {
      done.abort();
      this.#loading = undefined;
    });
  }

  /**
   * Who serves a request that names nobody; later, where somebody is asked for a second opinion. Undefined: there is nobody to choose
   * between.
   * @throws AppError `invalid_request` or `model_not_found` for what the request says about its own route.
   */
  route(
    context: RequestContext,
    route: InferenceRoute,
    body: unknown,
    bytes: number,
  ): Routed | undefined | Promise<Routed | undefined> {
    const { settings, identity, incoming, requestId } = context;
    const { routes } = reachOf(settings, identity);
    if (!routes || INFERENCE_ROUTES[route].task !== 'generate') return undefined;
    const conversation = conversationOf(incoming.headers[CONVERSATION_HEADER]) ?? identity.conversation;
    const settle = (decision: Decision | undefined): Routed | undefined => {
      const target = decision && settings.directory.find(decision.expert);
      if (!decision || !target) return undefined;
      this.#remember(decision, decision.expert);
      this.#publish(requestId, decision, decision.expert, undefined);
      if (settings.profile.router.learn) this.#options.learner.routed(context, decision);
      return { target, decision, header: headerOf(decision, []), before: [] };
    };
    const decision = this.decide({ settings, identity, conversation }, route, body, bytes);
    return decision instanceof Promise ? decision.then(settle) : settle(decision);
  }

  /** A request has named its expert, and the profile wants to learn from that. */
  chosen(route: InferenceRoute, body: unknown, target: Target): void {
    this.#options.learner.chosen(route, body, target);
  }

  /** The decision for a request, without a trace. @throws as `route`. */
  decide(
    asking: Asking,
    route: InferenceRoute,
    body: unknown,
    bytes: number,
  ): Decision | undefined | Promise<Decision | undefined> {
    const { settings, identity } = asking;
    const reach = reachOf(settings, identity);
    if (!reach.routes) return undefined;
    if (this.#loading) return this.#loading.then(() => this.decide(asking, route, body, bytes));
    const { orchestrator } = objectOf(body);
    const extension = orchestrator === undefined ? undefined : parseExtension(orchestrator);
    const { profile } = settings;
    const request: RouteRequest = {
      route,
      body,
      bytes,
      scope: identity.user,
      conversation: extension?.conversation ?? asking.conversation,
      wishes: extension?.route && wishesOf(extension.route, reach),
      addedTokens: addedTokens(profile, wantsOf(profile, identity, route, body)),
    };
    const { classifier } = this;
    const house = this.#house(settings, reach, route);
    const decision = decide(request, house, classifier);
    if (!decision || !classifier) return decision;
    const [text] = decision.voices;
    const { embedding } = profile.router;
    if (
      !embedding ||
      decision.stage !== 'classifier' ||
      decision.confidence >= embedding.onlyWhenBelow ||
      text === undefined
    )
      return decision;
    const asked = this.#options.secondOpinion.ask(settings, text, decision.language);
    if (!asked) return decision;
    return asked.then((near) => (near ? decide(request, house, withNeighbours(classifier, text, near)) : decision));
  }

  /** The next best expert after one that has refused; undefined: the client is to get the refusal. */
  next(context: RequestContext, { decision, before, target }: Routed, error: AppError): Routed | undefined {
    const { settings, requestId } = context;
    const { fleet } = this.#options;
    if (!settings.profile.router.fallback || !PASSED_ON.has(error.code) || fleet.closing) return undefined;
    const tried = [...before, target.expert.id];
    const able = decision.ranking.find(
      ({ expert }) => !tried.includes(expert) && !['failed', 'never', 'refused'].includes(fleet.standing(expert)),
    );
    const found = able && settings.directory.find(able.expert);
    if (!able || !found) return undefined;
    this.#remember(decision, able.expert);
    this.#publish(requestId, decision, able.expert, target.expert.id);
    return { target: found, decision, header: headerOf(decision, [...tried, able.expert]), before: tried };
  }

  #house({ profile }: Settings, { routes, directory }: Reach, route: InferenceRoute): RouteHouse {
    const { primaryLanguages, keepLoadedBias, minConfidence } = profile.router;
    return {
      candidates: routes?.candidates(route) ?? [],
      standingOf: (expert) => this.#options.fleet.standing(expert),
      defaultExpert: directory.defaultFor('generate'),
      primaryLanguages,
      keepLoadedBias,
      minConfidence,
      recall: this.#recollection.recall,
    };
  }

  #remember({ key, domain, confidence }: Decision, expert: string): void {
    if (key !== undefined) this.#recollection.remember(key, { expert, domain, confidence });
  }

  #publish(request: string, decision: Decision, expert: string, fallbackOf: string | undefined): void {
    const { domain, confidence, stage } = decision;
    const at = this.#options.clock.wallTime().toISOString();
    this.#options.bus.publish({
      type: 'route',
      at,
      request,
      expert,
      domain,
      confidence,
      stage,
      fallbackOf: fallbackOf ?? null,
    });
  }
}

/** `domain=coding; confidence=0.94; reason=classifier`; after a fallback who passed it on to whom. */
export function headerOf({ stage, domain, confidence }: Decision, path: readonly string[]): string {
  const said =
    stage === 'default' ? 'reason=default' : `domain=${domain}; confidence=${confidence.toFixed(2)}; reason=${stage}`;
  return path.length === 0 ? said : `${said}; fallback=${path.join('->')}`;
}

/** The client's id of the conversation, from the header. @throws AppError `invalid_request`. */
export function conversationOf(header: string | readonly string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header === 'string' && CONVERSATION.test(header)) return header;
  throw new AppError('invalid_request', `${CONVERSATION_HEADER} takes up to 128 printable characters.`, {
    param: CONVERSATION_HEADER,
  });
}

/** Names become ids; what cannot be granted is refused rather than passed over. */
function wishesOf(
  { domain, only, not, keepLoadedBias }: NonNullable<RequestExtension['route']>,
  { routes, directory }: Reach,
): RouteRequest['wishes'] {
  if (domain !== undefined && !routes?.domains.includes(domain))
    throw new AppError(
      'invalid_request',
      `There is no domain "${domain.slice(0, 60)}" here. Known: ${routes?.domains.join(', ')}.`,
      { param: 'orchestrator.route.domain' },
    );
  const ids = (names: readonly string[] | undefined, param: string) =>
    names?.map((name) => {
      const found = directory.find(name);
      if (found) return found.expert.id;
      directory.refuseForbidden(name, param);
      const known = directory.experts.map(({ id }) => id).join(', ');
      throw new AppError('model_not_found', `There is no expert "${name.slice(0, 100)}" here. Known: ${known}.`, {
        param,
      });
    });
  const wanted = ids(only, 'orchestrator.route.only');
  const unwanted = ids(not, 'orchestrator.route.not');
  const left = directory.experts.some(
    ({ id, task }) => task === 'generate' && (!wanted || wanted.includes(id)) && !unwanted?.includes(id),
  );
  if (!left)
    throw new AppError('invalid_request', '`orchestrator.route` leaves no expert that generates.', {
      param: 'orchestrator.route',
    });
  return { domain, only: wanted, not: unwanted, keepLoadedBias };
}
