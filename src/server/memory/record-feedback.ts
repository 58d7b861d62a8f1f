import { AppError } from '../../shared/errors.ts';
import { textField } from '../knowledge/fields.ts';
import type { JsonObject } from '../../proxy/json.ts';
import { feedbackOf, type MemoryRoutesOptions } from './access.ts';
import { feedbackJson } from './views.ts';

const LONGEST_IDEAL = 100_000;
const LONGEST_COMMENT = 10_000;

export interface Judgement {
  readonly user: string;
  readonly requestId: string;
  readonly rating: 'up' | 'down';
  /** `ideal_response` and `comment`, as they came. */
  readonly body: JsonObject;
}

/**
 * Keeps a judgement with what it is of, and answers what is kept. A later one of the same request takes its place.
 * @throws AppError `request_not_found`, `invalid_request`, and what `feedbackOf` throws.
 */
export async function recordFeedback(options: MemoryRoutesOptions, { user, requestId, rating, body }: Judgement) {
  const ideal = textField(body['ideal_response'], 'ideal_response', LONGEST_IDEAL) ?? null;
  const comment = textField(body['comment'], 'comment', LONGEST_COMMENT) ?? null;
  const repository = feedbackOf(options);
  const episode = options.feedbackSource.find(user, requestId);
  if (!episode)
    throw new AppError(
      'request_not_found',
      'There is no answer of this id among your last ones. Judge it soon: the last answers of each user are known until the orchestrator ends.',
      { param: 'request_id' },
    );
  return feedbackJson(await repository.put({ user, request: requestId, rating, comment, ideal, ...episode }));
}
