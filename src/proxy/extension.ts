import { AppError } from '../shared/errors.ts';
import { parseDuration } from '../shared/units.ts';
import { isObject } from './json.ts';

/** What a request may ask of the orchestrator itself, in its `orchestrator` field. */
export interface RequestExtension {
  /** Milliseconds that the expert stays loaded after this request; 0: unload when it is done. */
  readonly keepLoaded?: number | 'forever';
  /** Background work unloads nobody to be served, and lets others go first. Default: normal. */
  readonly priority?: 'background' | 'normal';
}

const KEYS = new Set(['keepLoaded', 'priority']);

/** Checks the `orchestrator` field of a request. Throws `invalid_request` naming what it does not know. */
export function parseExtension(value: unknown): RequestExtension {
  if (value === null || value === undefined) return {};
  if (!isObject(value)) throw wrong('orchestrator', '`orchestrator` must be an object');
  const unknown = Object.keys(value).filter((key) => !KEYS.has(key));
  if (unknown.length > 0) {
    throw wrong(
      `orchestrator.${unknown[0]}`,
      `unknown ${unknown.length > 1 ? 'keys' : 'key'} in \`orchestrator\`: ${unknown.join(', ')}; known: ${[...KEYS].join(', ')}`,
    );
  }
  const keepLoaded = keepLoadedOf(value['keepLoaded']);
  const priority = priorityOf(value['priority']);
  return { ...(keepLoaded !== undefined && { keepLoaded }), ...(priority !== undefined && { priority }) };
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
