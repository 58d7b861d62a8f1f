import { AppError } from '../shared/errors.ts';
import { newColdApp } from './cold-app.ts';
import type { ColdApp } from './cold-context.ts';
import { textField } from './knowledge/fields.ts';
import { linesIn } from './knowledge/lines-in.ts';
import { textAnswer } from './knowledge/text-answer.ts';
import type { StorePathsOptions } from './store-paths.ts';
import type { StoreStatusJson } from './views.ts';

const LONGEST_USER = 512;

/** `/api/store*`: everybody's documents and all that is kept of people, for an administrator. */
export function createStoreApp({ storeDesk, knowledge, logger }: StorePathsOptions): ColdApp {
  const app = newColdApp(logger);
  app.get('/api/store', async (context) => {
    const status = await storeDesk.with(async (store): Promise<StoreStatusJson> => {
      const known = await Promise.all([store.users(), store.counts()]).catch(() => undefined);
      const { state, reason, kind, version } = store.health();
      const { queued, embedding } = knowledge.status();
      const [users, counts] = known ?? [null, null];
      return { state, reason, store: { kind, version }, users: users?.length ?? null, counts, queued, embedding };
    });
    return context.json(status);
  });
  app.get('/api/store/backup', (context) =>
    textAnswer(context, withEnds(storeDesk.backup(textField(context.req.query('user'), 'user', LONGEST_USER)))),
  );
  app.post('/api/store/restore', async (context) => {
    const { body } = context.req.raw;
    if (!body) throw new AppError('invalid_request', 'There is no backup in the body.');
    return context.json(await storeDesk.restore(linesIn(body)));
  });
  return app;
}

async function* withEnds(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`;
}
