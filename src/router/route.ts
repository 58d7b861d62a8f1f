import type { InferenceRoute } from '../engines/routes.ts';
import type { Candidate, StandingOf } from './candidate.ts';
import { saysFit } from './candidate.ts';
import { cautious, rank, type Score } from './choose.ts';
import { eligible, type Exclusion } from './constraints.ts';
import { type Conversation, readConversation } from './conversation.ts';
import { conversationKeys } from './conversation-key.ts';
import { type Feature, type TextClassifier, type Vote, voteOf, winner } from './vote.ts';

/** A request without a name. */
export interface RouteRequest {
  readonly route: InferenceRoute;
  /** The parsed body, whatever it turned out to be. */
  readonly body: unknown;
  /** Size of the body as it came. */
  readonly bytes?: number | undefined;
  /** Whose conversations it can belong to. */
  readonly scope: string;
  /** The client's own id of the conversation. */
  readonly conversation?: string | undefined;
  readonly wishes?: RouteWishes | undefined;
  /** Tokens that are added to the prompt beside what the body has (documents), by the context of who gets it. */
  readonly addedTokens?: ((context: number) => number) | undefined;
}

/** What a request may say about its own route (`orchestrator.route`). */
export interface RouteWishes {
  readonly domain?: string | undefined;
  /** Ids. */
  readonly only?: readonly string[] | undefined;
  readonly not?: readonly string[] | undefined;
  readonly keepLoadedBias?: number | undefined;
}

/** What the router knows of the house. */
export interface RouteHouse {
  /** Everyone who generates, in the order of the profile. */
  readonly candidates: readonly Candidate[];
  readonly standingOf: StandingOf;
  readonly defaultExpert: string | undefined;
  readonly primaryLanguages: readonly string[];
  readonly keepLoadedBias: number;
  readonly minConfidence: number;
  /** Where a conversation went; see `conversation-key.ts`. */
  readonly recall: (key: string) => Remembered | undefined;
}

export interface Remembered {
  readonly expert: string;
  readonly domain: string;
  readonly confidence: number;
}

/**
 * Which step settled the domain: the classifier's own (`structure`, `language`, `classifier`, `embedding`); `image`; `endpoint` (the
 * route itself says what is wanted); `asked` (the request names a domain); `tool-loop` and `conversation` (it goes on where it was);
 * `default` (there is nothing to go by).
 */
export type Stage =
  | 'structure'
  | 'language'
  | 'classifier'
  | 'embedding'
  | 'image'
  | 'endpoint'
  | 'asked'
  | 'tool-loop'
  | 'conversation'
  | 'default';

export interface Decision {
  readonly expert: string;
  readonly domain: string;
  /** 0 to 1, of the domain. */
  readonly confidence: number;
  readonly stage: Stage;
  /** Probabilities by domain, as they were weighed. */
  readonly domains: Readonly<Record<string, number>>;
  readonly features: readonly Feature[];
  readonly language: string | undefined;
  readonly excluded: readonly Exclusion[];
  readonly ignored: readonly string[];
  /** Who could serve it, the best first; the first of a conversation that goes on is where it was. */
  readonly ranking: readonly Score[];
  /** Under which this decision is to be remembered. */
  readonly key: string | undefined;
  /** Less sure than `minConfidence`. */
  readonly unsure: boolean;
  /** What the classifier was given, the user's last words first. */
  readonly voices: readonly string[];
}

/** Decides who serves a request that names nobody: pure. Undefined: there is nobody to choose from. */
export function decide(
  request: RouteRequest,
  house: RouteHouse,
  classifier: TextClassifier | undefined,
): Decision | undefined {
  const { wishes = {} } = request;
  const conversation = readConversation(request.route, request.body, request.bytes);
  const keys = conversationKeys(conversation, request.scope, request.conversation);
  const remembered = recall(conversation, keys, house, wishes);
  const vote = read(conversation, house, classifier);
  const said = settle(request, conversation, house, vote);
  const confidence = Math.min(1, said.confidence);
  const unsure = said.stage !== 'default' && confidence < house.minConfidence;
  const domains = cautious(said.domains, confidence, house.minConfidence);
  const found = eligible(
    house.candidates,
    {
      conversation,
      languages: said.domain === 'coding' ? [] : languagesOf(vote),
      only: wishes.only,
      not: wishes.not,
      addedTokens: request.addedTokens,
    },
    house.standingOf,
  );
  const ranked = rank(
    found.candidates,
    {
      domains,
      keepLoadedBias: wishes.keepLoadedBias ?? house.keepLoadedBias,
      defaultExpert: house.defaultExpert,
      domainIs: said.stage === 'default' ? 'unknown' : unsure ? 'unsure' : 'sure',
    },
    house.standingOf,
  );
  const stayed = remembered && ranked.find(({ expert }) => expert === remembered.where.expert);
  const ranking = stayed ? [stayed, ...ranked.filter((score) => score !== stayed)] : ranked;
  const [best] = ranking;
  if (!best) return undefined;
  return {
    expert: best.expert,
    ...(stayed && remembered
      ? { domain: remembered.where.domain, confidence: remembered.where.confidence, stage: remembered.stage }
      : { domain: said.domain, confidence, stage: said.stage }),
    domains,
    // What the text says is not why, where something else decided.
    features: vote && said.domains === vote.domains && !stayed ? vote.features : [],
    language: vote?.language.code,
    excluded: found.excluded,
    ignored: found.ignored,
    ranking,
    key: keys.own,
    unsure: unsure && !stayed,
    voices: conversation.voices,
  };
}

/** Where it goes on: a loop of tools where it began, an acknowledgement where the conversation was. */
function recall(
  { underWay, acknowledges, images }: Conversation,
  { own, previous }: { readonly own: string | undefined; readonly previous: string | undefined },
  { recall: look }: RouteHouse,
  { domain }: RouteWishes,
): { readonly where: Remembered; readonly stage: Stage } | undefined {
  if (domain !== undefined) return undefined;
  const found = (key: string | undefined, stage: Stage) => {
    const where = key === undefined ? undefined : look(key);
    return where && { where, stage };
  };
  if (underWay !== undefined) return found(own, underWay === 'tool' ? 'tool-loop' : 'conversation');
  // What an image is shown for is decided by the image.
  return acknowledges && !images ? found(previous, 'conversation') : undefined;
}

/** Nothing is read where nothing could follow from it. */
function read(
  conversation: Conversation,
  { candidates, primaryLanguages }: RouteHouse,
  classifier: TextClassifier | undefined,
): Vote | undefined {
  const matters = candidates.some((candidate) => saysFit(candidate) || candidate.expert.languages.length > 0);
  return matters && classifier ? voteOf(conversation, classifier, primaryLanguages) : undefined;
}

interface Said {
  readonly domain: string;
  readonly confidence: number;
  readonly stage: Stage;
  readonly domains: Readonly<Record<string, number>>;
}

function settle(
  { route, wishes }: RouteRequest,
  conversation: Conversation,
  { candidates }: RouteHouse,
  vote: Vote | undefined,
): Said {
  const surely = (domain: string, stage: Stage): Said => ({ domain, confidence: 1, stage, domains: { [domain]: 1 } });
  if (wishes?.domain !== undefined) return surely(wishes.domain, 'asked');
  if (conversation.images) return surely('multimodal', 'image');
  if (route === '/infill') return surely('coding', 'endpoint');
  if (!vote || !candidates.some(saysFit)) return { ...surely('general', 'default'), confidence: 0 };
  const [domain, confidence] = winner(vote.domains);
  return { domain, confidence, stage: vote.stage as Stage, domains: vote.domains };
}

/** Of coding they are not asked: code is the same in every language. */
function languagesOf(vote: Vote | undefined): readonly string[] {
  if (!vote) return [];
  const { language, requestedLanguage } = vote;
  const codes = [language.code, requestedLanguage].filter((code) => code !== undefined);
  return [...new Set(codes)];
}
