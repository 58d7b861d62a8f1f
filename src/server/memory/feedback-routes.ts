import type { Context } from 'hono';

import { AppError } from '../../shared/errors.ts';
import type { FeedbackRepository, StoredFeedback } from '../../store/people-contract.ts';
import type { ColdApp, ColdEnvironment } from '../cold-context.ts';
import { textField, wholeNumber } from '../knowledge/fields.ts';
import { textAnswer } from '../knowledge/text-answer.ts';
import { feedbackOf, type MemoryRoutesOptions, noFeedback } from './access.ts';
import { choiceField, JSON_LINES, pageOf } from './fields.ts';
import { feedbackJson, type FeedbackListJson } from './views.ts';

const MOST_LISTED = 500;
const SLICE = 200;
const RATINGS = ['up', 'down'] as const;

/** `/api/feedback*`: one's own judgements; an administrator's question may be about somebody else's, or everybody's. */
export function addFeedbackRoutes(app: ColdApp, options: MemoryRoutesOptions): void {
  const feedback = () => feedbackOf(options);

  app.get('/api/feedback', async (context) => {
    const repository = feedback();
    const user = whose(context);
    const limit = wholeNumber(context.req.query('limit'), 'limit', [1, MOST_LISTED]) ?? 50;
    const filter = {
      user,
      rating: choiceField(context.req.query('rating'), 'rating', RATINGS),
      after: textField(context.req.query('after'), 'after', 200),
      limit: limit + 1,
    };
    const { page, next } = pageOf(await repository.list(filter), limit);
    const answer: FeedbackListJson = { user: user ?? null, feedback: page.map(feedbackJson), next };
    return context.json(answer);
  });
  app.get('/api/feedback/export', (context) => textAnswer(context, examples(feedback(), whose(context)), JSON_LINES));
  app.delete('/api/feedback/:id', async (context) => {
    const id = context.req.param('id');
    const user = whose(context) ?? context.env.identity.user;
    if (!(await feedback().remove(user, id))) throw noFeedback(id);
    return context.json({ id, deleted: true });
  });
}

/** Undefined: everybody's. @throws AppError `forbidden` where somebody who is no administrator asks for others'. */
function whose(context: Context<ColdEnvironment>): string | undefined {
  const { identity } = context.env;
  const named = textField(context.req.query('user'), 'user', 200);
  const all = choiceField(context.req.query('all'), 'all', ['1', 'true', '0', 'false']);
  const isAll = all === '1' || all === 'true';
  if ((isAll || (named !== undefined && named !== identity.user)) && !identity.admin)
    throw new AppError('forbidden', 'Feedback of others needs an administrator’s key.');
  return isAll ? undefined : (named ?? identity.user);
}

/** Lines in OpenAI's format for fine-tuning a chat model: what was asked, and what should be answered. */
async function* examples(repository: FeedbackRepository, user: string | undefined): AsyncGenerator<string> {
  let after: string | undefined;
  for (;;) {
    const page = await repository.list({ user, after, limit: SLICE });
    for (const one of page) {
      const example = exampleOf(one);
      if (example) yield `${JSON.stringify(example)}\n`;
    }
    if (page.length < SLICE) return;
    after = page.at(-1)?.id;
  }
}

/** Undefined: it says what was bad and not what would be good. */
function exampleOf({ rating, ideal, answer, messages }: StoredFeedback) {
  const content = ideal ?? (rating === 'up' ? answer : '');
  if (content.trim() === '' || messages.length === 0) return undefined;
  return {
    messages: [...messages.map(({ role, content: said }) => ({ role, content: said })), { role: 'assistant', content }],
  };
}
