import { INFERENCE_ROUTES, type InferenceRoute } from '../engines/routes.ts';
import { createStreamTranslator, translateRequest, translateResponse } from './dialect/translate.ts';
import type { AnswerTranslator } from './forward.ts';
import { isObject, type JsonObject } from './json.ts';

export interface Translation {
  readonly body: JsonObject;
  readonly dropped: readonly string[];
  readonly translator: AnswerTranslator;
}

/** A request for an endpoint of the other dialect, and what puts its answer back into the client's. */
export function createTranslation(request: {
  readonly route: InferenceRoute;
  readonly upstreamRoute: InferenceRoute;
  readonly body: JsonObject;
  /** Fields that the adapter sets in every request. */
  readonly set: Readonly<Record<string, unknown>> | undefined;
  readonly expert: string;
  readonly requestId: string;
}): Translation {
  const { route, upstreamRoute, set, expert, requestId } = request;
  const client = INFERENCE_ROUTES[route].dialect;
  const upstream = INFERENCE_ROUTES[upstreamRoute].dialect;
  const model = typeof set?.['model'] === 'string' ? set['model'] : expert;
  const translated = translateRequest({ from: client, to: upstream, route, body: request.body, model });
  const created = Math.floor(Date.now() / 1_000);
  const options = request.body['stream_options'];
  const includeUsage = isObject(options) && options['include_usage'] === true;
  const stream = createStreamTranslator({
    from: upstream,
    to: client,
    model: expert,
    requestId,
    created,
    includeUsage,
  });
  return {
    body: set ? { ...translated.body, ...set } : translated.body,
    dropped: translated.dropped,
    translator: {
      body: (status, bytes) =>
        JSON.stringify(
          translateResponse({ from: upstream, to: client, status, body: parse(bytes), model: expert, created }),
        ),
      push: (chunk) => stream.push(chunk),
      end: () => {
        const end = stream.end();
        // An error in the upstream's own words has been passed on: nothing is to be added to it.
        return { text: end.text, complete: end.complete || end.failed };
      },
    },
  };
}

function parse(bytes: Buffer): unknown {
  const text = bytes.toString('utf8');
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
