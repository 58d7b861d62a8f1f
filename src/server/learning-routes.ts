import { UNTAUGHT_DOMAINS } from '../profiles/domains.ts';
import { AppError } from '../shared/errors.ts';
import type { JsonObject } from '../proxy/json.ts';
import type { CandidateBook } from './candidate-book.ts';
import type { ColdApp } from './cold-context.ts';
import type { Learner } from './learner.ts';
import type { MemoryRoutesOptions } from './memory/access.ts';
import { readKnownObject, readObject } from './read-object.ts';
import type { Settings } from './settings.ts';
import type { UtteranceView } from './views.ts';

/** An ideal response is as long as an answer. */
const MOST_FEEDBACK_BYTES = 512 << 10;
const FEEDBACK_FIELDS = ['request_id', 'rating', 'ideal_response', 'comment'];

export interface LearningRoutesOptions extends MemoryRoutesOptions {
  readonly learner: Pick<Learner, 'rate'>;
  readonly candidates: Pick<CandidateBook, 'list' | 'judge'>;
  readonly settings: () => Settings;
}

/** What people say of the router's choices, and what an administrator says of that. */
export function addLearningRoutes(app: ColdApp, options: LearningRoutesOptions): void {
  const { learner, candidates, settings } = options;
  app.post('/v1/feedback', async (context) => {
    const { identity } = context.env;
    const body = await readKnownObject(context.req.raw, FEEDBACK_FIELDS, MOST_FEEDBACK_BYTES);
    const { request_id: requestId, rating } = body;
    if (typeof requestId !== 'string')
      throw new AppError('invalid_request', '`request_id` must be the x-request-id of an answer.', {
        param: 'request_id',
      });
    if (rating !== 'up' && rating !== 'down')
      throw new AppError('invalid_request', '`rating` must be "up" or "down".', { param: 'rating' });
    const { feedback, router } = settings().profile;
    const judgement = { user: identity.user, requestId, rating, body } as const;
    if (!feedback.enabled) {
      refuseUnkept(body, router.learn);
      await learner.rate(identity.user, requestId, rating);
      return context.json({ request_id: requestId, rating }, 201);
    }
    const { recordFeedback } = await import('./memory/record-feedback.ts');
    const kept = await recordFeedback(options, judgement);
    if (router.learn) await teach(learner, judgement);
    return context.json({ request_id: requestId, rating, id: kept.id }, 201);
  });
  app.get('/api/route/candidates', async (context) => {
    const list: UtteranceView[] = await candidates.list();
    return context.json({ candidates: list });
  });
  app.post('/api/route/candidates/:id', async (context) => {
    const { status, domain } = await readObject(context.req.raw, ['status', 'domain']);
    if (status !== 'approved' && status !== 'rejected')
      throw new AppError('invalid_request', '`status` must be "approved" or "rejected".', { param: 'status' });
    if (domain !== undefined && (typeof domain !== 'string' || !isTaught(settings(), domain)))
      throw new AppError('invalid_request', `\`domain\` must be one of ${taught(settings()).join(', ')}.`, {
        param: 'domain',
      });
    const number = Number(context.req.param('id'));
    const known = (await candidates.list()).find((candidate) => candidate.number === number);
    if (known?.source === 'down' && status === 'approved' && domain === undefined)
      throw new AppError('invalid_request', `${number} was rated down: say of which domain it is.`, {
        param: 'domain',
      });
    const judged: UtteranceView | undefined = known && (await candidates.judge(number, status, domain));
    if (!judged)
      throw new AppError('invalid_request', `There is no candidate ${context.req.param('id').slice(0, 20)}.`, {
        param: 'id',
      });
    return context.json(judged);
  });
}

/** What would be lost is refused with what to switch on. */
function refuseUnkept(body: JsonObject, teaches: boolean): void {
  if (!teaches)
    throw new AppError(
      'conflict',
      'Ratings are kept where the profile says `feedback: { enabled: true }`, and teach the router where it says router.learn: true.',
    );
  const lost = ['ideal_response', 'comment'].find((name) => body[name] !== undefined && body[name] !== null);
  if (lost !== undefined)
    throw new AppError('conflict', `\`${lost}\` is kept only where the profile says \`feedback: { enabled: true }\`.`, {
      param: lost,
    });
}

/** A judgement that is kept need not be one that the router learns from. */
async function teach(
  learner: LearningRoutesOptions['learner'],
  { user, requestId, rating }: { readonly user: string; readonly requestId: string; readonly rating: 'up' | 'down' },
): Promise<void> {
  try {
    await learner.rate(user, requestId, rating);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
  }
}

function taught({ routes }: Settings): string[] {
  return (routes?.domains ?? []).filter((domain) => !UNTAUGHT_DOMAINS.includes(domain));
}

const isTaught = (settings: Settings, domain: string) => taught(settings).includes(domain);
