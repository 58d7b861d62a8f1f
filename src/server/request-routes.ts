import { AppError } from '../shared/errors.ts';
import type { ColdApp } from './cold-context.ts';
import type { RequestBook } from './request-book.ts';

export interface RequestRoutesOptions {
  readonly requests: RequestBook;
}

/** What became of one of the user's own requests. */
export function addRequestRoutes(app: ColdApp, { requests }: RequestRoutesOptions): void {
  app.get('/api/requests/:id', (context) => {
    const view = requests.find(context.env.identity.user, context.req.param('id'));
    if (view) return context.json(view);
    throw new AppError(
      'request_not_found',
      'There is no request of this id among your last ones. Kept are those that were routed or got documents; the id is in x-request-id of the answer.',
    );
  });
}
