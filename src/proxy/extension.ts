import { AppError } from '../shared/errors.ts';
import { parseDuration } from '../shared/units.ts';
import { isObject, type JsonObject } from './json.ts';
import { type KnowledgeWish, parseKnowledge } from './knowledge-extension.ts';

/** What a request may ask of the orchestrator itself, in its `orchestrator` field. */
export interface RequestExtension {
  /** Milliseconds that the expert stays loaded after this request; 0: unload when it is done. */
  readonly keepLoaded?: number | 'forever';
  /** Background work unloads nobody to be served, and lets others go first. Default: normal. */
  readonly priority?: 'background' | 'normal';
  /** The client's own id of the conversation: where it went is remembered by this. */
  readonly conversation?: string;
  /** What a request that names no expert says about who is to serve it. */
  readonly route?: {
    readonly domain?: string | undefined;
    /** Names of experts. */
    readonly only?: readonly string[] | undefined;
    readonly not?: readonly string[] | undefined;
    readonly keepLoadedBias?: number | undefined;
  };
  /** Which documents of the user the answer may rest on; false: none. */
  readonly knowledge?: KnowledgeWish | false;
  /** Whether it is reminded of its user, and learned from. */
  readonly memory?: boolean;
}

const KEYS = new Set(['keepLoaded', 'priority', 'conversation', 'route', 'knowledge', 'memory']);
const ROUTE_KEYS = new Set(['domain', 'only', 'not', 'keepLoadedBias']);
const MOST_NAMES = 100;

/** Checks the `orchestrator` field of a request. Throws `invalid_request` naming what it does not know. */
export function parseExtension(value: unknown): RequestExtension {
  if (value === null || value === undefined) return {};
  if (!isObject(value)) throw wrong('orchestrator', '`orchestrator` must be an object');
  refuseUnknown(value, KEYS, 'orchestrator');
  const keepLoaded = keepLoadedOf(value['keepLoaded']);
  const priority = priorityOf(value['priority']);
  const conversation = conversationOf(value['conversation']);
  const route = routeOf(value['route']);
  const knowledge = parseKnowledge(value['knowledge']);
  const memory = memoryOf(value['memory']);
  return {
    ...(keepLoaded !== undefined && { keepLoaded }),
    ...(priority !== undefined && { priority }),
    ...(conversation !== undefined && { conversation }),
    ...(route !== undefined && { route }),
    ...(knowledge !== undefined && { knowledge }),
    ...(memory !== undefined && { memory }),
  };
}

function refuseUnknown(value: JsonObject, known: ReadonlySet<string>, where: string): void {
  const unknown = Object.keys(value).filter((key) => !known.has(key));
  if (unknown.length === 0) return;
  throw wrong(
    `${where}.${unknown[0]}`,
    `unknown ${unknown.length > 1 ? 'keys' : 'key'} in \`${where}\`: ${unknown.join(', ')}; known: ${[...known].join(', ')}`,
  );
}

function conversationOf(conversation: unknown): string | undefined {
  if (conversation === undefined || conversation === null) return undefined;
  if (typeof conversation === 'string' && /^(?!\.{1,2}$)[\x21-\x7e]{1,128}$/.test(conversation)) return conversation;
  throw wrong('orchestrator.conversation', '`orchestrator.conversation` must be up to 128 printable characters');
}

function memoryOf(memory: unknown): boolean | undefined {
  if (memory === undefined || memory === null) return undefined;
  if (typeof memory === 'boolean') return memory;
  throw wrong('orchestrator.memory', '`orchestrator.memory` must be true or false');
}

function routeOf(route: unknown): RequestExtension['route'] {
  if (route === undefined || route === null) return undefined;
  const where = 'orchestrator.route';
  if (!isObject(route)) throw wrong(where, '`orchestrator.route` must be an object');
  refuseUnknown(route, ROUTE_KEYS, where);
  const { domain, only, not, keepLoadedBias: bias } = route;
  if (domain !== undefined && typeof domain !== 'string')
    throw wrong(`${where}.domain`, `\`${where}.domain\` must be a string`);
  if (bias !== undefined && !(typeof bias === 'number' && bias >= 0 && bias <= 1))
    throw wrong(`${where}.keepLoadedBias`, `\`${where}.keepLoadedBias\` must be a number from 0 to 1`);
  return { domain, only: namesOf(only, `${where}.only`), not: namesOf(not, `${where}.not`), keepLoadedBias: bias };
}

function namesOf(names: unknown, param: string): readonly string[] | undefined {
  if (names === undefined) return undefined;
  const isList = Array.isArray(names) && names.length > 0 && names.length <= MOST_NAMES;
  if (isList && names.every((name) => typeof name === 'string')) return names;
  throw wrong(param, `\`${param}\` must be a list of names of experts`);
}

function keepLoadedOf(keepLoaded: unknown): RequestExtension['keepLoaded'] {
  if (keepLoaded === undefined || keepLoaded === null) return undefined;
  if (keepLoaded === 0 || keepLoaded === '0') return 0;
  if (keepLoaded === 'forever') return keepLoaded;
  const milliseconds = typeof keepLoaded === 'string' ? parseDuration(keepLoaded) : undefined;
  if (milliseconds !== undefined) return milliseconds;
  throw wrong(
    'orchestrator.keepLoaded',
    '`orchestrator.keepLoaded` must be a duration with its unit ("30m"), "forever" or 0',
  );
}

function priorityOf(priority: unknown): RequestExtension['priority'] {
  if (priority === undefined || priority === null) return undefined;
  if (priority === 'background' || priority === 'normal') return priority;
  throw wrong('orchestrator.priority', '`orchestrator.priority` must be "background" or "normal"');
}

function wrong(param: string, message: string): AppError {
  return new AppError('invalid_request', message, { param });
}
