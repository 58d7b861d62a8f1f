import type { Dialect, InferenceRoute } from '../../engines/routes.ts';
import { AppError } from '../../shared/errors.ts';
import { isObject, type JsonObject } from '../json.ts';
import { errorBodyFor } from './error-bodies.ts';
import { requestToAnthropic } from './request-to-anthropic.ts';
import { requestToOpenai } from './request-to-openai.ts';
import { responseToAnthropic } from './response-to-anthropic.ts';
import { responseToOpenai } from './response-to-openai.ts';
import { ChunksToEvents } from './stream-to-anthropic.ts';
import { EventsToChunks } from './stream-to-openai.ts';
import { type StreamContext, StreamReader, type StreamTranslator } from './stream.ts';

/** The one route of each dialect that has a counterpart in the other. */
const CHAT: Readonly<Record<Dialect, InferenceRoute>> = {
  openai: '/v1/chat/completions',
  anthropic: '/v1/messages',
};

export interface TranslatedRequest {
  readonly path: InferenceRoute;
  readonly body: JsonObject;
  /** Fields that the other dialect has no word for. */
  readonly dropped: readonly string[];
}

/**
 * A request of the dialect `from` for an endpoint that speaks `to`. Throws `endpoint_not_supported` for a route without a
 * counterpart, `invalid_request` with `param` for a field that cannot be left out and cannot be said.
 */
export function translateRequest(request: {
  from: Dialect;
  to: Dialect;
  route: InferenceRoute;
  body: JsonObject;
  model: string;
}): TranslatedRequest {
  const { from, to, route, body, model } = request;
  if (from === to) return { path: route, body: body['model'] === model ? body : { ...body, model }, dropped: [] };
  if (route !== CHAT[from]) {
    throw new AppError(
      'endpoint_not_supported',
      `${route} has no counterpart in the dialect that this expert speaks (${to}); ${CHAT[from]} has.`,
    );
  }
  const translated = to === 'anthropic' ? requestToAnthropic(body, model) : requestToOpenai(body, model);
  return { path: CHAT[to], ...translated };
}

/**
 * A whole answer of an endpoint that speaks `from`, for a client that speaks `to`; errors too. `body` is parsed JSON, or the
 * text where it is none; `created` is in seconds. Throws `engine_answer_invalid` for a success that is no such answer.
 */
export function translateResponse(response: {
  from: Dialect;
  to: Dialect;
  status: number;
  body: unknown;
  model: string;
  created: number;
}): unknown {
  const { from, to, status, body, model, created } = response;
  if (from === to) return body;
  if (status >= 400) return errorBodyFor(to, status, body);
  if (!isObject(body)) {
    throw new AppError(
      'engine_answer_invalid',
      `The endpoint answered ${status} with something that is no JSON object.`,
    );
  }
  return to === 'anthropic' ? responseToAnthropic(body, model) : responseToOpenai(body, model, created);
}

/** A stream of an endpoint that speaks `from`, for a client that speaks `to`. The two must differ. */
export function createStreamTranslator({
  to,
  ...context
}: StreamContext & { from: Dialect; to: Dialect }): StreamTranslator {
  return new StreamReader(to === 'anthropic' ? new ChunksToEvents(context) : new EventsToChunks(context));
}
