import type { Context } from 'hono';

import type { JsonObject } from '../../proxy/json.ts';
import type { ColdEnvironment } from '../cold-context.ts';
import { refuseField } from '../knowledge/fields.ts';
import { readAnyObject } from '../read-object.ts';

const MOST_BYTES = 256 << 10;

/**
 * The body of a request in OpenAI's shape. What we do not know is passed over and named in `x-orchestrator-dropped`, as on the
 * inference routes. What would have to be kept to is refused: nothing here expires.
 */
export async function readFields(context: Context<ColdEnvironment>, known: readonly string[]): Promise<JsonObject> {
  const { value } = await readAnyObject(context.req.raw, MOST_BYTES);
  if (value['expires_after'] !== undefined && value['expires_after'] !== null)
    throw refuseField(
      'expires_after',
      'Nothing expires here; leave `expires_after` out, and delete what is no longer needed.',
    );
  const dropped = Object.keys(value).filter((name) => !known.includes(name) && value[name] !== null);
  nameDropped(context, dropped);
  return value;
}

export function nameDropped(context: Context<ColdEnvironment>, names: readonly string[]): void {
  const plain = names.slice(0, 20).map((name) => name.replaceAll(/[^\x21-\x2b\x2d-\x7e]/g, '?').slice(0, 60));
  if (plain.length > 0) context.header('x-orchestrator-dropped', plain.join(', '));
}

/** Reading a file takes moments here: who polls need not wait the five seconds that OpenAI's clients wait by themselves. */
const POLL_AFTER_MS = 200;

/** What is still in progress, with when to ask again. */
export function withPollHint<Shape extends { readonly status: string }>(
  context: Context<ColdEnvironment>,
  shape: Shape,
): Shape {
  if (shape.status === 'in_progress') context.header('openai-poll-after-ms', String(POLL_AFTER_MS));
  return shape;
}
