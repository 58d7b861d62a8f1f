import { UNTAUGHT_DOMAINS } from '../profiles/domains.ts';
import { AppError } from '../shared/errors.ts';
import type { CandidateBook } from './candidate-book.ts';
import type { ColdApp } from './cold-context.ts';
import type { Learner } from './learner.ts';
import { readObject } from './read-object.ts';
import type { Settings } from './settings.ts';
import type { UtteranceView } from './views.ts';

export interface LearningRoutesOptions {
  readonly learner: Pick<Learner, 'rate'>;
  readonly candidates: Pick<CandidateBook, 'list' | 'judge'>;
  readonly settings: () => Settings;
}

/** What people say of the router's choices, and what an administrator says of that. */
export function addLearningRoutes(app: ColdApp, { learner, candidates, settings }: LearningRoutesOptions): void {
  app.post('/v1/feedback', async (context) => {
    const { request_id: requestId, rating } = await readObject(context.req.raw, ['request_id', 'rating']);
    if (typeof requestId !== 'string')
      throw new AppError('invalid_request', '`request_id` must be the x-request-id of an answer.', {
        param: 'request_id',
      });
    if (rating !== 'up' && rating !== 'down')
      throw new AppError('invalid_request', '`rating` must be "up" or "down".', { param: 'rating' });
    if (!settings().profile.router.learn)
      throw new AppError('conflict', 'Ratings are kept only where the profile says router.learn: true.');
    await learner.rate(context.env.identity.user, requestId, rating);
    return context.json({ request_id: requestId, rating }, 201);
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

function taught({ routes }: Settings): string[] {
  return (routes?.domains ?? []).filter((domain) => !UNTAUGHT_DOMAINS.includes(domain));
}

const isTaught = (settings: Settings, domain: string) => taught(settings).includes(domain);
