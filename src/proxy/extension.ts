import { AppError } from '../shared/errors.ts';
import { parseDuration } from '../shared/units.ts';
import { isObject } from './json.ts';

/** What a request may ask of the orchestrator itself, in its `orchestrator` field. */
export interface RequestExtension {
  /** Milliseconds that the expert stays loaded after this request; 0: unload when it is done. */
  readonly keepLoaded?: number | 'forever';
}

const KEYS = new Set(['keepLoaded']);

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
  const { keepLoaded } = value;
  if (keepLoaded === undefined || keepLoaded === null) return {};
  if (keepLoaded === 0 || keepLoaded === '0') return { keepLoaded: 0 };
  if (keepLoaded === 'forever') return { keepLoaded };
  const milliseconds = typeof keepLoaded === 'string' ? parseDuration(keepLoaded) : undefined;
  if (milliseconds === undefined) {
    throw wrong(
      'orchestrator.keepLoaded',
      '`orchestrator.keepLoaded` must be a duration with its unit ("30m"), "forever" or 0',
    );
  }
  return { keepLoaded: milliseconds };
}

function wrong(param: string, message: string): AppError {
  return new AppError('invalid_request', message, { param });
}
