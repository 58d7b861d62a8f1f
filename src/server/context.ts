import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Dialect } from '../engines/routes.ts';
import { errorBody } from '../proxy/frames.ts';
import { type AppError, toAppError } from '../shared/errors.ts';
import type { Identity } from './identity/contract.ts';
import type { Pass } from './pass.ts';
import type { Settings } from './settings.ts';

/** One request, from the door on. */
export interface RequestContext {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly requestId: string;
  readonly path: string;
  /** Monotonic milliseconds. */
  readonly startedAt: number;
  /** Settled at the door; once more where a body says for whom its key speaks. */
  identity: Identity;
  /** As they were when the request came: a reload in between changes nothing for it. */
  readonly settings: Settings;
  /** Undefined where everybody may do everything, as often as they like. */
  pass: Pass | undefined;
}

const PREFIX = randomBytes(6).toString('hex');
let counter = 0;
const CLIENT_ID = /^[\w.:-]{1,100}$/;

/** The client's id where it is a plain word, else one of ours. */
export function requestIdOf(header: string | string[] | undefined): string {
  if (typeof header === 'string' && CLIENT_ID.test(header)) return header;
  counter += 1;
  return `req-${PREFIX}-${counter.toString(36)}`;
}

/** The only place where an error becomes an answer. */
export function sendError(
  outgoing: ServerResponse,
  thrown: unknown,
  requestId: string,
  dialect: Dialect,
  ownHeaders: readonly string[] = [],
): AppError {
  const error = toAppError(thrown);
  if (outgoing.headersSent || outgoing.destroyed) {
    outgoing.destroy();
    return error;
  }
  const headers = [...ownHeaders, 'x-request-id', requestId, 'content-type', 'application/json'];
  // An error repeats what the client wrote.
  headers.push('x-content-type-options', 'nosniff');
  if (error.retryAfterSeconds !== undefined) headers.push('retry-after', String(error.retryAfterSeconds));
  if (error.code === 'unauthorized') headers.push('www-authenticate', 'Bearer');
  // The rest of a body that nobody wants is not read: the connection ends with the answer.
  const { req: incoming } = outgoing;
  const closes = incoming.readableDidRead && !incoming.complete;
  if (closes) headers.push('connection', 'close');
  outgoing.writeHead(error.status, headers);
  outgoing.end(errorBody(error, dialect), closes ? () => outgoing.socket?.destroySoon() : undefined);
  return error;
}
