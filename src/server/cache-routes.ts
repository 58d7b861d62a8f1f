import { AppError } from '../shared/errors.ts';
import type { KeptCaches } from '../supervisor/kept-caches.ts';
import { type ColdApp, expertNamed } from './cold-context.ts';
import type { Settings } from './settings.ts';
import type { CacheView } from './views.ts';

export interface CacheRoutesOptions {
  readonly caches: KeptCaches;
  readonly settings: () => Settings;
}

const FILTERS = ['expert', 'user'];

/** The prompt caches that outlive their engines: whose there are, and the end of them. */
export function addCacheRoutes(app: ColdApp, { caches, settings }: CacheRoutesOptions): void {
  const filtersOf = (query: Record<string, string>) => {
    for (const name of Object.keys(query)) {
      // A misspelt filter must not erase more than was meant.
      if (FILTERS.includes(name)) continue;
      throw new AppError('invalid_request', `/api/caches takes ${FILTERS.join(' and ')}, not ${name.slice(0, 60)}.`, {
        param: name.slice(0, 60),
      });
    }
    const { expert, user } = query;
    return { expert: expert === undefined ? undefined : expertNamed(settings().directory, expert).id, user };
  };

  app.get('/api/caches', (context) => {
    const { expert, user } = filtersOf(context.req.query());
    const views: CacheView[] = caches
      .list()
      .filter(
        (one) => (expert === undefined || one.expert === expert) && (user === undefined || one.kept.user === user),
      )
      .map(({ expert: id, kept }) => ({
        expert: id,
        user: kept.user,
        tokens: kept.tokens,
        bytes: kept.bytes,
        savedAt: kept.savedAt,
        usedAt: kept.usedAt,
      }));
    return context.json({ caches: views });
  });
  app.delete('/api/caches', (context) => {
    const { caches: count, bytes } = caches.erase(filtersOf(context.req.query()));
    return context.json({ erased: count, bytes });
  });
}
