import { AppError } from '../shared/errors.ts';
import type { ColdApp } from './cold-context.ts';
import type { MemoryRoutesOptions } from './memory/access.ts';
import type { MemoryNote } from './reminding/memory-note.ts';
import type { RequestBook } from './request-book.ts';
import type { RequestView } from './views.ts';

export interface RequestRoutesOptions {
  readonly requests: RequestBook;
  readonly memory: MemoryRoutesOptions['memory'];
}

/** What became of one of the user's own requests. */
export function addRequestRoutes(app: ColdApp, { requests, memory }: RequestRoutesOptions): void {
  app.get('/api/requests/:id', async (context) => {
    const { user } = context.env.identity;
    const note = requests.find(user, context.req.param('id'));
    if (note) {
      const view: RequestView = { ...note, memory: note.memory && (await shown(note.memory, user)) };
      return context.json(view);
    }
    throw new AppError(
      'request_not_found',
      'There is no request of this id among your last ones. Kept are those that were routed, or had to do with documents or memory; the id is in x-request-id of the answer.',
    );
  });

  const shown = async (note: MemoryNote, user: string) => {
    const { memoryUseView } = await import('./reminding/memory-note.ts');
    return memoryUseView(note, user, () => memory.get());
  };
}
